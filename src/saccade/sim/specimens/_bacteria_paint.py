"""Pictures of rods: in phase contrast, with dyed cytoplasm, and with the ring of division."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ._phase import PhaseContrast
from ._splat import Scratch, add_points, blur, fill_polygons

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from saccade.sim.world import Canvas

    from ._bacteria_rods import Rods

PHASE = PhaseContrast(contrast=3.2, halo_um=0.55, shade_um=2.2, shade=0.45, dark=0.85, bright=0.9)
_ROD_RAD = 0.62
"""Delay of green light by a rod: 0.9 µm, 0.06 denser than agar at its densest."""
_LEVEL = 100
_GLOW_PHOTONS = 5e4
"""At the sensor from a µm² of cytoplasm, for 1 J/cm²."""
_POLE_UM, _POLE_UM2 = 0.15, 0.048
"""A round pole holds less than its outline: as if this area were missing, so far inside.

For radius r, (π/3 - 2 (π/2)(1 - π/4)) r³ of volume at a mean thickness of π r / 2.
"""
_RING_PHOTONS = 2.5e4
"""At the sensor from a whole ring."""
_EDGE_UM, _RING_UM = 0.11, 0.11
"""How smoothly rods end, as their thickness does, and how wide a ring is."""
_THIN_UM = 0.06
"""A rod is so thin at its rim that this much of it is not seen: rods that touch look apart."""
_ROUND = np.sin(np.linspace(0, np.pi / 2, 7))
_ACROSS = np.array([-1.0, -0.9, -0.6, 0.0, 0.6, 0.9, 1.0])
_TILE_PX, _TILE_UM = 256, 90.0
_MOTTLE_RAD = 0.012


def corners_um(rods: Rods, t_s: float) -> NDArray[np.float64]:
    """Return the outlines of rods, (rod, corner, 2), constrictions included.

    Parameters
    ----------
    rods : Rods
        Which.
    t_s : float
        A time of their step.
    """
    along, radius = _profile(rods, t_s)
    angle = rods.angle_rad(t_s)
    axis = np.stack((np.cos(angle), np.sin(angle)), axis=1)[:, None, :]
    across = np.stack((-axis[..., 1], axis[..., 0]), axis=-1)
    upper: NDArray[np.float64] = along[..., None] * axis + radius[..., None] * across
    lower = (along[..., None] * axis - radius[..., None] * across)[:, ::-1]
    corners: NDArray[np.float64] = np.concatenate((upper, lower), axis=1)
    return rods.places_um(t_s)[:, None, :] + corners


def _profile(rods: Rods, t_s: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return places along each rod, from pole to pole, and its radius there, (rod, place)."""
    round_um = rods.width_um[:, None] / 2
    seen_um = round_um - _THIN_UM
    half_um = rods.length_um(t_s)[:, None] / 2 - round_um
    neck_um = _neck_um(rods, t_s)[:, None]
    caps = half_um + seen_um * _ROUND
    # Where two poles will be: each a half circle that ends at the neck.
    poles = round_um - seen_um * _ROUND
    middle = np.concatenate((-poles, poles[:, ::-1]), axis=1) + neck_um
    along = np.concatenate((-caps[:, ::-1], np.clip(middle, -half_um, half_um), caps), axis=1)
    beyond = np.maximum(np.abs(along) - half_um, 0.0)
    radius = np.sqrt(np.maximum(seen_um**2 - beyond**2, 0.0))
    short = round_um - np.minimum(np.abs(along - neck_um), round_um)
    necked = np.sqrt(np.maximum(seen_um**2 - short**2, 0.0))
    gone = rods.constricted(t_s)[:, None]
    return along, np.minimum(radius, gone * necked + (1 - gone) * seen_um)


def _neck_um(rods: Rods, t_s: float) -> NDArray[np.float64]:
    return rods.length_um(t_s) * (rods.split - 0.5)


