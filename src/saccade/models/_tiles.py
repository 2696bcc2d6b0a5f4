"""Large pictures in tiles that overlap: the answer is the same, the memory bounded."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ._card import Architecture
    from ._runtimes import Array, Session

STRIDE = 4
MOST_CELLS = 288
"""Side of a tile: 1152 px. Four of them see 2048², at 1.1 times the pixels."""


_LEAST_CELLS = 8


class Tile(NamedTuple):
    """Part of one axis, in cells."""

    begin: int
    """Of what the network sees."""
    first: int
    """Of what is kept of its answer, counted from the picture's edge."""
    last: int
    """Beyond it."""


def reach_cells(architecture: Architecture) -> int:
    """Return how far from a cell the network sees, in cells."""
    return 2 * sum(architecture.dilations)


def tiles(cells: int, reach: int, most: int = MOST_CELLS) -> tuple[int, tuple[Tile, ...]]:
    """Return the length of tiles along an axis, all alike, and where they lie.

    What is kept of a tile is at least `reach` from its ends, unless these are the picture's, where
    the network sees the same zeros as without tiles.

    Parameters
    ----------
    cells : int
        Of the picture, along the axis.
    reach : int
        How far the network sees.
    most : int
        Length of a tile at most; more where it would hold little but overlap.
    """
    most = max(most, 4 * reach, _LEAST_CELLS)
    count = 1
    length = cells
    while length > most:
        count += 1
        # One cell more than the overlaps need, for what rounding takes.
        length = -(-(cells + 2 * reach * (count - 1)) // count) + 1
    begins = [number * (cells - length) // max(1, count - 1) for number in range(count)]
    cuts = [(here + length + there) // 2 for here, there in itertools.pairwise(begins)]
    ends = zip(begins, [0, *cuts], [*cuts, cells], strict=True)
    return length, tuple(Tile(*each) for each in ends)


class Looker:
    """Shows a network pictures of any size, and puts together what it says of the tiles.

    Parameters
    ----------
    session : Session
        The network.
    architecture : Architecture
        Of it.
    most_cells : int
        Side of a tile at most.
    """

    def __init__(
        self, session: Session, architecture: Architecture, most_cells: int = MOST_CELLS
    ) -> None:
        self._session, self._most = session, most_cells
        self._reach, self._frames = reach_cells(architecture), architecture.frames

    def __call__(self, pictures: Sequence[Array]) -> Mapping[str, Array]:
        """Return what each head says of pictures of one place.

        Parameters
        ----------
        pictures : sequence of array of float32, (y, x)
            Prepared, the newest last; beyond their edges a network sees zeros.

        Returns
        -------
        mapping
            As of `PatchNet`, for sides brought up to the next multiple of 4.
        """
        rows, cols = (-(-side // STRIDE) for side in pictures[0].shape)
        (height, down), (width, right) = (tiles(n, self._reach, self._most) for n in (rows, cols))
        stack = np.zeros((1, self._frames, STRIDE * height, STRIDE * width), np.float32)
        if len(down) == len(right) == 1:
            _fill(stack, pictures, 0, 0)
            return self._session(stack)
        whole: dict[str, Array] = {}
        for y in down:
            for x in right:
                _fill(stack, pictures, STRIDE * y.begin, STRIDE * x.begin)
                for name, told in self._session(stack).items():
                    _put(whole, name, told, told.shape[-1] // width, (y, x), (rows, cols))
        return whole


def _fill(stack: Array, pictures: Sequence[Array], top: int, left: int) -> None:
    _, _, height, width = stack.shape
    for number, each in enumerate(pictures):
        part = each[top : top + height, left : left + width]
        if part.shape != (height, width):
            stack[0, number] = 0.0
        stack[0, number, : part.shape[0], : part.shape[1]] = part


def _put(
    whole: dict[str, Array],
    name: str,
    told: Array,
    scale: int,
    tile: tuple[Tile, Tile],
    cells: tuple[int, int],
) -> None:
    """Write what is kept of a tile's answer where it belongs; scale is pixels of it to a cell."""
    if name not in whole:
        whole[name] = np.empty((*told.shape[:2], scale * cells[0], scale * cells[1]), np.float32)
    y, x = (slice(scale * each.first, scale * each.last) for each in tile)
    rows, cols = (
        slice(scale * (each.first - each.begin), scale * (each.last - each.begin)) for each in tile
    )
    whole[name][..., y, x] = told[..., rows, cols]
