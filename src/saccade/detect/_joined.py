"""Several detectors that look at the same frame: all of them, any of them, or their mean."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, Self

from saccade.core import (
    Detector,
    Explained,
    Observation,
    explained,
    is_number,
    require,
)

from ._parts import Composite, check_detector, joined, renewed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from saccade.core import Frame

_VERDICTS: tuple[Literal["trusted", "doubtful", "invalid"], ...] = (
    "trusted",
    "doubtful",
    "invalid",
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Joined(Composite):
    """Detectors whose scores become one.

    Parameters
    ----------
    detectors : tuple of Detector
        One or more.
    """

    detectors: tuple[Detector, ...] = field(kw_only=False)

    def __post_init__(self) -> None:
        name = f"{type(self).__name__}.detectors"
        ok = isinstance(self.detectors, tuple) and len(self.detectors) > 0
        require(ok, name, self.detectors, "a tuple of at least one", "Give several detectors.")
        for place, each in enumerate(self.detectors):
            check_detector(f"{name}.{place}", each)

    @property
    def parts(self) -> tuple[Detector, ...]:
        """The detectors, in order."""
        return self.detectors

    def fresh(self) -> Self:
        """Return one with the same settings, of detectors without memory."""
        return replace(self, detectors=tuple(map(renewed, self.detectors)))

    def __call__(self, frame: Frame) -> Observation:
        """Return what the detectors see in a frame, as one.

        Parameters
        ----------
        frame : Frame
            Each of them looks at it.
        """
        return self._as_one([part(frame) for part in self.detectors])[0]

    def explain(self, frame: Frame) -> Explained:
        """Return the same, and what that one's score rests on whose places are told."""
        looks = [explained(part, frame) for part in self.detectors]
        seen, teller = self._as_one([each.seen for each in looks])
        return Explained(seen, next(each.heat for each in looks if each.seen is teller))

    def _as_one(self, seen: Sequence[Observation]) -> tuple[Observation, Observation]:
        """Return what is seen by all, and who tells where it is."""
        scores = [each.score for each in seen]
        score = self.score_of(scores)
        # Where it is, that says whose score is nearest to what is said of all.
        teller = min(seen, key=lambda each: abs(each.score - score))
        told = Observation(
            score,
            points=teller.points,
            boxes=teller.boxes,
            labels=teller.labels,
            measurements={**_numbered(seen), "spread": _spread(scores)},
            verdict=max((each.verdict for each in seen), key=_VERDICTS.index),
            detector=joined(self, (each.detector for each in seen)),
        )
        return told, teller

    @abstractmethod
    def score_of(self, scores: Sequence[float]) -> float:
        """Return what the scores come to."""


@dataclass(frozen=True, kw_only=True, eq=False)
class All(Joined):
    """Sees what each of several detectors sees: the least of their scores.

    Points, boxes and labels are those of the detector with that score, the first of these.

    Parameters
    ----------
    detectors : tuple of Detector
        One or more; in a protocol a list of mappings with ``use``.

    Raises
    ------
    ProtocolError
        If these are no detectors.

    Notes
    -----
    Measurements are those of the detectors, ``0.count`` that of the first and so on, their
    ``0.score``, and the standard deviation of the scores, ``spread``. It is trusted as little
    as whichever is trusted least.
    """

    def score_of(self, scores: Sequence[float]) -> float:
        """Return the least."""
        return min(scores)


@dataclass(frozen=True, kw_only=True, eq=False)
class Any(Joined):
    """Sees what one of several detectors sees: the greatest of their scores.

    Parameters, errors and measurements are those of `All`.
    """

    def score_of(self, scores: Sequence[float]) -> float:
        """Return the greatest."""
        return max(scores)


@dataclass(frozen=True, kw_only=True, eq=False)
class Ensemble(Joined):
    """Sees what several detectors see on average, and how far they are from being at one.

    Deep ensembles (Lakshminarayanan et al. 2017) are the mean of networks that were trained
    alike but for the seed; their ``spread`` is large where they were never trained.

    Parameters
    ----------
    detectors : tuple of Detector
        One or more; in a protocol a list of mappings with ``use``.
    by : {'mean', 'vote'}
        Whether the score is the mean of theirs, or the share of those that are above
        ``threshold``.
    threshold : float
        For a vote.

    Raises
    ------
    ProtocolError
        If these are no detectors, or a setting can't be used.

    Notes
    -----
    Points, boxes and labels are those of the detector whose score is nearest to that of all.
    Measurements are as for `All`.
    """

    by: Literal["mean", "vote"] = "mean"
    threshold: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        require(
            self.by in ("mean", "vote"), "Ensemble.by", self.by, "'mean' or 'vote'", "Choose one."
        )
        ok = is_number(self.threshold) and 0 <= self.threshold < 1
        must = "a number from 0 to below 1"
        require(ok, "Ensemble.threshold", self.threshold, must, "0.5 is half of the scale.")

    def score_of(self, scores: Sequence[float]) -> float:
        """Return their mean, or how many of them are above the threshold."""
        if self.by == "vote":
            return sum(score > self.threshold for score in scores) / len(scores)
        return min(max(math.fsum(scores) / len(scores), min(scores)), max(scores))


def _numbered(seen: Sequence[Observation]) -> dict[str, float]:
    return {
        f"{place}.{name}": value
        for place, each in enumerate(seen)
        for name, value in (("score", each.score), *each.measurements.items())
    }


def _spread(scores: Sequence[float]) -> float:
    mean = math.fsum(scores) / len(scores)
    return math.sqrt(math.fsum((score - mean) ** 2 for score in scores) / len(scores))
