"""A detector that fails as detectors do, to see what becomes of a protocol then."""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Self, TypeAlias, cast

from saccade.core import Detector, Frame, Learns, Needs, Observation, Stand, Warms, needs_of

from ._detectors import StubDetector

if TYPE_CHECKING:
    from collections.abc import Collection

DetectorFault: TypeAlias = Literal[
    "raise", "hang", "slow", "abort", "exit", "memory", "nonsense", "nan"
]

_NAP_S = 0.05
_BITE_BYTES = 64 * 2**20


@dataclass(frozen=True)
class FaultyDetector:
    """Sees what another detector sees, but fails on some frames.

    Only `saccade.isolate.Isolated` keeps an abort, an exit or a hang from being that of the
    run itself: try no protocol with these without it.

    ======== =======================================================================
    raise    raises a ``RuntimeError``
    hang     never comes back
    slow     takes ``slow_s`` longer
    abort    ends its process as a crash in native code does
    exit     ends its process as if all were well
    memory   takes all the memory that it can get
    nonsense returns what is no observation
    nan      returns the score NaN
    ======== =======================================================================

    Parameters
    ----------
    fault : str
        How it fails.
    on : collection of int
        Indices of the frames on which it does.
    detector : Detector
        What looks at all other frames; by default a `StubDetector`.
    slow_s : float
        Time that a slow look takes besides, in seconds of the real clock.

    Examples
    --------
    >>> from saccade.isolate import Isolated
    >>> from saccade.testing import FaultyDetector, frames_of
    >>> detector = Isolated(FaultyDetector("raise", on=[1]))
    >>> detector(frames_of([0.5])[0]).score
    0.5
    >>> detector.close()
    """

    fault: DetectorFault
    on: Collection[int]
    detector: Detector = field(default_factory=StubDetector)
    slow_s: float = 60.0

    def __call__(self, frame: Frame) -> Observation:
        """Return what is seen, or fail.

        Parameters
        ----------
        frame : Frame
            Any.
        """
        if frame.index in self.on:
            nonsense: Any = self._fail(frame)
            return cast("Observation", nonsense)
        return self.detector(frame)

    @property
    def needs(self) -> tuple[Needs, ...]:
        """What the other detector needs."""
        return needs_of(self.detector)

    def learn(self, stand: Stand) -> None:
        """Let the other detector learn the microscope."""
        if isinstance(self.detector, Learns):
            self.detector.learn(stand)

    def warm(self, frame: Frame) -> None:
        """Warm the other detector."""
        if isinstance(self.detector, Warms):
            self.detector.warm(frame)

    def takes_ms(self, frame: Frame) -> float:
        """Return how long the other detector takes, in virtual time."""
        own = getattr(self.detector, "takes_ms", 0.0)
        return float(own(frame) if callable(own) else own)

    def fresh(self) -> Self:
        """Return one that fails alike, over a detector without memory."""
        own = getattr(self.detector, "fresh", None)
        return replace(self, detector=self.detector if own is None else own())

    def _fail(self, frame: Frame) -> object:
        match self.fault:
            case "raise":
                raise RuntimeError(f"it was told to fail on frame {frame.index}")
            case "hang":
                _hang()
            case "slow":
                time.sleep(self.slow_s)
                return self.detector(frame)
            case "abort":
                os.abort()
            case "exit":
                os._exit(0)
            case "memory":
                _take_all_memory()
            case "nan":
                return Observation(math.nan)
        return {"nonsense": 2.0}


def _hang() -> NoReturn:
    while True:
        time.sleep(_NAP_S)


def _take_all_memory() -> NoReturn:
    taken: list[bytearray] = []
    while True:
        taken.append(bytearray(b"\1") * _BITE_BYTES)
