"""What a detector's process is asked: the run's own words, so pickle may carry them."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from useq import MDAEvent

from saccade.core import Frame, Times

from ._memory import SLOTS

if TYPE_CHECKING:
    from saccade.core import Pixels, Stand

Kind = Literal["look", "warm"]

_TIMES = 13
"""Place of the times behind index, stream and event."""
_BLANK = MDAEvent()
_DEFAULTS = {name: value for name, value in _BLANK.__dict__.items() if name != "sequence"}


@dataclass(frozen=True)
class Boot:
    """All that a process needs before it is ready."""

    recipe: bytes
    """The detector, or what makes it, pickled."""
    stand: Stand | None
    blank: bytes | None
    """A request to warm the detector with a blank frame."""
    memory_mb: float | None


class Request(NamedTuple):
    """One question."""

    number: int
    kind: Kind
    slot: int
    copy: bool
    """Whether the slot is needed for the next picture, whatever the detector does."""
    dtype: str
    shape: tuple[int, ...]
    frame: tuple[Any, ...]


def pack_frame(frame: Frame) -> tuple[Any, ...]:
    """Return all of a frame but its pixels, and the sequence that its event came from.

    Parameters
    ----------
    frame : Frame
        Of a run. A journal leaves the sequence out as well, so a replay has none either.
    """
    own = frame.event.__dict__
    asked = {name: own[name] for name, usual in _DEFAULTS.items() if own[name] != usual}
    return (
        frame.index,
        frame.stream,
        asked,
        frame.exposure_ms,
        frame.t_ns,
        frame.x_um,
        frame.y_um,
        frame.z_um,
        frame.channel,
        frame.roi,
        frame.sensor_px,
        dict(frame.light_mw),
        dict(frame.properties),
        frame.pixel_size_um,
        frame.affine,
        frame.retries,
        _stamps(frame.times),
        frame.exposures,
        frame.kept,
        frame.objective,
        frame.offset_um,
        frame.camera,
    )


def unpack_frame(pixels: Pixels, packed: tuple[Any, ...]) -> Frame:
    """Return the frame again.

    Parameters
    ----------
    pixels : array, (y, x)
        Its picture.
    packed : tuple
        As `pack_frame` returned it.
    """
    index, stream, asked, *more = packed
    more[_TIMES] = Times(*more[_TIMES])
    return Frame(pixels, index, stream, _BLANK.model_copy(update=asked), *more)


def request(kind: Kind, frame: Frame, number: int = 0, slot: int = 0) -> bytes:
    """Return a question; raises whatever keeps a part of the frame from being pickled.

    Parameters
    ----------
    kind : {'look', 'warm'}
        What to do with the frame.
    frame : Frame
        Its picture lies in the slot.
    number, slot : int
        Of the question, and of the picture; what lies in the last slot is copied.
    """
    pixels = frame.pixels
    known = (slot, slot == SLOTS - 1, pixels.dtype.str, pixels.shape)
    asked = (number, kind, *known, pack_frame(frame))
    return pickle.dumps(asked, pickle.HIGHEST_PROTOCOL)


def unpack(data: bytes) -> Request:
    """Return a request again; only ever what the run itself wrote."""
    return Request(*pickle.loads(data))  # noqa: S301 - as said


def _stamps(times: Times) -> tuple[int, ...]:
    return times.asked, times.setup, times.ready, times.exposed, times.available
