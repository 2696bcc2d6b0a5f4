"""What of an occurrence was seen at the fast rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from saccade.sim.world import Occurrence

    from ._log import Columns

SLACK = 1.25
"""Shots are consecutive at the fast rate if no further apart than this many fast intervals: what
a stage that goes elsewhere in between may be late, and no more, for whoever is slower pays less."""
LEAST_SHOTS = 3
"""Fast shots in a row, within an occurrence, that make it caught: the fewest that show a change
of the change. Together they last a fast interval at least, so that planes or channels of one
slow time point don't count as a movie."""
_ROUNDING = 1 + 1e-9


class Capture(NamedTuple):
    """What a log shows of one occurrence."""

    captured_s: float
    """Part of [onset, end] between consecutive fast shots that have its place in view."""
    caught: bool
    """Whether at least `LEAST_SHOTS` consecutive fast shots lie in [onset, end]."""
    reaction_s: float | None
    """From the onset to the first shot of the first row that makes it caught; None if none does.

    Two shots that happen to be near each other, of a watch and of a closer one, are no reaction.
    """


def capture(
    columns: Columns, occurrence: Occurrence, fast_s: float, until_s: float = np.inf
) -> Capture:
    """Return what some shots show of an occurrence.

    An occurrence is in view of a shot if its place lies in the field. Two shots of one channel
    that follow each other among those that have it in view, and are no further apart than
    `SLACK` fast intervals, are fast; the time between them is captured.

    Parameters
    ----------
    columns : Columns
        Shots in order of time, `Log.columns`.
    occurrence : Occurrence
        Where and when.
    fast_s : float
        The fast interval.
    until_s : float
        End of the observation; nothing later counts.
    """
    onset_s, end_s = max(occurrence.onset_s, 0.0), min(occurrence.end_s, until_s)
    longest_s = SLACK * fast_s * _ROUNDING
    low = np.searchsorted(columns.t_s, onset_s - longest_s)
    high = np.searchsorted(columns.t_s, end_s + longest_s, side="right")
    near = columns.part(slice(low, high))
    near = near.part(near.see(occurrence.x_um, occurrence.y_um))
    stretches: list[tuple[float, float]] = []
    firsts: list[float] = []
    for channel in np.unique(near.channel):
        t_s = near.t_s[near.channel == channel]
        fast = np.diff(t_s) <= longest_s
        begins = np.clip(t_s[:-1][fast], onset_s, end_s)
        stretches += zip(begins, np.clip(t_s[1:][fast], onset_s, end_s), strict=True)
        firsts += _rows_from(t_s[(t_s >= onset_s) & (t_s <= end_s)], fast_s)
    reaction_s = min(firsts) - onset_s if firsts else None
    return Capture(_covered(stretches), bool(firsts), reaction_s)


def _rows_from(t_s: NDArray[np.float64], fast_s: float) -> list[float]:
    """Return when each row of fast shots began that is long enough, in number and in time."""
    breaks = np.flatnonzero(np.diff(t_s) > SLACK * fast_s * _ROUNDING) + 1
    return [
        float(row[0])
        for row in np.split(t_s, breaks)
        if len(row) >= LEAST_SHOTS and (row[-1] - row[0]) * _ROUNDING >= fast_s
    ]


def _covered(stretches: list[tuple[float, float]]) -> float:
    """Return how long a union of stretches is."""
    total, until = 0.0, -np.inf
    for begin, end in sorted(stretches):
        if end > until:
            total += end - max(begin, until)
            until = end
    return float(total)
