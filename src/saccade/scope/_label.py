"""What the hardware really did, read from it, for the label of a frame."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import isclose, isnan
from typing import TYPE_CHECKING

from saccade.core import NO_OFFSET, Frame, LightSource, Roi, SettingError, Stand, Times

from ._dimmers import read_mw
from ._turret import Revolver

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymmcore_plus import CMMCorePlus
    from useq import MDAEvent

    from saccade.core import Order, Pixels, Turret


_BINNING = "Binning"


@dataclass(frozen=True, slots=True)
class Real:
    """The state of the microscope at the start of an exposure; places are those of the stage."""

    exposure_ms: float
    x_um: float | None
    y_um: float | None
    z_um: float | None
    channel: str | None
    roi: Roi
    light_mw: Mapping[str, float] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)
    pixel_size_um: float = 1.0
    affine: tuple[float, float, float, float] = (1.0, 0.0, 0.0, 1.0)
    sensor_px: tuple[int, int] | None = None
    objective: str | None = None
    offset_um: tuple[float, float, float] = NO_OFFSET
    """What the places are more than those of the sample."""


class Labels:
    """Reads the microscope, and makes frames of pixels and what was read.

    Parameters
    ----------
    core : CMMCorePlus
        The microscope.
    lights : tuple of LightSource
        As the profile declares them.
    recorded : tuple of tuple of str
        Device and property of what goes into each frame's label besides.
    turret : Turret, optional
        The objectives that the profile declares.
    cameras : tuple of str
        Those that expose together; empty where there is only one.
    """

    def __init__(
        self,
        core: CMMCorePlus,
        lights: tuple[LightSource, ...],
        recorded: tuple[tuple[str, str], ...],
        turret: Turret | None = None,
        cameras: tuple[str, ...] = (),
    ) -> None:
        self._core = core
        self.cameras = cameras
        """Those that expose together; empty where there is only one."""
        self._stand = Stand("", lights=lights, turret=turret)
        self._dims = any(each.dimmer is not None for each in lights)
        self.revolver = Revolver(core, turret)
        """The objectives."""
        self._recorded = recorded
        self._xy, self._z = core.getXYStageDevice(), core.getFocusDevice()
        self._group = core.getChannelGroup()
        self._camera = core.getCameraDevice()
        self._bins, self._binned = core.hasProperty(self._camera, _BINNING), ""
        if self._bins:
            core.getProperty(self._camera, _BINNING)  # now it is in the cache
        width, height = sensor_size(core)
        binning = self._binning()
        self._unbinned_px = width * binning, height * binning

    @property
    def sensor_px(self) -> tuple[int, int]:
        """Width and height of the whole sensor, in the pixels that it gives now."""
        binning = self._binning()
        return self._unbinned_px[0] // binning, self._unbinned_px[1] // binning

    def read(self, event: MDAEvent) -> Real:
        """Return the state of the microscope.

        Parameters
        ----------
        event : useq.MDAEvent
            Names the channel, if it does; every setting of it was verified before.
        """
        core = self._core
        x_um, y_um = core.getXYPosition(self._xy) if self._xy else (None, None)
        channel = event.channel.config if event.channel else self._channel()
        left, top, width, height = core.getROI()
        pixel_size_um = core.getPixelSizeUm(True) or 1.0
        objective = self.revolver.now()
        name = None if objective is None else objective.name
        return Real(
            exposure_ms=core.getExposure(),
            x_um=x_um,
            y_um=y_um,
            z_um=core.getPosition(self._z) if self._z else None,
            channel=channel,
            roi=(left, top, width, height),
            light_mw=self.lit(channel, name),
            properties=self._properties(),
            pixel_size_um=pixel_size_um,
            affine=self._directions(core.getPixelSizeAffine(True), pixel_size_um),
            sensor_px=self.sensor_px,
            objective=name,
            offset_um=NO_OFFSET if objective is None else objective.offset_um,
        )

    def doubt(self, real: Real) -> str | None:
        """Return what of a label can't be relied on, asked once more before the exposure.

        Parameters
        ----------
        real : Real
            Just read. What an event asked for is verified elsewhere.
        """
        core = self._core
        told_um, affine = core.getPixelSizeUm(True), core.getPixelSizeAffine(True)
        size_um = told_um or 1.0
        if (size_um, self._directions(affine, size_um)) != (real.pixel_size_um, real.affine):
            return f"the pixel size was {real.pixel_size_um} µm, then {size_um}"
        if real.sensor_px != self.sensor_px:
            return f"the sensor was {real.sensor_px}, then {self.sensor_px}"
        if problem := self._doubt_cameras(real):
            return problem
        if unknown := [name for name, mw in real.light_mw.items() if isnan(mw)]:
            return f"nobody can tell how strong {unknown[0]!r} is"
        if not _lies_on(real.roi, self.sensor_px):
            return f"the region {real.roi} is not on the sensor {self.sensor_px}"
        if (objective := self.revolver.now()) is not None:
            if objective.name != real.objective:
                return f"the objective was {real.objective!r}, then {objective.name!r}"
            if problem := self.revolver.doubt(objective, size_um, self._binning()):
                return problem
        return self._doubt_size(told_um, affine)  # an unknown size is 0 there, too

    def changed(self, real: Real) -> str | None:
        """Return what of a label is no longer so after the exposure, such as the objective.

        Parameters
        ----------
        real : Real
            Read before it. Of what nothing can have changed by itself, one thing is asked:
            whoever answers to the frame waits meanwhile.
        """
        if problem := self._doubt_cameras(real):
            return problem
        size_um = self._core.getPixelSizeUm(True) or 1.0
        objective = self.revolver.now()
        if objective is not None and objective.name != real.objective:
            return f"the objective was {real.objective!r}, then {objective.name!r}"
        if (now := self._lit_now(real)) != real.light_mw:
            return f"the light was {real.light_mw} mW, then {now}"
        if size_um == real.pixel_size_um:
            return None
        return f"the pixel size was {real.pixel_size_um} µm, then {size_um}"

    def _lit_now(self, real: Real) -> Mapping[str, float]:
        """Return the power of the sources that were lit, asked for anew where it can change."""
        return self.lit(real.channel, real.objective) if self._dims else real.light_mw

    def _doubt_cameras(self, real: Real) -> str | None:
        """Return which of several cameras is set otherwise than they are together."""
        for camera in self.cameras:
            set_to = self._core.getExposure(camera), tuple(self._core.getROI(camera))
            if set_to != (real.exposure_ms, real.roi):
                return f"the camera {camera!r} is set to {set_to}"
        return None

    def _doubt_size(self, size_um: float, affine: tuple[float, ...]) -> str | None:
        """Return what is wrong with a pixel size, worked out anew from the calibration."""
        core = self._core
        if not (calibration := core.getCurrentPixelSizeConfig(True)):
            return None
        factor = self._factor
        size = core.getPixelSizeUmByID(calibration), *core.getPixelSizeAffineByID(calibration)
        said = size_um, *affine
        if all(isclose(a * factor, b, rel_tol=1e-6) for a, b in zip(size, said, strict=True)):
            return None
        return f"the pixel size is {size_um} µm, which is not that of {calibration!r}"

    def exposed(self, real: Real) -> Real:
        """Return what was read, with the recorded properties as they are after the exposure.

        Parameters
        ----------
        real : Real
            Read before it. A camera may tell of a frame only once it is taken.
        """
        return replace(real, properties=self._properties()) if self._recorded else real

    def lit(self, channel: str | None, objective: str | None = None) -> dict[str, float]:
        """Return the power at the sample, in mW, of every source that a channel lights.

        Parameters
        ----------
        channel : str or None
            Name of the preset.
        objective : str or None
            The one that is in place, if any is declared.
        """
        on = self._stand.sources(channel, objective)
        return {each.name: read_mw(self._core, each) for each in on}

    def frame(
        self,
        order: Order,
        pixels: Pixels,
        real: Real,
        times: Times,
        retries: int = 0,
        exposures: int = 1,
        number: int = 0,
    ) -> Frame:
        """Return the frame of an order.

        Parameters
        ----------
        order : Order
            What was asked for.
        pixels : array, (y, x)
            Made read-only.
        real : Real
            What was read before the exposure.
        times : Times
            When the stages began and ended.
        retries : int
            How often something had to be tried again.
        exposures : int
            How often the sample was exposed.
        number : int
            Of the camera, where several expose together.
        """
        pixels.setflags(write=False)
        dx_um, dy_um, dz_um = real.offset_um
        return Frame(
            pixels,
            order.index + number,
            order.stream,
            order.event,
            real.exposure_ms,
            times.exposed,
            None if real.x_um is None else real.x_um - dx_um,
            None if real.y_um is None else real.y_um - dy_um,
            None if real.z_um is None else real.z_um - dz_um,
            real.channel,
            real.roi,
            real.sensor_px,
            real.light_mw,
            real.properties,
            real.pixel_size_um,
            real.affine,
            retries,
            times,
            exposures,
            objective=real.objective,
            offset_um=None if real.objective is None else real.offset_um,
            camera=self.cameras[number] if self.cameras else "",
        )

    def _properties(self) -> dict[str, str]:
        return {f"{dev}.{prop}": self._core.getProperty(dev, prop) for dev, prop in self._recorded}

    def _binning(self) -> int:
        # The cache spares the camera a question; presets and properties both keep it true.
        if not self._bins:
            return 1
        text = str(self._core.getPropertyFromCache(self._camera, _BINNING))
        if text != self._binned:
            actual = str(self._core.getProperty(self._camera, _BINNING))
            if text != actual:
                raise SettingError(f"The binning is {actual!r}, not {text!r} as the core believes.")
            self._binned = text
        return int(text) if text.isdigit() and int(text) > 0 else 1

    def _directions(
        self, affine: tuple[float, ...], pixel_size_um: float
    ) -> tuple[float, float, float, float]:
        """Return where stage motion shows, per pixel; along the axes where nobody has said it."""
        a, b, _, c, d, _ = affine
        # Where it was never set, the core answers with ones, whatever the size of a pixel is.
        unknown = (a, b, c, d) == ((each := self._factor), 0.0, 0.0, each)
        if unknown or a * d - b * c == 0 or pixel_size_um <= 0:
            return 1.0, 0.0, 0.0, 1.0
        return a / pixel_size_um, b / pixel_size_um, c / pixel_size_um, d / pixel_size_um

    @property
    def _factor(self) -> float:
        """What the core multiplies a calibration by."""
        return float(self._binning() / self._core.getMagnificationFactor())

    def _channel(self) -> str | None:
        return (self._core.getCurrentConfigFromCache(self._group) or None) if self._group else None


def sensor_size(core: CMMCorePlus) -> tuple[int, int]:
    """Return width and height of the whole sensor in pixels.

    Parameters
    ----------
    core : CMMCorePlus
        Its region is put back if one is set; Micro-Manager does not tell the full size.
    """
    left, top, width, height = core.getROI()
    core.clearROI()
    full = core.getImageWidth(), core.getImageHeight()
    if tuple(core.getROI()) != (0, 0, *full):
        raise SettingError(f"The sensor is {full}, the whole region {tuple(core.getROI())}.")
    if (left, top, width, height) != (0, 0, *full):
        core.setROI(left, top, width, height)
    return full


def _lies_on(roi: Roi, sensor_px: tuple[int, int]) -> bool:
    left, top, width, height = roi
    fits = left + width <= sensor_px[0] and top + height <= sensor_px[1]
    return fits and left >= 0 and top >= 0
