"""What decisions have changed of the plan: where the stage stands, how long is exposed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from saccade.core import Correction, is_number

if TYPE_CHECKING:
    from useq import MDAEvent

    from saccade.core import Frame

_AXES = {"x_um": "x_pos", "y_um": "y_pos", "z_um": "z_pos"}
_EXPOSURE = "exposure_times"
_ASKED = {**_AXES, _EXPOSURE: "exposure"}
"""Field of an event by field of a correction."""
_FOUND = {"x_pos": "x_um", "y_pos": "y_um", "z_pos": "z_um", "exposure": "exposure_ms"}
"""Field of a frame by field of an event."""


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
        return ""

    def take(self, correction: Correction) -> None:
        """Let a correction count from now on.

        Parameters
        ----------
        correction : Correction
            Without objection.
        """
        scope = _Scope(correction.position, correction.tile, correction.channel)
        for name in _ASKED:
            if (value := getattr(correction, name)) is not None:
                values = self._newest.setdefault(name, {})
                values.pop(scope, None)
                values[scope] = value

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
        changed: dict[str, float] = {}
        for name, values in self._newest.items():
            asked = _ASKED[name]
            if getattr(event, asked) is not None or event.action.type == "acquire_image":
                by = self._counts(values, event, 1.0 if name == _EXPOSURE else 0.0)
                planned = self._planned[asked]
                changed[asked] = planned * by if name == _EXPOSURE else planned + by
        return event.model_copy(update=changed) if changed else event

    def _counts(self, values: dict[_Scope, float], event: MDAEvent, otherwise: float) -> float:
        """Return the newest value that is about an event."""
        of_it = (
            each for scope, each in reversed(values.items()) if scope.holds(event, self._channel)
        )
        return next(of_it, otherwise)
