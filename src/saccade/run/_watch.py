"""The planned events, and when each is due."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from useq import MDAEvent


class Watch:
    """The plan of a run, one event at a time, on a timeline that can be stretched.

    The timeline starts with the first event that is looked at. It is delayed, never
    rushed: after an action that took longer than the plan had room for, the plan goes on
    at its own pace from then.

    Parameters
    ----------
    events : iterable of useq.MDAEvent
        Read lazily; ``min_start_time`` counts from the start, or from the last event with
        ``reset_event_timer``.
    """

    def __init__(self, events: Iterable[MDAEvent]) -> None:
        self._events = iter(events)
        self._next: MDAEvent | None = next(self._events, None)
        self._t0_ns: int | None = None
        self._shift_ns = 0
        self._interval_ns: int | None = None
        self._last: MDAEvent | None = None
        self._restarted_by: MDAEvent | None = None

    @property
    def interval_s(self) -> float | None:
        """The interval that was set in place of the plan's own, if any."""
        return None if self._interval_ns is None else self._interval_ns / 1e9

    @property
    def empty(self) -> bool:
        """Whether no event is left."""
        return self._next is None

    def due(self, now_ns: int) -> tuple[MDAEvent, int] | None:
        """Return the next event and when it is due, in monotonic ns; None at the end.

        Parameters
        ----------
        now_ns : int
            The present, which starts the timeline if nothing has.
        """
        if (event := self._next) is None:
            return None
        restarts = event.reset_event_timer and event is not self._restarted_by
        if self._t0_ns is None or restarts:
            self._t0_ns, self._shift_ns, self._restarted_by = now_ns, 0, event
        return event, self._t0_ns + _start_ns(event) + self._shift_ns

    def take(self) -> None:
        """Go on to the event after the one that is due."""
        self._last, self._next = self._next, next(self._events, None)
        if self._interval_ns is not None and self._next is not None and self._last is not None:
            planned_ns = _start_ns(self._next) - _start_ns(self._last)
            if _time_index(self._next) != _time_index(self._last):
                self._shift_ns += self._interval_ns - planned_ns

    def delay(self, shift_ns: int) -> None:
        """Move all that is left of the timeline back by some time."""
        self._shift_ns += max(0, shift_ns)

    def pace(self, interval_s: float) -> None:
        """Set the interval between time points, from the next one on.

        Parameters
        ----------
        interval_s : float
            Zero is as fast as possible.
        """
        new_ns = round(interval_s * 1e9)
        if self._next is not None and self._last is not None:
            old_ns = self._interval_ns
            if old_ns is None:
                old_ns = _start_ns(self._next) - _start_ns(self._last)
            if _time_index(self._next) != _time_index(self._last):
                self._shift_ns += new_ns - old_ns
        self._interval_ns = new_ns


def _start_ns(event: MDAEvent) -> int:
    return round((event.min_start_time or 0.0) * 1e9)


def _time_index(event: MDAEvent) -> int:
    return int(event.index.get("t", 0))
