"""How well a network finds things, counted by things and told by independent groups."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy.spatial.distance import cdist

from saccade.detect import (
    STRIDE,
    heat_of,
    instances,
    made_ready,
    peaks_of,
    places_px,
    uncalibrated,
)
from saccade.models import Calibration, Figure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from saccade.models import Input, Net

    from ._sample import Sample

UNCALIBRATED = Calibration()
FAINTEST = -4.0
"""Logit below which nothing is counted, not even as a false alarm."""
_LEAST_PX = 6.0
_AS_GOOD = 0.005
"""Share of an F1 by which another may be less at least, and still as good."""
_DRAWS = 1000
_TILE_PX = 1024


@dataclass(frozen=True)
class Seen:
    """What a network found in a sample, and what of it was there."""

    group: str
    logits: NDArray[np.float64]
    """Of each place that was found, the surest first."""
    hits: NDArray[np.bool_]
    """Whether it is one of the things."""
    truth: int
    """Number of things that are there."""
    surest: NDArray[np.float64]
    """Logit of the surest place of each picture; minus infinity where there is none."""
    holding: NDArray[np.bool_]
    """Whether each picture holds one of the things."""
    mask_hits: int = 0
    """Masks that cover a thing's by more than half of what both cover together."""
    mask_made: int = 0


def look_at(
    net: Net,
    given: Input,
    samples: Iterable[Sample],
    *,
    kind: int = 0,
    known: Calibration = UNCALIBRATED,
) -> list[Seen]:
    """Return what a network sees in samples, those of a group together.

    A place counts if it is within 6 px of a thing, or half of its diameter, whichever is more;
    each thing counts once, for the surest. Places that are no hit, but as near to one of which
    nobody is sure, are left out.

    Parameters
    ----------
    net : Net
        In evaluation mode.
    given : Input
        How pictures are prepared for it.
    samples : iterable of Sample
        What is looked at.
    kind : int
        Class that counts.
    known : Calibration
        How much votes count, from which score on places have masks, and where those end.
    """
    return by_group(_seen_in(_told(net, given, sample), sample, kind, known) for sample in samples)


def look_at_every(
    net: Net, given: Input, samples: Iterable[Sample], kinds: int
) -> list[list[Seen]]:
    """Return what a network sees of each class in samples, as `look_at`, with one look at each.

    Parameters
    ----------
    net, given, samples
        As of `look_at`.
    kinds : int
        Number of classes.
    """
    seen: list[list[Seen]] = [[] for _ in range(kinds)]
    for sample in samples:
        told = _told(net, given, sample)
        for kind, each in enumerate(seen):
            each.append(_seen_in(told, sample, kind, UNCALIBRATED))
    return [by_group(each) for each in seen]


def by_group(seen: Iterable[Seen]) -> list[Seen]:
    """Return what was seen in samples, those of a group together; every measure is the same of it.

    Parameters
    ----------
    seen : iterable of Seen
        Of single samples.
    """
    groups: dict[str, list[Seen]] = {}
    for each in seen:
        groups.setdefault(each.group, []).append(each)
    return [_together(each) for each in groups.values()]


def seen_of(
    sample: Sample,
    y_px: NDArray[np.float64],
    x_px: NDArray[np.float64],
    logits: NDArray[np.float64],
    kind: int = 0,
) -> Seen:
    """Return which of the places that were found in a sample are there.

    Parameters
    ----------
    sample : Sample
        What was looked at.
    y_px, x_px, logits : array, (n,)
        Of each place, the surest first.
    kind : int
        Class that counts.
    """
    there = sample.kinds == kind
    truth, sizes = sample.places_px[there], sample.sizes_px[there]
    found = np.column_stack([y_px, x_px])
    unsure, unsure_sizes = sample.unsure.of(kind)
    if sample.whole:  # a frame is found or not, wherever
        if len(unsure) and not len(truth):
            nothing = np.zeros(0)
            return Seen(sample.group, nothing, nothing > 0, 0, nothing, nothing > 0)
        hits = np.full(len(logits), len(truth) > 0)
    else:
        hits = _hits(found, truth, reach_px(sizes))
        counted = hits | ~(cdist(found, unsure) <= reach_px(unsure_sizes)).any(axis=1)
        logits, hits = logits[counted], hits[counted]
    surest = logits[:1] if len(logits) else np.array([-np.inf])
    return Seen(sample.group, logits, hits, len(truth), surest, np.array([len(truth) > 0]))


