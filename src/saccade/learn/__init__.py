"""Detectors that learn: samples, splits by group, training, calibration, honest figures."""

from ._augment import Variety
from ._calibrate import calibrate
from ._fit import Fitted, Recipe, fit_network
from ._measure import average_precision, best_threshold, f1_of, figure, look_at, mask_ap50
from ._sample import Sample, from_labels
from ._split import Split, alike, duplicates, split_by_group
from ._worlds import PLATE, Worlds, world_samples

__all__ = [
    "PLATE",
    "Fitted",
    "Recipe",
    "Sample",
    "Split",
    "Variety",
    "Worlds",
    "alike",
    "average_precision",
    "best_threshold",
    "calibrate",
    "duplicates",
    "f1_of",
    "figure",
    "fit_network",
    "from_labels",
    "look_at",
    "mask_ap50",
    "split_by_group",
    "world_samples",
]
