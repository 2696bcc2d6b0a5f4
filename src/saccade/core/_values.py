"""The values that travel down the line; immutable, without behaviour of their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping

    from useq import MDAEvent, SLMImage

    from ._modulator import Grid

Pixels: TypeAlias = NDArray[np.generic]
"""A picture, (y, x)."""


Roi: TypeAlias = tuple[int, int, int, int]
"""Left, top, width and height of a camera region, in pixels of the sensor."""


@dataclass(frozen=True, slots=True)
class Times:
    """When each stage of one frame began or ended, in ns of ``time.perf_counter_ns``.

    Zero means that the stage did not take place.
    """

    asked: int = 0
    """The event left the door."""
    setup: int = 0
    """The engine began to apply the event."""
    ready: int = 0
    """Every setting was verified."""
    exposed: int = 0
    """The exposure had ended."""
    available: int = 0
    """The pixels were in Python's hands."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One camera picture, the event that asked for it, and what the hardware really did.

    ``pixels`` is read-only, (y, x). Positions are those of the stage, hence of the
    centre of the sensor; where the profile declares objectives, those of the sample: where
    the stage would stand with the reference objective.
    """

    pixels: Pixels
    index: int
    """Run-wide number of the planned picture; gaps have one too, so nothing shifts."""
    stream: str
    """Role of the picture: ``watch``, or the label of the action that asked for it."""
    event: MDAEvent
    exposure_ms: float
    t_ns: int
    """Monotonic time at the end of the exposure."""
    x_um: float | None = None
    y_um: float | None = None
    z_um: float | None = None
    channel: str | None = None
    roi: Roi | None = None
    sensor_px: tuple[int, int] | None = None
    """Width and height of the whole sensor."""
    light_mw: Mapping[str, float] = field(default_factory=dict)
    """Power at the sample of every source that was lit, by name."""
    properties: Mapping[str, str] = field(default_factory=dict)
    """Properties that the profile asks to be recorded, ``Device.Property``."""
    pixel_size_um: float = 1.0
    affine: tuple[float, float, float, float] = (1.0, 0.0, 0.0, 1.0)
    """Direction of stage motion per pixel: x = a*col + b*row, y = c*col + d*row."""
    retries: int = 0
    times: Times = field(default_factory=Times)
    exposures: int = 1
    """How often the sample was exposed for it: failed tries of the camera are among them."""
    kept: str = ""
    """Why it was stored where others of its stream are thinned out: ``occurrence``, ``every`` so
    many, or ``action``; empty where all are stored."""
    objective: str | None = None
    """The objective that was in place; None if the profile declares none."""
    offset_um: tuple[float, float, float] | None = None
    """What x, y and z of the stage were more than those of the sample, because of it."""
    camera: str = ""
    """Which of several cameras that exposed together took it; empty where there is only one.
    The exposure is counted with the picture of the first."""

    def to_um(self, y_px: float, x_px: float) -> tuple[float, float]:
        """Return the stage position (x, y) in µm that a pixel shows.

        Parameters
        ----------
        y_px, x_px : float
            Row and column in this frame; the centre of the first pixel is (0, 0).
        """
        height, width = self.pixels.shape
        left, top, *_ = self.roi or (0, 0, width, height)
        full_width, full_height = self.sensor_px or (width, height)
        col = (left + x_px - (full_width - 1) / 2) * self.pixel_size_um
        row = (top + y_px - (full_height - 1) / 2) * self.pixel_size_um
        a, b, c, d = self.affine
        x0, y0 = self.x_um or 0.0, self.y_um or 0.0
        return x0 + a * col + b * row, y0 + c * col + d * row


@dataclass(frozen=True, slots=True)
class Order:
    """One event that passed the door, on its way to the microscope."""

    event: MDAEvent
    index: int
    """Of its picture; where several cameras expose together, of the first one's, and those of
    the others follow."""
    stream: str
    asked_ns: int = 0


@dataclass(frozen=True, slots=True)
class Gap:
    """A planned picture that was not taken, or could not be trusted, and why."""

    index: int
    """-1 for an event that takes no picture, and was not done."""
    stream: str
    event: MDAEvent
    reason: str
    retries: int = 0
    t_ns: int = 0
    exposures: int = 0
    """How often the sample was exposed all the same, as far as it is known."""
    camera: str = ""
    """As in `Frame`."""


@dataclass(frozen=True, slots=True)
class Thinned:
    """Frames one after the other that were taken and, as was asked for, not stored."""

    first: int
    last: int
    """Indices of the first and the last of them; every one between is meant."""
    stream: str
    t_ns: int = 0
    """Monotonic time of the last."""

    @property
    def count(self) -> int:
        """How many they are."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Point:
    """A place in a frame, in pixels and in µm of the stage."""

    y_px: float
    x_px: float
    strength: float
    x_um: float
    y_um: float
    track: int | None = None
    """Who it is, the same in every frame; None if nobody keeps track."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Which detector said it: name, version, and a hash of weights if it has any."""

    name: str
    version: str = ""
    weights: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen in one frame.

    ``score`` is the one number in [0, 1] that policies and the timeline use.
    ``frame``, ``stream``, ``t_ns``, position and channel are copied from the frame by the
    loop, so that a detector need not.
    """

    score: float
    points: tuple[Point, ...] = ()
    boxes: tuple[tuple[float, float, float, float], ...] = ()
    """Top, left, bottom and right in pixels, counted from the frame's edge: the first pixel lies
    between 0 and 1."""
    labels: Pixels | None = field(default=None, compare=False, repr=False)
    measurements: Mapping[str, float] = field(default_factory=dict)
    verdict: Literal["trusted", "doubtful", "invalid"] = "trusted"
    detector: Identity = field(default_factory=lambda: Identity("unnamed"))
    elapsed_ms: float = field(default=0.0, compare=False)
    frame: int = -1
    stream: str = "watch"
    position: int = 0
    """Index of the stage position in the plan."""
    tile: int = 0
    """Index of the tile, where a position is imaged in several."""
    channel: str | None = None
    t_ns: int = field(default=0, compare=False)
    at_um: tuple[float | None, float | None, float | None] = (None, None, None)
    """Stage x, y and z of the frame."""
    grid: Grid | None = field(default=None, compare=False, repr=False)
    """Where the pixels of the frame lie on the sensor."""
    unseen: str = ""
    """Why nobody looked at the frame; empty if it was looked at."""
    camera: str = ""
    """As in `Frame`."""

    @property
    def place(self) -> tuple[int, int]:
        """Position and tile: what policies with a memory keep apart."""
        return self.position, self.tile

    @property
    def brightest(self) -> tuple[float, float]:
        """Stage position (x, y) in µm of the strongest point, else of the frame's centre."""
        if self.points:
            best = max(self.points, key=lambda p: p.strength)
            return best.x_um, best.y_um
        return self.at_um[0] or 0.0, self.at_um[1] or 0.0


