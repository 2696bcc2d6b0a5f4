"""Events and frames completed with what holds where nothing is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from useq import MDAEvent, SLMImage

from saccade.core import Frame

if TYPE_CHECKING:
    from collections.abc import Iterable

    from saccade.core import Modulator, Stand

_FIELDS = ("x_pos", "y_pos", "z_pos", "channel", "exposure", "roi")
_PLACE = ("p", "g")


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


def inherit(event: MDAEvent, base: MDAEvent) -> MDAEvent:
    """Return an event of an action, completed from that of the frame that it rests on.

    Parameters
    ----------
    event : useq.MDAEvent
        What to acquire. If it names no place it is at that of the frame, whose position and
        tile it then belongs to, unless its index names others.
    base : useq.MDAEvent
        That of the frame.
    """
    stays = event.x_pos is None and event.y_pos is None
    names = (*_FIELDS, "slm_image") if stays else _FIELDS  # a mask fits one place only
    place = {axis: base.index[axis] for axis in _PLACE if stays and axis in base.index}
    if not place.keys() <= event.index.keys():
        event = event.model_copy(update={"index": place | dict(event.index)})
    return fill(event, base, names)


def as_it_was(frame: Frame, channel_group: str | None) -> MDAEvent:
    """Return the event that would take the same frame again.

    Parameters
    ----------
    frame : Frame
        What was not asked for is as the hardware really had it. What was asked for is taken
        as asked: read back and asked for again, it would creep by the error of the device.
    channel_group : str or None
        Group of the frame's channel.
    """
    values: dict[str, Any] = {
        "x_pos": frame.x_um,
        "y_pos": frame.y_um,
        "z_pos": frame.z_um,
        "exposure": frame.exposure_ms or None,
        "roi": frame.roi,
    }
    if frame.channel is not None and channel_group is not None:
        values["channel"] = {"config": frame.channel, "group": channel_group}
    asked = MDAEvent(**{name: getattr(frame.event, name) for name in _FIELDS})
    return fill(asked, MDAEvent(**values))


def as_found(stand: Stand) -> MDAEvent:
    """Return the event that leaves exposure and channel as the run found them.

    Parameters
    ----------
    stand : Stand
        The microscope, before anything was moved.
    """
    values: dict[str, Any] = {"exposure": stand.exposure_ms or None}
    if stand.channel is not None and stand.channel_group is not None:
        values["channel"] = {"config": stand.channel, "group": stand.channel_group}
    return MDAEvent(**values)


def as_watched(stand: Stand, event: MDAEvent | None) -> Stand:
    """Return the microscope as it is when the plan begins: with the objective that it asks for.

    Parameters
    ----------
    stand : Stand
        As it was found.
    event : useq.MDAEvent or None
        The first of the plan, if there is any.
    """
    if stand.turret is None or event is None:
        return stand
    return stand.under(stand.turret.asked(event))


def resting(modulator: Modulator) -> SLMImage:
    """Return what a light modulator shows while nobody asks for a mask.

    Parameters
    ----------
    modulator : Modulator
        As the profile declares it.
    """
    return SLMImage(data=np.uint8(modulator.rest), device=modulator.device)


def blank(stand: Stand) -> Frame:
    """Return an empty frame as the microscope would give it, to warm detectors with.

    Parameters
    ----------
    stand : Stand
        The microscope.
    """
    pixels = np.zeros(stand.shape_px, dtype=stand.dtype)
    pixels.setflags(write=False)
    return Frame(
        pixels,
        index=-1,
        stream="warm",
        event=MDAEvent(),
        exposure_ms=stand.exposure_ms,
        t_ns=0,
        channel=stand.channel,
        pixel_size_um=stand.pixel_size_um,
    )
