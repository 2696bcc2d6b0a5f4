"""Pictures of crawling cells: in phase contrast, and with stained nuclei."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from ._migrating_inside import (
    CHROMATIN,
    chromatin_um,
    grain_size,
    grains_um,
    nucleoli_size,
    nucleoli_um,
)
from ._migrating_shape import column, length, polygon_area
from ._phase import PhaseContrast
from ._splat import Scratch, add_points, add_polygons, blur

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from saccade.sim.world import Canvas

    from ._migrating_shape import Floats, Shapes

    Points = tuple[NDArray[np.floating], NDArray[np.floating]]
    """Columns and rows, (n, 2), and what each adds in all, (n,)."""

PHASE = PhaseContrast()
_RAD_PER_UM = 2 * np.pi * 0.028 / 0.55
"""Delay of green light by 1 µm of cell, 0.028 denser than medium (Barer, Nature 172, 1953)."""
_VOLUME_UM3 = 1500.0
_RAD_PER_LEVEL = 5.5 / 255
_SHEET_SHARE = 0.5
"""Of a cell's volume, what is spread evenly over its whole area."""
_SHEET_UM, _BODY_UM = 0.5, 3.0
"""How smoothly sheet and body end."""
_FINE_UM, _COARSE_UM = 0.5, 1.0
"""Radii, as standard deviations, of small things in a cell."""
_NUCLEUS_RAD = -0.085
_NUCLEUS_PHOTONS = 3e4
"""At the sensor from a µm² of a stained nucleus, for 1 J/cm²."""
_NUCLEUS_LEVEL = 90
_SHIFT = 5


