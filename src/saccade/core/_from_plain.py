"""What the journal holds, back to values."""

from __future__ import annotations

import base64
import math
import re
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from useq import MDAEvent, SLMImage

from ._dimmer import Dimmer
from ._modulator import Modulator
from ._objectives import Lamp, Objective, Turret
from ._plain import field_names
from ._stand import LightSource, Span, Stand
from ._values import (
    Action,
    Correction,
    Gap,
    Identity,
    Observation,
    Point,
    Refusal,
)

_LARGEST_ARRAY_BYTES = 2**28


def event_from_plain(line: Mapping[str, Any]) -> MDAEvent:
    """Return the event that `plain_event` wrote.

    Parameters
    ----------
    line : mapping
        As read from the journal.
    """
    if not isinstance(line, Mapping):
        raise TypeError("an event is a mapping")
    values = dict(line)
    if mask := values.get("slm_image"):
        values["slm_image"] = _mask_from_plain(mask)
    return MDAEvent(**values)


def observation_from_plain(line: Mapping[str, Any]) -> Observation:
    """Return the observation that `plain` wrote, without its label image.

    Parameters
    ----------
    line : mapping
        As read from the journal.
    """
    known = {name: line[name] for name in field_names(Observation) if name in line}
    known["points"] = tuple(Point(**point) for point in line.get("points", ()))
    known["boxes"] = tuple(tuple(box) for box in line.get("boxes", ()))
    known["detector"] = Identity(**line.get("detector", {"name": "unnamed"}))
    known["at_um"] = tuple(line.get("at_um", (None, None, None)))
    return Observation(**known)


def gap_from_plain(line: Mapping[str, Any]) -> Gap:
    """Return the gap that `plain` wrote.

    Parameters
    ----------
    line : mapping
        As read from the journal.
    """
    known = {name: line[name] for name in field_names(Gap) if name in line}
    return Gap(**known | {"event": event_from_plain(line["event"])})


def refusal_from_plain(line: Mapping[str, Any]) -> Refusal:
    """Return the refusal that `plain` wrote.

    Parameters
    ----------
    line : mapping
        As read from the journal.
    """
    asked = line["action"]
    known = {name: asked[name] for name in field_names(Action) if name in asked}
    events = tuple(event_from_plain(event) for event in asked.get("events", ()))
    corrects = known.get("correction")
    correction = None if corrects is None else _correction_from_plain(corrects)
    action = Action(**known | {"events": events, "correction": correction})
    return Refusal(action, line["guard"], line["reason"], line.get("allowed", ""))


def _correction_from_plain(line: Mapping[str, Any]) -> Correction:
    known = {name: line[name] for name in field_names(Correction) if name in line}
    if known.get("region") is not None:
        known["region"] = tuple(known["region"])
    if known.get("mask") is not None:
        known["mask"] = SLMImage(**_mask_from_plain(known["mask"]))
    return Correction(**known)


def _mask_from_plain(line: Mapping[str, Any]) -> dict[str, Any]:
    return {**line, "data": _array_from_plain(line["data"])}


def stand_from_plain(line: Mapping[str, Any]) -> Stand:
    """Return the stand that `plain` wrote, as ``run.json`` holds it.

    Parameters
    ----------
    line : mapping
        As read from there.
    """
    values = {name: line[name] for name in field_names(Stand) if name in line}
    values["lights"] = tuple(map(_light_from_plain, line.get("lights", ())))
    values["limits"] = {axis: Span(**span) for axis, span in line.get("limits", {}).items()}
    values["channels"] = tuple(line.get("channels", ()))
    values["shape_px"] = tuple(line.get("shape_px", (0, 0)))
    values["cameras"] = tuple(line.get("cameras", ()))
    if values.get("modifiable") is not None:
        values["modifiable"] = tuple(values["modifiable"])
    if values.get("modulator") is not None:
        values["modulator"] = _modulator_from_plain(values["modulator"])
    if values.get("turret") is not None:
        values["turret"] = _turret_from_plain(values["turret"])
    return Stand(**values)


def _light_from_plain(line: Mapping[str, Any]) -> LightSource:
    known = {name: line[name] for name in field_names(LightSource) if name in line}
    known["channels"] = tuple(known.get("channels", ()))
    if known.get("dimmer") is not None:
        known["dimmer"] = Dimmer(**known["dimmer"])
    return LightSource(**known)


def _modulator_from_plain(line: Mapping[str, Any]) -> Modulator:
    known = {name: line[name] for name in field_names(Modulator) if name in line}
    for name in ("shape_px", "sensor_px"):
        if name in known:
            known[name] = tuple(known[name])
    if known.get("to_sensor") is not None:
        known["to_sensor"] = tuple(map(tuple, known["to_sensor"]))
    return Modulator(**known)


def _turret_from_plain(line: Mapping[str, Any]) -> Turret:
    known = {name: line[name] for name in field_names(Turret) if name in line}
    known["objectives"] = tuple(_objective_from_plain(each) for each in line["objectives"])
    return Turret(**known)


def _objective_from_plain(line: Mapping[str, Any]) -> Objective:
    known = {name: line[name] for name in field_names(Objective) if name in line}
    known["offset_um"] = tuple(known.get("offset_um", (0.0, 0.0, 0.0)))
    known["lights"] = {name: Lamp(*lamp) for name, lamp in known.get("lights", {}).items()}
    return Objective(**known)


def _array_from_plain(line: Mapping[str, Any]) -> np.ndarray[Any, Any]:
    shape = [int(size) for size in line["shape"]]
    if not re.fullmatch(r"[<>|=]?[biuf][1248]", line["dtype"]) or min(shape, default=1) < 0:
        raise ValueError("this is no array")
    dtype = np.dtype(line["dtype"])
    nbytes = math.prod(shape) * dtype.itemsize
    if nbytes > _LARGEST_ARRAY_BYTES:
        raise ValueError(f"an array of {nbytes} bytes is no mask")
    # A few bytes can be made to unpack to more than any memory holds.
    unpacked = zlib.decompressobj().decompress(base64.b64decode(line["zlib_base64"]), nbytes + 1)
    if len(unpacked) != nbytes:
        raise ValueError("an array has more or fewer values than its shape")
    return np.frombuffer(unpacked, dtype).reshape(shape)
