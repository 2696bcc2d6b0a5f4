"""How much of its light and of its time a run has used up, and what is left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from saccade.core import Guard

_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86_400
_LEAST = 1e-6
"""Share of a plan by which its pace can be told."""


@dataclass(frozen=True)
class Spent:
    """Light that the budget has had of which least is left."""

    j_per_cm2: float
    limit_j_per_cm2: float | None = None
    """None where the guard that counts it names no limit."""
    of: str = "place"
    """Whose budget it is: that of the ``place`` that had most, or of the ``run``."""

    def __str__(self) -> str:
        limit = "" if self.limit_j_per_cm2 is None else f" of {self.limit_j_per_cm2:g}"
        where = "in all" if self.of == "run" else "at one place"
        return f"{self.j_per_cm2:.3g}{limit} J/cm² {where}"

    @property
    def share(self) -> float:
        """Part of the budget that is used up; 0 without a limit."""
        return self.j_per_cm2 / self.limit_j_per_cm2 if self.limit_j_per_cm2 else 0.0


def spent_of(guards: Iterable[Guard]) -> Callable[[], Spent] | None:
    """Return what tells how much light was spent, if any guard keeps the ledger.

    Parameters
    ----------
    guards : iterable of Guard
        Those with an attribute ``spent_j_per_cm2`` are asked, and for the limits that they have.
    """
    ledgers = [guard for guard in guards if hasattr(guard, "spent_j_per_cm2")]
    if not ledgers:
        return None
    return lambda: max(
        (each for guard in ledgers for each in _budgets(guard)),
        key=lambda spent: (spent.share, spent.j_per_cm2),
    )


def _budgets(guard: object) -> list[Spent]:
    found = []
    for of, spent, limit in (
        ("place", "spent_j_per_cm2", "limit_j_per_cm2"),
        ("run", "run_j_per_cm2", "run_limit_j_per_cm2"),
    ):
        had, most = getattr(guard, spent, None), getattr(guard, limit, None)
        if had is not None and (most is not None or of == "place"):
            found.append(Spent(had, most, of))
    return found


class Pace:
    """Tells how long a plan will still take, by how far it came in the time that it had.

    How far it came is told by the times that the plan gives its pictures, and by their number
    where it gives none. Time in which the run is held counts for nothing.

    Parameters
    ----------
    of : int, optional
        Pictures of the plan, if their number is known.
    last_due_s : float
        When the last of them is due, in s after the first; 0 where they are due at once.
    """

    def __init__(self, of: int | None = None, last_due_s: float = 0.0) -> None:
        self.of, self._last_due_s = of, last_due_s
        self.elapsed_s = 0.0
        """Time in which the run went on."""
        self._done, self._done_s = 0.0, 0.0
        self._seen_s: float | None = None

    def tick(self, now_s: float, *, goes: bool = True) -> None:
        """Let time pass.

        Parameters
        ----------
        now_s : float
            Of a monotonic clock.
        goes : bool
            Whether the run has gone on since the last call.
        """
        if self._seen_s is not None and goes:
            self.elapsed_s += now_s - self._seen_s
        self._seen_s = now_s

    def note(self, planned: int, due_s: float) -> None:
        """Learn of a picture of the plan.

        Parameters
        ----------
        planned : int
            How many were taken by now.
        due_s : float
            When the newest was due, in s after the first.
        """
        if self._last_due_s > 0:
            done = min(due_s / self._last_due_s, 1.0)
        else:
            done = min(planned / self.of, 1.0) if self.of else 0.0
        if done > max(self._done, _LEAST):
            self._done, self._done_s = done, self.elapsed_s

    @property
    def left_s(self) -> float | None:
        """What the plan will take from now on; None as long as nothing is known."""
        since_s = self.elapsed_s - self._done_s
        if self._done > 0:
            return max(self._done_s * (1 / self._done - 1) - since_s, 0.0)
        return max(self._last_due_s - since_s, 0.0) if self._last_due_s > 0 else None


def told_bytes(count: float) -> str:
    """Return how much of a disk that is, as one reads it: 3.2 GB, 640 MB.

    Parameters
    ----------
    count : float
        Bytes.
    """
    return f"{count / 1e9:.3g} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def told_duration(seconds: float) -> str:
    """Return a time as a person says it: ``40 s``, ``12 min``, ``3 h 15 min``, ``2 d 4 h``."""
    if (whole_s := round(seconds)) < _MINUTE_S:
        return f"{whole_s} s"
    if (minutes := round(seconds / _MINUTE_S)) < _HOUR_S // _MINUTE_S:
        return f"{minutes} min"
    if (hours := round(seconds / _HOUR_S)) < _DAY_S // _HOUR_S:
        return _in_two(minutes, _HOUR_S // _MINUTE_S, "h", "min")
    return _in_two(hours, _DAY_S // _HOUR_S, "d", "h")


def _in_two(count: int, per: int, large: str, small: str) -> str:
    whole, rest = divmod(count, per)
    return f"{whole} {large} {rest} {small}" if rest else f"{whole} {large}"
