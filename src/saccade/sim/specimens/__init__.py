"""Specimens: what lives in a world."""

from ._beads import Beads
from ._calcium import Calcium
from ._registry import SPECIMENS, make_specimen

__all__ = ["SPECIMENS", "Beads", "Calcium", "make_specimen"]
