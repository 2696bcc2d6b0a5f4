"""Cells in sight at one time, and the sprites of a specimen."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ._dividing_chromatin import blebs, halved, lump, nucleus
from ._dividing_chromosomes import Karyotype, Stage, chromosomes

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from ._dividing_cells import Cells
    from ._dividing_settings import Settings

_MOST = 4000


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Cells in sight at one time, each array (n,) or (n, 2)."""

    cells: Cells
    t_s: float
    places: NDArray[np.float64]
    middles: NDArray[np.float64]
    """Of the divisions that they come from."""
    angles: NDArray[np.float64]
    settings: Settings


class Sprites:
    """Pictures that stay the same, each made when it is first seen and kept for a while."""

    def __init__(self, karyotype: Karyotype) -> None:
        self._karyotype = karyotype
        self._kept: OrderedDict[tuple[object, ...], NDArray[np.float32]] = OrderedDict()

    def nucleus(self, key: int, aspect: float, halvings: int = 0) -> NDArray[np.float32]:
        """Return a nucleus in interphase; parameters as of `nucleus`.

        For coarse canvases it is shrunk by half, as often as asked; its values remain
        densities, so that its sum is 1 in units of its own finest pixels.
        """
        if halvings == 0:
            return self._once((key,), lambda: nucleus(key, aspect))
        finer = halvings - 1
        return self._once((key, halvings), lambda: halved(self.nucleus(key, aspect, finer)))

    def lump(self, key: int) -> NDArray[np.float32]:
        """Return what is left of a dead cell."""
        return self._once((key, "lump"), lambda: lump(key))

    def blebs(self, key: int) -> NDArray[np.float32]:
        """Return the blebs of a nucleus."""
        return self._once((key, "blebs"), lambda: blebs(key))

    def chromosomes(
        self, key: int, stage: Stage, nucleus_um: tuple[float, float], t_s: float
    ) -> NDArray[np.float32]:
        """Return chromosomes; parameters as of `chromosomes`."""
        if stage.packed < 1:
            return chromosomes(key, stage, nucleus_um, t_s, self._karyotype)
        still = partial(chromosomes, key, stage, nucleus_um, t_s, self._karyotype)
        return self._once((key, stage.side), still)

    def _once(
        self, key: tuple[object, ...], make: Callable[[], NDArray[np.float32]]
    ) -> NDArray[np.float32]:
        kept = self._kept.get(key)
        if kept is None:
            kept = self._kept[key] = make()
            if len(self._kept) > _MOST:
                self._kept.popitem(last=False)
        return kept
