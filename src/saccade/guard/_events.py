"""What guards read out of actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from useq import MDAEvent

    from saccade.core import Action


def every(events: Iterable[MDAEvent]) -> Iterator[MDAEvent]:
    """Yield each event, and those inside an event that stands for a hardware sequence."""
    for event in events:
        yield event
        yield from every(getattr(event, "events", ()))


def exposes(event: MDAEvent) -> bool:
    """Return whether an event takes a picture itself."""
    return event.action.type == "acquire_image" and not getattr(event, "events", ())


def name_of(action: Action, number: int) -> str:
    """Return how a message calls one event of an action."""
    count = sum(1 for _ in every(action.events))
    return f"event {number} of {count} of {action.label!r}" if count > 1 else f"{action.label!r}"
