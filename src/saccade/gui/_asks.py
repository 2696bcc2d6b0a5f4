"""How often a policy would have asked for something, on what was seen."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from saccade.app import build
from saccade.core import SaccadeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from saccade.core import Observation

_MOST, _MOST_POINTS = 3000, 20_000
"""Observations that are kept, and points in them; the newest."""
_MOST_TALLIES = 16
"""Policies that are counted on; the newest."""
_BESIDE = ("use", "on", "name", "camera")


@dataclass(frozen=True)
class Asks:
    """A count, and of how long."""

    count: int
    hours: float

    def __str__(self) -> str:
        """Return it as it is told."""
        return f"{self.count / self.hours:.3g}/h ({self.count} in {self.hours:.2g} h seen)"


class Seen:
    """What detectors saw, for as long as there is room.

    A policy that is asked about again has gone on counting meanwhile: to count anew would hold up
    a run that goes on in this process.
    """

    def __init__(self) -> None:
        self._kept: deque[Observation] = deque()
        self._points = 0
        self._tallies: dict[str, _Tally] = {}

    def add(self, observations: Iterable[Observation]) -> None:
        """Keep what has come; without masks, which are large."""
        for each in observations:
            if not each.unseen:
                kept = replace(each, labels=None)
                self._keep(kept)
                for tally in self._tallies.values():
                    tally.take(kept)

    def _keep(self, seen: Observation) -> None:
        self._kept.append(seen)
        self._points += len(seen.points)
        while len(self._kept) > _MOST or self._points > _MOST_POINTS:
            self._points -= len(self._kept.popleft().points)

    def clear(self) -> None:
        """Forget everything: another run begins."""
        self._kept.clear()
        self._points = 0
        self._tallies.clear()

    def asks(self, part: Mapping[str, Any], detector: str | None) -> Asks | None:
        """Return how often a policy would have asked for something.

        Parameters
        ----------
        part : mapping
            The policy as a protocol says it.
        detector : str or None
            Registered name of what it listens to; None where there is only one.

        Returns
        -------
        Asks or None
            None where nothing was seen that it could be asked about, or it can't be made. It is
            the number of false alarms if nothing of what was seen was real.
        """
        key = f"{detector} {part}"
        if key not in self._tallies:
            try:
                tally = _Tally(part, detector)
            except SaccadeError:
                return None  # the check says why
            for each in self._kept:
                tally.take(each)
            self._tallies[key] = tally
            while len(self._tallies) > _MOST_TALLIES:
                del self._tallies[next(iter(self._tallies))]
        return self._tallies[key].asks


class _Tally:
    """A policy, and how often it has asked for something."""

    def __init__(self, part: Mapping[str, Any], detector: str | None) -> None:
        settings = {name: each for name, each in part.items() if name not in _BESIDE}
        self._policy = build(str(part["use"]), settings, "decide.0")
        self._streams = getattr(self._policy, "streams", None)
        self._detector = detector
        self._count = 0
        self._first_ns = self._last_ns = -1

    @property
    def asks(self) -> Asks | None:
        hours = (self._last_ns - self._first_ns) / 3.6e12
        return Asks(self._count, hours) if hours > 0 else None

    def take(self, seen: Observation) -> None:
        if self._detector is not None and not _is_of(seen, self._detector):
            return
        if self._first_ns < 0:
            self._first_ns = seen.t_ns
        self._last_ns = seen.t_ns
        if self._streams is None or seen.stream in self._streams:
            self._count += bool(self._policy(seen).actions)


def _is_of(seen: Observation, detector: str) -> bool:
    return seen.detector.name.partition(" ")[0] == detector
