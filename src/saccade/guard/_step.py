"""How far the microscope may go at once, and within a time."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Self

from saccade.core import Action, Frame, Gap, Refusal, is_number, require

from ._events import SECOND_NS, SLACK, name_of, timed
from ._window import Window

if TYPE_CHECKING:
    from collections.abc import Mapping

    from useq import MDAEvent

    from saccade.core import Stand

_FIELDS = {"x_um": "x_pos", "y_um": "y_pos", "z_um": "z_pos", "exposure_ms": "exposure"}
_PARTS = 1e6
"""Sums are kept in whole millionths of a µm or ms."""


@dataclass
class _Trail:
    """Where each axis stands, and how far it went when."""

    length_ns: int
    at: dict[str, float] = field(default_factory=dict)
    gone: dict[str, Window] = field(init=False)

    def __post_init__(self) -> None:
        self.gone = defaultdict(lambda: Window(self.length_ns))

    def distance(self, axis: str, to: float) -> float:
        """Return how far a move would be; NaN or infinity if it isn't to a finite place."""
        return abs(to - self.at.get(axis, to))

    def within(self, axis: str, t_ns: int) -> float:
        """Return how far an axis went in the window that ends at a time."""
        return self.gone[axis].after(t_ns - self.length_ns) / _PARTS

    def move(self, axis: str, to: float, t_ns: int) -> None:
        """Go somewhere finite."""
        self.gone[axis].add(t_ns, round(self.distance(axis, to) * _PARTS))
        self.at[axis] = to


@dataclass(frozen=True, kw_only=True, eq=False)
class Step:
    """Refuses to go too far at once or, with ``within_s``, too far within a time.

    Without ``within_s`` the largest difference from one event to the next is limited; with
    it the sum of all differences within any such time, so that many small steps are no
    faster way. Give two such guards for both. Every event is measured from the one that is
    really played before it, whatever was decided in between. Where nothing is known of an
    axis yet, because no event and no frame told, it may go anywhere. A property called
    ``Position`` moves a stage by nobody knows how much, and is refused if a stage is limited.

    Parameters
    ----------
    x_um, y_um, z_um : float, optional
        Largest step of each axis in µm.
    exposure_ms : float, optional
        Largest change of the exposure in ms.
    within_s : float, optional
        Time in which all steps together must stay below.

    Raises
    ------
    ProtocolError
        If a setting is not a number above 0, or nothing is limited.
    """

    as_played: ClassVar[bool] = True

    x_um: float | None = None
    y_um: float | None = None
    z_um: float | None = None
    exposure_ms: float | None = None
    within_s: float | None = None
    _trail: _Trail = field(init=False, repr=False)

    def __post_init__(self) -> None:
        for name in (*_FIELDS, "within_s"):
            value = getattr(self, name)
            require(
                value is None or (is_number(value) and value > 0),
                f"Step.{name}",
                value,
                "a number above 0",
                "Leave it out for no limit.",
            )
        require(
            bool(self._limits),
            "Step",
            {},
            "told what to limit",
            "Give x_um, y_um, z_um or exposure_ms.",
        )
        object.__setattr__(self, "_trail", _Trail(round((self.within_s or 0) * SECOND_NS)))

    def learn(self, stand: Stand) -> None:
        """Take the present exposure, and forget everything else.

        Parameters
        ----------
        stand : Stand
            The microscope.
        """
        self._trail.at.clear()
        self._trail.gone.clear()
        if is_number(stand.exposure_ms):
            self._trail.at["exposure_ms"] = stand.exposure_ms

    def __call__(self, action: Action) -> Action | Refusal:
        """Return the action, or why it may not leave.

        Parameters
        ----------
        action : Action
            Planned or decided.
        """
        known, trial = self._trail, _Trail(self._trail.length_ns, dict(self._trail.at))
        for number, (t_ns, event) in enumerate(timed(action), 1):
            if (moved := _by_property(event)) and self._limits.keys() - {"exposure_ms"}:
                reason = f"{name_of(action, number)} moves {moved}, by nobody knows how much"
                return Refusal(action, "Step", reason, "x_pos, y_pos and z_pos of an event")
            for axis, limit in self._limits.items():
                to = getattr(event, _FIELDS[axis])
                if to is None:
                    continue
                gone = known.within(axis, t_ns) + trial.within(axis, t_ns)
                distance = trial.distance(axis, to)
                if not distance <= limit * SLACK - gone:
                    who = name_of(action, number)
                    return self._too_far(action, who, axis, to, trial.at.get(axis), gone)
                trial.move(axis, to, t_ns)
        return action

    def commit(self, action: Action) -> None:
        """Go where an action goes that passed every guard and is played now.

        Parameters
        ----------
        action : Action
            Planned or decided.
        """
        for t_ns, event in timed(action):
            for axis in self._limits:
                if (to := getattr(event, _FIELDS[axis])) is not None:
                    self._trail.move(axis, to, t_ns)

    def settle(self, done: Frame | Gap) -> None:
        """Learn where an axis stands that no event has named.

        Parameters
        ----------
        done : Frame or Gap
            What was just taken; a gap tells nothing.
        """
        for axis in self._limits:
            at = getattr(done, axis, None)
            if axis not in self._trail.at and is_number(at):
                self._trail.at[axis] = at  # type: ignore[assignment]

    def fresh(self) -> Self:
        """Return a guard with the same settings that was nowhere yet."""
        return replace(self)

    @property
    def _limits(self) -> Mapping[str, float]:
        each = {name: getattr(self, name) for name in _FIELDS}
        return {name: limit for name, limit in each.items() if limit is not None}

    def _too_far(
        self, action: Action, who: str, axis: str, to: float, at: float | None, gone: float
    ) -> Refusal:
        if at is None or not math.isfinite(to):
            what = f"{who} asks for {axis} {to!r}, which is not a finite number"
            return Refusal(action, "Step", what, f"{axis} a finite number")
        limit = self._limits[axis]
        room = max(0.0, limit - gone)
        time = "" if self.within_s is None else f" within {self.within_s:g} s"
        before = f" after {gone:g}" if gone else ""
        return Refusal(
            action,
            "Step",
            f"{who} takes {axis} from {at:g} to {to:g}{before}; the limit is {limit:g}{time}",
            f"{axis} from {at - room:g} to {at + room:g}",
        )


def _by_property(event: MDAEvent) -> str:
    """Return which property moves a stage; empty if none does."""
    moved = [device for device, name, _ in event.properties or () if name == "Position"]
    return f"{moved[0]}.Position" if moved else ""
