"""A specimen of which all is known: points that glow, sheets that darken, doses that are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from saccade.sim.world import Channel, Health, Imaging, Light, Optics

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from saccade.sim.world import Canvas, Occurrence

PHOTONS = 1e6


class Points:
    """Points of the same brightness; in the channel Lamp, squares of 10 µm that let half pass."""

    name = "points"
    size_um = (1000.0, 1000.0)

    def __init__(
        self,
        places: Sequence[tuple[float, float]] = ((0.0, 0.0),),
        z_um: Sequence[float] | None = None,
        layers_um: tuple[float, ...] = (0.0,),
        emission_nm: float = 520.0,
        occurrences: tuple[Occurrence, ...] = (),
    ) -> None:
        self._places = np.asarray(places, float).reshape(-1, 2)
        self._z_um = np.zeros(len(self._places)) if z_um is None else np.asarray(z_um)
        self.layers_um = layers_um
        self.occurrences = occurrences
        self.channels = {
            "FITC": Channel("FITC", 488, emission_nm),
            "Red": Channel("Red", 561, emission_nm, crosstalk={"FITC": 0.25}),
            "Lamp": Channel("Lamp", 550, emission_nm, transmitted=True),
        }
        self.taken: list[tuple[str, np.ndarray]] = []
        self.t_s = 0.0

    def advance(self, t_s: float) -> None:
        self.t_s = t_s

    def places_um(self) -> np.ndarray:
        return self._places

    def paint(self, canvas: Canvas, channel: str) -> None:
        if channel == "Red":
            return
        side = 3 if channel == "FITC" else int(10 / canvas.pixel_size_um)
        sprite = np.zeros((3, 3), np.float32) if channel == "FITC" else np.ones((side, side))
        sprite[1, 1] = 1
        for (x, y), z in zip(self._places, self._z_um, strict=True):
            weight = PHOTONS / canvas.pixel_size_um**2 if channel == "FITC" else -0.5
            canvas.stamp(
                sprite.astype(np.float32),
                x,
                y,
                z_um=z,
                sprite_px_um=canvas.pixel_size_um,
                weight=weight,
            )

    def absorb(self, doses: np.ndarray, channel: str) -> None:
        self.taken.append((channel, doses.copy()))

    @property
    def health(self) -> Health:
        return Health(len(self._places), 0, 0, 1.0, 0.0)


@pytest.fixture(scope="session")
def points() -> type[Points]:
    return Points


@pytest.fixture(scope="session")
def clear() -> Imaging:
    """Imaging that adds nothing but the point-spread function."""
    return Imaging(optics=Optics(haze=0.0, falloff=0.0), background=0.0)


@pytest.fixture(scope="session")
def green() -> Callable[..., Light]:
    def make(power_mw: float = 10.0, **more: object) -> Light:
        return Light("FITC", power_mw, **({"area_cm2": 0.01} | more))

    return make
