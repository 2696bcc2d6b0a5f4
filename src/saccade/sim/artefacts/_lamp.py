"""Lamps that flicker and die."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from ._base import Spoils, milliseconds

if TYPE_CHECKING:
    from saccade.sim.world import Light


@dataclass(frozen=True, kw_only=True)
class LampFlicker(Spoils):
    """The lamp's power varies from exposure to exposure, as does the dose.

    Parameters
    ----------
    depth : float
        Standard deviation of the power, as a share.
    start_s, end_s, seed
        As for every artefact.
    """

    kind: ClassVar[str] = "lamp-flicker"
    depth: float = 0.3

    def __post_init__(self) -> None:
        super().__post_init__()
        self._need_range("depth", 0.0, 1.0)

    def light(self, light: Light, t_s: float) -> Light:
        """Return the light that the lamp gives at this moment."""
        factor = 1 + self.depth * float(self._random(milliseconds(t_s)).standard_normal())
        return replace(light, power_mw=light.power_mw * max(factor, 0.0))


@dataclass(frozen=True, kw_only=True)
class DyingLamp(Spoils):
    """The lamp's power falls, and stays low until the lamp is changed at the end.

    Parameters
    ----------
    fall_s : float
        In which time it falls, evenly; 0 is at once.
    left : float
        Share of the power that is left then.
    start_s, end_s, seed
        As for every artefact.
    """

    kind: ClassVar[str] = "dying-lamp"
    fall_s: float = 3600.0
    left: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        self._need_range("fall_s", 0.0)
        self._need_range("left", 0.0, 1.0)

    def light(self, light: Light, t_s: float) -> Light:
        """Return the light that the lamp still gives."""
        fallen = 1.0 if self.fall_s == 0 else min((t_s - self.start_s) / self.fall_s, 1.0)
        return replace(light, power_mw=light.power_mw * (1 - (1 - self.left) * fallen))
