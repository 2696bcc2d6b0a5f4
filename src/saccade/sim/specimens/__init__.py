"""Specimens: what lives in a world."""

from ._bacteria import Bacteria
from ._beads import Beads
from ._calcium import Calcium
from ._dividing_cycle import Phase
from ._dividing_nuclei import DividingNuclei
from ._light_driven import LightDrivenCells
from ._migrating import MigratingCells
from ._migrating_crossing import Crossing
from ._mitochondria import Mitochondria
from ._registry import SPECIMENS, make_specimen
from ._swimmers import Swimmers

__all__ = [
    "SPECIMENS",
    "Bacteria",
    "Beads",
    "Calcium",
    "Crossing",
    "DividingNuclei",
    "LightDrivenCells",
    "MigratingCells",
    "Mitochondria",
    "Phase",
    "Swimmers",
    "make_specimen",
]
