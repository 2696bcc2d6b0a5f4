"""The Python devices that select what a playback shows: stages and channel wheel."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pymmcore_plus.experimental.unicore import StageDevice, StateDevice, XYStageDevice

from ._lock import reentrant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from saccade.core import Clock


class Travel:
    """A stage that is where it was until its move is over, then exactly where it was sent.

    Parameters
    ----------
    at : tuple of float
        Where it stands, in µm along each of its axes.
    clock : Clock
        What the time is read from.
    move_ms : float
        How long any move takes.
    """

    def __init__(self, at: tuple[float, ...], clock: Clock, move_ms: float) -> None:
        self._from = self._to = at
        self._clock = clock
        self._move_ns = round(move_ms * 1e6)
        self._arrives_ns = clock.now_ns()

    def go(self, *to: float) -> None:
        """Leave for a place, from wherever it is now."""
        if not all(map(math.isfinite, to)):
            raise ValueError(f"A stage can't go to {to}.")
        self._from, self._to = self.at(), to
        self._arrives_ns = self._clock.now_ns() + self._move_ns

    def at(self) -> tuple[float, ...]:
        """Return where it is."""
        return self._from if self.moving() else self._to

    def moving(self) -> bool:
        """Return whether a move is under way."""
        return self._clock.now_ns() < self._arrives_ns

    def stop(self) -> None:
        """Stay where it is."""
        self._to = self.at()
        self._arrives_ns = self._clock.now_ns()


def nearest(at_um: float, spacing_um: float, count: int) -> int:
    """Return the index of the nearest of evenly spaced places, the first at 0 µm.

    Parameters
    ----------
    at_um : float
        Where it is.
    spacing_um : float
        Distance between two places.
    count : int
        Number of places.
    """
    return min(max(math.floor(at_um / spacing_um + 0.5), 0), count - 1)


class PlaybackXY(XYStageDevice):
    """The XY stage; recorded positions stand in a row along x."""

    def __init__(self, clock: Clock, move_ms: float) -> None:
        super().__init__()
        reentrant(self)
        self._travel = Travel((0.0, 0.0), clock, move_ms)

    def set_position_um(self, x: float, y: float) -> None:
        self._travel.go(float(x), float(y))

    def get_position_um(self) -> tuple[float, float]:
        x, y = self._travel.at()
        return x, y

    def busy(self) -> bool:
        return self._travel.moving()

    def home(self) -> None:
        self._travel.go(0.0, 0.0)

    def stop(self) -> None:
        self._travel.stop()

    def set_origin_x(self) -> None:
        raise NotImplementedError("The positions of a recording can't be renamed.")

    set_origin_y = set_origin_x


class PlaybackZ(StageDevice):
    """The focus drive; recorded planes stand one z step apart, the first at 0."""

    def __init__(self, clock: Clock, move_ms: float) -> None:
        super().__init__()
        reentrant(self)
        self._travel = Travel((0.0,), clock, move_ms)

    def set_position_um(self, val: float) -> None:
        self._travel.go(float(val))

    def get_position_um(self) -> float:
        return self._travel.at()[0]

    def busy(self) -> bool:
        return self._travel.moving()

    def home(self) -> None:
        self._travel.go(0.0)

    def stop(self) -> None:
        self._travel.stop()

    def set_origin(self) -> None:
        raise NotImplementedError("The planes of a recording can't be renamed.")


class PlaybackChannels(StateDevice):
    """The wheel that selects the recorded channel."""

    def __init__(self, channels: Sequence[str]) -> None:
        self._state = 0
        super().__init__(dict(enumerate(channels)))
        reentrant(self)

    def get_state(self) -> int:
        return self._state

    def set_state(self, position: int) -> None:
        self._state = int(position)
