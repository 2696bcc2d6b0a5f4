"""What can be set of dividing nuclei, and within which limits."""

from __future__ import annotations

from dataclasses import dataclass, fields

from saccade.core import require
from saccade.sim.world import in_range, is_size

NAME = "dividing-nuclei"

_LIMITS = {
    "density_per_mm2": (0.0, 10_000.0),
    "cycle_h": (3.0, 1000.0),
    "cycle_spread": (0.0, 0.4),
    "growth_fraction": (0.0, 1.0),
    "division_rate": (0.01, 20.0),
    "nucleus_um": (4.0, 40.0),
    "nucleus_spread": (0.0, 0.3),
    "speed_um_per_h": (0.0, 120.0),
    "persistence_min": (1.0, 1000.0),
    "crowding": (0.0, 4.0),
    "brightness": (0.001, 1000.0),
    "brightness_spread": (0.0, 1.0),
    "debris_per_mm2": (0.0, 1000.0),
    "prophase_min": (1.0, 60.0),
    "prometaphase_min": (1.0, 60.0),
    "metaphase_min": (1.0, 120.0),
    "anaphase_min": (0.5, 30.0),
    "telophase_min": (1.0, 60.0),
    "timing_spread": (0.0, 0.4),
    "separation_um_per_min": (0.2, 20.0),
    "chromosomes": (2, 200),
    "arms": (0.2, 4.0),
    "arrest_ed50_j_per_cm2": (1e-3, 1e9),
    "arrest_slope": (0.2, 50.0),
    "blebbing_at": (1.0, 1000.0),
    "death_at": (1.0, 1000.0),
    "crosstalk": (0.0, 1.0),
}
_MOST_CELLS = 100_000
_LEAST_CYCLE_H = 3.0
"""Shorter than this, a nucleus had no time to re-form before it divides again."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Of `DividingNuclei`, which documents them; checked when made."""

    size_um: tuple[float, float]
    density_per_mm2: float
    cycle_h: float
    cycle_spread: float
    growth_fraction: float
    division_rate: float
    nucleus_um: float
    nucleus_spread: float
    speed_um_per_h: float
    persistence_min: float
    crowding: float
    brightness: float
    brightness_spread: float
    debris_per_mm2: float
    prophase_min: float
    prometaphase_min: float
    metaphase_min: float
    anaphase_min: float
    telophase_min: float
    timing_spread: float
    separation_um_per_min: float
    chromosomes: int
    arms: float
    arrest_ed50_j_per_cm2: float
    arrest_slope: float
    blebbing_at: float
    death_at: float
    crosstalk: float

    def __post_init__(self) -> None:
        for each in fields(self):
            if each.name in _LIMITS:
                low, high = _LIMITS[each.name]
                in_range(f"{NAME}.{each.name}", getattr(self, each.name), low, high)
        self._check_size()
        self._check_cycle()
        ok = self.blebbing_at <= self.death_at
        must = f"at least blebbing_at, {self.blebbing_at:g}"
        require(ok, f"{NAME}.death_at", self.death_at, must, "Raise it, or lower blebbing_at.")

    @property
    def count(self) -> int:
        """How many cells there are at first."""
        return round(self.density_per_mm2 * self.size_um[0] * self.size_um[1] * 1e-6)

    @property
    def mean_cycle_s(self) -> float:
        """Mean time from one anaphase to the next."""
        return self.cycle_h * 3600 / self.division_rate

    def _check_size(self) -> None:
        is_size(f"{NAME}.size_um", self.size_um, 50.0, 100_000.0)
        do = "Lower it, or make the slide smaller."
        must = f"such that there are at most {_MOST_CELLS:,} cells; these are {self.count:,}"
        value = self.density_per_mm2
        require(self.count <= _MOST_CELLS, f"{NAME}.density_per_mm2", value, must, do)

    def _check_cycle(self) -> None:
        mitosis_min = self.prophase_min + self.prometaphase_min + self.metaphase_min
        least_h = max(
            _LEAST_CYCLE_H, 3 * (mitosis_min + self.anaphase_min + self.telophase_min) / 60
        )
        cycle_h = self.mean_cycle_s / 3600
        require(
            cycle_h >= least_h,
            f"{NAME}.division_rate",
            self.division_rate,
            f"such that a cycle lasts at least {least_h:g} h; it would last {cycle_h:g} h",
            "Lower it, or lengthen cycle_h.",
        )
