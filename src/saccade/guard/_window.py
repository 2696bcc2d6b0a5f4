"""Sums over a sliding window of time."""

from __future__ import annotations

from bisect import bisect_right

_MANY = 1024


class Window:
    """Whole numbers, each at a time, summed over the last so many ns.

    Whole, so that a sum over days has no rounding error.

    Parameters
    ----------
    length_ns : int
        What is longer ago than this, counted from the newest, may be forgotten.
    """

    def __init__(self, length_ns: int) -> None:
        self._length_ns = length_ns
        self._times_ns: list[int] = []
        self._sums: list[int] = []
        self._forgotten = 0

    def __len__(self) -> int:
        return len(self._times_ns)

    def add(self, t_ns: int, amount: int) -> None:
        """Add an amount.

        Parameters
        ----------
        t_ns : int
            If it is before the newest, the time of that counts.
        amount : int
            Not below 0.
        """
        if self._times_ns:
            t_ns = max(t_ns, self._times_ns[-1])
        self._sums.append(self._total + amount)
        self._times_ns.append(t_ns)
        if len(self._times_ns) > _MANY:
            self._forget(t_ns - self._length_ns)

    def after(self, t_ns: int) -> int:
        """Return the sum of what came later than a time."""
        return self._total - self._until(t_ns)

    @property
    def _total(self) -> int:
        return self._sums[-1] if self._sums else self._forgotten

    def _until(self, t_ns: int) -> int:
        place = bisect_right(self._times_ns, t_ns)
        return self._sums[place - 1] if place else self._forgotten

    def _forget(self, t_ns: int) -> None:
        self._forgotten = self._until(t_ns)
        place = bisect_right(self._times_ns, t_ns)
        del self._times_ns[:place], self._sums[:place]
