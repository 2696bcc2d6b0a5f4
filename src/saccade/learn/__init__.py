"""Detectors that learn: samples, splits by group, training, calibration, honest figures."""

from . import _first  # noqa: F401 - what it does has to come first
from ._augment import Variety
from ._calibrate import calibrate
from ._choose import Candidate, Chosen, candidate, choose
from ._compared import Compared, draw_compared, figures_of
from ._fit import Fitted, Recipe, fit_network
from ._folder import read_folder
from ._grow import as_arrays, cells_of, grow, plan_trees
from ._label import Labelling, label_run
from ._labels import Labels, Place
from ._learners import Kind
from ._left_out import (
    Found,
    LeftOut,
    Occurred,
    leave_one_out,
    matched,
    occurrences_of,
    watch_movies,
)
from ._measure import (
    Seen,
    average_precision,
    best_threshold,
    f1_of,
    false_alarms,
    figure,
    least_logit,
    look_at,
    mask_ap50,
    mcc_of,
    seen_of,
)
from ._mix import Named, Source, is_in_order, mixed, read_source, rescaled, source_of
from ._movies import Mark, Movie, Timing, read_movies
from ._recalibrate import recalibrate
from ._runs import read_run
from ._sample import Sample, Unsure, from_labels, nowhere_unsure, whole_frame
from ._split import Split, alike, duplicates, split_by_group
from ._targets import counted_cells, heat_targets, mask_targets
from ._tier import Tier, more_for_recall, tier
from ._train import Order, train_model
from ._watched import Watched, by_occurrence, watch_worlds
from ._worlds import PLATE, Worlds, world_samples

__all__ = [
    "PLATE",
    "Candidate",
    "Chosen",
    "Compared",
    "Fitted",
    "Found",
    "Kind",
    "Labelling",
    "Labels",
    "LeftOut",
    "Mark",
    "Movie",
    "Named",
    "Occurred",
    "Order",
    "Place",
    "Recipe",
    "Sample",
    "Seen",
    "Source",
    "Split",
    "Tier",
    "Timing",
    "Unsure",
    "Variety",
    "Watched",
    "Worlds",
    "alike",
    "as_arrays",
    "average_precision",
    "best_threshold",
    "by_occurrence",
    "calibrate",
    "candidate",
    "cells_of",
    "choose",
    "counted_cells",
    "draw_compared",
    "duplicates",
    "f1_of",
    "false_alarms",
    "figure",
    "figures_of",
    "fit_network",
    "from_labels",
    "grow",
    "heat_targets",
    "is_in_order",
    "label_run",
    "least_logit",
    "leave_one_out",
    "look_at",
    "mask_ap50",
    "mask_targets",
    "matched",
    "mcc_of",
    "mixed",
    "more_for_recall",
    "nowhere_unsure",
    "occurrences_of",
    "plan_trees",
    "read_folder",
    "read_movies",
    "read_run",
    "read_source",
    "recalibrate",
    "rescaled",
    "seen_of",
    "source_of",
    "split_by_group",
    "tier",
    "train_model",
    "watch_movies",
    "watch_worlds",
    "whole_frame",
    "world_samples",
]
