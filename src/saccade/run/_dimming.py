"""The power of light sources, as the plan has it and as it is corrected."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from saccade.core import level_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from useq import MDAEvent

    from saccade.core import Dimmer, LightSource


class Dimming:
    """Knows to which value the plan sets what light sources hang on, and what is set in its place.

    Parameters
    ----------
    lights : iterable of LightSource
        Those whose power nothing sets are left alone.
    """

    def __init__(self, lights: Iterable[LightSource] = ()) -> None:
        self._lights = [(each, each.dimmer) for each in lights if each.dimmer is not None]
        self._planned = {
            _key(dimmer): dimmer.measured_at if dimmer.found is None else level_of(dimmer.found)
            for _, dimmer in self._lights
        }

    @property
    def objection(self) -> str:
        """Why the light can't be corrected; empty if it can."""
        if not self._lights:
            return "no light source is declared with what its power hangs on, measured_at"
        unknown = [".".join(key) for key, level in self._planned.items() if math.isnan(level)]
        return f"{unknown[0]} is set to what is no number" if unknown else ""

    def planned(self, event: MDAEvent) -> None:
        """Learn what a planned event sets.

        Parameters
        ----------
        event : useq.MDAEvent
            As the plan has it.
        """
        for device, name, value in event.properties or ():
            if (device, name) in self._planned:
                self._planned[device, name] = level_of(value)

    def corrected(self, event: MDAEvent, channel: str | None, times: float) -> list[Any]:
        """Return the properties of a planned event, the power of its light multiplied.

        Parameters
        ----------
        event : useq.MDAEvent
            As the plan has it.
        channel : str or None
            In which it is taken.
        times : float
            By how much.
        """
        lit = {_key(dimmer) for source, dimmer in self._lights if source.lights(channel)}
        others = [each for each in event.properties or () if tuple(each[:2]) not in lit]
        return [*others, *((*key, self._planned[key] * times) for key in sorted(lit))]


def _key(dimmer: Dimmer) -> tuple[str, str]:
    return dimmer.device, dimmer.property
