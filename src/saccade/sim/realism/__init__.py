"""How near simulated pictures come to real ones: measures of a picture, and a table of two."""

from ._compare import Row, compare, table
from ._measure import Measures, histogram, measure, noise_counts, sizes_px, spectrum

__all__ = [
    "Measures",
    "Row",
    "compare",
    "histogram",
    "measure",
    "noise_counts",
    "sizes_px",
    "spectrum",
    "table",
]
