"""Where the microscope may go, and for how long it may expose."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Self

from saccade.core import NO_OFFSET, Action, Refusal, Span, is_number, require

from ._events import every, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from useq import MDAEvent

    from saccade.core import Stand, Turret

_AXES = ("x_um", "y_um", "z_um", "exposure_ms")


class _Asked(NamedTuple):
    """One number that an action asks for, and what it may be."""

    name: str
    value: object
    spans: tuple[Span, ...] = ()
    above: float = -math.inf
    least: float = -math.inf

    def objection(self) -> str:
        """Return why it can't be had; empty if it can."""
        value = _as_number(self.value)
        asks = f"asks for {self.name} {self.value!r}"
        if not math.isfinite(value):
            return f"{asks}, which is not a finite number"
        if not (value > self.above and value >= self.least):
            return f"{asks}, which is too little"
        for span in self.spans:
            # The form that rejects NaN as well: never "value < low or value > high".
            if not span.low <= value <= span.high:
                return f"{asks}, which is outside {span}"
        return ""

    def allowed(self) -> str:
        """Return what it may be."""
        low = max([self.least, *(span.low for span in self.spans)])
        high = min([math.inf, *(span.high for span in self.spans)])
        words = [f"from {low:g}"] if low > self.above else []
        if not words and self.above > -math.inf:
            words = [f"above {self.above:g}"]
        if high < math.inf:
            words.append(f"up to {high:g}")
        return f"{self.name} {' '.join(words) or 'a finite number'}"


@dataclass(frozen=True, kw_only=True, eq=False)
class Limits:
    """Refuses what lies outside a range, and every NaN and infinity.

    A range that is not given is that of the scope profile. One that is given narrows that
    of the profile, and never widens it. An exposure must be above zero. A property called
    ``Position`` moves a stage as well: it must lie within the range of z or, where z has
    none, within those of x and y. Where there are several objectives, the range is that of the
    stage, which stands elsewhere than the sample's coordinates say by the offset of each.

    Parameters
    ----------
    x_um, y_um, z_um : tuple of float, optional
        Lowest and highest position in µm.
    exposure_ms : tuple of float, optional
        Shortest and longest exposure in ms.

    Raises
    ------
    ProtocolError
        If a range is not two finite numbers, the first not above the second.
    """

    as_played: ClassVar[bool] = True

    x_um: tuple[float, float] | None = None
    y_um: tuple[float, float] | None = None
    z_um: tuple[float, float] | None = None
    exposure_ms: tuple[float, float] | None = None
    _spans: dict[str, Span] = field(default_factory=dict, init=False, repr=False)
    _turret: list[Turret] = field(default_factory=list, init=False, repr=False)
    """One, if the microscope declares any objectives."""

    def __post_init__(self) -> None:
        for name in _AXES:
            given = getattr(self, name)
            if given is not None:
                self._spans[name] = _span(f"Limits.{name}", given)

    def learn(self, stand: Stand) -> None:
        """Take the ranges of the scope profile.

        Parameters
        ----------
        stand : Stand
            The microscope.

        Raises
        ------
        ProtocolError
            If a range that was given has nothing in common with the profile's.
        """
        self._turret[:] = [] if stand.turret is None else [stand.turret]
        for name, span in stand.limits.items():
            mine = self._spans.get(name, span)
            both = Span(max(mine.low, span.low), min(mine.high, span.high))
            require(
                both.low <= both.high,
                f"Limits.{name}",
                (mine.low, mine.high),
                f"within {span}, the limits of {stand.name!r}",
                "Give a range that the microscope can reach, or leave it out.",
            )
            self._spans[name] = both

    def __call__(self, action: Action) -> Action | Refusal:
        """Return the action, or why it may not leave.

        Parameters
        ----------
        action : Action
            Planned or decided.
        """
        if action.interval_s is not None:
            pace = _Asked("interval_s", action.interval_s, least=0.0)
            if objection := pace.objection():
                return Refusal(action, "Limits", f"{action.label!r} {objection}", pace.allowed())
        for number, event in enumerate(every(action.events), 1):
            for asked in self._numbers(event):
                if objection := asked.objection():
                    reason = f"{name_of(action, number)} {objection}"
                    return Refusal(action, "Limits", reason, asked.allowed())
        return action

    def fresh(self) -> Self:
        """Return a guard with the same settings, which knows no microscope yet."""
        return replace(self)

    def _numbers(self, event: MDAEvent) -> Iterator[_Asked]:
        places = zip(
            ("x_um", "y_um", "z_um"),
            (event.x_pos, event.y_pos, event.z_pos),
            self._offset_um(event),
            strict=True,
        )
        for name, value, offset_um in places:
            if value is not None:
                said = f"{name} of the stage" if offset_um else name
                yield self._asked(said, value + offset_um if offset_um else value, name)
        if event.min_start_time is not None:
            yield self._asked("min_start_time", event.min_start_time)
        if event.exposure is not None:
            yield self._asked("exposure_ms", event.exposure, "exposure_ms")._replace(above=0.0)
        for device, name, value in event.properties or ():
            if name == "Position":
                stages = ("z_um",) if "z_um" in self._spans else ("x_um", "y_um")
                yield self._asked(f"{device}.{name}", value, *stages)
            elif _says_number(value):
                yield self._asked(f"{device}.{name}", value)

    def _offset_um(self, event: MDAEvent) -> tuple[float, float, float]:
        """Return by how much the stage stands elsewhere than an event says."""
        objective = self._turret[0].of(event) if self._turret else None
        return NO_OFFSET if objective is None else objective.offset_um

    def _asked(self, name: str, value: object, *spans: str) -> _Asked:
        return _Asked(name, value, tuple(self._spans[key] for key in spans if key in self._spans))


def _as_number(value: object) -> float:
    """Return a value as a float; NaN if it is no number."""
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return math.nan


def _says_number(value: object) -> bool:
    """Return whether a property's value is a number, or text that a device reads as one."""
    if isinstance(value, Real):
        return True
    try:
        float(str(value))
    except ValueError:
        return False
    return True


def _span(setting: str, given: object) -> Span:
    do = "Give the lowest and the highest allowed value, such as (-1000, 1000)."
    must = "two finite numbers, the first not above the second"
    pair = tuple(given) if isinstance(given, (tuple, list)) else ()
    require(len(pair) == 2 and all(map(is_number, pair)), setting, given, must, do)
    require(pair[0] <= pair[1], setting, given, must, do)
    return Span(float(pair[0]), float(pair[1]))
