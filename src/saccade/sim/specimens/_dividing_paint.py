"""Paints chromatin, each cell by where it is in its cycle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._dividing_chromatin import RADIUS_PX
from ._dividing_chromosomes import SPRITE_PX_UM, Stage
from ._dividing_cycle import clock_s, decondensed, dna, nucleus_um, prophase_onset_s, smooth
from ._dividing_light import attached, blebbing, dying
from ._dividing_press import FINEST, press

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from saccade.sim.world import Canvas

    from ._dividing_cells import Cells
    from ._dividing_scene import Scene, Sprites

_SWELL = 0.5
"""By how much chromosomes have swollen when they are seen no more."""
_BLEBS = 0.4
"""Share of the chromatin that is in the blebs of a harmed nucleus."""


def paint_chromatin(
    canvas: Canvas, scene: Scene, light: NDArray[np.float64], sprites: Sprites
) -> None:
    """Add the chromatin of cells to a canvas.

    Parameters
    ----------
    canvas : Canvas
        Painted on.
    scene : Scene
        The cells.
    light : array, (n,)
        Photons at the sensor from each genome of a cell, for 1 J/cm².
    sprites : Sprites
        Of this specimen.
    """
    cells, t_s = scene.cells, scene.t_s
    photons = light * dna(cells, t_s) * attached(cells, t_s)
    open_share = decondensed(cells, t_s)
    diameter = nucleus_um(cells, t_s, scene.settings.nucleus_um)
    shrunk = 1 - 0.55 * smooth(dying(cells, t_s))
    bleb = _BLEBS * blebbing(cells, t_s)
    px_um = diameter * shrunk / (2 * RADIUS_PX)
    _nuclei(canvas, scene, photons * open_share * (1 - bleb), px_um, sprites)
    _blebs(canvas, scene, photons * open_share * bleb, px_um * (0.85 + 0.3 * bleb), sprites)
    condensed = np.flatnonzero((open_share < 1) & (photons > 0))
    photons = (photons * (1 - open_share))[condensed]
    _chromosomes(canvas, scene, condensed, photons, shrunk[condensed], sprites)


def paint_debris(
    canvas: Canvas,
    places: NDArray[np.float64],
    keys: list[int],
    photons: float,
    sprites: Sprites,
) -> None:
    """Add what is left of dead cells to a canvas.

    Parameters
    ----------
    canvas : Canvas
        Painted on.
    places : array, (n, 2)
        Where each is.
    keys : list of int
        By which its looks are drawn.
    photons : float
        At the sensor from the brightest, for 1 J/cm².
    sprites : Sprites
        Of this specimen.
    """
    for i in canvas.shown(places[:, 0], places[:, 1], 10.0).tolist():
        share = 0.15 + 0.85 * (keys[i] % 1000) / 1000
        px_um = 0.14 + 0.0001 * (keys[i] % 997)
        weight = photons * share / px_um**2
        canvas.stamp(sprites.lump(keys[i]), *places[i], sprite_px_um=px_um, weight=weight)


def _nuclei(
    canvas: Canvas,
    scene: Scene,
    photons: NDArray[np.float64],
    px_um: NDArray[np.float64],
    sprites: Sprites,
) -> None:
    seen = np.flatnonzero(photons > 0)
    if not len(seen):
        return
    px_um = px_um[seen]
    halvings = np.ceil(np.log2(FINEST * canvas.pixel_size_um / px_um)).clip(0).astype(int)
    columns = (scene.cells["key"][seen], scene.cells["aspect"][seen], halvings)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    pictures = [sprites.nucleus(*row) for row in rows]
    # Sprites have a sum of 1; on the canvas they are densities.
    weights = photons[seen] / px_um**2
    press(canvas, pictures, scene.places[seen], px_um * 2**halvings, scene.angles[seen], weights)


def _blebs(
    canvas: Canvas,
    scene: Scene,
    photons: NDArray[np.float64],
    px_um: NDArray[np.float64],
    sprites: Sprites,
) -> None:
    for i in np.flatnonzero(photons > 0).tolist():
        sprite, size_um = sprites.blebs(int(scene.cells["key"][i])), float(px_um[i])
        weight = float(photons[i]) / size_um**2
        canvas.stamp(sprite, *scene.places[i], sprite_px_um=size_um, weight=weight)


def _chromosomes(
    canvas: Canvas,
    scene: Scene,
    rows: NDArray[np.intp],
    photons: NDArray[np.float64],
    shrunk: NDArray[np.float64],
    sprites: Sprites,
) -> None:
    cells, t_s = scene.cells[rows], scene.t_s
    comes = clock_s(cells, t_s) < prophase_onset_s(cells)
    keys = np.where(comes, cells["came_key"], cells["key"]).tolist()
    angles = np.where(comes, cells["came_axis_rad"], scene.angles[rows]).tolist()
    diameter = nucleus_um(cells, t_s, scene.settings.nucleus_um)
    aspect = np.sqrt(cells["aspect"])
    sizes_um = np.column_stack([diameter * aspect, diameter / aspect]).tolist()
    alive_s = np.minimum(t_s, cells["dies_s"]).tolist()
    # After telophase the mass swells while the nucleus shows.
    swell = np.where(comes, 1 + _SWELL * decondensed(cells, t_s), 1)
    px_um = SPRITE_PX_UM * shrunk * swell
    weights, px_list = (photons / px_um**2).tolist(), px_um.tolist()
    for i, stage in enumerate(_stages(cells, t_s, comes)):
        long_um, short_um = sizes_um[i]
        sprite = sprites.chromosomes(keys[i], stage, (long_um, short_um), alive_s[i])
        x, y = scene.places[rows[i]].tolist()
        canvas.stamp(sprite, x, y, sprite_px_um=px_list[i], angle_rad=angles[i], weight=weights[i])


def _stages(cells: Cells, t_s: float, comes: NDArray[np.bool_]) -> list[Stage]:
    """Return how far each cell is that comes from a division, or else goes to one."""
    now = clock_s(cells, t_s)
    since_s = now - prophase_onset_s(cells)
    condensed = np.where(comes, 1, since_s / cells["prophase_s"])
    gathered = np.where(comes, 1, (since_s - cells["prophase_s"]) / cells["prometaphase_s"])
    since_s, anaphase_s = now - cells["born_s"], cells["came_anaphase_s"]
    parted = np.where(comes, since_s / anaphase_s, 0)
    packing_s = 0.4 * anaphase_s + cells["came_telophase_s"]
    packed = np.where(comes, (since_s - 0.6 * anaphase_s) / packing_s, 0)
    shares = np.clip([condensed, gathered, parted, packed], 0, 1)
    return [Stage(*row) for row in np.vstack([shares, cells["came_side"]]).T.tolist()]
