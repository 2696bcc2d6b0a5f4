"""What a plan sets for all of its events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._expand import expanded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from useq import MDAEvent

_FIELDS = ("x_pos", "y_pos", "z_pos", "channel", "exposure", "roi", "slm_image")


def events_of(plan: Iterable[MDAEvent]) -> Iterator[MDAEvent]:
    """Yield the events of a plan, each with what the plan's ``setup`` asks for.

    A `useq.MDASequence` has a setup that its iteration leaves out. It holds for each of its
    events, so that other events may come between them.

    Parameters
    ----------
    plan : iterable of useq.MDAEvent
        Such as a `useq.MDASequence`; what an event names itself goes before its setup.
    """
    setup: MDAEvent | None = getattr(plan, "setup", None)
    for event in expanded(plan):
        yield event if setup is None else _set_up(event, setup)


def _set_up(event: MDAEvent, setup: MDAEvent) -> MDAEvent:
    own = {each[:2] for each in event.properties or ()}
    general = [each for each in setup.properties or () if each[:2] not in own]
    changed = {
        name: value
        for name in _FIELDS
        if getattr(event, name) is None and (value := getattr(setup, name)) is not None
    }
    if general:
        changed["properties"] = [*general, *(event.properties or ())]
    return event.model_copy(update=changed) if changed else event
