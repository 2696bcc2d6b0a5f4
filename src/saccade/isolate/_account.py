"""What a detector's process has failed at, and how long it rests for that."""

from __future__ import annotations

IN_A_ROW = 3
"""So many failures in a row, and the process rests before it is tried again."""

_REST_S, _LONGEST_S = 30.0, 600.0


class Account:
    """Counts failures and the frames that were not seen; says in sentences what happened."""

    def __init__(self) -> None:
        self.in_a_row = self.missed = self.missed_in_all = 0
        self.due_ns = 0
        """Time of a frame from which on it is tried again, where time is not real."""
        self._notes: list[str] = []

    def fail(self, frame: int, why: str) -> float:
        """Count a failure that costs the process; return how long it rests, in s.

        Parameters
        ----------
        frame : int
            Index of the frame on which it was noticed.
        why : str
            What happened.
        """
        self.in_a_row += 1
        rest_s = rest_after_s(self.in_a_row)
        when = f"in {rest_s:g} s" if rest_s else "now"
        times = f", failure {self.in_a_row} in a row" if self.in_a_row > 1 else ""
        self._notes.append(f"frame {frame}: {why}{times}; it is started again {when}.")
        return rest_s

    def stumble(self) -> None:
        """Count a failure that leaves the process as it was."""
        self.in_a_row += 1

    def miss(self) -> None:
        """Count a frame that was not seen."""
        self.missed += 1
        self.missed_in_all += 1

    def succeed(self) -> None:
        """End the row of failures."""
        if self.missed:
            self._notes.append(f"it looks again; {_frames(self.missed)} not looked at.")
        self.missed = self.in_a_row = 0

    def sum_up(self) -> None:
        """Say how much was missed in all, and begin anew."""
        if self.missed_in_all:
            self._notes.append(f"{_frames(self.missed_in_all)} not looked at in all.")
        self.in_a_row = self.missed = self.missed_in_all = self.due_ns = 0

    def told(self) -> tuple[str, ...]:
        """Return the sentences since the last call."""
        told, self._notes = tuple(self._notes), []
        return told

    @property
    def resting(self) -> str:
        """Why nobody looks at a frame now."""
        if self.in_a_row < IN_A_ROW:
            return "it was being started again"
        return f"it had failed {self.in_a_row} times in a row"


def rest_after_s(in_a_row: int) -> float:
    """Return how long a process rests after so many failures in a row, in s.

    Parameters
    ----------
    in_a_row : int
        At least 1: the first costs no time, the second a second, the third half a minute,
        and each further one twice as much as that before, up to ten minutes.
    """
    if in_a_row < IN_A_ROW:
        return float(in_a_row - 1)
    return min(_REST_S * 2.0 ** min(in_a_row - IN_A_ROW, 10), _LONGEST_S)


def _frames(count: int) -> str:
    return "1 frame was" if count == 1 else f"{count} frames were"
