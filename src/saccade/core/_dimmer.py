"""What makes a light source stronger or weaker: a property of a device."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from useq import MDAEvent


def level_of(value: object) -> float:
    """Return the number that a property is set to, NaN if it is none of 0 or more.

    Parameters
    ----------
    value : object
        A number, or the text of one.
    """
    try:
        number = float(str(value))
    except ValueError:
        return math.nan
    return number if 0 <= number < math.inf else math.nan


@dataclass(frozen=True, slots=True)
class Dimmer:
    """A property of a device to which the power of a light source is proportional."""

    device: str
    property: str
    measured_at: float
    """Its value when the power of the source was measured, above 0."""
    found: str | None = None
    """What it is set to as the microscope stands; None if nobody has asked: as measured."""
    presets: Mapping[str, str] = field(default_factory=dict)
    """What it is set to by the channels that set it."""

    def share(self, value: object) -> float:
        """Return the share of the measured power that there is at a value.

        Parameters
        ----------
        value : object
            A number, or the text of one. For anything else, and below 0, nobody knows: NaN.
        """
        return level_of(value) / self.measured_at

    def after(self, event: MDAEvent, share: float) -> float:
        """Return the share of the measured power once an event was applied.

        Parameters
        ----------
        event : useq.MDAEvent
            Its channel comes first, then its single properties.
        share : float
            Before it.
        """
        if event.channel is not None and event.channel.config in self.presets:
            share = self.share(self.presets[event.channel.config])
        for device, name, value in event.properties or ():
            if (device, name) == (self.device, self.property):
                share = self.share(value)
        return share
