"""What a world is asked and what it tells: views, lights, channels, occurrences."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from saccade.core import is_number, require

if TYPE_CHECKING:
    from collections.abc import Mapping

    from saccade.core import Roi

    from ._optics import Optics

Photons: TypeAlias = NDArray[np.float32]
"""Expected photons at each pixel of the sensor, (y, x)."""

Doses: TypeAlias = NDArray[np.float64]
"""Light dose at each object of a specimen, in J/cm²."""

_ASK_THE_STAND = "Take it from the profile of the stand."


@dataclass(frozen=True, slots=True)
class Channel:
    """One way to look at a specimen: what is excited, what is seen."""

    name: str
    excitation_nm: float
    emission_nm: float
    transmitted: bool = False
    """Whether the light passes through (phase contrast), instead of exciting a dye."""
    bleach_j_per_cm2: float = math.inf
    """Dose that leaves 1/e of the dye; it absorbs in proportion, so bleaching is exponential."""
    harm: float = 1.0
    """How much its light hurts, relative to what the specimen's dose response is stated for."""
    crosstalk: Mapping[str, float] = field(default_factory=dict)
    """Share of each other channel's signal that is seen in this one."""

    def __post_init__(self) -> None:
        for name in ("excitation_nm", "emission_nm", "bleach_j_per_cm2"):
            value = getattr(self, name)
            ok = value > 0 and (is_number(value) or name.startswith("bleach"))
            require(ok, f"Channel.{name}", value, "a number above 0", "Correct it.")
        _require_not_negative("Channel.harm", self.harm)
        for other, share in self.crosstalk.items():
            ok = is_number(share) and 0 <= share <= 1
            require(ok, f"Channel.crosstalk[{other!r}]", share, "from 0 to 1", "Correct it.")


@dataclass(frozen=True, slots=True)
class View:
    """What the camera looks at: where the stage claims to be, and through which optics."""

    x_um: float = 0.0
    y_um: float = 0.0
    z_um: float = 0.0
    """Stage position, hence that of the centre of the sensor; drift comes on top of it."""
    channel: str = ""
    sensor_px: tuple[int, int] = (512, 512)
    """Height and width of the whole sensor, after binning."""
    pixel_size_um: float = 0.325
    roi: Roi | None = None
    """Left, top, width, height; None is the whole sensor."""
    optics: Optics | None = None
    """Of the objective that is in place; None is that of the imaging."""

    def __post_init__(self) -> None:
        for name in ("x_um", "y_um", "z_um"):
            value = getattr(self, name)
            require(is_number(value), f"View.{name}", value, "a finite number", "Correct it.")
        ok = is_number(self.pixel_size_um) and self.pixel_size_um > 0
        require(ok, "View.pixel_size_um", self.pixel_size_um, "above 0", _ASK_THE_STAND)
        ok = len(self.sensor_px) == 2 and all(isinstance(v, int) and v > 0 for v in self.sensor_px)
        require(ok, "View.sensor_px", self.sensor_px, "two whole numbers above 0", _ASK_THE_STAND)
        if self.roi is not None:
            (height, width), (left, top, wide, high) = self.sensor_px, self.roi
            ok = 0 <= left < left + wide <= width and 0 <= top < top + high <= height
            on = f"left, top, width, height on the sensor of {width} x {height} pixels"
            require(ok, "View.roi", self.roi, on, "Correct it.")

    @property
    def shape_px(self) -> tuple[int, int]:
        """Height and width of the picture."""
        return self.sensor_px if self.roi is None else (self.roi[3], self.roi[2])

    @property
    def corner_px(self) -> tuple[int, int]:
        """Row and column of the picture's first pixel on the sensor."""
        return (0, 0) if self.roi is None else (self.roi[1], self.roi[0])


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """The light at the sample during one exposure."""

    channel: str
    """Which channel of the specimen it excites."""
    power_mw: float
    area_cm2: float
    """Illuminated area, a square around the centre of the sensor."""
    mask: NDArray[np.float32] | None = None
    """Share of the light that reaches each pixel of the sensor, (y, x), 0 to 1; None is all."""

    def __post_init__(self) -> None:
        _require_not_negative("Light.power_mw", self.power_mw)
        ok = is_number(self.area_cm2) and self.area_cm2 > 0
        require(ok, "Light.area_cm2", self.area_cm2, "above 0", "Correct it.")
        if self.mask is not None:
            ok = self.mask.ndim == 2 and self.mask.size > 0
            # A comparison with NaN is false.
            ok = ok and self.mask.min() >= 0 and self.mask.max() <= 1
            require(bool(ok), "Light.mask", "an array", "(y, x), from 0 to 1", "Scale it.")

    def dose_j_per_cm2(self, exposure_ms: float) -> float:
        """Return the dose of an exposure, where the mask lets all light through.

        Parameters
        ----------
        exposure_ms : float
            How long.

        Raises
        ------
        ProtocolError
            If it is negative or not a number.
        """
        _require_not_negative("exposure_ms", exposure_ms)
        return self.power_mw * exposure_ms * 1e-6 / self.area_cm2


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Something that happened in a specimen: what, when, to whom, where."""

    kind: str
    onset_s: float
    end_s: float
    track: int
    """Identity of the object that it happened to."""
    x_um: float
    y_um: float
    """Where it was at the onset."""
    z_um: float = 0.0
    extent_um: float = 0.0
    """Radius around the place within which it can be seen."""

    @property
    def duration_s(self) -> float:
        """How long it lasted."""
        return self.end_s - self.onset_s


@dataclass(frozen=True, slots=True)
class Health:
    """How a specimen has fared under the light."""

    alive: int
    harmed: int
    """Objects whose biology the light has changed: arrested, blebbing, dead."""
    averted: int
    """Occurrences that would have come in the dark, and will not."""
    dye_left: float
    """Mean share of unbleached dye over all objects, 0 to 1."""
    dose_j_per_cm2: float
    """Highest dose that any object has had."""


def _require_not_negative(setting: str, value: float) -> None:
    require(is_number(value) and value >= 0, setting, value, "a number, 0 or more", "Correct it.")
