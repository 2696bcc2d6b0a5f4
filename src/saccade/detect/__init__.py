"""From a frame to an observation: what is bright, changes, moves, flashes, is sharp, or learned."""

from ._change import Change
from ._focus import Focus
from ._instances import instances
from ._joined import All, Any, Ensemble
from ._network import STRIDE, Network, compressed, peaks_of, places_px, prepared_picture
from ._objects import Objects
from ._pairs import Pairs
from ._shift import Shift
from ._spots import Spots
from ._tracker import Tracker
from ._transients import Transients
from ._window import Crop, Rescale

__all__ = [
    "STRIDE",
    "All",
    "Any",
    "Change",
    "Crop",
    "Ensemble",
    "Focus",
    "Network",
    "Objects",
    "Pairs",
    "Rescale",
    "Shift",
    "Spots",
    "Tracker",
    "Transients",
    "compressed",
    "instances",
    "peaks_of",
    "places_px",
    "prepared_picture",
]
