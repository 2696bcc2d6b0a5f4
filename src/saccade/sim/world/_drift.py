"""How the sample wanders under the objective."""

from __future__ import annotations

import math
from dataclasses import dataclass

from saccade.core import is_number, require


@dataclass(frozen=True, slots=True)
class Drift:
    """Steady drift, and the swing of a room whose heating goes on and off.

    Parameters
    ----------
    x_um_per_h, y_um_per_h, z_um_per_h : float
        Steady.
    swing_um : tuple of float
        Amplitude of the swing along x, y and z.
    period_h : float
        Of the swing.

    Raises
    ------
    ProtocolError
        If a value is not a number, or the period is not above 0.
    """

    x_um_per_h: float = 0.0
    y_um_per_h: float = 0.0
    z_um_per_h: float = 0.0
    swing_um: tuple[float, float, float] = (0.0, 0.0, 0.0)
    period_h: float = 1.5

    def __post_init__(self) -> None:
        for name in ("x_um_per_h", "y_um_per_h", "z_um_per_h"):
            value = getattr(self, name)
            require(is_number(value), f"Drift.{name}", value, "a finite number", "Correct it.")
        ok = len(self.swing_um) == 3 and all(map(is_number, self.swing_um))
        require(ok, "Drift.swing_um", self.swing_um, "three finite numbers", "Correct it.")
        ok = is_number(self.period_h) and self.period_h > 0
        require(ok, "Drift.period_h", self.period_h, "above 0", "Correct it.")

    def at(self, t_s: float) -> tuple[float, float, float]:
        """Return by how much the sample has moved from where it was at the start, in µm."""
        hours = t_s / 3600
        swing = math.sin(2 * math.pi * hours / self.period_h)
        steady = (self.x_um_per_h, self.y_um_per_h, self.z_um_per_h)
        x, y, z = (v * hours + a * swing for v, a in zip(steady, self.swing_um, strict=True))
        return x, y, z
