"""What decisions have changed of the plan: where the stage stands, how long is exposed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from useq import MDAEvent

from saccade.core import Correction, is_number

from ._dimming import Dimming

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from useq import SLMImage

    from saccade.core import Frame, LightSource, Roi

Value = TypeVar("Value")

_AXES = {"x_um": "x_pos", "y_um": "y_pos", "z_um": "z_pos"}
_EXPOSURE, _LIGHT = "exposure_times", "light_times"
_ASKED = {**_AXES, _EXPOSURE: "exposure"}
"""Field of an event by field of a correction."""
_FOUND = {"x_pos": "x_um", "y_pos": "y_um", "z_pos": "z_um", "exposure": "exposure_ms"}
"""Field of a frame by field of an event."""
_REPLACED = {"region": "roi", "mask": "slm_image"}
"""Field of an event by field of a correction that stands in its place."""


class _Scope(NamedTuple):
    """The planned events that a correction is about."""

    position: int | None
    tile: int | None
    channel: str | None

    def holds(self, event: MDAEvent, channel: str | None) -> bool:
        """Return whether an event is among them, which is taken in a channel."""
        wanted = (
            (self.position, event.index.get("p", 0)),
            (self.tile, event.index.get("g", 0)),
            (self.channel, channel),
        )
        return all(mine is None or mine == its for mine, its in wanted)


class Corrections:
    """Changes planned events by the newest correction that is about them.

    An event that names nothing of what is corrected gets it named: it is what the plan named
    last, or else what the first frame of the plan found, and the correction on top. Without a
    correction, events stay as they are.
    """

    def __init__(self) -> None:
        self._newest: dict[str, dict[_Scope, float]] = {}
        self._planned: dict[str, float] = {}
        self._channel: str | None = None
        self._replacing: dict[str, dict[_Scope, Any]] = {}
        self._given: dict[str, Any] = {}
        self._light: dict[_Scope, float] = {}
        self._dimming = Dimming()

    def learn(self, lights: Iterable[LightSource]) -> None:
        """Learn what the power of light sources hangs on.

        Parameters
        ----------
        lights : iterable of LightSource
            By the profile.
        """
        self._dimming = Dimming(lights)

    def rests(self, mask: SLMImage) -> None:
        """Learn what the light modulator shows where the plan names no mask.

        Parameters
        ----------
        mask : useq.SLMImage
            By the profile.
        """
        self._given["slm_image"] = mask

    def found(self, frame: Frame) -> None:
        """Learn, from a frame of the plan, where everything stood that the plan never named.

        Parameters
        ----------
        frame : Frame
            Of the stream ``watch``.
        """
        for name, field in _FOUND.items():
            value = getattr(frame, field)
            if name not in self._planned and value is not None:
                self._planned[name] = value
        if "roi" not in self._given and frame.roi is not None:
            self._given["roi"] = _region(frame.roi)
        self._channel = self._channel or frame.channel

    def objection(self, correction: Correction | None) -> str:
        """Return why a correction can't be taken; empty if it can.

        Parameters
        ----------
        correction : Correction or None
            Of a decided action.
        """
        for name, asked in _ASKED.items():
            value = None if correction is None else getattr(correction, name)
            if value is None:
                continue
            if not is_number(value) or (name == _EXPOSURE and value <= 0):
                return f"a correction of {name} by {value!r} can't be made"
            if asked not in self._planned:
                return f"nothing is known of {asked} that a correction of {name} could start from"
        times = None if correction is None else correction.light_times
        if times is not None and not (is_number(times) and times > 0):
            return f"a correction of {_LIGHT} by {times!r} can't be made"
        if times is not None and (objection := self._dimming.objection):
            return objection
        for name, asked in _REPLACED.items():
            value = None if correction is None else getattr(correction, name)
            if value is not None and asked not in self._given:
                return f"nothing is known of {asked}, which a {name} is to take the place of"
        return _objection_to(None if correction is None else correction.region)

    def take(self, correction: Correction) -> None:
        """Let a correction count from now on.

        Parameters
        ----------
        correction : Correction
            Without objection.
        """
        scope = _Scope(correction.position, correction.tile, correction.channel)
        if correction.light_times is not None:
            _renew(self._light, scope, correction.light_times)
        for name in _ASKED:
            if (value := getattr(correction, name)) is not None:
                _renew(self._newest.setdefault(name, {}), scope, value)
        for name in _REPLACED:
            if (value := getattr(correction, name)) is not None:
                given = _region(value) if name == "region" else value
                _renew(self._replacing.setdefault(name, {}), scope, given)

    def applied(self, event: MDAEvent) -> MDAEvent:
        """Return a planned event as it is to be.

        Parameters
        ----------
        event : useq.MDAEvent
            As the plan has it; asked for once, in the order of the plan.
        """
        for asked in _ASKED.values():
            if (value := getattr(event, asked)) is not None:
                self._planned[asked] = value
        if event.channel is not None:
            self._channel = event.channel.config
        for asked in _REPLACED.values():
            if (value := getattr(event, asked)) is not None:
                self._given[asked] = value
        self._dimming.planned(event)
        changed: dict[str, Any] = {}
        for name, values in self._newest.items():
            asked = _ASKED[name]
            if getattr(event, asked) is not None or event.action.type == "acquire_image":
                by = self._counts(values, event, 1.0 if name == _EXPOSURE else 0.0)
                planned = self._planned[asked]
                changed[asked] = planned * by if name == _EXPOSURE else planned + by
        if event.action.type == "acquire_image":
            changed |= self._replaced(event)
        return event.model_copy(update=changed) if changed else event

    def _replaced(self, event: MDAEvent) -> dict[str, Any]:
        """Return light, region and mask of a planned picture, as far as any was corrected."""
        changed: dict[str, Any] = {}
        for name, replacing in self._replacing.items():
            asked = _REPLACED[name]
            changed[asked] = self._counts(replacing, event, self._given[asked])
        if self._light:
            times = self._counts(self._light, event, 1.0)
            changed["properties"] = self._dimming.corrected(event, self._channel, times)
        return changed

    def _counts(self, values: Mapping[_Scope, Value], event: MDAEvent, otherwise: Value) -> Value:
        """Return the newest value that is about an event."""
        of_it = (
            each
            for scope, each in reversed(list(values.items()))
            if scope.holds(event, self._channel)
        )
        return next(of_it, otherwise)


def _renew(values: dict[_Scope, Value], scope: _Scope, value: Value) -> None:
    """Set a value and put it last, where the newest is looked for."""
    values.pop(scope, None)
    values[scope] = value


def _region(roi: Roi) -> Any:
    """Return a region as an event has it."""
    return MDAEvent(roi=roi).roi


def _objection_to(region: Roi | None) -> str:
    if region is None:
        return ""
    whole = len(region) == 4 and all(isinstance(each, int) for each in region)
    if not whole or min(region[:2]) < 0 or min(region[2:]) < 1:
        return f"{region!r} is no region of a camera"
    return ""
