"""Paints microtubules, each cell by where it is in its cycle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from . import _dividing_tubulin as tubulin
from ._dividing_cycle import clock_s, dna, parted_s, prophase_onset_s, smooth
from ._dividing_light import attached, dying

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from saccade.sim.world import Canvas

    from ._dividing_cells import Cells
    from ._dividing_scene import Scene

_BODY_PX_UM = 0.25


def paint_tubulin(canvas: Canvas, scene: Scene, light: NDArray[np.float64]) -> None:
    """Add the microtubules of cells to a canvas.

    Parameters
    ----------
    canvas : Canvas
        Painted on.
    scene : Scene
        The cells.
    light : array, (n,)
        Photons at the sensor from half of the tubulin of a cell before division, for 1 J/cm².
    """
    cells, t_s = scene.cells, scene.t_s
    rounded, dead = _rounded(cells, t_s), dying(cells, t_s)
    photons = light * dna(cells, t_s) * attached(cells, t_s)
    px_um = tubulin.NET_PX_UM * (1 - 0.5 * rounded) * (1 - 0.5 * dead)
    keys, sizes = (cells["key"] % tubulin.NETS).tolist(), px_um.tolist()
    weights = (photons * (1 - rounded) / px_um**2).tolist()
    (x, y), angles = scene.places.T.tolist(), scene.angles.tolist()
    for i in np.flatnonzero((rounded < 1) & (photons > 0)).tolist():
        canvas.stamp(
            tubulin.nets()[keys[i]],
            x[i],
            y[i],
            sprite_px_um=sizes[i],
            angle_rad=angles[i],
            weight=weights[i],
        )
    comes = clock_s(cells, t_s) < prophase_onset_s(cells)
    for i in np.flatnonzero((rounded > 0) & (photons > 0)).tolist():
        paint = _remnant if comes[i] else _spindle
        paint(canvas, scene, i, float(photons[i] * rounded[i]))


def _rounded(cells: Cells, t_s: float) -> NDArray[np.float64]:
    """Return how round each cell is, (n,): it rounds up before mitosis, and spreads after."""
    now = clock_s(cells, t_s)
    up = smooth((now - prophase_onset_s(cells)) / (cells["prophase_s"] + 300))
    down = 1 - smooth((now - parted_s(cells) + 60) / 2400)
    return np.maximum(up, down)


def _spindle(canvas: Canvas, scene: Scene, i: int, photons: float) -> None:
    """Add the spindle of a cell that will divide, and what is in no fibre of it."""
    cell = scene.cells[i : i + 1]
    now = float(clock_s(cell, scene.t_s)[0])
    forms_s = float(prophase_onset_s(cell)[0] + cell["prophase_s"][0])
    place, angle = scene.places[i], float(scene.angles[i])
    fibres = 0.6 * float(smooth((now - forms_s) / 900))
    _body(canvas, place, photons * (1 - fibres))
    for turn in (0.0, np.pi):
        _half(canvas, tubulin.half_spindle(), place, angle + turn, photons * fibres / 2)


def _remnant(canvas: Canvas, scene: Scene, i: int, photons: float) -> None:
    """Add the half of a spindle that a daughter has: it becomes midzone, then bridge."""
    cell, middle = scene.cells[i : i + 1], scene.middles[i]
    now = float(clock_s(cell, scene.t_s)[0])
    apart_um = max(float(np.hypot(*(scene.places[i] - middle))), 0.05)
    angle = float(cell["came_axis_rad"][0]) + (np.pi if cell["came_side"][0] < 0 else 0.0)
    late = float(smooth(apart_um / 6))
    bridge = 0.3 * late * float(1 - smooth((now - float(parted_s(cell)[0])) / 900))
    fibres = 0.6 * (1 - late)
    ahead = apart_um * late * np.array([np.cos(angle), np.sin(angle)])
    _body(canvas, middle + ahead, photons * (1 - fibres - bridge))
    # The pole goes ahead of the plate.
    stretch = (tubulin.SPINDLE_UM + apart_um) / tubulin.SPINDLE_UM
    _half(canvas, tubulin.half_spindle(), middle, angle, photons * fibres, (stretch, 1.0))
    # The bridge thins, and breaks when the daughters go their own ways.
    stretch, narrow = (apart_um + 1) / tubulin.SPINDLE_UM, 1 - 0.85 * float(smooth(apart_um / 8))
    _half(canvas, tubulin.half_bridge(), middle, angle, photons * bridge, (stretch, narrow))


def _body(canvas: Canvas, place: NDArray[np.float64], photons: float) -> None:
    weight = photons / _BODY_PX_UM**2
    x, y = place.tolist()
    canvas.stamp(tubulin.round_body(), x, y, sprite_px_um=_BODY_PX_UM, weight=weight)


def _half(
    canvas: Canvas,
    sprite: NDArray[np.float32],
    middle: NDArray[np.float64],
    angle: float,
    photons: float,
    stretch: tuple[float, float] = (1.0, 1.0),
) -> None:
    if photons <= 0:
        return
    px_um = tubulin.SPINDLE_PX_UM
    weight = photons / (px_um**2 * stretch[0] * stretch[1])
    x, y = middle.tolist()
    canvas.stamp(sprite, x, y, sprite_px_um=px_um, angle_rad=angle, stretch=stretch, weight=weight)
