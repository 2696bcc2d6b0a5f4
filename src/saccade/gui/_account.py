"""What came of each frame, and on which frames each policy has acted."""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._entries import Entry

_MOST = 20_000
"""Frames that are known of; what came of older ones is in the run folder."""


class Account:
    """Entries by frame, those too that say why nothing was done."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._of: dict[int, list[Entry]] = {}
        self._acted: dict[str, list[int]] = {}

    def add(self, entries: Iterable[Entry]) -> None:
        """Take what has come; of too many frames the oldest are forgotten."""
        for each in entries:
            if each.frame < 0:
                continue
            self._of.setdefault(each.frame, []).append(each)
            if each.kind == "decision" and each.what:
                insort(self._acted.setdefault(each.policy, []), each.frame)
        while len(self._of) > self._most:
            del self._of[next(iter(self._of))]
        for frames in self._acted.values():
            del frames[: -self._most]

    def clear(self) -> None:
        """Forget everything: another run begins."""
        self._of.clear()
        self._acted.clear()

    def of(self, frame: int) -> tuple[Entry, ...]:
        """Return what came of a frame, in order."""
        return tuple(self._of.get(frame, ()))

    def acted_before(self, frame: int, most: int) -> list[tuple[str, int]]:
        """Return policies and earlier frames on which they acted, the nearest first.

        Parameters
        ----------
        frame : int
            Its policies are meant: those that acted on it, or else all that decided on it.
        most : int
            Number of earlier frames.
        """
        decided = [each for each in self.of(frame) if each.kind == "decision"]
        policies = {each.policy for each in decided if each.what} or {e.policy for e in decided}
        found: list[tuple[str, int]] = []
        for policy in policies:
            frames = self._acted.get(policy, [])
            end = bisect_left(frames, frame)
            found += [(policy, each) for each in frames[max(end - most, 0) : end]]
        return sorted(found, key=lambda each: -each[1])[:most]
