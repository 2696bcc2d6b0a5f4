"""A detector that sees what a test tells it to see."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from saccade.core import Frame, Identity, Observation

from ._frames import score_of


@dataclass(frozen=True)
class StubDetector:
    """Gives the scores that it was told to give.

    Parameters
    ----------
    scores : sequence or mapping of int to float, optional
        By index of the frame; 0 where there is none. Without them the score is the
        brightness of the picture, as of `saccade.testing.frames_of`.
    fails_on : collection of int
        Indices of frames on which it raises a ``RuntimeError``.
    slow_s : float
        Time that it takes, in seconds of the real clock.
    name : str
        Its identity.

    Examples
    --------
    >>> from saccade.testing import StubDetector, frames_of
    >>> [StubDetector([0.5, 1.0])(frame).score for frame in frames_of([0, 0, 0])]
    [0.5, 1.0, 0.0]
    """

    scores: Sequence[float] | Mapping[int, float] | None = None
    fails_on: Collection[int] = ()
    slow_s: float = 0.0
    name: str = "stub"

    def __call__(self, frame: Frame) -> Observation:
        """Return the score that belongs to the frame.

        Parameters
        ----------
        frame : Frame
            Any.
        """
        if self.slow_s:
            time.sleep(self.slow_s)
        if frame.index in self.fails_on:
            raise RuntimeError(f"it was told to fail on frame {frame.index}")
        return Observation(self._score(frame), detector=Identity(self.name, "1"))

    def _score(self, frame: Frame) -> float:
        if self.scores is None:
            return score_of(frame.pixels)
        if isinstance(self.scores, Mapping):
            return self.scores.get(frame.index, 0.0)
        return self.scores[frame.index] if 0 <= frame.index < len(self.scores) else 0.0


@dataclass(frozen=True)
class HoggingDetector:
    """Keeps a core, and Python itself, busy over each frame, and sees nothing.

    Parameters
    ----------
    busy_s : float
        For how long.

    Examples
    --------
    >>> from saccade.testing import HoggingDetector, frames_of
    >>> HoggingDetector(busy_s=0.001)(frames_of([0])[0]).score
    0.0
    """

    busy_s: float = 0.2

    def __call__(self, frame: Frame) -> Observation:  # noqa: ARG002 - whatever it is
        """Be busy.

        Parameters
        ----------
        frame : Frame
            Any.
        """
        until_s = time.perf_counter() + self.busy_s
        while time.perf_counter() < until_s:
            pass
        return Observation(0.0, detector=Identity("hog", "1"))
