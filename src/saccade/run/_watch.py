"""The planned events, and when each is due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from saccade.core import events_of

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
        Read lazily, each with what the plan's setup asks for; ``min_start_time`` counts from the
        start, or from the last event with ``reset_event_timer``.
    """

    def __init__(self, events: Iterable[MDAEvent]) -> None:
        self._events = events_of(events)
        self._next: MDAEvent | None = next(self._events, None)
        self._t0_ns: int | None = None
        self._shift_ns = 0
        self._interval_ns: int | None = None
        self._last: MDAEvent | None = None
        self._restarted = False
        self._late_ns = 0

    @property
    def interval_s(self) -> float | None:
        """The interval that was set in place of the plan's own, if any."""
        return None if self._interval_ns is None else self._interval_ns / 1e9

    @property
    def next(self) -> MDAEvent | None:
        """The event that comes next; None at the end."""
        return self._next

    @property
    def empty(self) -> bool:
        """Whether no event is left."""
        return self._next is None

    @property
    def round_over(self) -> bool:
        """Whether the event taken last was the last of its time point."""
        if self._last is None:
            return False
        return self._next is None or not _same_point(self._last, self._next)

    def goes_on(self, now_ns: int) -> bool:
        """Return whether the next event is due, and is the last one once more.

        Parameters
        ----------
        now_ns : int
            The present.
        """
        last, event = self._last, self._next
        if last is None or event is None or event.reset_event_timer or event.keep_shutter_open:
            return False
        return self._due_ns(event) <= now_ns and _is_again(last, event)

    def due(self, now_ns: int) -> tuple[MDAEvent, int] | None:
        """Return the next event and when it is due, in monotonic ns; None at the end.

        Parameters
        ----------
        now_ns : int
            The present, which starts the timeline if nothing has.
        """
        if (event := self._next) is None:
            return None
        if self._t0_ns is None or (event.reset_event_timer and not self._restarted):
            self._t0_ns, self._shift_ns, self._restarted = now_ns, 0, True
        return event, self._due_ns(event)

    def take(self, now_ns: int) -> None:
        """Go on to the event after the one that is due.

        Parameters
        ----------
        now_ns : int
            The present.
        """
        self._last, self._next, self._restarted = self._next, next(self._events, None), False
        if self._last is not None:
            self._late_ns = now_ns - self._due_ns(self._last)
        if self._interval_ns is not None:
            self._stretch(self._planned_ns(), self._interval_ns)

    def delay(self, shift_ns: int) -> None:
        """Move all that is left of the timeline back by some time."""
        self._shift_ns += max(0, shift_ns)

    def pace(self, interval_s: float | None) -> None:
        """Set the interval between time points, from the next one on.

        Parameters
        ----------
        interval_s : float or None
            Zero is as fast as possible, None is the plan's own. A plan whose events have no
            index at all is paced from event to event.
        """
        if interval_s is None and self._interval_ns is None:
            return
        planned_ns = self._planned_ns()
        new_ns = planned_ns if interval_s is None else round(interval_s * 1e9)
        old_ns = planned_ns if self._interval_ns is None else self._interval_ns
        self._interval_ns = None if interval_s is None else new_ns
        self._stretch(old_ns, new_ns)

    def _stretch(self, old_ns: int, new_ns: int) -> None:
        """Let the next time point come later by the difference of two intervals."""
        if self._last is None or self._next is None or _same_point(self._last, self._next):
            return
        self._shift_ns += new_ns - old_ns
        if self._late_ns >= new_ns:
            # What lies a whole interval behind is given up; making up for it would be a rush.
            self._shift_ns += self._late_ns
            self._late_ns = 0

    def _planned_ns(self) -> int:
        if self._last is None or self._next is None:
            return 0
        return _start_ns(self._next) - _start_ns(self._last)

    def _due_ns(self, event: MDAEvent) -> int:
        return (self._t0_ns or 0) + _start_ns(event) + self._shift_ns


def _start_ns(event: MDAEvent) -> int:
    return round((event.min_start_time or 0.0) * 1e9)


def _same_point(last: MDAEvent, event: MDAEvent) -> bool:
    if not last.index and not event.index:
        return False
    return last.index.get("t", 0) == event.index.get("t", 0)


_SETTINGS = ("channel", "exposure", "x_pos", "y_pos", "z_pos", "properties", "roi", "action")


def _is_again(last: MDAEvent, event: MDAEvent) -> bool:
    """Return whether two events differ in nothing but their time."""
    if last.keep_shutter_open or last.slm_image is not None or event.slm_image is not None:
        return False
    for name in _SETTINGS:
        before, now = getattr(last, name), getattr(event, name)
        if before is not now and before != now:
            return False
    return {**last.index, "t": 0} == {**event.index, "t": 0}
