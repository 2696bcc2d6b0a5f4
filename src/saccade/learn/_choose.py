"""Which frames of a run are worth a person's time: uncertain, novel, and some by lot."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from saccade.core import LabelError
from saccade.detect import patch_features

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from saccade.core import Frame, Observation

_PATCH_PX = 32
_NEIGHBOURS = 3
_UNSURE = 0.45
"""Distance of a score from one half up to which it is no yes and no no."""


class Candidate(NamedTuple):
    """A frame that could be labelled, and what is known of it."""

    frame: int
    place: tuple[str, int, str | None]
    """Stream, position and channel."""
    look: NDArray[np.float64]


class Chosen(NamedTuple):
    """A frame that is to be labelled, and why."""

    frame: int
    why: str
    """``uncertain``, ``novel`` or ``random``."""
    detail: str


def candidate(frame: Frame) -> Candidate | None:
    """Return a frame as one that could be labelled; None if it is no picture.

    What it looks like is told by the features of patches that `detect.Novelty` uses: their means,
    spreads and extremes.

    Parameters
    ----------
    frame : Frame
        Of any real dtype.
    """
    pixels = frame.pixels
    if pixels.ndim != 2 or not pixels.size or pixels.dtype.kind not in "buif":
        return None
    picture = pixels.astype(np.float32)
    if not np.isfinite(picture).all():
        return None
    patches = patch_features(picture, _PATCH_PX).reshape(-1, 6).astype(np.float64)
    look = np.concatenate([patches.mean(axis=0), patches.std(axis=0), patches.max(axis=0)])
    position = frame.event.index.get("p", 0)
    return Candidate(frame.index, (frame.stream, position, frame.channel), look)


def choose(
    candidates: Sequence[Candidate], seen: Iterable[Observation], count: int, seed: int = 0
) -> list[Chosen]:
    """Return the frames to label: a third uncertain, a third novel, the rest drawn by lot.

    Those drawn by lot keep what is learned from representative. Uncertain are frames whose score
    is nearest to one half, as the detectors of the run told it; novel are those that look least
    like any other, near-duplicates left out (farthest first: Gonzalez, 1985; Sener & Savarese,
    ICLR 2018). Where nothing is uncertain, there are more of the others.

    Parameters
    ----------
    candidates : sequence of Candidate
        Of a run.
    seen : iterable of Observation
        Of the same run; of invalid ones nothing is learned.
    count : int
        How many frames.
    seed : int
        Of the lot.

    Raises
    ------
    LabelError
        If there are no frames.
    """
    if not candidates:
        raise LabelError("The run has no frames to label.", "Choose another run or stream.")
    taken: dict[int, Chosen] = {}
    share = math.ceil(count / 3)
    for each in _uncertain(candidates, seen, share):
        taken[each.frame] = each
    for each in _novel(candidates, set(taken), min(share, count - len(taken))):
        taken[each.frame] = each
    left = [each.frame for each in candidates if each.frame not in taken]
    drawn = np.random.default_rng([seed, 9]).permutation(left)[: count - len(taken)]
    for index in drawn.tolist():
        taken[index] = Chosen(index, "random", "drawn by lot")
    return sorted(taken.values())


def _uncertain(
    candidates: Sequence[Candidate], seen: Iterable[Observation], count: int
) -> list[Chosen]:
    """Return the frames of the least sure scores, apart from one another in time."""
    least: dict[int, Observation] = {}
    for each in seen:
        unsure = abs(each.score - 0.5)
        if each.verdict != "invalid" and unsure <= _UNSURE:
            known = least.get(each.frame)
            if known is None or unsure < abs(known.score - 0.5):
                least[each.frame] = each
    place = {each.frame: each.place for each in candidates}
    order = sorted(
        (index for index in least if index in place),
        key=lambda index: (abs(least[index].score - 0.5), index),
    )
    apart = max(1, len(candidates) // (4 * count))
    chosen: list[Chosen] = []
    for index in order:
        near = any(
            place[each.frame] == place[index] and abs(each.frame - index) < apart for each in chosen
        )
        if not near and len(chosen) < count:
            told = least[index]
            detail = f"score {told.score:.2f} of {told.detector.name}"
            chosen.append(Chosen(index, "uncertain", detail))
    return chosen


def _novel(candidates: Sequence[Candidate], taken: set[int], count: int) -> list[Chosen]:
    """Return the frames that look least like any other, nor like one another."""
    looks = np.array([each.look for each in candidates])
    middle = np.median(looks, axis=0)
    spread = 1.4826 * np.median(np.abs(looks - middle), axis=0)
    looks = (looks - middle) / np.maximum(spread, 1e-3 * np.maximum(1.0, np.abs(middle)))
    near = min(_NEIGHBOURS + 1, len(looks))
    distance = cKDTree(looks).query(looks, k=[near])[0][:, 0]
    usual = max(float(np.median(distance)), 1e-9)
    away = np.where([each.frame in taken for each in candidates], -1.0, distance)
    chosen: list[Chosen] = []
    while len(chosen) < count and away.max() > 0:
        best = int(np.argmax(away))
        detail = f"{distance[best] / usual:.1f} times as far from its like as usual"
        chosen.append(Chosen(candidates[best].frame, "novel", detail))
        away = np.minimum(away, cdist(looks[best : best + 1], looks)[0])
        away[best] = -1.0
    return chosen
