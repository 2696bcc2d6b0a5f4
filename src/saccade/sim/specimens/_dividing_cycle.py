"""Where cells are in their cycle: phases, DNA content and size of the nucleus."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from ._dividing_cells import Cells

_S_PHASE = 0.42, 0.78
"""Start and end of DNA synthesis as shares of the cycle: G1 10 h, S 8.6 h, G2 and mitosis 5.4 h
of 24 h, as in cultured human cells (Alberts et al., Molecular Biology of the Cell, chapter 17)."""
_RECOVERY_S = 2400.0
"""Time constant at which the small nuclei after telophase swell to their size in G1."""
_SMALLEST = 0.42
"""Area of a nucleus at the end of telophase, relative to what it will be in early G1."""
_DECONDENSING_S = 2700.0
"""From the end of telophase until the chromatin looks as in interphase."""
_SETTLED_S = 7200.0


class Phase(IntEnum):
    """Of the cell cycle, as the chromatin shows it."""

    INTERPHASE = 0
    PROPHASE = 1
    PROMETAPHASE = 2
    METAPHASE = 3
    ANAPHASE = 4
    TELOPHASE = 5
    DEAD = 6


def clock_s(cells: Cells, t_s: float) -> NDArray[np.float64]:
    """Return the time in each cell's own cycle, (n,): it stands still where light holds it."""
    clock: NDArray[np.float64] = np.minimum(t_s, cells["hold_s"])
    return clock


def prophase_onset_s(cells: Cells) -> NDArray[np.float64]:
    """Return when each cell enters mitosis, (n,); inf if it never does."""
    before_s = cells["prophase_s"] + cells["prometaphase_s"] + cells["metaphase_s"]
    return cells["divides_s"] - before_s  # type: ignore[no-any-return]


def parted_s(cells: Cells) -> NDArray[np.float64]:
    """Return when the division that made each cell was over, (n,)."""
    return cells["born_s"] + cells["came_anaphase_s"] + cells["came_telophase_s"]  # type: ignore[no-any-return]


def held_from_s(cells: Cells, t_s: float) -> NDArray[np.float64]:
    """Return the point in their cycle at which cells stop that are arrested at a time, (n,).

    In interphase they stop at once. Mitosis goes on to the metaphase plate and no further;
    what has begun to part does so, and the nuclei form.
    """
    onset_s = prophase_onset_s(cells)
    settled_s = np.minimum(cells["born_s"] + _SETTLED_S, onset_s - 1e-3)
    in_mitosis = t_s >= onset_s
    plate_s = cells["divides_s"] - 1e-3
    return np.where(in_mitosis, plate_s, np.maximum(t_s, settled_s))


def phases(cells: Cells, t_s: float) -> NDArray[np.int8]:
    """Return the `Phase` of each cell, (n,)."""
    now = clock_s(cells, t_s)
    onset_s = prophase_onset_s(cells)
    phase = np.zeros(len(cells), np.int8)
    born = cells["born_s"]
    phase[now < parted_s(cells)] = Phase.TELOPHASE
    phase[now < born + cells["came_anaphase_s"]] = Phase.ANAPHASE
    phase[now >= onset_s] = Phase.PROPHASE
    phase[now >= onset_s + cells["prophase_s"]] = Phase.PROMETAPHASE
    phase[now >= cells["divides_s"] - cells["metaphase_s"]] = Phase.METAPHASE
    phase[t_s >= cells["dies_s"]] = Phase.DEAD
    return phase


def dna(cells: Cells, t_s: float) -> NDArray[np.float64]:
    """Return the DNA content of each cell, (n,), in units of that after division."""
    low, high = _S_PHASE
    return 1 + np.clip((_share(cells, t_s) - low) / (high - low), 0, 1)


def nucleus_um(cells: Cells, t_s: float, mean_um: float) -> NDArray[np.float64]:
    """Return the diameter of each nucleus in interphase, (n,), as of a disc of its area.

    The area doubles through the cycle, and swells quickly in the first hour of it.

    Parameters
    ----------
    cells : table
        The cells.
    t_s : float
        When.
    mean_um : float
        Diameter in the middle of the cycle.
    """
    swollen = 1 - np.exp(-np.maximum(clock_s(cells, t_s) - parted_s(cells), 0) / _RECOVERY_S)
    area = 2 ** (_share(cells, t_s) - 0.5) * (_SMALLEST + (1 - _SMALLEST) * swollen)
    return mean_um * cells["size"] * np.sqrt(area)


def decondensed(cells: Cells, t_s: float) -> NDArray[np.float64]:
    """Return how far the chromatin of each cell is from chromosomes, (n,), 0 to 1.

    It goes to 0 through prophase, and back to 1 in three quarters of an hour after telophase.
    """
    now = clock_s(cells, t_s)
    opening = smooth((now - parted_s(cells)) / _DECONDENSING_S)
    closing = smooth((now - prophase_onset_s(cells)) / cells["prophase_s"])
    return np.minimum(opening, 1 - closing)


def smooth(share: ArrayLike) -> NDArray[np.float64]:
    """Return 0 below 0, 1 above 1, and a smooth passage between."""
    clipped = np.clip(share, 0, 1)
    return clipped * clipped * (3 - 2 * clipped)  # type: ignore[no-any-return]


def separation_um(
    since_s: ArrayLike, speed_um_per_min: float, most_um: float = 15.0
) -> NDArray[np.float64]:
    """Return how far two plates have parted at a time since the onset of anaphase.

    They part at a steady speed that slackens on the way to the daughters' final distance.
    Each plate moves at 1 to 2 µm/min in vertebrate cells, anaphase A and B together
    (Civelekoglu-Scholey & Scholey, Cell. Mol. Life Sci. 67, 2010).
    """
    minutes = np.maximum(since_s, 0) / 60
    return most_um * np.tanh(speed_um_per_min * minutes / most_um)


def _share(cells: Cells, t_s: float) -> NDArray[np.float64]:
    """Return the age of each cell as a share of its cycle; cells that rest are in G1."""
    length_s = cells["divides_s"] - cells["born_s"]
    share = np.clip((clock_s(cells, t_s) - cells["born_s"]) / length_s, 0, 1)
    return np.where(np.isinf(length_s), 0.3, share)
