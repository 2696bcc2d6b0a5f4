"""Shapes of crawling cells: arms that grow and shrink, and what the cell carries inside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float32]

TRAITS = 474
"""Uniform numbers that a cell keeps for life; the columns below are what they are for."""
VERTICES = 128
ARMS = 6
NUCLEOLI = 4
GRAINS = 130
_RIPPLES = np.array([7.0, 13.0, 21.0, 31.0, 41.0], np.float32)
_AT = {"body": 0, "arm": 8, "life": 40, "ripple": 56, "nucleus": 66, "grain": 84}
_ANGLES = np.linspace(0, 2 * np.pi, VERTICES, endpoint=False, dtype=np.float32)
_WAVES_COS = np.cos(np.outer(_RIPPLES, _ANGLES))
_WAVES_SIN = np.sin(np.outer(_RIPPLES, _ANGLES))
_ARM_AT = np.array([0.0, np.pi, 0.8, -0.8, 2.2, -2.2], np.float32)
_ARM_UM = np.array([46.0, 58.0, 42.0, 42.0, 38.0, 38.0], np.float32)
_ARM_RAD = np.array([0.26, 0.17, 0.22, 0.22, 0.2, 0.2], np.float32)
_IS_SIDE = np.array([False, False, True, True, True, True])
_BLUNT = 0.12
_TURN = np.float32(2 * np.pi)
_ROUND_UM = 9.0
"""Radius of a cell that has rounded up."""


@dataclass(frozen=True, slots=True)
class Shapes:
    """Some cells as they are now; lengths in µm, angles in radians on the slide."""

    outline_um: Floats
    """Corners of the whole cell relative to its place, (cell, corner, 2)."""
    body_um: Floats
    """Corners of its thick part."""
    tips_um: Floats
    """Ends of the arms, (cell, arm, 2)."""
    rim_rad: Floats
    """How much thicker the edge is at each corner, (cell, corner), as a delay of the light."""
    taut: Floats
    """How steep the edge is at each corner, (cell, corner), 0 to 1."""
    nucleus_um: Floats
    """Centre and half axes of the nucleus, (cell, 4)."""
    angle_rad: Floats
    """Which way the cell points, (cell,)."""
    rounded: Floats
    """From 0, spread, to 1, a ball."""

    def some(self, which: NDArray[np.intp]) -> Shapes:
        """Return some of the shapes."""
        return Shapes(*(getattr(self, name)[which] for name in self.__dataclass_fields__))

    def reach_um(self) -> Floats:
        """Return how far each cell reaches from its place, (cell,)."""
        return length(self.outline_um).max(axis=1)  # type: ignore[no-any-return]

    def area_um2(self) -> Floats:
        """Return what the cells cover, by the shoelace formula."""
        return polygon_area(self.outline_um)


def length(vectors: Floats) -> Floats:
    """Return how long vectors are, (...,); a hypotenuse that can't overflow takes far longer."""
    x, y = vectors[..., 0], vectors[..., 1]
    lengths: Floats = np.sqrt(x * x + y * y)
    return lengths


def polygon_area(corners: Floats) -> Floats:
    """Return the areas of polygons, (n,), by the shoelace formula; corners are (n, corner, 2)."""
    x, y = np.ascontiguousarray(corners[..., 0]), np.ascontiguousarray(corners[..., 1])
    turned = (x[:, :-1] * y[:, 1:] - y[:, :-1] * x[:, 1:]).sum(axis=1)
    turned += x[:, -1] * y[:, 0] - y[:, -1] * x[:, 0]
    area: Floats = np.abs(turned) / 2
    return area


def shape_cells(
    traits: Floats,
    t_s: float,
    heading_rad: NDArray[np.floating],
    rounded: NDArray[np.floating],
    cleaved: NDArray[np.floating],
) -> Shapes:
    """Return what cells look like at a time.

    A radius for each direction: an ellipse, arms that come and go, and ripples of the edge. All
    of them are sums of slow waves whose phases the cell keeps for life, so that a shape depends
    on the time alone, and changes smoothly.

    Parameters
    ----------
    traits : array, (cell, TRAITS)
        What the cells keep for life.
    t_s : float
        The time.
    heading_rad : array, (cell,)
        Which way they crawl.
    rounded : array, (cell,)
        From 0, spread, to 1, a ball.
    cleaved : array, (cell,)
        From 0 to 1: how far the furrow of a dividing ball has gone.
    """
    heading, rounded, cleaved = (v.astype(np.float32) for v in (heading_rad, rounded, cleaved))
    spread = 1 - rounded[:, None]
    around = _ANGLES[None, :]
    base = _ellipse(traits, around)
    arms, reach_um, toward = _arms(traits, t_s, around)
    ripples = (0.5 + arms / 9.0) * _ripples(traits, t_s)
    outline = base + arms + ripples
    body = 0.93 * base + 0.6 * arms
    ball = _ROUND_UM * (1 + 0.3 * cleaved[:, None] * np.cos(2 * around))
    outline = spread * outline + (1 - spread) * ball
    body = spread * body + (1 - spread) * 0.92 * ball
    tips = spread * (reach_um + _ellipse(traits, toward)) * 0.94
    bend = spread * 0.4 * slow_waves(t_s, traits[:, 3:4], 9000.0)
    return Shapes(
        _turned(outline, around, heading, bend),
        _turned(body, around, heading, bend),
        _turned(tips, toward, heading, bend),
        spread * 0.25 * np.clip(ripples * np.minimum(arms / 8.0, 1.0), 0.0, 2.0),
        spread * np.exp(-arms / 5.0) * _taut_side(traits, around),
        _nuclei(traits, t_s, heading, rounded),
        heading,
        rounded,
    )


