"""How much light every place has had."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Cell: TypeAlias = tuple[int, int, int]
"""Column and row in a grid, and how many cells the light of an exposure there reaches."""
Block: TypeAlias = tuple[int, int]

_HALF = 8
"""Cells along half a field of view, the smallest of all objectives."""
_BLOCK = _HALF + 1
"""Cells along a block; what is within half of that field is in the same block or one beside it."""
_NOWHERE = (0.0, 0.0)


@dataclass
class Ledger:
    """Light dose by place; what is less than half a field of view away is the same place.

    A place is a cell of a grid, a sixteenth of the field of view wide. The dose of a cell
    is that of every exposure whose field it lies in, so that overlapping fields are charged to
    each other wherever their centres lie. An exposure at an unknown place is charged to all
    places.

    Parameters
    ----------
    half_um : tuple of float or None
        Half of the width and height of the field of view, the smallest where there are several
        objectives; None if it isn't known, and then all places are the same.
    """

    half_um: tuple[float, float] | None = None
    anywhere: float = 0.0
    """Dose in J/cm² at an unknown place."""
    largest: float = 0.0
    """Largest dose of a known place."""
    largest_at: Cell | None = None
    total: float = 0.0
    """Dose in J/cm² of all exposures, as if they had been at one place."""
    _own: dict[Cell, float] = field(default_factory=dict)
    _total: dict[Cell, float] = field(default_factory=dict)
    _blocks: dict[Block, tuple[Cell, ...]] = field(default_factory=dict)
    _farthest: int = _HALF
    """The most cells that the light of any exposure reaches."""

    @property
    def spent(self) -> float:
        """Largest dose of any place, in J/cm²."""
        return self.largest + self.anywhere

    def copy(self) -> Ledger:
        """Return a ledger to try something on."""
        return Ledger(
            self.half_um,
            self.anywhere,
            self.largest,
            self.largest_at,
            self.total,
            dict(self._own),
            dict(self._total),
            dict(self._blocks),
            self._farthest,
        )

    def enter(
        self,
        at_um: tuple[float, float] | None,
        dose: float,
        half_um: tuple[float, float] | None = None,
    ) -> None:
        """Charge an exposure to a place.

        Parameters
        ----------
        at_um : tuple of float or None
            Stage position (x, y); None if it isn't known.
        dose : float
            In J/cm².
        half_um : tuple of float or None
            Half of the width and height of its field; None is the smallest.
        """
        self.total += dose
        cell = self._cell(at_um, half_um)
        if cell is None:
            self.anywhere += dose
            return
        self._farthest = max(self._farthest, cell[2])
        lit = list(self._around(cell, cell[2]))
        if cell not in self._own:
            self._total[cell] = self._had(cell)
            self._own[cell] = 0.0
            self._blocks[_block(cell)] = (*self._blocks.get(_block(cell), ()), cell)
            lit.append(cell)
        self._own[cell] += dose
        for other in lit:
            self._total[other] += dose
            if self._total[other] > self.largest:
                self.largest, self.largest_at = self._total[other], other

    def fullest(
        self, at_um: tuple[float, float] | None, half_um: tuple[float, float] | None = None
    ) -> Cell | None:
        """Return the cell that had most, of those that an exposure at a place adds to.

        Parameters
        ----------
        at_um : tuple of float or None
            Stage position (x, y) that was charged; None if it isn't known.
        half_um : tuple of float or None
            As it was charged.
        """
        cell = self._cell(at_um, half_um)
        if cell is None:
            return self.largest_at
        return max(self._around(cell, cell[2]), key=lambda other: self._total[other])

    def same(self, at_um: tuple[float, float] | None, really_um: tuple[float, float]) -> bool:
        """Return whether what was charged to one place covers another, a cell away at most."""
        cell, really = self._cell(at_um), self._cell(really_um)
        if cell is None or really is None:
            return True
        return abs(cell[0] - really[0]) <= 1 and abs(cell[1] - really[1]) <= 1

    def at(self, cell: Cell | None) -> float:
        """Return the dose of a cell in J/cm²; that of an unknown place for None."""
        return self.anywhere if cell is None else self.anywhere + self._had(cell)

    def by_place(self) -> Mapping[tuple[float, float] | str, float]:
        """Return the dose in J/cm² of every place (x, y) in µm, and of ``here``."""
        doses: dict[tuple[float, float] | str, float] = {
            self._middle_um(cell): dose + self.anywhere for cell, dose in self._total.items()
        }
        if self.anywhere or not doses:
            doses["here"] = self.anywhere
        return doses

    def name(self, cell: Cell | None) -> str:
        """Return how a message calls a place."""
        if cell is None:
            return "this place"
        x_um, y_um = self._middle_um(cell)
        return f"the place at x {x_um:.6g}, y {y_um:.6g} µm"

    def _middle_um(self, cell: Cell) -> tuple[float, float]:
        half_x, half_y = self.half_um or _NOWHERE
        return cell[0] * half_x / _HALF, cell[1] * half_y / _HALF

    def _cell(
        self, at_um: tuple[float, float] | None, half_um: tuple[float, float] | None = None
    ) -> Cell | None:
        if at_um is None or self.half_um is None:
            return None
        (x, y), (half_x, half_y) = at_um, self.half_um
        reach = _HALF if half_um is None else max(1, round(_HALF * half_um[0] / half_x))
        return round(x * _HALF / half_x), round(y * _HALF / half_y), reach

    def _had(self, cell: Cell) -> float:
        """Return what the exposures whose fields a cell lies in have brought it."""
        return sum(
            self._own[other]
            for other in self._around(cell, self._farthest)
            if abs(other[0] - cell[0]) <= other[2] >= abs(other[1] - cell[1])
        )

    def _around(self, cell: Cell, reach: int) -> Iterator[Cell]:
        """Yield the cells with exposures, so many cells away at most."""
        row, col = _block(cell)
        for i, j in _blocks_around(-(-reach // _BLOCK)):
            for other in self._blocks.get((row + i, col + j), ()):
                if abs(other[0] - cell[0]) <= reach >= abs(other[1] - cell[1]):
                    yield other


@cache
def _blocks_around(far: int) -> tuple[Block, ...]:
    span = range(-far, far + 1)
    return tuple((i, j) for i in span for j in span)


def _block(cell: Cell) -> Block:
    """Return the block of cells that holds a cell; neighbours are in adjoining blocks."""
    return cell[0] // _BLOCK, cell[1] // _BLOCK
