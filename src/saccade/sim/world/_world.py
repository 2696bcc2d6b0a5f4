"""A world: a specimen under optics and light, before a camera; no devices, no threads."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from saccade.core import ProtocolError, is_number, require

from ._canvas import Canvas
from ._drift import Drift
from ._optics import Optics
from ._sensor import Sensor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ._artefact import Artefact
    from ._specimen import Specimen
    from ._values import Channel, Doses, Health, Light, Occurrence, Photons, View

_MARGIN_SIGMAS = 3.0
_MOST_MARGIN_PX = 64


@dataclass(frozen=True, slots=True)
class Imaging:
    """All that stands between a specimen and its pictures."""

    optics: Optics = field(default_factory=Optics)
    sensor: Sensor = field(default_factory=Sensor)
    drift: Drift = field(default_factory=Drift)
    background: float = 2000.0
    """Light from medium and glass, photons at the sensor from a µm² for 1 J/cm²."""
    seed: int = 0
    """Of the camera's noise and pattern; the biology has a seed of its own."""

    def __post_init__(self) -> None:
        ok = is_number(self.background) and self.background >= 0
        require(ok, "Imaging.background", self.background, "0 or more", "Correct it.")


class World:
    """A living specimen that can be looked at, and that light changes.

    The same specimen and the same calls give the same pixels, bit for bit.

    Parameters
    ----------
    specimen : Specimen
        What lives in it.
    imaging : Imaging
        Through what it is seen.
    artefacts : sequence of Artefact
        What goes wrong, and when.
    """

    def __init__(
        self,
        specimen: Specimen,
        imaging: Imaging | None = None,
        artefacts: Sequence[Artefact] = (),
    ) -> None:
        self.specimen = specimen
        self.imaging = imaging or Imaging()
        self.artefacts = tuple(artefacts)
        self.t_s = 0.0
        """How long it has lived."""
        self.exposures = 0
        """How often it was lit."""

    @property
    def occurrences(self) -> tuple[Occurrence, ...]:
        """What has begun in the specimen until now."""
        return self.specimen.occurrences

    @property
    def health(self) -> Health:
        """How the specimen fares."""
        return self.specimen.health

    def advance(self, t_s: float) -> None:
        """Live on until a time; never back.

        Parameters
        ----------
        t_s : float
            Since the start, in s.

        Raises
        ------
        ValueError
            If it lies in the past.
        """
        if not t_s >= self.t_s:
            raise ValueError(f"A world at {self.t_s:g} s can't go to {t_s:g} s.")
        self.specimen.advance(t_s)
        self.t_s = t_s

    def render(self, view: View, exposure_ms: float, light: Light | None) -> Photons:
        """Return what one exposure brings to the sensor, and let its light act.

        Parameters
        ----------
        view : View
            What the camera looks at.
        exposure_ms : float
            How long.
        light : Light or None
            What shines meanwhile; None is darkness.

        Returns
        -------
        array of float32, (y, x)
            Expected photons, without noise; the caller's own.

        Raises
        ------
        ProtocolError
            If the specimen has no such channel.
        """
        real, lit = self._really(view, light)
        photons = self._seen(real, exposure_ms, lit)
        for artefact in self._active():
            photons = artefact.photons(photons, view, self.t_s)
        self._act(real, exposure_ms, lit)
        return photons

    def expose(self, view: View, exposure_ms: float, light: Light | None) -> None:
        """Let the light of one exposure act, without looking; parameters as in `render`."""
        self._act(*self._exposure(view, exposure_ms, light))

    def picture(
        self, view: View, exposure_ms: float, light: Light | None
    ) -> NDArray[np.uint8] | NDArray[np.uint16]:
        """Return the counts of one exposure, noise included; parameters as in `render`."""
        photons = self.render(view, exposure_ms, light)
        imaging = self.imaging
        return imaging.sensor.expose(
            photons, exposure_ms, view, seed=imaging.seed, number=self.exposures
        )

    def channel(self, name: str) -> Channel:
        """Return a channel of the specimen by its name."""
        try:
            return self.specimen.channels[name]
        except KeyError:
            known = ", ".join(self.specimen.channels)
            raise ProtocolError(
                f"{self.specimen.name} has no channel {name!r}.", f"It has {known}."
            ) from None

    # ------------------------------------------------------------------------- what is seen

    def _exposure(
        self, view: View, exposure_ms: float, light: Light | None
    ) -> tuple[View, float, Light | None]:
        real, lit = self._really(view, light)
        return real, exposure_ms, lit

    def _active(self) -> list[Artefact]:
        return [each for each in self.artefacts if each.start_s <= self.t_s < each.end_s]

    def _really(self, view: View, light: Light | None) -> tuple[View, Light | None]:
        """Return where the camera looks on the specimen, and what light there really is."""
        dx, dy, dz = self.imaging.drift.at(self.t_s)
        real = replace(view, x_um=view.x_um - dx, y_um=view.y_um - dy, z_um=view.z_um - dz)
        for artefact in self._active():
            real = artefact.view(real, self.t_s)
            light = None if light is None else artefact.light(light, self.t_s)
        return real, light

    def _seen(self, view: View, exposure_ms: float, light: Light | None) -> Photons:
        height, width = view.shape_px
        if light is None or light.channel != view.channel:
            return np.zeros((height, width), np.float32)
        channel = self.channel(view.channel)
        seen = self._through(view, channel)
        for name, share in channel.crosstalk.items():
            seen += np.float32(share) * self._through(view, self.channel(name))
        dose = light.dose_j_per_cm2(exposure_ms)
        if not channel.transmitted:
            seen += np.float32(self.imaging.background)
        seen *= self._lighting(view, light)
        seen *= np.float32(dose * view.pixel_size_um**2)
        if channel.transmitted:
            seen *= np.float32(_TRANSMITTED)
        return seen

    def _through(self, view: View, channel: Channel) -> Photons:
        """Return a channel of the specimen as the optics show it, without the margin."""
        optics, layers_um = self.imaging.optics, self.specimen.layers_um
        sigmas_um = [optics.sigma_um(channel.emission_nm, z - view.z_um) for z in layers_um]
        margin_px = int(_MARGIN_SIGMAS * max(sigmas_um) / view.pixel_size_um) + 2
        margin_px = min(margin_px, _MOST_MARGIN_PX)
        canvas = Canvas(view, margin_px, layers_um, 1.0 if channel.transmitted else 0.0)
        self.specimen.paint(canvas, channel.name)
        blurred = [
            optics.blur(layer, sigma_um, view.pixel_size_um)
            for layer, sigma_um in zip(canvas.layers, sigmas_um, strict=True)
        ]
        seen = np.prod(blurred, axis=0) if channel.transmitted else sum(blurred[1:], blurred[0])
        if not channel.transmitted:
            seen = optics.hazy(seen, view.pixel_size_um)
        inner = slice(margin_px, -margin_px)
        return np.ascontiguousarray(seen[inner, inner])

    def _lighting(self, view: View, light: Light) -> NDArray[np.float32]:
        """Return the share of the light at each pixel: profile and mask."""
        profile = self.imaging.optics.illumination(view)
        if light.mask is None:
            return profile
        top, left = view.corner_px
        height, width = view.shape_px
        return profile * light.mask[top : top + height, left : left + width]

    # -------------------------------------------------------------------- what the light does

    def _act(self, view: View, exposure_ms: float, light: Light | None) -> None:
        self.exposures += 1
        if light is not None:
            self.channel(light.channel)
            self.specimen.absorb(self.doses(view, exposure_ms, light), light.channel)

    def doses(self, view: View, exposure_ms: float, light: Light) -> Doses:
        """Return the dose that an exposure brings to each object of the specimen, in J/cm².

        Parameters
        ----------
        view : View
            Where the light is centred, in the specimen's own coordinates.
        exposure_ms : float
            How long.
        light : Light
            Its square area, its mask and the unevenness of the optics are taken into account;
            beyond the sensor the mask lets nothing through.
        """
        places = self.specimen.places_um()
        rows, cols = _whole_sensor_px(view, places)
        height, width = view.sensor_px
        half_um = light.area_cm2**0.5 * 1e4 / 2
        away = np.abs(places - (view.x_um, view.y_um)).max(axis=1)
        doses = np.where(away <= half_um, light.dose_j_per_cm2(exposure_ms), 0.0)
        on = (rows >= 0) & (rows < height) & (cols >= 0) & (cols < width)
        whole = replace(view, roi=None)
        profile = self.imaging.optics.illumination(whole)
        clipped = np.clip(rows, 0, height - 1), np.clip(cols, 0, width - 1)
        doses *= profile[clipped]
        if light.mask is not None:
            doses *= np.where(on, light.mask[clipped], 0.0)
        return doses


_TRANSMITTED = 3e7
"""Photons at the sensor from one µm² for 1 J/cm² of a lamp that passes through."""


def _whole_sensor_px(view: View, places: NDArray[np.float64]) -> tuple[NDArray[np.intp], ...]:
    height, width = view.sensor_px
    cols = (places[:, 0] - view.x_um) / view.pixel_size_um + (width - 1) / 2
    rows = (places[:, 1] - view.y_um) / view.pixel_size_um + (height - 1) / 2
    return np.rint(rows).astype(np.intp), np.rint(cols).astype(np.intp)
