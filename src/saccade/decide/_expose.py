"""Give the watch the light that its signal needs, and no more: by exposure, or by power."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import KW_ONLY, dataclass, field, replace
from statistics import median
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

from saccade.core import (
    Action,
    Correction,
    Decision,
    NeedsError,
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


class _Knob(NamedTuple):
    """What is turned."""

    name: str
    """Of a setting of the policy, of a measurement of the detector, and of a limit."""
    what: str
    """In the words of a profile."""
    times: str
    """Field of a correction."""
    unit: str
    less: str
    more: str


_EXPOSURE = _Knob("exposure_ms", "exposure", "exposure_times", "ms", "shortens", "lengthens")
_POWER = _Knob("light_mw", "light", "light_times", "mW", "dims", "brightens")


@dataclass
class _Light:
    """What is remembered of one stage position, tile and channel, in ms or mW."""

    planned: float
    now: float
    """To which the watch is corrected at present."""
    before: float
    most: float = math.inf
    """The most at which the camera is not full, once it was."""
    full: deque[bool] = field(default_factory=lambda: deque(maxlen=_FRAMES))
    """Whether the camera was full in the last frames."""
    wanted: deque[float] = field(default_factory=lambda: deque(maxlen=_FRAMES))
    """What each of the last frames would have needed."""


@dataclass(frozen=True, eq=False)
class Expose:
    """Gives each position and channel the light that its signal needs; quality-driven.

    It sets the exposure, or the power of the light source of a channel, as the scope profile says
    what that hangs on. Listens to `saccade.detect.Signal`. From what a frame measured, and how long
    it was exposed, follows how long it should have been; the median of three frames counts, and the
    watch is corrected where it is off by more than ``tolerance``, by no more than ``most_step`` at
    once. What grows less than the light does, as signal over noise, is approached from one side, in
    some steps more. A camera that is full, two frames of three, asks for less whatever was
    measured, and is never again given more than that.

    Parameters
    ----------
    aim : float
        What is to be measured.
    of : str
        Measurement of the detector, one that grows with the exposure: ``snr``, or ``signal`` in
        grey levels.
    tolerance : float
        Share of the exposure, or power, by which it may be off.
    most_step : float
        Largest factor from one to the next.
    exposure_ms : tuple of float, optional
        Shortest and longest exposure. It is narrowed to what the scope profile allows; the
        longest bounds what is done about a dye that bleaches.
    light_mw : tuple of float, optional
        In its place: least and most power at the sample, together of all sources that a channel
        lights. One of the two is given.
    label : str
        What its actions are called.

    Raises
    ------
    ProtocolError
        If a setting can't be used.
    """

    kind: ClassVar[PolicyKind] = "quality-driven"
    streams: ClassVar[frozenset[str] | None] = frozenset({"watch"})

    aim: float
    _: KW_ONLY
    exposure_ms: tuple[float, float] | None = None
    light_mw: tuple[float, float] | None = None
    of: str = "snr"
    tolerance: float = 0.15
    most_step: float = 2.0
    label: str = "expose"
    _lights: dict[_Key, _Light] = field(default_factory=dict, init=False, repr=False)
    _allowed: list[Span] = field(default_factory=list, init=False, repr=False)
    _sets: list[str] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        check_label("Expose", self.label)
        check_above_zero("Expose.aim", self.aim, "Give a signal over noise, or what 'of' names.")
        one = (self.exposure_ms is None) != (self.light_mw is None)
        do = "Two policies can turn one each."
        must = "given, or light_mw in its place, and not both"
        require(one, "Expose.exposure_ms", self.exposure_ms, must, do)
        given, name = getattr(self, self._knob.name), f"Expose.{self._knob.name}"
        pair = given if isinstance(given, (tuple, list)) else ()
        ok = len(pair) == 2 and all(is_number(each) and each > 0 for each in pair)
        must = "two numbers above 0, the first not above the second"
        ok = ok and pair[0] <= pair[1]
        require(ok, name, given, must, "Such as [1, 100].")
        ok = is_number(self.tolerance) and 0 < self.tolerance < 1
        require(ok, "Expose.tolerance", self.tolerance, "between 0 and 1", "Such as 0.15.")
        ok = is_number(self.most_step) and self.most_step >= 1 + 2 * self.tolerance
        must = "at least 1 and twice the tolerance"
        require(ok, "Expose.most_step", self.most_step, must, "2 suits most.")
        ok = isinstance(self.of, str) and bool(self.of)
        require(ok, "Expose.of", self.of, "the name of a measurement", "Such as snr, or signal.")
        self._allowed[:] = [Span(*map(float, pair))]

    @property
    def claims(self) -> tuple[str, ...]:
        """What it sets for good; once it knows the microscope, the properties as well."""
        return (self._knob.what, *self._sets)

    @property
    def _knob(self) -> _Knob:
        return _EXPOSURE if self.light_mw is None else _POWER

    def learn(self, stand: Stand) -> None:
        """Make sure that exposure, or light, may be corrected, and take its limits.

        Parameters
        ----------
        stand : Stand
            The microscope.

        Raises
        ------
        NeedsError
            If it may not be changed, or nothing says what the power of the light hangs on.
        ProtocolError
            If the exposures have nothing in common with what the profile allows.
        """
        if self.exposure_ms is None:
            self._sets[:] = _powers(stand)
            return
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
            If it does not measure what is aimed at, or not in what light.
        """
        if seen.verdict == "invalid":
            return Decision((), "invalid", "the frame can't be judged", seen.frame)
        value, had = self._measured(seen.measurements)
        if not 0 < had < math.inf:
            return Decision((), "invalid", f"nobody knows its {self._knob.what}", seen.frame)
        key = (*seen.place, seen.channel)
        light = self._lights.setdefault(key, _Light(had, had, had))
        full = seen.measurements.get("saturated", 0.0) > _SATURATED
        ratio = self.aim / value if value > 0 else math.inf
        light.wanted.append(had * (min(ratio, 1 / self.most_step) if full else ratio))
        light.full.append(full)
        if len(light.wanted) < _FRAMES:
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
            light.now = light.before
        return Decision((), "refused", f"{refusal.guard}: {refusal.reason}", frame)

    def fresh(self) -> Self:
        """Return a policy with the same settings and no memory."""
        return replace(self)

    def _measured(self, measurements: Mapping[str, float]) -> tuple[float, float]:
        for name in (self.of, self._knob.name):
            if name not in measurements:
                raise ValueError(f"Expose listens to a detector that measures {name!r}, as Signal")
        return measurements[self.of], measurements[self._knob.name]

    def _judge(self, seen: Observation, key: _Key, light: _Light) -> Decision:
        knob, now, wanted = self._knob, light.now, median(light.wanted)
        full = sum(light.full) > _FRAMES // 2
        if full:
            light.most = min(light.most, now / self.most_step)
        (allowed,) = self._allowed
        high = max(allowed.low, min(allowed.high, light.most))
        step = min(max(wanted, now / self.most_step), now * self.most_step)
        new = min(max(step, allowed.low), high)
        told = f"{self.of} asks for {wanted:.3g} {knob.unit}"
        told += ", the camera is full" if full else ""
        inside = allowed.low <= now <= high
        if inside and abs(math.log(new / now)) <= math.log1p(self.tolerance):
            limit = "" if new == step else f", the limit is {new:.3g}"
            return Decision((), "quiet", f"{told}{limit}, it has {now:.3g}", seen.frame)
        rule = knob.less if new < now else knob.more
        why = f"{told}: {new:.3g} {knob.unit}, not {now:.3g}"
        return Decision((self._action(seen, key, light, new),), rule, why, seen.frame)

    def _action(self, seen: Observation, key: _Key, light: _Light, new: float) -> Action:
        light.before, light.now = light.now, new
        light.wanted.clear()
        light.full.clear()
        position, tile, channel = key
        times: dict[str, Any] = {self._knob.times: new / light.planned}
        correction = Correction(position=position, tile=tile, channel=channel, **times)
        return Action(correction=correction, label=self.label, frame=seen.frame)


def _powers(stand: Stand) -> list[str]:
    """Return the properties that set the power of light, ``Device.Property``.

    Raise a `NeedsError` unless they may be set, and no preset sets them as well.
    """
    check_movable("Expose", stand, "light")
    dimmers = [(each.name, each.dimmer) for each in stand.lights if each.dimmer is not None]
    if not dimmers:
        raise NeedsError(
            f"Expose can't set the light of {stand.name!r}: nothing says what its power hangs on.",
            "Declare measured_at of a light source in the scope profile, or give exposure_ms.",
        )
    for name, dimmer in dimmers:
        if dimmer.presets:
            channel = next(iter(dimmer.presets))
            raise NeedsError(
                f"Expose can't set the power of {name!r}: the channel {channel!r}"
                f" sets {dimmer.device}.{dimmer.property} as well.",
                "Take it out of the presets of the channels.",
            )
    return [f"{dimmer.device}.{dimmer.property}" for _, dimmer in dimmers]