def reach_px(sizes_px: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far from a thing of some diameter a place still counts as it."""
    return np.maximum(_LEAST_PX, sizes_px / 2)


def find_in(
    net: Net, given: Input, sample: Sample, kind: int = 0, *, votes: float = 0.0
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return rows, columns and logits of what a network finds in a sample, the surest first.

    Parameters
    ----------
    net, given
        The network, and how pictures are prepared for it.
    sample : Sample
        What is looked at.
    kind : int
        Class that is found.
    votes : float
        How much the votes of pixels count, as the model's calibration says.
    """
    told = _told(net, given, sample)
    found = peaks_of(heat_of(told, kind, votes), told["offset"][0], FAINTEST)
    y_px, x_px = places_px(found, sample.shape_px, sample.shape_px)
    return y_px, x_px, found.strength


def _seen_in(
    told: Mapping[str, NDArray[np.float32]],
    sample: Sample,
    kind: int,
    known: Calibration,
) -> Seen:
    found = peaks_of(heat_of(told, kind, known.votes), told["offset"][0], FAINTEST)
    shape = sample.shape_px
    y_px, x_px = places_px(found, shape, shape)
    seen = seen_of(sample, y_px, x_px, found.strength, kind)
    if sample.labels is None or "inside" not in told:
        return seen
    kept = found.strength >= least_logit(known)
    centres = np.column_stack([found.y_px, found.x_px])[kept]
    inside = told["inside"][0, 0, : shape[0], : shape[1]]
    made = instances(inside, told["vote"][0], centres, STRIDE, known.inside)
    right, count = _mask_hits(made, sample.labels)
    return replace(seen, mask_hits=right, mask_made=count)


def _together(seen: Sequence[Seen]) -> Seen:
    """Return what was seen in pictures of one group as one; every measure is the same of it."""
    return Seen(
        seen[0].group,
        np.concatenate([each.logits for each in seen]),
        np.concatenate([each.hits for each in seen]),
        sum(each.truth for each in seen),
        np.concatenate([each.surest for each in seen]),
        np.concatenate([each.holding for each in seen]),
        sum(each.mask_hits for each in seen),
        sum(each.mask_made for each in seen),
    )


def chance_of(sample: Sample, kind: int = 0) -> float:
    """Return the share of a picture in which a place counts as one of its things.

    Parameters
    ----------
    sample : Sample
        Whose things they are.
    kind : int
        Class that counts.
    """
    sizes = sample.sizes_px[sample.kinds == kind]
    if sample.whole:
        return float(len(sizes) > 0)
    area = np.pi * reach_px(sizes) ** 2
    return min(1.0, float(area.sum()) / math.prod(sample.shape_px))


def least_logit(calibration: Calibration) -> float:
    """Return the logit from which a place counts as found."""
    share = min(max(calibration.threshold, 1e-6), 1 - 1e-6)
    return uncalibrated(share, calibration)


def f1_of(seen: Iterable[Seen], threshold: float) -> float:
    """Return the harmonic mean of recall and precision at a logit; 0 where nothing was found."""
    right = made = truth = 0
    for each in seen:
        kept = each.logits >= threshold
        right += int(each.hits[kept].sum())
        made += int(kept.sum())
        truth += each.truth
    return 2 * right / max(made + truth, 1)


def mcc_of(seen: Iterable[Seen], threshold: float) -> float:
    """Return how well a logit tells pictures with a thing from those without (Matthews, 1975).

    Parameters
    ----------
    seen : iterable of Seen
        What was seen.
    threshold : float
        Logit from which a picture counts as one with a thing.
    """
    every = list(seen)
    taken = np.concatenate([each.surest for each in every]) >= threshold
    holding = np.concatenate([each.holding for each in every])
    if taken.all() or holding.all() or not taken.any() or not holding.any():
        return 0.0
    return float(np.corrcoef(taken, holding)[0, 1])


def false_alarms(seen: Iterable[Seen], threshold: float) -> float:
    """Return the number of places at or above a logit, a picture, that hold nothing."""
    every = list(seen)
    wrong = sum(int((~each.hits[each.logits >= threshold]).sum()) for each in every)
    return wrong / max(sum(len(each.holding) for each in every), 1)


def average_precision(seen: Iterable[Seen]) -> float:
    """Return the area under the precision-recall curve, over all samples together.

    It is the mean precision at each hit. Interpolated, as contests of detectors have it, guessing
    would come to more than the prevalence.
    """
    every = list(seen)
    truth = sum(each.truth for each in every)
    logits = np.concatenate([each.logits for each in every] or [np.zeros(0)])
    hits = np.concatenate([each.hits for each in every] or [np.zeros(0, bool)])
    if not truth or not len(hits):
        return 0.0
    hits = hits[np.argsort(-logits, kind="stable")]
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return float(precision[hits].sum() / truth)


def mask_ap50(seen: Iterable[Seen]) -> float:
    """Return TP / (TP + FP + FN) of masks at an overlap of one half."""
    every = list(seen)
    right = sum(each.mask_hits for each in every)
    both = sum(each.mask_made + each.truth for each in every) - right
    return right / max(both, 1)


def best_threshold(seen: Sequence[Seen]) -> float:
    """Return the logit in the middle of those at which F1 is as good as at its best.

    F1 over the threshold is a flat hill with a rough top: where exactly it is highest, a few places
    decide. So every threshold counts at which it is less by no more than one standard error (as
    in Breiman et al. 1984, section 3.4.3; of the errors that are counted, if they are Poisson's)
    or 0.5 %, by how many logits it goes on for, and their median is taken; it is one of them.

    Parameters
    ----------
    seen : sequence of Seen
        Of groups that were not learned from.
    """
    logits = np.concatenate([each.logits for each in seen] or [np.zeros(0)])
    hits = np.concatenate([each.hits for each in seen] or [np.zeros(0, bool)])
    if not len(logits):
        return 0.0
    order = np.argsort(-logits, kind="stable")
    logits, hits = logits[order], hits[order]
    truth = sum(each.truth for each in seen)
    whole = np.append(logits[1:] != logits[:-1], True)  # equal ones are kept or left together
    highest = logits[whole]
    both = (np.arange(1, len(logits) + 1) + truth)[whole]
    f1 = 2 * np.cumsum(hits)[whole] / both
    best = len(f1) - 1 - int(np.argmax(f1[::-1]))  # of equals the one by which most is known
    # F1 = 1 - errors / both, and both hardly scatter.
    least = f1[best] - max(_AS_GOOD * f1[best], math.sqrt(max(1 - f1[best], 0.0) / both[best]))
    lowest = np.append(highest[1:], min(FAINTEST, highest[-1]))
    width = np.where(f1 >= least, highest - lowest, 0.0)
    if not width.any():
        return float(highest[np.argmax(f1)])
    half = width.sum() / 2
    passed = np.cumsum(width)
    at = int(np.searchsorted(passed, half))
    within = highest[at] - (half - (passed[at] - width[at]))
    # A threshold that equals a logit keeps it: the lower end is not one of its own.
    return float(np.clip(within, np.nextafter(lowest[at], np.inf), highest[at]))


def figure(
    seen: Sequence[Seen],
    measure: Callable[[Sequence[Seen]], float],
    *,
    least: float = 0.0,
    most: float = 1.0,
    seed: int = 0,
) -> Figure:
    """Return a measure with its 95 % interval, by drawing groups anew (the bootstrap).

    Parameters
    ----------
    seen : sequence of Seen
        Of independent groups.
    measure : callable
        Of such a sequence.
    least, most : float
        What the measure can be; a single group tells no more than that.
    seed : int
        Of the draws.
    """
    groups = sorted({each.group for each in seen})
    by_group = {group: [each for each in seen if each.group == group] for group in groups}
    rng = np.random.default_rng([seed, 3])
    drawn = [
        measure([each for group in rng.choice(groups, len(groups)) for each in by_group[group]])
        for _ in range(_DRAWS if len(groups) > 1 else 0)
    ]
    value = float(measure(seen))
    low, high = np.quantile(drawn, (0.025, 0.975)) if drawn else (least, most)
    return Figure(value=value, low=float(min(low, value)), high=float(max(high, value)))


def prepared_stack(sample: Sample, given: Input) -> NDArray[np.float32]:
    """Return a sample's pictures as a network gets them, (1, frames, y, x).

    Parameters
    ----------
    sample : Sample
        Whose pictures they are; their sides are filled up to multiples of `STRIDE`.
    given : Input
        How they are prepared.
    """
    prepared = [made_ready(each, 1.0, given) for each in sample.pictures]
    height, width = prepared[0].shape
    whole = [-(-side // STRIDE) * STRIDE for side in (height, width)]
    padded = np.zeros((1, len(prepared), *whole), np.float32)
    padded[0, :, :height, :width] = prepared
    return padded


def _told(net: Net, given: Input, sample: Sample) -> dict[str, NDArray[np.float32]]:
    padded = prepared_stack(sample, given)
    device = next(net.parameters()).device
    with torch.inference_mode():
        told = net(torch.from_numpy(padded).to(device, memory_format=torch.channels_last))
    return {name: each.float().cpu().numpy() for name, each in told.items()}


def _hits(
    found: NDArray[np.float64], truth: NDArray[np.float64], reach: NDArray[np.float64]
) -> NDArray[np.bool_]:
    hits = np.zeros(len(found), bool)
    if not len(found) or not len(truth):
        return hits
    away = cdist(found, truth)
    away[away > reach[None, :]] = np.inf
    free = np.ones(len(truth), bool)
    for number, row in enumerate(away):  # the surest first
        nearest = int(np.argmin(np.where(free, row, np.inf)))
        if free[nearest] and np.isfinite(row[nearest]):
            hits[number], free[nearest] = True, False
    return hits


def _mask_hits(made: NDArray[np.int32], truth: NDArray[np.int32]) -> tuple[int, int]:
    counts = made.max() + 1, truth.max() + 1
    pairs = (made.astype(np.int64) * counts[1] + truth).ravel()
    both = np.bincount(pairs, minlength=counts[0] * counts[1])
    both = both.reshape(counts)
    area_made, area_truth = both.sum(axis=1), both.sum(axis=0)
    either = area_made[:, None] + area_truth[None, :] - both
    overlap = (both / np.maximum(either, 1))[1:, 1:]
    # Above one half no thing overlaps with two masks.
    return int((overlap > 0.5).sum()), int((area_made[1:] > 0).sum())
