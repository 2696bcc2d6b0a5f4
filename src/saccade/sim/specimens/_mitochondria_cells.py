"""Flat cells side by side on a slide: their outlines, and what glows faintly in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

NUCLEUS, EDGE = 0.36, 0.92
"""Where mitochondria end, within and without, as shares of the way to the cell's edge."""
HAZE_PX_UM = 0.5
_SPACING_UM = 50.0
_WAVES = np.array([2, 3, 5])
"""How often an outline bulges around the cell."""


@dataclass(frozen=True, slots=True, eq=False)
class FlatCells:
    """The cells of a slide."""

    places_um: NDArray[np.float64]
    """Middles of their nuclei, (n, 2), x and y."""
    radius_um: NDArray[np.float64]
    bulge: NDArray[np.float64]
    """How strongly each outline bulges, (n, 3)."""
    phase: NDArray[np.float64]

    def edge_um(self, which: NDArray[np.intp], angle: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how far the edge of some cells is from their middle in some directions."""
        turned = _WAVES * angle[..., None] - self.phase[which]
        bulges: NDArray[np.float64] = (self.bulge[which] * np.cos(turned)).sum(axis=-1)
        return self.radius_um[which] * (1 + bulges)


def place_flat_cells(seed: int, size_um: tuple[float, float]) -> FlatCells:
    """Return cells that cover most of a slide; one lies near its middle.

    Parameters
    ----------
    seed : int
        Of the slide.
    size_um : tuple of float
        Width and height.
    """
    rng = np.random.default_rng([seed, 0])
    reach = [int(v / 2 / _SPACING_UM) + 1 for v in size_um]
    row, col = np.mgrid[-reach[1] : reach[1] + 1, -reach[0] : reach[0] + 1]
    lattice = np.stack((col + 0.5 * (row % 2), row * 0.9), -1).reshape(-1, 2) * _SPACING_UM
    places = lattice + rng.normal(0, 3.0, lattice.shape)
    there = (rng.random(len(places)) < 0.85) | (np.abs(lattice) < 1).all(axis=1)
    radius = rng.normal(23.0, 2.0, len(places)).clip(18, 27)
    bulge = rng.normal(0, 1, (len(places), 3)) * (0.12, 0.06, 0.03)
    phase = rng.uniform(0, 2 * np.pi, (len(places), 3))
    inside = there & (np.abs(places) < np.array(size_um) / 2 - 15).all(axis=1)
    return FlatCells(places[inside], radius[inside], bulge[inside].clip(-0.25, 0.25), phase[inside])


def draw_haze(seed: int, size_um: tuple[float, float], cells: FlatCells) -> NDArray[np.float32]:
    """Return how much cytosol there is at each place of the slide, (y, x); about 1 at most.

    It is thick around the nucleus, thin towards the edge, and little over the nucleus.

    Parameters
    ----------
    seed : int
        Of its unevenness.
    size_um : tuple of float
        Width and height of the slide.
    cells : FlatCells
        What lives on it.
    """
    shape = int(size_um[1] / HAZE_PX_UM), int(size_um[0] / HAZE_PX_UM)
    haze = np.zeros(shape, np.float32)
    for which, (x_um, y_um) in enumerate(cells.places_um):
        reach = 45.0
        middle = (np.array(shape) - 1) / 2 + np.array((y_um, x_um)) / HAZE_PX_UM
        low = np.maximum(np.floor(middle - reach / HAZE_PX_UM), 0).astype(int)
        high = np.minimum(np.ceil(middle + reach / HAZE_PX_UM), shape).astype(int)
        rows, cols = np.ogrid[low[0] : high[0], low[1] : high[1]]
        dy, dx = (rows - middle[0]) * HAZE_PX_UM, (cols - middle[1]) * HAZE_PX_UM
        edge = cells.edge_um(np.full((1, 1), which), np.arctan2(dy, dx))
        share = np.hypot(dx, dy) / edge
        thick = 1 / (1 + np.exp(np.clip((share - 0.97) / 0.03, -30, 30)))
        thick *= 0.35 + 0.65 * np.exp(-((share / 0.6) ** 2))
        thick *= 1 - 0.6 / (1 + np.exp(np.clip((share - NUCLEUS * 0.92) / 0.03, -30, 30)))
        part = haze[low[0] : high[0], low[1] : high[1]]
        np.maximum(part, thick, out=part)
    rng = np.random.default_rng([seed, 1])
    grain = cv2.GaussianBlur(rng.standard_normal(shape, np.float32), (0, 0), 3.0)
    return np.asarray(haze * (1 + 1.5 * grain), np.float32)
