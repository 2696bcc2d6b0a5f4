"""Objectives on a turret: which one an event asks for, and what changes with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from useq import MDAEvent

LABEL = "Label"
"""The property of a turret that tells, and sets, which objective is in place."""

NO_OFFSET = (0.0, 0.0, 0.0)


class Lamp(NamedTuple):
    """A light source as it was measured at the sample, with one objective."""

    power_mw: float
    area_cm2: float


@dataclass(frozen=True, slots=True)
class Objective:
    """An objective as the scope profile declares it."""

    name: str
    """What the turret calls it."""
    pixel_size_um: float
    """Of a pixel that is not binned."""
    offset_um: tuple[float, float, float] = NO_OFFSET
    """By how much x, y and z of the stage differ from those with the reference objective, when
    the same place of the sample is in the middle and in focus."""
    lights: Mapping[str, Lamp] = field(default_factory=dict)
    """Light sources as measured with it, by name."""


@dataclass(frozen=True, slots=True)
class Turret:
    """The objectives of a microscope, and the device that turns them in.

    Coordinates of events and frames are those of the sample: where the stage would stand with
    the reference objective, whose offset is 0.
    """

    device: str
    objectives: tuple[Objective, ...]
    current: str | None = None
    """The one that is in place; None if the profile does not declare it."""
    reference: str = ""
    """The one that light sources were measured with where an objective has none of its own."""
    turn_at_z_um: float | None = None
    """Where the focus drive goes before the turret turns; None is nowhere."""

    def find(self, name: str | None) -> Objective | None:
        """Return an objective by its name, None if there is none of that name."""
        return next((each for each in self.objectives if each.name == name), None)

    def asked(self, event: MDAEvent) -> str | None:
        """Return the name of the objective that an event asks for, None if it asks for none."""
        return next(
            (
                str(value)
                for device, name, value in event.properties or ()
                if (device, name) == (self.device, LABEL)
            ),
            None,
        )

    def of(self, event: MDAEvent) -> Objective | None:
        """Return the objective that an event is taken with, None if it isn't known."""
        return self.find(self.asked(event) or self.current)

    def with_objective(self, event: MDAEvent, name: str | None) -> MDAEvent:
        """Return an event that asks for an objective, if it asks for none."""
        if name is None or self.asked(event) is not None:
            return event
        asked = [*(event.properties or ()), (self.device, LABEL, name)]
        return event.model_copy(update={"properties": asked})
