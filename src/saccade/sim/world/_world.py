"""A world: a specimen under optics and light, before a camera; no devices, no threads."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from saccade.core import is_number, require

from ._exposure import Exposure
from ._formation import channel_of, form
from ._imaging import Imaging
from ._lighting import doses_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._artefact import Artefact, Counts
    from ._specimen import Specimen
    from ._values import Channel, Doses, Health, Light, Occurrence, Photons, View


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
        """How many there were, in light or in darkness."""
        self._pictures = 0
        self._before: Counts | None = None

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
            If the specimen has no such channel, the exposure is negative, or the light's mask
            does not fit the sensor.
        """
        exposure = self._exposure(view, exposure_ms, light, self.t_s)
        photons = self._photons(exposure)
        self._act(exposure)
        return photons

    def expose(self, view: View, exposure_ms: float, light: Light | None) -> None:
        """Let the light of one exposure act, without looking; parameters as in `render`."""
        self._act(self._exposure(view, exposure_ms, light, self.t_s))

    def picture(self, view: View, exposure_ms: float, light: Light | None) -> Counts:
        """Return the counts of one exposure, noise included; parameters as in `render`."""
        photons = self.render(view, exposure_ms, light)
        return self.read_out(photons, view, exposure_ms, light)

    def read_out(
        self, photons: Photons, view: View, exposure_ms: float, light: Light | None
    ) -> Counts:
        """Return the counts that a camera makes of photons, noise included.

        Parameters
        ----------
        photons : array of float32, (y, x)
            As `render` returned them, or the sum of several; used up as working memory.
        view, exposure_ms, light
            As in `render`, for the whole time in which they came.
        """
        exposure = self._exposure(view, exposure_ms, light, self.t_s)
        sensor, seed = self.imaging.sensor, self.imaging.seed
        self._pictures += 1  # not the exposures: pictures taken in the dark differ as well
        counts = sensor.expose(photons, exposure_ms, view, seed=seed, number=self._pictures)
        for artefact in self._active(self.t_s):
            counts = artefact.counts(counts, self._before, exposure)
        if self.artefacts:
            self._before = counts.copy()  # the other is the caller's own
        return counts

    def channel(self, name: str) -> Channel:
        """Return a channel of the specimen by its name."""
        return channel_of(self.specimen, name)

    def spoilt(self, view: View | None = None, *, t_s: float | None = None) -> tuple[str, ...]:
        """Return the kinds of artefacts that spoil a picture; it takes no light to know.

        Parameters
        ----------
        view : View, optional
            What the camera looks at; without one, all kinds that are there somewhere.
        t_s : float, optional
            When; by default now.
        """
        t_s = self.t_s if t_s is None else t_s
        active = self._active(t_s)
        if view is not None:
            exposure = self._exposure(view, 0.0, None, t_s)
            active = [each for each in active if each.shows(exposure)]
        return tuple(dict.fromkeys(each.kind for each in active))

    def doses(self, view: View, exposure_ms: float, light: Light) -> Doses:
        """Return the dose that an exposure brings to each object of the specimen, in J/cm².

        Parameters
        ----------
        view : View
            In whose sensor's middle the light is centred, in the specimen's own coordinates.
        exposure_ms : float
            How long.
        light : Light
            Its square area, its mask and the unevenness of the optics are taken into account;
            beyond the sensor the mask lets nothing through.
        """
        places_um = self.specimen.places_um()
        return doses_at(places_um, view.optics or self.imaging.optics, view, exposure_ms, light)

    def _exposure(
        self, view: View, exposure_ms: float, light: Light | None, t_s: float
    ) -> Exposure:
        """Return where the camera really looks on the specimen, and what light there really is."""
        ok = is_number(exposure_ms) and exposure_ms >= 0
        require(ok, "exposure_ms", exposure_ms, "a number, 0 or more", "Correct it.")
        dx, dy, dz = self.imaging.drift.at(t_s)
        real = replace(view, x_um=view.x_um - dx, y_um=view.y_um - dy, z_um=view.z_um - dz)
        for artefact in self._active(t_s):
            real = artefact.view(real, t_s)
            light = None if light is None else artefact.light(light, t_s)
        return Exposure(self.specimen, self.imaging, t_s, real, exposure_ms, light)

    def _active(self, t_s: float) -> list[Artefact]:
        return [each for each in self.artefacts if each.active(t_s)]

    def _photons(self, exposure: Exposure) -> Photons:
        photons = form(exposure)
        for artefact in self._active(exposure.t_s):
            photons = artefact.photons(photons, exposure)
        return photons

    def _act(self, exposure: Exposure) -> None:
        self.exposures += 1
        light = exposure.light
        if light is not None:
            self.channel(light.channel)
            doses = self.doses(exposure.view, exposure.exposure_ms, light)
            self.specimen.absorb(doses, light.channel)
