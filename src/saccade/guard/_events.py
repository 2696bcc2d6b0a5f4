"""What guards read out of actions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from useq import MDAEvent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from saccade.core import Action, Frame, Gap, Stand

SECOND_NS = 1_000_000_000
MS_NS = 1_000_000
SLACK = 1.0 + 1e-9
"""Rounding of a long sum must not cost the last bit of a round budget."""


def every(events: Iterable[MDAEvent]) -> Iterator[MDAEvent]:
    """Yield each event, and those inside an event that stands for a hardware sequence."""
    for event in events:
        yield event
        if inside := _inside(event):
            yield from every(inside)


def timed(action: Action) -> Iterator[tuple[int, MDAEvent]]:
    """Yield when each event is due, in monotonic ns, and the event.

    Parameters
    ----------
    action : Action
        Its first event is due at once. One with a wild time, or one before that of the event
        in front, is due together with that.
    """
    due_ns, first_s = action.t_ns, None
    for event in every(action.events):
        start_s = event.min_start_time or 0.0
        first_s = start_s if first_s is None else first_s
        after_ns = (start_s - first_s) * SECOND_NS
        if math.isfinite(after_ns):
            due_ns = max(due_ns, action.t_ns + round(after_ns))
        yield due_ns, event


def exposes(event: MDAEvent) -> bool:
    """Return whether an event takes a picture itself."""
    return event.action.type == "acquire_image" and not _inside(event)


def _inside(event: MDAEvent) -> Sequence[MDAEvent]:
    """Return the events that one stands for."""
    if type(event) is MDAEvent:  # to ask pydantic for what isn't there is slow
        return ()
    inside: Sequence[MDAEvent] = getattr(event, "events", ())
    return inside


def pictures(action: Action) -> int:
    """Return how many pictures an action takes."""
    return sum(map(exposes, every(action.events)))


def is_other_camera(done: Frame | Gap, stand: Stand) -> bool:
    """Return whether a picture is of an exposure that goes with that of another camera."""
    return done.camera not in ("", *stand.cameras[:1])


def name_of(action: Action, number: int) -> str:
    """Return how a message calls one event of an action."""
    count = sum(1 for _ in every(action.events))
    return f"event {number} of {count} of {action.label!r}" if count > 1 else f"{action.label!r}"