def slow_waves(t_s: float, phases: Floats, period_s: float) -> Floats:
    """Return smooth noise in [-1, 1], one value for each phase in [0, 1).

    Two waves whose periods have no common multiple; the phase also shifts the periods by a
    third, so that cells don't keep step.

    Parameters
    ----------
    t_s : float
        The time.
    phases : array
        What tells one noise from another.
    period_s : float
        Of the slower wave, on average.
    """
    turns = t_s / (period_s * (0.8 + 0.5 * phases)) + 7.13 * phases
    first, second = _TURN * turns, _TURN * (2.414 * turns + 3.7 * phases)
    return (0.6 * np.sin(first) + 0.4 * np.sin(second)).astype(np.float32)


def column(traits: Floats, name: str, first: int, count: int) -> Floats:
    """Return the traits that serve one purpose, (cell, count)."""
    start = _AT[name] + first
    return traits[:, start : start + count]


def _ellipse(traits: Floats, around: Floats) -> Floats:
    size, slender = (column(traits, "body", i, 1) for i in (0, 1))
    mean_um = 11.0 + 13.0 * size**1.6
    aspect = 1.0 + 1.3 * slender
    long_um, wide_um = mean_um * np.sqrt(aspect), mean_um / np.sqrt(aspect)
    along, across = wide_um * np.cos(around), long_um * np.sin(around)
    return long_um * wide_um / np.sqrt(along * along + across * across)  # type: ignore[no-any-return]


def _arms(traits: Floats, t_s: float, around: Floats) -> tuple[Floats, ...]:
    """Return the arms' length in each direction, and the length and direction of each arm."""
    slender = column(traits, "body", 1, 1)
    long, wide, place, wag, beat = (column(traits, "arm", i * ARMS, ARMS) for i in range(5))
    at = _ARM_AT + 0.9 * (place - 0.5)
    at = at + 0.22 * slow_waves(t_s, wag, 5400.0)
    most_um = _ARM_UM * (0.35 + long * np.sqrt(long))
    most_um = most_um * np.where(_IS_SIDE, 1.3 - 1.1 * slender, 0.7 + 0.7 * slender)
    reach_um = most_um * np.clip(0.62 + 0.55 * slow_waves(t_s, beat, 4200.0), 0.0, None)
    width = _ARM_RAD * (0.55 + wide * wide)
    away = np.abs(around[:, None, :] - at[:, :, None])
    away = np.minimum(away, np.abs(away - _TURN))
    # A cusp with a blunt end: edges between arms are concave, as those under tension are.
    cusp = np.exp((_BLUNT - np.sqrt(away * away + _BLUNT**2)) / width[:, :, None])
    return np.matmul(reach_um[:, None, :], cusp)[:, 0], reach_um, at


def _ripples(traits: Floats, t_s: float) -> Floats:
    count = len(_RIPPLES)
    phase, beat = (column(traits, "ripple", i * count, count) for i in range(2))
    rough_um = 0.25 + 0.75 * column(traits, "body", 2, 1)
    height = rough_um * slow_waves(t_s, beat, 1500.0) * (10.0 / _RIPPLES) ** 0.4
    turn = _TURN * phase
    even, odd = (height * np.cos(turn)) @ _WAVES_COS, (height * np.sin(turn)) @ _WAVES_SIN
    ripples: Floats = even - odd
    return ripples


def _taut_side(traits: Floats, around: Floats) -> Floats:
    """Return how much each direction is pulled; a cell is steep on one side or two."""
    side, pull = column(traits, "body", 4, 1), column(traits, "body", 5, 1)
    return (pull * (0.5 + 0.5 * np.cos(around + _TURN * side))).astype(np.float32)


def _nuclei(
    traits: Floats,
    t_s: float,
    heading_rad: Floats,
    rounded: Floats,
) -> Floats:
    """Return the nuclei's place and half axes; a rounded cell's are a plate across the axis."""
    draws = column(traits, "nucleus", 0, 4)
    along = (-2.0 + 3.0 * slow_waves(t_s, draws[:, 0], 5000.0)) * (1 - rounded)
    across = 1.5 * slow_waves(t_s, draws[:, 1], 5000.0) * (1 - rounded)
    cos, sin = np.cos(heading_rad), np.sin(heading_rad)
    long_um = (8.6 + 2.5 * draws[:, 2]) * (1 - rounded) + 1.7 * rounded
    wide_um = (6.2 + 1.8 * draws[:, 3]) * (1 - rounded) + 5.0 * rounded
    places = along * cos - across * sin, along * sin + across * cos
    return np.stack((*places, long_um, wide_um), axis=1)


def _turned(
    radius: NDArray[np.floating], around: Floats, heading_rad: Floats, bend: Floats
) -> Floats:
    """Return corners on the slide; long arms are bent aside, the more the further out."""
    angle = around + heading_rad[:, None] + bend * np.maximum(radius - 15.0, 0.0) / 40.0
    return np.stack((radius * np.cos(angle), radius * np.sin(angle)), axis=-1)
