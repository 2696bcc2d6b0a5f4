"""Values of the core, made again from lines of the journal."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import TYPE_CHECKING

from saccade.core import (
    DamagedRunError,
    Frame,
    Times,
    Verdict,
    event_from_plain,
    observation_from_plain,
)

from ._journal import JOURNAL
from ._json import numbers
from ._pixel_writer import Place

if TYPE_CHECKING:
    from saccade.core import Observation, Pixels

    from ._journal import Line

_SEEN_NUMBERS = ("score", "points", "boxes", "measurements", "elapsed_ms", "at_um")


def place_of(line: Line) -> Place:
    """Return the stream and row of a frame or a gap.

    Raises
    ------
    DamagedRunError
        If the line lacks what such a line must hold.
    """
    value = line.value
    try:
        place = Place(value["path"], value["row"])
        sound = isinstance(place.row, int) and place.row >= 0
        sound = sound and isinstance(value["index"], int) and isinstance(value["stream"], str)
        if line.kind == "frame":
            # A name that isn't one of ours could lead out of the folder.
            sound = sound and re.fullmatch(r"[A-Za-z0-9_-]+", place.path or "") is not None
            sound = sound and isinstance(value["crc32"], int)
    except (KeyError, TypeError):
        sound = False
    if not sound:
        raise DamagedRunError(f"Line {line.n + 1} of {JOURNAL} tells no place of a {line.kind}.")
    return place


def frame_of(line: Line, pixels: Pixels) -> Frame:
    """Return the frame that a line and its pixels were made of."""
    value = line.value
    known = {entry.name: value[entry.name] for entry in fields(Frame) if entry.name in value}
    texts = {name: known.pop(name, None) for name in ("stream", "channel", "properties", "event")}
    known = numbers(known)
    for name in ("roi", "sensor_px", "affine"):
        if known.get(name) is not None:
            known[name] = tuple(known[name])
    return Frame(
        pixels=pixels,
        stream=texts["stream"],
        channel=texts["channel"],
        properties=texts["properties"] or {},
        event=event_from_plain(texts["event"]),
        times=Times(**known.pop("times", {})),
        **known,
    )


def verdict_of(line: Line) -> Verdict:
    """Return the verdict of a line.

    Raises
    ------
    DamagedRunError
        If the line holds none.
    """
    try:
        return Verdict(**line.value)
    except TypeError as error:
        raise DamagedRunError(f"Line {line.n + 1} of {JOURNAL} is no verdict.") from error


def observation_of(line: Line) -> Observation:
    """Return the observation of a line, without its label image."""
    value = dict(line.value)
    value |= {name: numbers(value[name]) for name in _SEEN_NUMBERS if name in value}
    return observation_from_plain(value)
