"""Tissue with packed somata and neuropil at several depths, drawn once on a raster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ._calcium_anatomy import anatomy, smooth_noise

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

RASTER_UM = 0.5
"""Size of the raster's pixels; the finest that a soma shows in tissue."""
COARSEST = 3
"""How often the raster can be halved."""
PATCH_PX = 40
"""Size of a patch of neuropil, which bleaches and is active as one, in pixels of the raster."""
FULL = 1.6 / 255
"""What one step of a sheet's brightness is worth; the brightest grain must fit."""
DEPTHS_UM = (-10.0, 0.0, 10.0)
_NUCLEUS = 0.58
"""Radius of the nucleus, from which the indicator is excluded, as a share of the soma's."""
_INSIDE_NUCLEUS = 0.4
"""Brightness over the nucleus: what lies above and below it shines there."""


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """One depth of the tissue on the raster, (y, x)."""

    labels: NDArray[np.int16]
    """Which of the sheet's cells is nearest, counted from `first`: column and row in a table
    of 256 columns, (y, x, 2)."""
    soma: NDArray[np.uint8]
    """How bright a soma is here, in steps of `FULL`."""
    neuropil: NDArray[np.uint8]
    """How bright the neuropil is here, in steps of `FULL`."""
    first: int
    """Number of the sheet's first cell."""
    cells: int
    pixel_um: float = RASTER_UM
    patch_px: int = PATCH_PX
    """Size of a patch of neuropil in pixels of this raster."""

    def coarser(self) -> Sheet:
        """Return the same with pixels of twice the size."""
        half = self.soma.shape[1] // 2, self.soma.shape[0] // 2
        soma, neuropil = (
            cv2.resize(each, half, interpolation=cv2.INTER_AREA).astype(np.uint8)
            for each in (self.soma, self.neuropil)
        )
        labels = np.ascontiguousarray(self.labels[1::2, 1::2])
        doubled = self.pixel_um * 2, self.patch_px // 2
        return Sheet(labels, soma, neuropil, self.first, self.cells, *doubled)


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """All somata, sheet after sheet."""

    places_um: NDArray[np.float64]
    """Where, (n, 2), x and y; in the middle of a pixel of the raster."""
    radius_um: NDArray[np.float64]
    sheet: NDArray[np.intp]
    """Index of the depth at which each lies."""


def raster_shape(size_um: tuple[float, float]) -> tuple[int, int]:
    """Return rows and columns of the raster of a tissue of some width and height."""
    whole = 2**COARSEST
    rows, cols = (int(np.ceil(v / RASTER_UM / whole)) * whole for v in size_um[::-1])
    return rows, cols


def place_cells(seed: int, size_um: tuple[float, float], spacing_um: float) -> Cells:
    """Return somata at the corners of a trembling hexagonal lattice, sparse in neuropil.

    Parameters
    ----------
    seed : int
        Each depth has its own generator.
    size_um : tuple of float
        Width and height.
    spacing_um : float
        Distance of neighbours in the densest parts.
    """
    sheets = [_sheet_cells(seed, index, size_um, spacing_um) for index in range(len(DEPTHS_UM))]
    return Cells(
        np.concatenate([places for places, _ in sheets]),
        np.concatenate([radius for _, radius in sheets]),
        np.repeat(np.arange(len(sheets)), [len(places) for places, _ in sheets]),
    )


