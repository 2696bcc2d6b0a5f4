"""A microscope with a light modulator, and things found in its frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from decide_cases import seen

from saccade.core import Grid, Modulator, Point, Stand

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from saccade.core import Decision, Observation

SIDE = 64
GRID = Grid((0, 0, SIDE, SIDE), (SIDE, SIDE), 0.5)
ALIKE = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
"""The modulator's pixels are those of the sensor."""


def bench(**values: Any) -> Stand:
    """Return a microscope whose modulator lies pixel on pixel of the sensor."""
    known = {"modulator": Modulator("SLM", (SIDE, SIDE), ALIKE, (SIDE, SIDE))}
    return Stand("bench", **{**known, **values})


def things(*places: tuple[float, float, float], t: int = 0, **values: Any) -> Observation:
    """Return discs of 3 px around row and column, each with a strength, as Objects does."""
    labels = np.zeros((SIDE, SIDE), np.int32)
    rows, cols = np.mgrid[:SIDE, :SIDE]
    for number, (row, col, _) in enumerate(places, 1):
        labels[(rows - row) ** 2 + (cols - col) ** 2 <= 9] = number
    known: dict[str, Any] = {
        "points": tuple(
            Point(row, col, strength, col / 2, row / 2) for row, col, strength in places
        ),
        "boxes": tuple((row - 3, col - 3, row + 4, col + 4) for row, col, _ in places),
        "labels": labels,
        "grid": GRID,
    }
    return seen(1.0, t, **{**known, **values})


def mask_of(decision: Decision) -> NDArray[np.uint8]:
    """Return the picture that a decision shows."""
    (action,) = decision.actions
    (image,) = {id(event.slm_image): event.slm_image for event in action.events}.values()
    assert image.device == "SLM"
    return np.asarray(image)