class RodPainter:
    """Paints some rods.

    Parameters
    ----------
    canvas : Canvas
        What to paint on.
    rods : Rods
        Those that are shown.
    t_s : float
        A time of their step.
    scratch : Scratch
        Memory to paint in.
    """

    def __init__(self, canvas: Canvas, rods: Rods, t_s: float, scratch: Scratch) -> None:
        self.canvas, self.rods, self.t_s, self.scratch = canvas, rods, t_s, scratch
        self._pixel_um = canvas.pixel_size_um

    def phase(self, seed: int, onto: Canvas) -> None:
        """Darken a canvas, by way of the one that is padded around it.

        Parameters
        ----------
        seed : int
            Of the mottled pad.
        onto : Canvas
            The one inside the painter's own.
        """
        dense = self.rods.density * (1 - 0.45 * self._leaked())
        delay = self._bodies(_LEVEL * dense, _ROD_RAD / _LEVEL)
        cv2.add(delay, self._mottle(seed), dst=delay)
        into = self.scratch.floats("light", self.canvas.shape_px, clear=False)
        PHASE.pass_on(delay, self.canvas, onto, into)

    def glow(self, excited: float) -> None:
        """Add dyed cytoplasm to the canvas.

        Parameters
        ----------
        excited : float
            How well the light excites the dye.
        """
        rods = self.rods
        level = _LEVEL * excited * rods.glow(self.t_s) * rods.dye[:, 0] * (1 - 0.9 * self._leaked())
        picture = self._bodies(level, _GLOW_PHOTONS / _LEVEL)
        self.canvas.layer(0.0)[...] += picture

    def rings(self) -> None:
        """Add the rings that gather before a rod constricts, and what is still dissolved."""
        rods, t_s = self.rods, self.t_s
        bright = rods.glow(t_s) * rods.dye[:, 1] * (1 - 0.9 * self._leaked())
        gathered = np.clip((rods.cycle(t_s) - 0.35) / 0.4, 0.0, 1.0)
        level = _LEVEL * bright * (1 - 0.5 * gathered)
        picture = self._bodies(level, 0.12 * _GLOW_PHOTONS / _LEVEL)
        neck = rods.places_um(t_s) + _neck_um(rods, t_s)[:, None] * self._axis()
        radius = rods.width_um / 2 * (1 - 0.85 * rods.constricted(t_s))
        across = np.stack((-self._axis()[:, 1], self._axis()[:, 0]), axis=1)
        places = neck[:, None] + (radius[:, None] * _ACROSS)[..., None] * across[:, None]
        rows, cols = self.canvas.to_px(places[..., 0], places[..., 1])
        each = bright * gathered * _RING_PHOTONS / len(_ACROSS) / self._pixel_um**2
        spots = self.scratch.floats("light", self.canvas.shape_px)
        add_points(spots, cols.ravel(), rows.ravel(), np.repeat(each, len(_ACROSS)))
        blur(spots, _RING_UM / self._pixel_um)
        picture += spots
        self.canvas.layer(0.0)[...] += picture

    # ---------------------------------------------------------------------------- its parts

    def _bodies(self, level: NDArray[np.float64], scale: float) -> NDArray[np.float32]:
        """Return filled rods, so much a level, whose edges fade as their thickness does."""
        levels = self.scratch.levels("rods", self.canvas.shape_px)
        corners = corners_um(self.rods, self.t_s)
        rows, cols = self.canvas.to_px(corners[..., 0], corners[..., 1])
        fill_polygons(levels, np.stack((cols, rows), axis=-1), level)
        picture = self.scratch.floats("rods", self.canvas.shape_px, clear=False)
        np.multiply(levels, np.float32(scale), out=picture)
        self._thin(picture, level * scale)
        blur(picture, _EDGE_UM / self._pixel_um)
        cv2.threshold(picture, 0.0, 0.0, cv2.THRESH_TOZERO, picture)
        return picture

    def _thin(self, picture: NDArray[np.float32], level: NDArray[np.float64]) -> None:
        """Take away what rods are thinner at their poles, and where poles will be."""
        rods, t_s = self.rods, self.t_s
        neck, end = _neck_um(rods, t_s), rods.length_um(t_s) / 2
        along = np.stack((_POLE_UM - end, neck - _POLE_UM, neck + _POLE_UM, end - _POLE_UM), axis=1)
        across = (rods.width_um / 4)[:, None] * np.array([-1.0, 0.0, 1.0])
        axis = self._axis()
        sideways = np.stack((-axis[:, 1], axis[:, 0]), axis=1)
        places = rods.places_um(t_s)[:, None, None] + along[:, :, None, None] * axis[:, None, None]
        places = places + across[:, None, :, None] * sideways[:, None, None]
        gone, whole = rods.constricted(t_s), np.ones(len(level))
        share = np.stack((whole, gone, gone, whole), axis=1)
        lost = -level[:, None] * share * _POLE_UM2 / 3 / self._pixel_um**2
        rows, cols = self.canvas.to_px(places[..., 0], places[..., 1])
        add_points(picture, cols.ravel(), rows.ravel(), np.repeat(lost.ravel(), 3))

    def _axis(self) -> NDArray[np.float64]:
        angle = self.rods.angle_rad(self.t_s)
        return np.stack((np.cos(angle), np.sin(angle)), axis=1)

    def _leaked(self) -> NDArray[np.float64]:
        """Return how much of its inside each dead rod has lost."""
        return np.clip((self.t_s - self.rods.killed_s) / 300.0, 0.0, 1.0)

    def _mottle(self, seed: int) -> NDArray[np.float32]:
        """Return the uneven delay of the pad, at every tenth pixel or so and in between."""
        height, width = self.canvas.shape_px
        shrink = PHASE.shrink(self._pixel_um)
        small = (width // shrink, height // shrink)
        step_um = self._pixel_um * shrink
        rows, cols = self.canvas.to_px(0.0, 0.0)
        first = np.array((float(cols), float(rows))) - (shrink - 1) / 2
        scale = step_um / _TILE_UM * _TILE_PX
        corner = -first / shrink * scale
        matrix = np.array([[scale, 0.0, corner[0]], [0.0, scale, corner[1]]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        coarse = cv2.warpAffine(_tile(seed), matrix, small, flags=flags, borderMode=cv2.BORDER_WRAP)
        return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)  # type: ignore[return-value]


@lru_cache(maxsize=4)
def _tile(seed: int) -> NDArray[np.float32]:
    """Return noise of 0.7 to 5 µm that repeats itself without a seam."""
    rng = np.random.default_rng([seed, 4])
    waves = np.fft.rfft2(rng.standard_normal((_TILE_PX, _TILE_PX)))
    per_um = np.hypot(np.fft.fftfreq(_TILE_PX)[:, None], np.fft.rfftfreq(_TILE_PX)[None, :]) * (
        _TILE_PX / _TILE_UM
    )
    waves *= np.exp(-((per_um * 0.7) ** 2)) * (1 - np.exp(-((per_um * 5) ** 2)))
    noise = np.fft.irfft2(waves, (_TILE_PX, _TILE_PX))
    tile: NDArray[np.float32] = (noise / noise.std() * _MOTTLE_RAD).astype(np.float32)
    return tile
