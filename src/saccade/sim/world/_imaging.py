"""All that stands between a specimen and its pictures."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from saccade.core import is_number, require

from ._drift import Drift
from ._optics import Optics
from ._sensor import Sensor


@dataclass(frozen=True, slots=True)
class Imaging:
    """Optics, camera and drift of a stand.

    Parameters
    ----------
    optics : Optics
        The objective.
    sensor : Sensor
        The camera.
    drift : Drift
        How the sample wanders.
    background : float
        Light from medium and glass, photons at the sensor from a µm² for 1 J/cm².
    seed : int
        Of the camera's noise and pattern; the biology has a seed of its own.

    Raises
    ------
    ProtocolError
        If a value is of another type, or impossible.
    """

    optics: Optics = field(default_factory=Optics)
    sensor: Sensor = field(default_factory=Sensor)
    drift: Drift = field(default_factory=Drift)
    background: float = 2000.0
    seed: int = 0

    def __post_init__(self) -> None:
        for name, kind in (("optics", Optics), ("sensor", Sensor), ("drift", Drift)):
            value = getattr(self, name)
            ok = isinstance(value, kind)
            require(ok, f"Imaging.{name}", value, f"of the type {kind.__name__}", "Make one.")
        ok = is_number(self.background) and self.background >= 0
        require(ok, "Imaging.background", self.background, "a number, 0 or more", "Correct it.")
        ok = isinstance(self.seed, int) and not isinstance(self.seed, bool) and self.seed >= 0
        require(ok, "Imaging.seed", self.seed, "a whole number, 0 or more", "Correct it.")


def conditions(
    imaging: Imaging | None = None,
    *,
    haze: float = 0.3,
    noise: float = 2.5,
    light: float = 0.35,
    background: float = 2.5,
) -> tuple[Imaging, Imaging]:
    """Return a pair of conditions: a good one, and one that shows the same biology worse.

    Worlds of the same specimen and seed live the same life in both: nothing of the specimen
    is changed, and neither is the light that reaches it.

    Parameters
    ----------
    imaging : Imaging, optional
        The good one.
    haze : float
        Haze that the other has on top of it.
    noise : float
        Its read noise, in units of the good one's.
    light : float
        Share of the photons that it turns into electrons, as of a shorter exposure.
    background : float
        Its background, in units of the good one's.

    Raises
    ------
    ProtocolError
        If a value is impossible.
    """
    good = imaging or Imaging()
    for name, value in (("noise", noise), ("light", light), ("background", background)):
        require(
            is_number(value) and value > 0, f"conditions.{name}", value, "above 0", "Correct it."
        )
    optics = replace(good.optics, haze=good.optics.haze + haze)
    sensor = replace(
        good.sensor,
        read_noise_e=good.sensor.read_noise_e * noise,
        quantum_efficiency=good.sensor.quantum_efficiency * light,
    )
    other = good.background * background
    return good, replace(good, optics=optics, sensor=sensor, background=other)
