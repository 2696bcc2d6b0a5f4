"""What crawling cells carry inside: nucleoli, chromatin, vesicles and droplets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._migrating_shape import GRAINS, NUCLEOLI, VERTICES, column

if TYPE_CHECKING:
    from ._migrating_shape import Floats, Shapes

CHROMATIN = 36
"""Spots of uneven chromatin in a nucleus."""
_TURN = np.float32(2 * np.pi)


def nucleoli_um(traits: Floats, shapes: Shapes) -> Floats:
    """Return the places of the nucleoli relative to the cell's, (cell, nucleolus, 2)."""
    draws = column(traits, "nucleus", 4, 2 * NUCLEOLI)
    away, angle = np.sqrt(draws[:, :NUCLEOLI]) * 0.6, _TURN * draws[:, NUCLEOLI:]
    return _inside(shapes, away * np.cos(angle), away * np.sin(angle))


def chromatin_um(traits: Floats, shapes: Shapes) -> Floats:
    """Return places of denser and thinner chromatin relative to the cell's, (cell, spot, 2)."""
    draws = column(traits, "grain", 0, 2 * CHROMATIN)
    away, angle = np.sqrt(draws[:, :CHROMATIN]) * 0.85, _TURN * draws[:, CHROMATIN:]
    return _inside(shapes, away * np.cos(angle), away * np.sin(angle))


def nucleoli_size(traits: Floats) -> Floats:
    """Return how large each nucleolus is, 0 to 1; some cells have few."""
    size: Floats = column(traits, "nucleus", 4 + 2 * NUCLEOLI, NUCLEOLI)
    large: Floats = np.clip(1.6 * size - 0.4, 0, 1)
    return large


def grains_um(traits: Floats, t_s: float, shapes: Shapes) -> Floats:
    """Return the places of vesicles and droplets relative to the cell's, (cell, grain, 2).

    They crowd around the nucleus and thin out towards the edge.

    Parameters
    ----------
    traits : array, (cell, TRAITS)
        What the cells keep for life.
    t_s : float
        They wander.
    shapes : Shapes
        Of the cells.
    """
    draws = column(traits, "grain", 0, 2 * GRAINS)
    around, deep = draws[:, :GRAINS], draws[:, GRAINS:]
    wander = np.sin(_TURN * (t_s / (900.0 * (1 + around)) + deep))
    corner = ((around + 0.02 * wander) * VERTICES).astype(int) % VERTICES
    depth = 0.28 + 0.64 * deep + 0.03 * wander
    edge = 0.4 * shapes.body_um + 0.6 * shapes.outline_um
    places: Floats = np.take_along_axis(edge, corner[..., None], axis=1)
    places *= depth[..., None]
    return places


def grain_size(traits: Floats) -> Floats:
    """Return how large each grain is, uniform from 0 to 1."""
    return column(traits, "grain", 2 * GRAINS, GRAINS)


def _inside(shapes: Shapes, along: Floats, across: Floats) -> Floats:
    """Return places given in half axes of the nuclei."""
    x_um, y_um, long_um, wide_um = (shapes.nucleus_um[:, i, None] for i in range(4))
    along, across = along * long_um, across * wide_um
    cos, sin = np.cos(shapes.angle_rad)[:, None], np.sin(shapes.angle_rad)[:, None]
    return np.stack((x_um + along * cos - across * sin, y_um + along * sin + across * cos), axis=-1)
