"""A colour for each identity, the same wherever it is drawn."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from ._qt import pg

if TYPE_CHECKING:
    from numpy.typing import NDArray

COLOURS = 64
"""Identities that have one of their own; then they come again."""


@cache
def colour_table(alpha: int) -> NDArray[np.uint8]:
    """Return colours, (1 + `COLOURS`, RGBA); the first is none at all.

    Parameters
    ----------
    alpha : int
        From 0, not to be seen, to 255.
    """
    hues = np.random.default_rng(1).permutation(COLOURS) / COLOURS
    table = np.zeros((COLOURS + 1, 4), np.uint8)
    for number, hue in enumerate(hues, 1):
        table[number] = pg.hsvColor(hue, 0.9, 1.0, alpha / 255).getRgb()
    table.flags.writeable = False
    return table


def numbers_of(identities: NDArray[np.integer]) -> NDArray[np.uint8]:
    """Return the row of each identity in a table of colours."""
    return (np.asarray(identities) % COLOURS + 1).astype(np.uint8)
