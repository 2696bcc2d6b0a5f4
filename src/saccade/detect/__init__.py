"""From a frame to an observation: what is bright, changes, moves, flashes or is sharp."""

from ._change import Change
from ._focus import Focus
from ._joined import All, Any, Ensemble
from ._objects import Objects
from ._pairs import Pairs
from ._spots import Spots
from ._tracker import Tracker
from ._window import Crop, Rescale

__all__ = [
    "All",
    "Any",
    "Change",
    "Crop",
    "Ensemble",
    "Focus",
    "Objects",
    "Pairs",
    "Rescale",
    "Spots",
    "Tracker",
]
