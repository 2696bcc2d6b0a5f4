"""What looks like nothing that was seen before: distance in a space of cheap features."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from saccade.core import Explained, Identity, Observation, Past, require
from saccade.models import Familiar, load_model

from ._base import Base
from ._network import prepared_picture
from ._patches import patch_features
from ._pixels import Peaks, not_a_picture, picture, points
from ._settings import is_count, look_ms

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.spatial import cKDTree

    from saccade.core import Frame
    from saccade.models import Model

    from ._pixels import Image, Picture

_IDENTITY = Identity("saccade.detect:Novelty", "1")
_NEIGHBOURS = 3
_MOST_PATCHES = 4000
_LEAST_SPREAD = 1e-3
_TOP = 3
"""Patches of a frame whose mean distance is that of the frame: one alone would be noise."""


@dataclass
class _Memory:
    """What was seen of a channel at the beginning."""

    patches: list[NDArray[np.float32]] = field(default_factory=list)
    distances: list[float] = field(default_factory=list)
    scale: NDArray[np.float32] | None = None
    tree: cKDTree | None = None
    typical: float = 1.0


class _Looked(NamedTuple):
    """A look; how far from what is usual each patch is, if that is known, and what is usual."""

    seen: Observation
    away: NDArray[np.float64] | None = None
    limit: float = math.inf


@dataclass(frozen=True, kw_only=True, eq=False)
class Novelty(Base):
    """Sees how unlike a frame is to what was seen at the beginning of the run; needs no labels.

    Patches of the picture become points in a space of six features (mean, fine, middle and coarse
    contrast, gradient, distance from the picture's mean). Those of the first frames are kept; how
    far the others are from their nearest neighbours among these (kNN distance, Ramaswamy et al.,
    SIGMOD 2000), in multiples of the robust spread, is their distance, and the mean of the three
    farthest that of the frame. As many frames again tell how large that usually is. The score is::

        share of these frames that were nearer, (number nearer) / (number + 1)

    a conformal rank (Vovk et al., 2005): as long as nothing changes, a frame scores above 1 - a
    with a probability of at most a. It is 0 until all these frames were seen.

    Parameters
    ----------
    frames : int
        Of each channel that are kept, and as many again that tell what is usual. The greatest score
        is ``frames / (frames + 1)``: with 19 it is 0.95.
    patch_px : int
        Side of a patch, in pixels.
    model : str, optional
        Name or folder of a model: what its pictures looked like, by its card, takes the place
        of the beginning of the run. Distances are then Mahalanobis, and the score is there at once.
    max_points : int
        Number of places to report, the strangest first.

    Raises
    ------
    ModelError
        If there is no such model, or its card does not tell.
    ProtocolError
        If a setting can't be used.

    Notes
    -----
    Measurements are ``distance`` (in multiples of the usual one) and ``learning`` (1 until it
    knows). Points are patches farther off than any of the frames that tell what is usual. A channel
    is one memory, for all positions: let the first frames go around them all.
    """

    frames: int = 30
    patch_px: int = 32
    model: str | None = None
    max_points: int = 10
    _memory: dict[object, _Memory] = field(default_factory=dict, init=False, repr=False)
    _known: list[Model] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        for name, least, do in (
            ("frames", 2, "30 is a good number."),
            ("patch_px", 8, "32 is a good size."),
            ("max_points", 1, "Give a number of places."),
        ):
            value = getattr(self, name)
            ok = is_count(value) and value >= least
            require(ok, f"Novelty.{name}", value, f"a whole number of at least {least}", do)
        if self.model is not None:
            loaded = load_model(self.model)
            told = loaded.card.familiar is not None
            do = "Train it again, or leave the model out: the beginning of a run does as well."
            require(told, "Novelty.model", self.model, "one whose card tells of its pictures", do)
            self._known.append(loaded)

    def __call__(self, frame: Frame) -> Observation:
        """Return how strange a frame is, and where.

        Parameters
        ----------
        frame : Frame
            Of any real dtype.
        """
        return self._look(frame)[0]

    @property
    def past(self) -> Past:
        """The frames that tell what is usual; none if a card does."""
        return Past() if self._known else Past(first=2 * self.frames)

    def explain(self, frame: Frame) -> Explained:
        """Return how strange a frame is, and how strange each patch of it.

        Parameters
        ----------
        frame : Frame
            The next one.

        Returns
        -------
        Explained
            Half is as far off as the farthest of the frames that tell what is usual.
        """
        seen, away, limit = self._look(frame)
        if away is None:
            return Explained(seen)
        return Explained(seen, (away / (away + max(limit, 1e-9))).astype(np.float32))

    def _look(self, frame: Frame) -> _Looked:
        """Return what is seen; and, once it is known, how far each patch is and what is usual."""
        seen = picture(frame)
        if seen is None:
            return _Looked(not_a_picture(_IDENTITY))
        if self._known:
            return self._against_card(frame, seen)
        key = (frame.stream, frame.channel)
        memory = self._memory.setdefault(key, _Memory())
        features = patch_features(seen.pixels, self.patch_px)
        if memory.tree is None:
            memory.patches.append(features.reshape(-1, features.shape[-1]))
            if len(memory.patches) == self.frames:
                _settle(memory)
            none = np.zeros(features.shape[:2])
            return _Looked(_observed(frame, none, 0.0, learning=True, most=1))
        away = _away(memory, features)
        distance = frame_distance(away)
        if len(memory.distances) < self.frames:
            memory.distances.append(distance)
            if len(memory.distances) == self.frames:
                memory.distances.sort()
                memory.typical = max(float(np.median(memory.distances)), 1e-9)
            return _Looked(_observed(frame, away, 0.0, learning=True, most=1))
        nearer = int(np.searchsorted(memory.distances, distance))
        score = nearer / (self.frames + 1)
        limit = memory.distances[-1]
        told = _observed(
            frame, away, score, typical=memory.typical, limit=limit, most=self.max_points
        )
        return _Looked(told, away, limit)

    def takes_ms(self, frame: Frame) -> float:
        """Return how long a look takes, for a run in virtual time."""
        return look_ms(frame, fixed_ms=0.5, ns_a_px=30.0)

    def _against_card(self, frame: Frame, seen: Picture) -> _Looked:
        card = self._known[0].card
        familiar = card.familiar
        assert familiar is not None  # noqa: S101 - checked above
        size_um = card.input.pixel_size_um
        scale = 1.0 if size_um is None else frame.pixel_size_um / size_um
        low, high = card.input.rescale
        if not low <= scale <= high:
            return _Looked(not_a_picture(_IDENTITY))
        prepared = prepared_picture(seen.pixels, scale, card.input.low, card.input.high)
        away = familiar_distances(familiar, patch_features(prepared, familiar.patch_px))
        distance = frame_distance(away)
        usual = np.array(familiar.distances)
        score = int(np.searchsorted(usual, distance)) / (len(usual) + 1)
        typical = max(float(np.median(usual)), 1e-9)
        limit = float(usual[-1])
        told = _observed(frame, away, score, typical=typical, limit=limit, most=self.max_points)
        return _Looked(told, away, limit)


def frame_distance(away: NDArray[np.float64]) -> float:
    """Return the distance of a frame: the mean of its farthest patches.

    Parameters
    ----------
    away : array, (y, x)
        Distances of its patches.
    """
    return float(np.sort(away.ravel())[-_TOP:].mean())


def familiar_distances(familiar: Familiar, features: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the Mahalanobis distances of patches from those of a model's pictures, (y, x).

    Parameters
    ----------
    familiar : Familiar
        Of a card.
    features : array of float32, (y, x, feature)
        As `patch_features` returns them.
    """
    away = features.astype(np.float64) - np.array(familiar.centre)
    white = away @ np.array(familiar.whitening).T
    return np.sqrt((white**2).sum(axis=-1))  # type: ignore[no-any-return]


def _settle(memory: _Memory) -> None:
    from scipy.spatial import cKDTree  # a quarter of a second, which every command would pay

    every = np.concatenate(memory.patches)
    middle = np.median(every, axis=0)
    spread = 1.4826 * np.median(np.abs(every - middle), axis=0)
    # Where nothing varies, it is what float32 can't tell apart that must not matter.
    least = _LEAST_SPREAD * np.maximum(1.0, np.abs(middle))
    memory.scale = np.maximum(spread, least).astype(np.float32)
    some = every[:: math.ceil(len(every) / _MOST_PATCHES)]
    memory.tree = cKDTree(some / memory.scale)
    memory.patches.clear()


def _away(memory: _Memory, features: NDArray[np.float32]) -> NDArray[np.float64]:
    assert memory.tree is not None  # noqa: S101 - asked before
    assert memory.scale is not None  # noqa: S101
    flat = features.reshape(-1, features.shape[-1]) / memory.scale
    near = min(_NEIGHBOURS, memory.tree.n)
    away = memory.tree.query(flat, k=[near])[0][:, 0]
    return np.asarray(away, np.float64).reshape(features.shape[:2])


def _observed(
    frame: Frame,
    away: NDArray[np.float64],
    score: float,
    *,
    typical: float = 1.0,
    limit: float = math.inf,
    learning: bool = False,
    most: int,
) -> Observation:
    rows, cols = np.nonzero(away > limit)
    order = np.argsort(-away[rows, cols], kind="stable")[:most]
    rows, cols = rows[order], cols[order]
    height, width = frame.pixels.shape
    found = Peaks(
        (rows + 0.5) * (height / away.shape[0]) - 0.5,
        (cols + 0.5) * (width / away.shape[1]) - 0.5,
        away[rows, cols] / typical,
        len(rows),
    )
    distance = 0.0 if learning else frame_distance(away) / typical
    return Observation(
        score,
        points=points(frame, found, 1),
        measurements={"distance": distance, "learning": float(learning)},
        detector=_IDENTITY,
    )


def familiar_of(pictures: list[Image], others: list[Image], patch_px: int = 32) -> Familiar | None:
    """Return what pictures look like, for a card; None if there are too few.

    Parameters
    ----------
    pictures : list of array of float32, (y, x)
        Prepared; what a model has learned from.
    others : list of array of float32, (y, x)
        Of other groups: how far from them is usual.
    patch_px : int
        Side of a patch.
    """
    if len(pictures) < 2 or not others:
        return None
    every = np.concatenate(
        [patch_features(each, patch_px).reshape(-1, 6) for each in pictures]
    ).astype(np.float64)
    centre = np.median(every, axis=0)
    covariance = np.cov(every.T) + 1e-4 * np.eye(every.shape[1])
    values, vectors = np.linalg.eigh(covariance)
    whitening = (vectors / np.sqrt(np.maximum(values, 1e-6))).T
    rows: Any = tuple(tuple(row) for row in whitening.tolist())
    made = Familiar(
        patch_px=patch_px,
        centre=tuple(centre.tolist()),
        whitening=rows,
        distances=(0.0,),
    )
    distances = sorted(
        frame_distance(familiar_distances(made, patch_features(each, patch_px))) for each in others
    )
    some = np.unique(np.linspace(0, len(distances) - 1, min(len(distances), 200)).astype(int))
    return made.model_copy(update={"distances": tuple(distances[n] for n in some.tolist())})