class Painter:
    """Paints some cells, given as shapes at places.

    Parameters
    ----------
    canvas : Canvas
        What to paint on.
    places_um : array, (cell, 2)
        Of the cells that are shown.
    shapes : Shapes
        Of the same cells.
    traits : array, (cell, TRAITS)
        Of the same cells.
    dye : array, (cell,)
        Unbleached, in the nuclei of the same cells, 1 on average.
    t_s : float
        The time.
    scratch : Scratch
        Memory to paint in.
    """

    def __init__(
        self,
        canvas: Canvas,
        places_um: NDArray[np.float64],
        shapes: Shapes,
        traits: Floats,
        dye: NDArray[np.float64],
        t_s: float,
        scratch: Scratch,
    ) -> None:
        self.canvas, self.shapes = canvas, shapes
        self.traits, self.dye, self.t_s, self.scratch = traits, dye, t_s, scratch
        self._pixel_um = canvas.pixel_size_um
        rows, cols = canvas.to_px(places_um[:, 0], places_um[:, 1])
        self._middles_px = np.stack((cols, rows), axis=1).astype(np.float32)
        self._area_um2 = shapes.area_um2()

    def phase(self, dirt_um: NDArray[np.float64], onto: Canvas) -> None:
        """Darken a canvas, by way of the one that is padded around it.

        Parameters
        ----------
        dirt_um : array, (speck, 4)
            Place, radius and delay in radians of each speck on the glass.
        onto : Canvas
            The one inside the painter's own.
        """
        fine = self._sheets()
        coarse = self.scratch.floats("coarse", self.canvas.shape_px)
        small, large = self._inside()
        specks, lumps = self._dirt(dirt_um)
        _add(fine, small, specks)
        _add(coarse, *large, self._edges(), lumps)
        blur(fine, _SHEET_UM / self._pixel_um)
        blur(coarse, _COARSE_UM / self._pixel_um)
        cv2.add(fine, coarse, dst=fine)
        cv2.add(fine, self._bodies(into=coarse), dst=fine)
        PHASE.pass_on(fine, self.canvas, onto, into=coarse)

    def nuclei(self, excited: float) -> None:
        """Add the stained nuclei to a canvas.

        Parameters
        ----------
        excited : float
            How well the light excites the dye, 0 to 1.
        """
        brightness = excited * self.dye
        levels = self.scratch.levels("nuclei", self.canvas.shape_px)
        rounded = self.shapes.rounded
        self._fill_nuclei(levels, _NUCLEUS_LEVEL * brightness * (1 + 1.6 * rounded))
        glow = self.scratch.floats("fine", self.canvas.shape_px)
        glow += levels
        peak = (_NUCLEUS_LEVEL * brightness * (1 - rounded))[:, None]
        dim = -0.45 * peak * nucleoli_size(self.traits)
        uneven = 0.45 * peak * (grain_size(self.traits)[:, :CHROMATIN] - 0.5)
        _add(
            glow,
            self._points(nucleoli_um(self.traits, self.shapes), 0.9, dim),
            self._points(chromatin_um(self.traits, self.shapes), 0.9, uneven),
        )
        blur(glow, 0.7 / self._pixel_um)
        np.maximum(glow, 0, out=glow)
        glow *= np.float32(_NUCLEUS_PHOTONS / _NUCLEUS_LEVEL)
        self.canvas.layer(0.0)[...] += glow

    # ---------------------------------------------------------------------------- its parts

    def _mean_rad(self) -> Floats:
        """Return the delay of each cell, were it equally thick everywhere: volume is kept."""
        return _RAD_PER_UM * _VOLUME_UM3 / self._area_um2

    def _sheet_share(self) -> Floats:
        rounded = self.shapes.rounded
        return _SHEET_SHARE * (1 - rounded) + 0.8 * rounded

    def _sheets(self) -> Floats:
        """Return the delay by the evenly spread part of the cells, less that of the nuclei."""
        levels = self.scratch.levels("sheets", self.canvas.shape_px)
        level = self._sheet_share() * self._mean_rad() / _RAD_PER_LEVEL
        add_polygons(levels, self._px(self.shapes.outline_um), level)
        nuclei = self.scratch.levels("nuclei", self.canvas.shape_px)
        self._fill_nuclei(nuclei, 255 * (1 - self.shapes.rounded))
        into = self.scratch.floats("fine", self.canvas.shape_px, clear=False)
        dim = _NUCLEUS_RAD / 255
        cv2.addWeighted(levels, _RAD_PER_LEVEL, nuclei, dim, 0.0, into, cv2.CV_32F)
        return into

    def _bodies(self, into: Floats) -> Floats:
        """Return the delay by the thick parts of the cells, painted small and smooth."""
        height, width = self.canvas.shape_px
        shrink = PHASE.shrink(self._pixel_um)
        levels = self.scratch.levels("bodies", (height // shrink, width // shrink))
        corners = self.shapes.body_um[:, ::2]
        thicker = self._area_um2 / np.maximum(polygon_area(corners), 1.0)
        level = (1 - self._sheet_share()) * self._mean_rad() * thicker / _RAD_PER_LEVEL
        # The middle of a small pixel is that of the large ones that it covers.
        small_px = (self._px(corners) + np.float32(0.5)) / np.float32(shrink) - np.float32(0.5)
        add_polygons(levels, small_px, level)
        smooth = levels.astype(np.float32)
        smooth *= np.float32(_RAD_PER_LEVEL)
        blur(smooth, _BODY_UM / self._pixel_um / shrink)
        return cv2.resize(smooth, (width, height), into, interpolation=cv2.INTER_LINEAR)  # type: ignore[return-value]

    def _inside(self) -> tuple[Points, tuple[Points, Points]]:
        """Return the fine grains; the coarse ones and the nucleoli."""
        spread = (1 - self.shapes.rounded)[:, None]
        grains, size = grains_um(self.traits, self.t_s, self.shapes), grain_size(self.traits)
        delay = (0.3 + 0.7 * spread) * np.where(size < 0.45, -0.33 * size, 0.25 * size)
        large = size > 0.96
        cell, _ = np.nonzero(large)
        at = grains[large] / np.float32(self._pixel_um) + self._middles_px[cell]
        nucleoli = 0.75 * spread * nucleoli_size(self.traits)
        return self._points(grains, _FINE_UM, delay), (
            self._discs(at, _COARSE_UM, np.full(len(at), 0.2)),
            self._points(nucleoli_um(self.traits, self.shapes), _COARSE_UM, nucleoli),
        )

    def _edges(self) -> Points:
        """Return ruffles and the light that steep edges throw out."""
        shapes = self.shapes
        step = shapes.outline_um - np.roll(shapes.outline_um, 1, axis=1)
        spacing_um = length(step)
        # As many points a length as make a ridge of the height that is given.
        share = np.minimum(spacing_um / np.float32(_COARSE_UM * np.sqrt(2 * np.pi)), 0.7)
        away_um = np.maximum(length(shapes.outline_um), 1.0)
        outside = shapes.outline_um * (1 + np.float32(1.7) / away_um)[..., None]
        tips = 0.2 * (1 - shapes.rounded)[:, None] * column(self.traits, "arm", 0, 6)
        places: Floats = np.concatenate((shapes.outline_um, outside, shapes.tips_um), axis=1)
        ridge, beyond = share * shapes.rim_rad, -1.3 * share * shapes.taut
        peaks: Floats = np.concatenate((ridge, beyond, tips), axis=1)
        return self._points(places, _COARSE_UM, peaks)

    def _dirt(self, dirt_um: NDArray[np.float64]) -> tuple[Points, Points]:
        """Return the fine specks on the glass, and the coarse ones."""
        rows, cols = self.canvas.to_px(dirt_um[:, 0], dirt_um[:, 1])
        at = np.stack((cols, rows), axis=1)
        small = dirt_um[:, 2] < (_FINE_UM + _COARSE_UM) / 2
        return (
            self._discs(at[small], _FINE_UM, dirt_um[small, 3]),
            self._discs(at[~small], _COARSE_UM, dirt_um[~small, 3]),
        )

    def _fill_nuclei(self, levels: NDArray[np.uint8], values: NDArray[np.floating]) -> None:
        """Fill the nuclei with levels; the few that overlap hide each other."""
        x_um, y_um, long_um, wide_um = self.shapes.nucleus_um.T / self._pixel_um * 2**_SHIFT
        x, y = np.stack((x_um, y_um)) + (self._middles_px * 2**_SHIFT).T
        middles = np.rint(np.stack((x, y), axis=1)).astype(int).tolist()
        axes = np.rint(np.stack((long_um, wide_um), axis=1)).astype(int).tolist()
        angles = np.rad2deg(self.shapes.angle_rad).tolist()
        full = np.clip(np.rint(values), 0, 255).tolist()
        for middle, half, angle, value in zip(middles, axes, angles, full, strict=True):
            cv2.ellipse(
                levels, middle, half, angle, 0, 360, (value,), cv2.FILLED, cv2.LINE_AA, _SHIFT
            )

    def _px(self, corners_um: NDArray[np.floating]) -> Floats:
        return corners_um / np.float32(self._pixel_um) + self._middles_px[:, None, :]

    def _points(
        self, places_um: NDArray[np.floating], sigma_um: float, peak: NDArray[np.floating]
    ) -> Points:
        """Return points in cells, (cell, point, 2), for a blur to turn into discs of a height."""
        return self._discs(self._px(places_um).reshape(-1, 2), sigma_um, peak.ravel())

    def _discs(
        self, at_px: NDArray[np.floating], sigma_um: float, peak: NDArray[np.floating]
    ) -> Points:
        return at_px, peak * np.float32(2 * np.pi * (sigma_um / self._pixel_um) ** 2)


def _add(into: Floats, *points: Points) -> None:
    """Add points to a picture, all at once: many small calls cost more than their arithmetic."""
    at_px = np.concatenate([each for each, _ in points])
    add_points(into, at_px[:, 0], at_px[:, 1], np.concatenate([weight for _, weight in points]))
