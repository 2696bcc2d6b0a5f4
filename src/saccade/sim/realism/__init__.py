"""How near simulated pictures come to real ones: measures of a picture, and a table of two."""

from ._compare import Row, compare, table
from ._measure import Measures, histogram, length_px, measure, noise_counts, sizes_px, spectrum

__all__ = [
    "Measures",
    "Row",
    "compare",
    "histogram",
    "length_px",
    "measure",
    "noise_counts",
    "sizes_px",
    "spectrum",
    "table",
]
