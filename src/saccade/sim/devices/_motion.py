"""A drive that takes its time, and does not come to stand quite where it says."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from saccade.core import Clock

    from ._mechanics import Mechanics


class Motion:
    """Where a stage is, at any time since it was last told to move.

    Parameters
    ----------
    clock : Clock
        What moves are timed by.
    changing : callable
        Called before anything changes, and with the time at which a move will be over.
    axes : int
        How many; they move at once, and each for as long as its own way takes.
    travel_um : tuple of float
        Where it can go.
    speed_um_per_s, settle_ms, backlash_um : float
        As in `Mechanics`.
    """

    def __init__(
        self,
        clock: Clock,
        changing: Callable[[int | None], None],
        axes: int,
        travel_um: tuple[float, float],
        *,
        speed_um_per_s: float,
        settle_ms: float,
        backlash_um: float,
    ) -> None:
        self._clock, self._changing = clock, changing
        self._low_um, self._high_um = travel_um
        self._speed, self._settle_ms, self._backlash_um = speed_um_per_s, settle_ms, backlash_um
        self._from = self._to = (0.0,) * axes
        self._off = (0.0,) * axes
        self._left_ns = self._arrives_ns = self._rests_ns = clock.now_ns()

    def go(self, *to_um: float) -> None:
        """Leave for a place, from wherever it is now.

        Raises
        ------
        ValueError
            If it lies beyond the travel.
        """
        for um in to_um:
            if not self._low_um <= um <= self._high_um:
                raise ValueError(
                    f"{um:g} µm is beyond the travel, {self._low_um:g} to {self._high_um:g} µm."
                )
        now_ns = self._clock.now_ns()
        start = self.at(now_ns)
        longest_um = max(abs(b - a) for a, b in zip(start, to_um, strict=True))
        if longest_um == 0 and now_ns >= self._arrives_ns:
            return
        self._changing(None)
        self._off = tuple(
            self._slack(a, b, off) for a, b, off in zip(start, to_um, self._off, strict=True)
        )
        self._from, self._to, self._left_ns = start, to_um, now_ns
        self._arrives_ns = now_ns + math.ceil(longest_um / self._speed * 1e9)
        self._rests_ns = self._arrives_ns + round(self._settle_ms * 1e6)
        self._changing(self._arrives_ns)
        self._clock.announce(self._rests_ns)

    def at(self, t_ns: int) -> tuple[float, ...]:
        """Return where it says that it is, at a time not before it was last told to move."""
        if t_ns >= self._arrives_ns:
            return self._to
        way_um = self._speed * max(t_ns - self._left_ns, 0) / 1e9
        return tuple(
            b if abs(b - a) <= way_um else a + math.copysign(way_um, b - a)
            for a, b in zip(self._from, self._to, strict=True)
        )

    def now(self) -> tuple[float, ...]:
        """Return where it says that it is now."""
        return self.at(self._clock.now_ns())

    def truly_at(self, t_ns: int) -> tuple[float, ...]:
        """Return where it is."""
        return tuple(said + off for said, off in zip(self.at(t_ns), self._off, strict=True))

    def busy(self) -> bool:
        """Return whether it moves or settles."""
        return self._clock.now_ns() < self._rests_ns

    def stop(self) -> None:
        """Stay where it is."""
        now_ns = self._clock.now_ns()
        if now_ns >= self._rests_ns:
            return
        self._changing(None)
        self._from = self._to = self.at(now_ns)
        self._left_ns = self._arrives_ns = self._rests_ns = now_ns

    def _slack(self, start: float, end: float, off: float) -> float:
        if start == end:
            return off
        return self._backlash_um if end < start else 0.0


def xy_motion(clock: Clock, changing: Callable[[int | None], None], mechanics: Mechanics) -> Motion:
    """Return the motion of an XY stage; parameters as of `Motion`."""
    return Motion(
        clock,
        changing,
        2,
        mechanics.xy_travel_um,
        speed_um_per_s=mechanics.xy_speed_um_per_s,
        settle_ms=mechanics.xy_settle_ms,
        backlash_um=mechanics.xy_backlash_um,
    )


def z_motion(clock: Clock, changing: Callable[[int | None], None], mechanics: Mechanics) -> Motion:
    """Return the motion of a focus drive; parameters as of `Motion`."""
    return Motion(
        clock,
        changing,
        1,
        mechanics.z_travel_um,
        speed_um_per_s=mechanics.z_speed_um_per_s,
        settle_ms=mechanics.z_settle_ms,
        backlash_um=mechanics.z_backlash_um,
    )
