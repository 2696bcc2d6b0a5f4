"""Hold each thing at a set point by as much light as it needs."""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING, ClassVar

from saccade.core import FULL, Decision, Observation, PolicyKind, lit

from ._masked import Masked
from ._settings import check_above_zero
from ._stimulate import check_level

if TYPE_CHECKING:
    from saccade.core import Point


@dataclass
class _Thing:
    """One of those that are held, and what its controller remembers."""

    x_um: float
    y_um: float
    t_ns: int
    track: int | None
    integral: float = 0.0

    def answer(self, error: float, t_ns: int, gain: float, integral_s: float) -> float:
        """Return how much light it gets, 0 to 1, for an error relative to the set point.

        The integral does not go on while there is no more, or no less, light to give.
        """
        wanted = gain * (error + self.integral)
        off = (wanted >= 1 and error > 0) or (wanted <= 0 and error < 0)
        if not off:
            self.integral += error * (t_ns - self.t_ns) / 1e9 / integral_s
        self.t_ns = t_ns
        return min(max(gain * (error + self.integral), 0.0), 1.0)


@dataclass(frozen=True, eq=False)
class Regulate(Masked):
    """Holds the strength of each thing at a set point by light of its own; outcome-driven.

    After every frame of the watch each thing is lit through a mask, the brighter, the farther it
    is below the set point and the longer it was: a controller with a proportional and an
    integral part for each, whose integral stops at the ends of what light there is (Åström and
    Hägglund, *PID Controllers*, 1995, section 3.5)::

        e = 1 - strength / set_point
        level = level_max * gain * (e + integral of e dt / integral_s)

    Light can only add: what is above the set point stays dark until it has come down by itself.

    Parameters
    ----------
    do : useq.MDASequence, or tuple of MDAEvent
        What is exposed behind the mask; its exposure is that of full light.
    set_point : float
        Strength that each thing is to have, in the units of the detector: grey levels over the
        ground for ``Objects``.
    gain : float
        Share of the full light for a thing that is at 0.
    integral_s : float
        Time in which a lasting error asks for as much light again; about that in which the
        things follow the light.
    shape, radius_um, margin_um, part
        As in `Stimulate`.
    level_max : int
        What the modulator shows at most, up to 255.
    reach_um : float
        How far a thing may be from where it was in the frame before; a `Tracker` knows better.
    priority : int
        Higher goes first.
    label : str
        Role of the frames that come of it, hence their stream.
    expires_s : float, optional
        Time after the frame at which it is no longer worth lighting.

    Raises
    ------
    ProtocolError
        If a setting can't be used.
    """

    kind: ClassVar[PolicyKind] = "outcome-driven"
    _: KW_ONLY
    set_point: float
    gain: float = 1.0
    integral_s: float = 300.0
    level_max: int = FULL
    reach_um: float = 10.0
    label: str = "regulate"
    _things: dict[tuple[int, int], list[_Thing]] = field(
        default_factory=dict, init=False, repr=False
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("set_point", "gain", "integral_s", "reach_um"):
            check_above_zero(f"Regulate.{name}", getattr(self, name), "Correct it.")
        check_level("Regulate.level_max", self.level_max)

    def __call__(self, seen: Observation) -> Decision:
        """Return how each thing is lit, or why none is.

        Parameters
        ----------
        seen : Observation
            What was seen in one frame.
        """
        if seen.verdict == "invalid":
            return Decision((), "invalid", "the frame can't be judged", seen.frame)
        before = self._things.get(seen.place, [])
        now: list[_Thing] = []
        levels: dict[int, int] = {}
        for number, point in enumerate(seen.points):
            thing = self._known(before, point) or _Thing(
                point.x_um, point.y_um, seen.t_ns, point.track
            )
            thing.x_um, thing.y_um = point.x_um, point.y_um
            now.append(thing)
            error = 1 - point.strength / self.set_point
            share = thing.answer(error, seen.t_ns, self.gain, self.integral_s)
            if level := round(share * self.level_max):
                levels[number] = level
        self._things[seen.place] = now
        off = [abs(1 - point.strength / self.set_point) for point in seen.points]
        mean = math.fsum(off) / len(off) if off else 0.0
        told = f"{len(off)} things are {mean:.1%} off on average"
        if not levels:
            return Decision((), "rests", f"{told}; none needs light", seen.frame)
        image = self._mask(seen, levels)
        why = f"{told}; lights {len(levels)}, {lit(image).mean:.2%} of all light"
        return self._light(seen, image, why)

    def _known(self, before: list[_Thing], point: Point) -> _Thing | None:
        """Return who a point was in the frame before, and take it from there."""

        def away_um(thing: _Thing) -> float:
            if point.track is not None and thing.track is not None:
                return 0.0 if thing.track == point.track else math.inf
            return math.hypot(thing.x_um - point.x_um, thing.y_um - point.y_um)

        nearest = min(before, key=away_um, default=None)
        if nearest is None or away_um(nearest) > self.reach_um:
            return None
        before.remove(nearest)
        return nearest
