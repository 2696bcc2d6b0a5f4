"""What an event does not name stays as it was where it belongs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from useq import MDAEvent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from saccade.core import Frame

_FIELDS = ("x_pos", "y_pos", "z_pos", "channel", "exposure", "roi")


def named(events: Iterable[MDAEvent]) -> frozenset[str]:
    """Return which settings of the microscope some events ask for.

    Parameters
    ----------
    events : iterable of useq.MDAEvent
        Those of one action.
    """
    return frozenset(
        name for event in events for name in _FIELDS if getattr(event, name) is not None
    )


def fill(event: MDAEvent, base: MDAEvent, names: Iterable[str] = _FIELDS) -> MDAEvent:
    """Return an event with what it does not name taken from another.

    Parameters
    ----------
    event : useq.MDAEvent
        What to acquire.
    base : useq.MDAEvent
        Where missing settings come from.
    names : iterable of str
        The settings that may be filled in.
    """
    missing = {
        name: value
        for name in names
        if getattr(event, name) is None and (value := getattr(base, name)) is not None
    }
    return event.model_copy(update=missing) if missing else event


def as_it_was(frame: Frame, channel_group: str | None) -> MDAEvent:
    """Return the event that would take the same frame again.

    Parameters
    ----------
    frame : Frame
        What the hardware really did; what it could not tell is as it was asked.
    channel_group : str or None
        Group of the frame's channel.
    """
    asked = frame.event
    values: dict[str, Any] = {
        "x_pos": frame.x_um,
        "y_pos": frame.y_um,
        "z_pos": frame.z_um,
        "exposure": frame.exposure_ms,
    }
    if asked.channel is not None:
        values["channel"] = asked.channel
    elif frame.channel is not None and channel_group is not None:
        values["channel"] = {"config": frame.channel, "group": channel_group}
    if frame.roi is not None:
        values["roi"] = frame.roi
    return MDAEvent(**values)
