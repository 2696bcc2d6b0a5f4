"""From a frame to an observation: what is bright, changes, moves, flashes, is sharp, or learned."""

from ._bioimage import BioImage
from ._change import Change
from ._features import pixel_features
from ._flow import Flow
from ._focus import Focus
from ._forest import Forest
from ._forest_look import (
    feature_count,
    features_of,
    forest_heat,
    forest_peaks,
    forest_places_px,
)
from ._instances import instances
from ._joined import All, Any, Ensemble
from ._network import (
    STRIDE,
    Network,
    calibrated,
    compressed,
    heat_of,
    made_ready,
    peaks_of,
    places_px,
    prepared_picture,
    uncalibrated,
)
from ._novelty import Novelty, familiar_of
from ._objects import Objects
from ._pairs import Pairs
from ._patches import patch_features
from ._shift import Shift
from ._signal import Signal
from ._spots import Spots
from ._tracker import Tracker
from ._transients import Transients
from ._window import Crop, Rescale

__all__ = [
    "STRIDE",
    "All",
    "Any",
    "BioImage",
    "Change",
    "Crop",
    "Ensemble",
    "Flow",
    "Focus",
    "Forest",
    "Network",
    "Novelty",
    "Objects",
    "Pairs",
    "Rescale",
    "Shift",
    "Signal",
    "Spots",
    "Tracker",
    "Transients",
    "calibrated",
    "compressed",
    "familiar_of",
    "feature_count",
    "features_of",
    "forest_heat",
    "forest_peaks",
    "forest_places_px",
    "heat_of",
    "instances",
    "made_ready",
    "patch_features",
    "peaks_of",
    "pixel_features",
    "places_px",
    "prepared_picture",
    "uncalibrated",
]
