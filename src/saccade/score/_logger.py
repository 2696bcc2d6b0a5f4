"""Shots and bursts out of frames and decisions, as they come or as a journal has them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from saccade.core import Action, Frame, Gap, Refusal, Stand, event_from_plain, lit, plain

from ._log import Burst, Log, Positions, Shot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


@dataclass
class _Open:
    """A burst whose shots are still to come."""

    t_s: float
    frame: int
    label: str
    left: float
    """Pictures that it asked for and that have not come; a change of pace has no end."""
    shots: list[Shot] = field(default_factory=list)
    """Shared with the bursts that go on with it."""
    begun: bool = False
    place: tuple[Any, Any] = (None, None)
    """Position and tile, by which bursts that go on side by side are told apart."""


class Logger:
    """Makes a `Log` of what happens in a run.

    Frames of an action are told by their stream and position, first come, first served. A
    burst that rests on a frame of another one goes on with it (`saccade.decide.Stay`), and
    counts as the same. A shorter interval of the watch (`saccade.decide.Pace`) is a burst as
    well: it lasts until the interval is made longer again.

    Parameters
    ----------
    stand : Stand
        Tells the light of each channel.
    t0_ns : int
        Time of the run's clock when the specimen's own time was 0.
    """

    def __init__(self, stand: Stand, t0_ns: int = 0) -> None:
        self._stand, self._t0_ns = stand, t0_ns
        self._shots: list[Shot] = []
        height, width = stand.shape_px
        self._positions = Positions(
            width * stand.pixel_size_um / 2, height * stand.pixel_size_um / 2
        )
        self._waiting: dict[str, list[_Open]] = {}
        self._paced: _Open | None = None
        self._interval_s = math.inf
        self._all: list[_Open] = []
        self._burst_of: dict[int, _Open] = {}

    def frame(self, frame: Frame) -> None:
        """Take a frame; its pixels are not kept."""
        self._take(partial(getattr, frame), frame.pixels.shape, frame.pixels.nbytes)

    def line(self, kind: str, t_ns: int, value: Any) -> None:
        """Take a record.

        Parameters
        ----------
        kind : str
            As in the journal; what is neither frame, gap, action nor refusal is no matter.
        t_ns : int
            Of the run's clock.
        value : object
            As it was noted, or as `saccade.core.plain` made it.
        """
        if kind == "frame":
            value = plain(value)
            nbytes = prod(value["shape"]) * np.dtype(value["dtype"]).itemsize
            self._take(value.get, tuple(value["shape"]), nbytes)
        elif kind == "gap":
            of = partial(getattr, value) if isinstance(value, Gap) else value.get
            self._served(of("stream"), None, _place(of("event")))
        elif kind == "action":
            self._decided(_facts(value), t_ns)
        elif kind == "refusal" and _guard(value) == "deadline":
            action = value.action if isinstance(value, Refusal) else value["action"]
            self._expired(_facts(action))

    def log(self) -> Log:
        """Return what has happened until now."""
        shots = tuple(sorted(self._shots, key=lambda shot: (shot.t_s, shot.frame)))
        taken = (_closed(burst) for burst in self._all)
        return Log(shots, tuple(burst for burst in taken if burst is not None))

    def _take(self, of: Callable[[str], Any], shape: tuple[int, ...], nbytes: int) -> None:
        if of("camera") and not of("exposures"):
            return  # the same exposure as that of the first camera
        exposure_ms = float(of("exposure_ms"))
        t_s = (int(of("t_ns")) - self._t0_ns) / 1e9 - exposure_ms / 1000
        x_um, y_um, width_um, height_um = _field(of, shape)
        shot = Shot(
            t_s,
            exposure_ms,
            x_um,
            y_um,
            width_um,
            height_um,
            of("channel"),
            self._dose(of, exposure_ms) * _through(of("event")),
            of("stream"),
            self._positions.number(x_um, y_um),
            of("index"),
            nbytes,
        )
        self._shots.append(shot)
        self._served(shot.stream, shot, _place(of("event")))

    def _served(self, stream: str, shot: Shot | None, place: tuple[Any, Any]) -> None:
        if stream == "watch":
            if self._paced is not None and shot is not None:
                self._paced.shots.append(shot)
            return
        waiting = self._waiting.get(stream, [])
        if not waiting:
            return
        burst = next((each for each in waiting if each.place == place), waiting[0])
        if shot is not None:
            burst.shots.append(shot)
            self._burst_of[shot.frame] = burst
        burst.left -= 1
        burst.begun = True
        if burst.left <= 0:
            waiting.remove(burst)

    def _expired(self, action: Mapping[str, Any]) -> None:
        waiting = self._waiting.get(action["label"], [])
        late = [each for each in waiting if each.frame == action["frame"] and not each.begun]
        for each in late[:1]:
            waiting.remove(each)

    def _decided(self, action: Mapping[str, Any], t_ns: int) -> None:
        if action["frame"] is None:
            return
        t_s = ((action["t_ns"] or t_ns) - self._t0_ns) / 1e9
        if (interval_s := action["interval_s"]) is not None:
            self._paced = None
            if interval_s < self._interval_s:
                self._paced = _Open(t_s, action["frame"], action["label"], math.inf)
                self._all.append(self._paced)
            self._interval_s = interval_s
        if pictures := [event for event in action["events"] if _is_picture(event)]:
            opened = _Open(t_s, action["frame"], action["label"], len(pictures))
            opened.place = _place(pictures[0])
            if before := self._burst_of.get(action["frame"]):
                opened.shots = before.shots
            else:
                self._all.append(opened)
            self._waiting.setdefault(action["label"], []).append(opened)

    def _dose(self, of: Callable[[str], Any], exposure_ms: float) -> float:
        lights = self._stand.sources(of("channel"), of("objective"))
        lit = of("light_mw") or {}
        if not lights:
            return math.nan
        mw_per_cm2 = sum(
            float(lit.get(each.name, each.power_mw)) / each.area_cm2 for each in lights
        )
        return mw_per_cm2 * exposure_ms * 1e-6


def log_of(lines: Iterable[tuple[str, int, Any]], stand: Stand, t0_ns: int = 0) -> Log:
    """Return the log of a run from its journal.

    Parameters
    ----------
    lines : iterable of (kind, t_ns, value)
        Of every line, as `saccade.store.RunFolder.lines` has them.
    stand : Stand
        As ``run.json`` has it.
    t0_ns : int
        Time of the run's clock when the specimen's own time was 0.
    """
    logger = Logger(stand, t0_ns)
    for kind, t_ns, value in lines:
        logger.line(kind, t_ns, value)
    return logger.log()


def _closed(burst: _Open) -> Burst | None:
    """Return a burst; None if no shot came of it."""
    if not burst.shots:
        return None
    first = burst.shots[0]
    end_s = max(shot.end_s for shot in burst.shots)
    frames = tuple(shot.frame for shot in burst.shots)
    return Burst(burst.t_s, end_s, first.x_um, first.y_um, burst.frame, burst.label, frames)


def _field(of: Callable[[str], Any], shape: tuple[int, ...]) -> tuple[float, float, float, float]:
    """Return centre, width and height of what a frame shows, in µm of the stage."""
    height, width = shape
    left, top, *_ = of("roi") or (0, 0, width, height)
    full_width, full_height = of("sensor_px") or (width, height)
    size_um = float(of("pixel_size_um") or 1.0)
    col = (left + (width - full_width) / 2) * size_um
    row = (top + (height - full_height) / 2) * size_um
    a, b, c, d = of("affine") or (1.0, 0.0, 0.0, 1.0)
    x_um = float(of("x_um") or 0.0) + a * col + b * row
    y_um = float(of("y_um") or 0.0) + c * col + d * row
    return (
        x_um,
        y_um,
        (abs(a) * width + abs(b) * height) * size_um,
        (abs(c) * width + abs(d) * height) * size_um,
    )


def _facts(action: Action | Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(action, Action):
        names = ("events", "label", "interval_s", "frame", "t_ns")
        return {name: getattr(action, name) for name in names}
    return {"events": (), "interval_s": None, "frame": None, "t_ns": 0, **action}


def _guard(refusal: Refusal | Mapping[str, Any]) -> str:
    return refusal.guard if isinstance(refusal, Refusal) else refusal["guard"]


def _is_picture(event: Any) -> bool:
    if isinstance(event, dict):
        action = event.get("action") or {}
        return bool(action.get("type", "acquire_image") == "acquire_image")
    return bool(getattr(event.action, "type", "acquire_image") == "acquire_image")


def _through(event: Any) -> float:
    """Return the share of the light that the mask of an event lets through, over the field."""
    image = getattr(event, "slm_image", None)
    if isinstance(event, Mapping) and event.get("slm_image"):
        image = event_from_plain({"slm_image": event["slm_image"]}).slm_image
    return lit(image).mean


def _place(event: Any) -> tuple[Any, Any]:
    """Return position and tile of an event, as it is or as the journal has it."""
    index = (event or {}).get("index", {}) if not hasattr(event, "index") else event.index
    return index.get("p"), index.get("g")