def _sheet_cells(
    seed: int, index: int, size_um: tuple[float, float], spacing_um: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rng = np.random.default_rng([seed, 0, index])
    rows, cols = raster_shape(size_um)
    step = spacing_um / RASTER_UM
    line = np.arange(0, rows, step * np.sqrt(3) / 2)
    along = np.arange(0, cols, step)
    row, col = (grid.astype(float) for grid in np.meshgrid(line, along, indexing="ij"))
    col[1::2] += step / 2
    lattice = np.stack((row, col), -1).reshape(-1, 2)
    lattice += rng.normal(0, 0.09 * step, lattice.shape) + rng.random(2) * step
    kept = rng.random(len(lattice))
    radius = rng.normal(0.46, 0.05, len(lattice)).clip(0.36, 0.56) * spacing_um
    pixel = np.floor(lattice).astype(np.intp)
    inside = ((pixel >= 0) & (pixel < (rows, cols))).all(axis=1)
    pixel, kept, radius = pixel[inside], kept[inside], radius[inside]
    density = anatomy(seed, index, size_um).cells
    scale = np.array(density.shape) / (rows, cols)
    at = (pixel * scale).astype(np.intp)
    chosen = kept < density[at[:, 0], at[:, 1]]
    pixel, radius = pixel[chosen], radius[chosen]
    middle = (pixel[:, ::-1] - (np.array([cols, rows]) - 1) / 2) * RASTER_UM
    return middle, radius


def place_patches(size_um: tuple[float, float]) -> NDArray[np.float64]:
    """Return the middles of the patches of neuropil, (row, column, 2), x and y."""
    rows, cols = raster_shape(size_um)
    y, x = np.mgrid[: -(-rows // PATCH_PX), : -(-cols // PATCH_PX)].astype(float)
    first = (PATCH_PX - 1) / 2
    x_px = x * PATCH_PX + first - (cols - 1) / 2
    y_px = y * PATCH_PX + first - (rows - 1) / 2
    return np.stack((x_px, y_px), -1) * RASTER_UM


def draw_sheets(seed: int, size_um: tuple[float, float], cells: Cells) -> tuple[Sheet, ...]:
    """Return the sheets, each a raster of its cells and the neuropil between them."""
    sheets, first = [], 0
    for index in range(len(DEPTHS_UM)):
        mine = cells.sheet == index
        sheets.append(
            _draw(seed, index, size_um, cells.places_um[mine], cells.radius_um[mine], first)
        )
        first += int(mine.sum())
    return tuple(sheets)


def _draw(
    seed: int,
    index: int,
    size_um: tuple[float, float],
    places_um: NDArray[np.float64],
    radius_um: NDArray[np.float64],
    first: int,
) -> Sheet:
    rng = np.random.default_rng([seed, 1, index])
    shape = raster_shape(size_um)
    labels, away_px = _nearest(shape, places_um)
    radius_px = (np.append(radius_um, 0.0) / RASTER_UM).astype(np.float32)[labels]
    # A soma is no disc: its edge wanders by a tenth of its radius.
    away_px *= 1 + np.float32(0.13) * smooth_noise(rng, shape, 4.0 / RASTER_UM)
    soma = np.clip(radius_px - away_px + np.float32(0.5), 0, 1)
    nucleus = np.clip((np.float32(_NUCLEUS) * radius_px - away_px) / 2 + np.float32(0.5), 0, 1)
    grain = 1 + np.float32(0.1) * smooth_noise(rng, shape, 1.5 / RASTER_UM)
    bright = soma * (1 - np.float32(1 - _INSIDE_NUCLEUS) * nucleus) * grain
    maps = anatomy(seed, index, size_um)
    bright *= cv2.resize(maps.somata, shape[::-1], interpolation=cv2.INTER_LINEAR)
    neuropil = cv2.resize(maps.neuropil, shape[::-1], interpolation=cv2.INTER_LINEAR)
    texture = 0.22 * smooth_noise(rng, shape, 2.0 / RASTER_UM)
    texture += 0.22 * smooth_noise(rng, shape, 7.0 / RASTER_UM)
    neuropil *= (1 + texture) * (1 - np.float32(0.75) * soma)
    table = np.stack((labels & 255, labels >> 8), -1).astype(np.int16)
    return Sheet(table, _bytes(bright), _bytes(neuropil), first, len(places_um))


def _bytes(share: ArrayLike) -> NDArray[np.uint8]:
    scaled: NDArray[np.uint8] = np.clip(np.asarray(share) / FULL + 0.5, 0, 255).astype(np.uint8)
    return scaled


def _nearest(
    shape: tuple[int, int], places_um: NDArray[np.float64]
) -> tuple[NDArray[np.uint16], NDArray[np.float32]]:
    """Return for each pixel the nearest cell, and how far away it is, in pixels."""
    none = len(places_um)
    if none == 0:
        return np.zeros(shape, np.uint16), np.full(shape, 1e6, np.float32)
    rows, cols = shape
    pixel = np.rint(places_um / RASTER_UM + (np.array([cols, rows]) - 1) / 2).astype(np.intp)
    seeds = np.ones(shape, np.uint8)
    seeds[pixel[:, 1], pixel[:, 0]] = 0
    away, found = cv2.distanceTransformWithLabels(
        seeds, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    number = np.full(int(found.max()) + 1, none, np.uint16)
    number[found[pixel[:, 1], pixel[:, 0]]] = np.arange(none)
    return number[found], np.asarray(away, np.float32)
