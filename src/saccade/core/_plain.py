"""Values to what JSON can hold: the words of the journal."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel
from useq import MDAEvent, SLMImage

if TYPE_CHECKING:
    from ._values import Frame

# Pictures go to the pixel store, never into a line of the journal; the line of the frame tells
# its grid.
_NOT_IN_LINES = frozenset({"pixels", "labels", "grid"})
# A line may hold hundreds of points, and few actions correct anything.
_ONLY_IF_THERE = frozenset(
    {"track", "correction", "policy", "lets_go", "question", "modulator", "region", "mask", "kept"}
    | {"turret", "objective", "offset_um", "camera", "cameras"}
)


def plain(value: object) -> Any:
    """Return a value as dicts, lists, strings, numbers and None.

    Parameters
    ----------
    value : object
        Any value of `saccade.core`, a useq event, a numpy scalar, or containers of these.
    """
    if value is None or isinstance(value, (bool, int, float, str, Enum)):
        return plain(value.value) if isinstance(value, Enum) else value
    if isinstance(value, MDAEvent):
        return plain_event(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {
            name: plain(getattr(value, name))
            for name in field_names(type(value))
            if name not in _NOT_IN_LINES
            and not (name in _ONLY_IF_THERE and _is_nothing(getattr(value, name)))
        }
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list, set, frozenset)):
        # A set has no order of its own, and another in each process.
        in_order = value if isinstance(value, (tuple, list)) else sorted(value, key=str)
        return [plain(item) for item in in_order]
    return _plain_other(value)


def _is_nothing(value: object) -> bool:
    return value is None or value is False or value in ("", ())


def _plain_other(value: object) -> Any:
    if isinstance(value, SLMImage):
        data = _plain_array(np.asarray(value))
        return {"device": value.device, "exposure": value.exposure, "data": data}
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return _plain_array(value)
    return str(value)


def plain_frame(frame: Frame) -> dict[str, Any]:
    """Return all of a frame but its pixels, in the form that the journal holds.

    Parameters
    ----------
    frame : Frame
        What was acquired.
    """
    line: dict[str, Any] = plain(frame)
    line["shape"] = list(frame.pixels.shape)
    line["dtype"] = _name_of(frame.pixels.dtype)
    return line


def plain_event(event: MDAEvent) -> dict[str, Any]:
    """Return what an event asks for, without what is merely default.

    Parameters
    ----------
    event : useq.MDAEvent
        The sequence that it came from is left out.
    """
    # Field by field: to dump all of an event and drop most of it again takes far longer, and a
    # camera that runs by itself gives hundreds of them a second.
    defaults, line = _event_defaults(), {}
    for name in _event_fields(type(event)):
        value = getattr(event, name)
        if isinstance(value, BaseModel):
            # Not in pydantic's JSON mode: it fails on arrays, and makes NaN null.
            value = value.model_dump()
        if value != defaults.get(name):
            line[name] = plain(value)
    if event.slm_image is not None:
        line["slm_image"] = plain(event.slm_image)
    return line


@cache
def field_names(kind: type) -> tuple[str, ...]:
    """Return the names of a dataclass's fields, in order."""
    return tuple(entry.name for entry in fields(kind))


@cache
def _event_fields(kind: type[MDAEvent]) -> tuple[str, ...]:
    left_out = {"sequence", "slm_image", "events"}
    return tuple(name for name in kind.model_fields if name not in left_out)


@cache
def _event_defaults() -> dict[str, Any]:
    return MDAEvent().model_dump(exclude={"sequence", "slm_image"})


@cache
def _name_of(dtype: np.dtype[Any]) -> str:
    """Return what pixels are as they are stored; byte order is the machine's affair."""
    return dtype.name  # numpy works it out anew each time, slowly


def _plain_array(array: np.ndarray[Any, Any]) -> dict[str, Any]:
    packed = base64.b64encode(zlib.compress(np.ascontiguousarray(array).tobytes()))
    return {
        "shape": list(array.shape),
        "dtype": array.dtype.str,
        "zlib_base64": packed.decode("ascii"),
    }
