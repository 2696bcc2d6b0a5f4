"""Simulated pictures beside real ones, in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ._measure import measure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ._measure import Measures

_SCALARS = {
    "signal over noise": "snr",
    "object size, px": "size_px",
    "covered share": "covered",
    "length of structure, px": "length_px",
    "contrast over noise": "contrast",
    "spread between objects": "spread",
    "grain within objects": "grain",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One measure of simulated and real pictures."""

    measure: str
    sim: float
    """Median over the pictures; nan for a distance."""
    real: float
    """Median over the pictures; nan for a distance."""
    difference: float
    """Simulated over real; for histogram and spectrum their distance, 0 for equal ones."""


def compare(
    sim: Sequence[NDArray[np.generic]], real: Sequence[NDArray[np.generic]]
) -> tuple[Row, ...]:
    """Return each measure of simulated pictures beside that of real ones.

    The distance of histograms is the earth mover's, in units of the whole scale: how far
    intensities would have to be shifted. That of spectra is half of the sum of absolute
    differences: the share of the variance that lies in other bands.

    Parameters
    ----------
    sim, real : sequence of array, (y, x)
        One picture or more of each; objects should be about as large in both.

    Raises
    ------
    ValueError
        If there is none of one kind.
    """
    if not sim or not real:
        raise ValueError("Nothing to compare: give at least one picture of each kind.")
    measured = [[measure(picture) for picture in pictures] for pictures in (sim, real)]
    rows = []
    for name, field in _SCALARS.items():
        ours, theirs = (float(np.median([getattr(m, field) for m in ms])) for ms in measured)
        rows.append(Row(name, ours, theirs, ours / theirs if theirs else float("nan")))
    first, second = (_mean(ms, "histogram") for ms in measured)
    shift = float(np.abs(np.cumsum(first - second)).mean())
    rows.append(Row("histogram distance", float("nan"), float("nan"), shift))
    first, second = (_mean(ms, "spectrum") for ms in measured)
    moved = float(np.abs(first - second).sum() / 2)
    rows.append(Row("spectrum distance", float("nan"), float("nan"), moved))
    return tuple(rows)


def table(rows: Sequence[Row]) -> str:
    """Return rows as lines of text, for a person."""
    lines = [f"{'':<24}{'sim':>9}{'real':>9}{'sim/real':>10}"]
    for row in rows:
        sim, real = (_number(value) for value in (row.sim, row.real))
        difference = "" if np.isnan(row.difference) else f"{row.difference:.2f}"
        lines.append(f"{row.measure:<24}{sim:>9}{real:>9}{difference:>10}")
    return "\n".join(lines)


def _mean(measured: Sequence[Measures], field: str) -> NDArray[np.float64]:
    mean: NDArray[np.float64] = np.mean([getattr(each, field) for each in measured], axis=0)
    return mean


def _number(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.3g}"