@dataclass(frozen=True, slots=True)
class Correction:
    """How planned events are to differ from the plan from now on.

    It is told from the plan as it was given, never from an earlier correction: the newest that
    is about an event counts, field by field. What is None stays as it is.

    Parameters
    ----------
    x_um, y_um, z_um : float or None
        Added to where the plan has the stage.
    exposure_times : float or None
        The plan's exposure is multiplied by it.
    light_times : float or None
        The power of the light that is on is multiplied by it, where a property sets it.
    region : Roi or None
        Of the camera, in place of the plan's.
    mask : useq.SLMImage or None
        Shown by the light modulator, in place of the plan's.
    position, tile : int or None
        Index in the plan of those that it is about; None is every one.
    channel : str or None
        The channel that it is about; None is every one.
    """

    x_um: float | None = None
    y_um: float | None = None
    z_um: float | None = None
    exposure_times: float | None = None
    light_times: float | None = None
    region: Roi | None = None
    mask: SLMImage | None = None
    position: int | None = None
    tile: int | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """An intended change: events to acquire, a new pace for the watch, or its correction.

    Parameters
    ----------
    events : tuple of useq.MDAEvent
        What to acquire, in order; ``min_start_time`` counts from the first of them.
    label : str
        Role of the frames that come of it, hence their stream.
    priority : int
        Higher goes first.
    expires_ns : int or None
        Monotonic time after which it is no longer worth doing.
    interval_s : float or None
        New interval of the watch; ``0`` is as fast as possible, None leaves it alone.
    correction : Correction or None
        How planned events are to differ from the plan; None leaves them alone. Each passes the
        guards as it is then.
    triggered : bool
        Play the events as one hardware-timed sequence.
    share : bool
        Let the plan, and other actions that share, go on in the pauses between its events.
    frame : int or None
        Index of the frame that it rests on; None for what was planned.
    t_ns : int
        Monotonic time at which it came to the door.
    weights : str
        Hash of the weights of the detector that it rests on; empty for one that has none.
    policy : str
        Whose action it is, filled in by the loop.
    lets_go : bool
        What it sets is at rest with it: its policy claims that no longer, and others may.
    """

    events: tuple[MDAEvent, ...] = ()
    label: str = "burst"
    priority: int = 0
    expires_ns: int | None = None
    interval_s: float | None = None
    correction: Correction | None = None
    triggered: bool = False
    share: bool = False
    frame: int | None = None
    t_ns: int = 0
    weights: str = ""
    policy: str = ""
    lets_go: bool = False

    @property
    def planned(self) -> bool:
        """Whether it comes from the protocol's plan, not from a decision."""
        return self.frame is None


