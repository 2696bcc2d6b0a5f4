"""Specimens: what lives in a world."""

from ._beads import Beads
from ._registry import SPECIMENS, make_specimen

__all__ = ["SPECIMENS", "Beads", "make_specimen"]
