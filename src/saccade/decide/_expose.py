"""Expose the watch for as long as its signal needs, and no longer."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import KW_ONLY, dataclass, field, replace
from statistics import median
from typing import TYPE_CHECKING, ClassVar, Self

from saccade.core import (
    Action,
    Correction,
    Decision,
    Observation,
    PolicyKind,
    ProtocolError,
    Refusal,
    Span,
    is_number,
    require,
)

from ._settings import check_above_zero, check_label, check_movable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from saccade.core import Stand

_FRAMES = 3
"""Whose median counts: a single odd picture changes nothing."""
_SATURATED = 1e-3
"""Share of the pixels at the highest grey level from which on the camera is full."""

_Key = tuple[int, int, str | None]


@dataclass
class _Light:
    """What is remembered of one stage position, tile and channel."""

    planned_ms: float
    exposure_ms: float
    """To which the watch is corrected at present."""
    before_ms: float
    most_ms: float = math.inf
    """Longest exposure at which the camera is not full, once it was."""
    full: deque[bool] = field(default_factory=lambda: deque(maxlen=_FRAMES))
    """Whether the camera was full in the last frames."""
    wanted_ms: deque[float] = field(default_factory=lambda: deque(maxlen=_FRAMES))
    """What each of the last frames would have needed."""


@dataclass(frozen=True, eq=False)
class Expose:
    """Exposes each position and channel for what its signal needs; quality-driven.

    Listens to `saccade.detect.Signal`. From what a frame measured, and how long it was exposed,
    follows how long it should have been; the median of three frames counts, and the watch is
    corrected where it is off by more than ``tolerance``, by no more than ``most_step`` at once.
    What grows less than the exposure does, as signal over noise, is approached from one side, in
    some steps more. A camera that is full, two frames of three, asks for less whatever was
    measured, and is never again exposed for longer than that.

    Parameters
    ----------
    aim : float
        What is to be measured.
    of : str
        Measurement of the detector, one that grows with the exposure: ``snr``, or ``signal`` in
        grey levels.
    tolerance : float
        Share of the exposure by which it may be off.
    most_step : float
        Largest factor from one exposure to the next.
    exposure_ms : tuple of float
        Shortest and longest exposure. It is narrowed to what the scope profile allows; the
        longest bounds what is done about a dye that bleaches.
    label : str
        What its actions are called.

    Raises
    ------
    ProtocolError
        If a setting can't be used.
    """

    kind: ClassVar[PolicyKind] = "quality-driven"
    claims: ClassVar[tuple[str, ...]] = ("exposure",)
    streams: ClassVar[frozenset[str] | None] = frozenset({"watch"})

    aim: float
    _: KW_ONLY
    exposure_ms: tuple[float, float]
    of: str = "snr"
    tolerance: float = 0.15
    most_step: float = 2.0
    label: str = "expose"
    _lights: dict[_Key, _Light] = field(default_factory=dict, init=False, repr=False)
    _allowed: list[Span] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        check_label("Expose", self.label)
        check_above_zero("Expose.aim", self.aim, "Give a signal over noise, or what 'of' names.")
        pair = self.exposure_ms if isinstance(self.exposure_ms, (tuple, list)) else ()
        ok = len(pair) == 2 and all(is_number(each) and each > 0 for each in pair)
        must = "two exposures above 0, the first not above the second"
        ok = ok and pair[0] <= pair[1]
        require(ok, "Expose.exposure_ms", self.exposure_ms, must, "Such as [1, 100].")
        ok = is_number(self.tolerance) and 0 < self.tolerance < 1
        require(ok, "Expose.tolerance", self.tolerance, "between 0 and 1", "Such as 0.15.")
        ok = is_number(self.most_step) and self.most_step >= 1 + 2 * self.tolerance
        must = "at least 1 and twice the tolerance"
        require(ok, "Expose.most_step", self.most_step, must, "2 suits most.")
        ok = isinstance(self.of, str) and bool(self.of)
        require(ok, "Expose.of", self.of, "the name of a measurement", "Such as snr, or signal.")
        self._allowed[:] = [Span(*map(float, pair))]

    def learn(self, stand: Stand) -> None:
        """Make sure that the exposure may be corrected, and take its limits.

        Parameters
        ----------
        stand : Stand
            The microscope.

        Raises
        ------
        NeedsError
            If exposure may not be changed.
        ProtocolError
            If the exposures have nothing in common with what the profile allows.
        """
        check_movable("Expose", stand, "exposure")
        low, high = self.exposure_ms
        profile = stand.limits.get("exposure_ms", Span(low, high))
        both = Span(max(low, profile.low), min(high, profile.high))
        if both.low > both.high:
            what = (
                f"Expose.exposure_ms is {low:g} to {high:g}, but {stand.name!r} allows {profile}."
            )
            raise ProtocolError(what, "Give exposures that the microscope allows.")
        self._allowed[:] = [both]

    def __call__(self, seen: Observation) -> Decision:
        """Return a correction of the exposure, or why there is none.

        Parameters
        ----------
        seen : Observation
            Of `saccade.detect.Signal`, in one frame.

        Raises
        ------
        ValueError
            If it does not measure what is aimed at, or not how long it was exposed.
        """
        if seen.verdict == "invalid":
            return Decision((), "invalid", "the frame can't be judged", seen.frame)
        value, exposure_ms = self._measured(seen.measurements)
        if not 0 < exposure_ms < math.inf:
            return Decision((), "invalid", "nobody knows how long it was exposed", seen.frame)
        key = (*seen.place, seen.channel)
        light = self._lights.setdefault(key, _Light(exposure_ms, exposure_ms, exposure_ms))
        full = seen.measurements.get("saturated", 0.0) > _SATURATED
        ratio = self.aim / value if value > 0 else math.inf
        light.wanted_ms.append(exposure_ms * (min(ratio, 1 / self.most_step) if full else ratio))
        light.full.append(full)
        if len(light.wanted_ms) < _FRAMES:
            return Decision((), "waits", "the median of three frames counts", seen.frame)
        return self._judge(seen, key, light)

    def refused(self, refusal: Refusal) -> Decision:
        """Forget a correction that a guard refused, or under which it refused to expose."""
        action = refusal.action
        frame = -1 if action.frame is None else action.frame
        if action.correction is None or action.label != self.label:
            return Decision((), "idle", "the refusal is not of its own", frame)
        about = action.correction
        light = self._lights.get((about.position or 0, about.tile or 0, about.channel))
        if light is not None:
            light.exposure_ms = light.before_ms
        return Decision((), "refused", f"{refusal.guard}: {refusal.reason}", frame)

    def fresh(self) -> Self:
        """Return a policy with the same settings and no memory."""
        return replace(self)

    def _measured(self, measurements: Mapping[str, float]) -> tuple[float, float]:
        for name in (self.of, "exposure_ms"):
            if name not in measurements:
                raise ValueError(f"Expose listens to a detector that measures {name!r}, as Signal")
        return measurements[self.of], measurements["exposure_ms"]

    def _judge(self, seen: Observation, key: _Key, light: _Light) -> Decision:
        now_ms, wanted_ms = light.exposure_ms, median(light.wanted_ms)
        full = sum(light.full) > _FRAMES // 2
        if full:
            light.most_ms = min(light.most_ms, now_ms / self.most_step)
        (allowed,) = self._allowed
        high_ms = max(allowed.low, min(allowed.high, light.most_ms))
        step_ms = min(max(wanted_ms, now_ms / self.most_step), now_ms * self.most_step)
        next_ms = min(max(step_ms, allowed.low), high_ms)
        told = f"{self.of} asks for {wanted_ms:.3g} ms" + (", the camera is full" if full else "")
        inside = allowed.low <= now_ms <= high_ms
        if inside and abs(math.log(next_ms / now_ms)) <= math.log1p(self.tolerance):
            limit = "" if next_ms == step_ms else f", the limit is {next_ms:.3g}"
            return Decision((), "quiet", f"{told}{limit}, it has {now_ms:.3g}", seen.frame)
        rule = "shortens" if next_ms < now_ms else "lengthens"
        why = f"{told}: {next_ms:.3g} ms, not {now_ms:.3g}"
        return Decision((self._action(seen, key, light, next_ms),), rule, why, seen.frame)

    def _action(self, seen: Observation, key: _Key, light: _Light, next_ms: float) -> Action:
        light.before_ms, light.exposure_ms = light.exposure_ms, next_ms
        light.wanted_ms.clear()
        light.full.clear()
        position, tile, channel = key
        correction = Correction(
            exposure_times=next_ms / light.planned_ms,
            position=position,
            tile=tile,
            channel=channel,
        )
        return Action(correction=correction, label=self.label, frame=seen.frame)
