"""All devices of a virtual microscope, and what they make of light and view."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from saccade.sim.world import Light, View

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pymmcore_plus.experimental.unicore import Device

    from saccade.sim.world import Drift, Optics

    from ._camera import SimCamera
    from ._lights import SimLight, SimShutter, SimWheel
    from ._slm import SimSlm
    from ._stages import SimOffset, SimXY, SimZ

CAMERA, XY, Z, OFFSET = "Camera", "XY", "Z", "Autofocus Offset"
SHUTTER, WHEEL, SLM, TURRET = "Shutter", "Filter Wheel", "SLM", "Objective"

ONLY = "only"
"""Name of an objective without a turret."""


def source_label(channel: str) -> str:
    """Return the label of the light source of a channel."""
    return f"{channel} Light"


def _always() -> bool:
    return True


@dataclass(frozen=True)
class Glass:
    """An objective of a virtual microscope."""

    pixel_size_um: float
    """Unbinned."""
    offset_um: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """How much farther the stage must be for the same place in the middle, and in focus."""
    optics: Optics | None = None
    """None is that of the imaging."""
    area: float = 1.0
    """What is lit, in units of what the sources declare."""


_BETWEEN = Glass(1.0)
"""What is seen while a turret turns: nothing."""


@dataclass(frozen=True)
class Devices:
    """The devices, and what is fixed between them."""

    camera: SimCamera
    xy: SimXY
    z: SimZ
    offset: SimOffset
    shutter: SimShutter
    wheel: SimWheel
    slm: SimSlm
    sources: Mapping[str, SimLight]
    """By channel."""
    areas_cm2: Mapping[str, float]
    """What each source illuminates."""
    glass: Mapping[str, Glass]
    """Objectives by name; one without a turret is `ONLY`."""
    turret: SimWheel | None
    drift: Drift
    start_ns: int
    """When the world was 0 s old."""
    passes: Callable[[], bool] = _always
    """Tells whether what stands between the shutter and the sample lets light through."""

    def by_label(self) -> dict[str, Device]:
        """Return every device by the label that it is loaded with."""
        fixed: dict[str, Device] = {
            CAMERA: self.camera,
            XY: self.xy,
            Z: self.z,
            OFFSET: self.offset,
            SHUTTER: self.shutter,
            WHEEL: self.wheel,
            SLM: self.slm,
        }
        if self.turret is not None:
            fixed[TURRET] = self.turret
        return {**fixed, **{source_label(name): each for name, each in self.sources.items()}}

    def view(self, t_ns: int) -> View:
        """Return what the camera looks at, at a time since the last change."""
        x_um, y_um = self.xy.truly_at(t_ns)
        glass = self._glass(t_ns)
        dx_um, dy_um, dz_um = _BETWEEN.offset_um if glass is None else glass.offset_um
        return View(
            x_um=x_um - dx_um,
            y_um=y_um - dy_um,
            z_um=self._height_um(t_ns) - dz_um,
            channel="" if glass is None else self.wheel.filter_at(t_ns),
            sensor_px=self.camera.full_px,
            pixel_size_um=(glass or _BETWEEN).pixel_size_um * self.camera.get_binning(),
            roi=self.camera.region,
            optics=(glass or _BETWEEN).optics,
        )

    def lights(self, t_ns: int) -> tuple[Light, ...]:
        """Return what shines on the sample."""
        lit = [name for name, source in self.sources.items() if source.power_mw > 0]
        glass = self._glass(t_ns)
        if glass is None or not (lit and self.shutter.lets_through(t_ns) and self.passes()):
            return ()
        mask = self.slm.mask(t_ns, self.camera.full_px, self.camera.get_binning())
        return tuple(
            Light(name, self.sources[name].power_mw, self.areas_cm2[name] * glass.area, mask)
            for name in lit
        )

    def _glass(self, t_ns: int) -> Glass | None:
        """Return the objective that is in place; None while the turret turns."""
        return self.glass.get(self.turret.filter_at(t_ns) if self.turret is not None else ONLY)

    def _height_um(self, t_ns: int) -> float:
        """Return the plane in focus: where the drive has it, or where the autofocus holds it."""
        if not self.offset.holds:
            return self.z.truly_at(t_ns)
        _, _, drift_um = self.drift.at((t_ns - self.start_ns) / 1e9)
        return self.offset.truly_at(t_ns) + drift_um