@dataclass(frozen=True, slots=True)
class Question:
    """What a policy asks a person before it acts."""

    id: str
    """By which it is answered; the loop puts the name of the policy in front."""
    text: str
    default: bool = False
    """What counts if nobody answers."""
    until_ns: int = 0
    """Monotonic time after which nobody's answer counts."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person has said."""

    question: str
    """Its id."""
    yes: bool
    t_ns: int = 0
    """Monotonic time at which it was heard."""
    by: str = ""
    """Who, or from where."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a policy chose for one observation, and why."""

    actions: tuple[Action, ...] = ()
    rule: str = "none"
    reason: str = ""
    frame: int = -1
    age_frames: int = field(default=0, compare=False)
    """Frames taken between the one it rests on and the moment it was applied."""
    policy: str = ""
    arm: str = "policy"
    propensity: float = 1.0
    elapsed_ms: float = field(default=0.0, compare=False)
    weights: str = ""
    """Hash of the weights of the detector that the policy listens to; empty if it has none."""
    question: Question | None = None
    """What somebody is asked by it, or was asked before it."""


ARBITER = "arbiter"
"""Who refuses, in place of a guard, an action that lost to that of another policy."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An action that a guard did not let through."""

    action: Action
    guard: str
    reason: str
    allowed: str = ""
    """What would have been let through."""


@dataclass(frozen=True, slots=True)
class Round:
    """The end of one time point of the watch, whatever became of its pictures."""

    t_ns: int = 0
    """Monotonic time."""
    frame: int = -1
    """Index of the frame that was taken last."""
    last: bool = False
    """Whether it was the last of the plan."""


@dataclass(frozen=True, slots=True)
class Due:
    """A time has come that a policy waited for."""

    t_ns: int = 0
    """Monotonic time."""


@dataclass(frozen=True, slots=True)
class End:
    """Nothing is left to do, or nothing more can be done: the last that policies hear."""

    t_ns: int = 0
    """Monotonic time."""
    reason: str = ""
    """Why the run ends before its plan does; empty if the plan is at its end."""

    @property
    def dark(self) -> bool:
        """Whether no more pictures are taken."""
        return bool(self.reason)


@dataclass(frozen=True, slots=True)
class Shadowed:
    """An action that was decided in shadow mode, hence not done, and what it would have taken."""

    action: Action
    """With its events as they would have been played."""
    frames: int = 0
    """Pictures that it would have asked for."""
    dose_j_per_cm2: float | None = None
    """Light of all of these together; None if the profile doesn't tell."""
    guard: str = ""
    """Who would have refused it; empty if it would have passed the door."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Shift:
    """A guard trusts the run less, or more, than before."""

    guard: str
    was: str
    now: str
    cause: str
    t_ns: int = 0
    """Monotonic time of what caused it."""
    own_pace: bool = False
    """Whether the watch goes back to the interval of its plan."""
    stop: bool = False
    """Whether the run must end."""
    frame: int = -1
    """Index of the frame that the last cause rests on; -1 where there is none."""


@dataclass(frozen=True, slots=True)
class Record:
    """One line of the journal; its value is turned into JSON by `plain` when written."""

    kind: str
    t_ns: int
    value: object


class State(StrEnum):
    """Where a run is; see `saccade.run.Run` for the ways between."""

    IDLE = "idle"
    ARMED = "armed"
    RUNNING = "running"
    HELD = "held"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def ended(self) -> bool:
        """Whether nothing comes after it."""
        return self in (State.FINISHED, State.STOPPED, State.FAILED)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a run ended, counted from what was committed, never from what was claimed."""

    name: Literal["completed", "completed_late", "completed_with_gaps", "stopped", "failed"]
    """Late: all is there, but not when it was planned, as the disk was too slow."""
    reason: str = ""
    planned: int = 0
    committed: int = 0
    gaps: int = 0
    refused: int = 0
    by_guard: bool = False
    thinned: int = 0
    """Frames that were taken and, as was asked for, not stored."""

    @property
    def whole(self) -> bool:
        """Whether all that was planned is there."""
        return self.name in ("completed", "completed_late")

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}" if self.reason else self.name
