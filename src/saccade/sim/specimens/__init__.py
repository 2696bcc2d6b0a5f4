"""Specimens: what lives in a world."""

from ._beads import Beads
from ._calcium import Calcium
from ._dividing_cycle import Phase
from ._dividing_nuclei import DividingNuclei
from ._mitochondria import Mitochondria
from ._registry import SPECIMENS, make_specimen

__all__ = [
    "SPECIMENS",
    "Beads",
    "Calcium",
    "DividingNuclei",
    "Mitochondria",
    "Phase",
    "make_specimen",
]
