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

_MOST = 3000
"""Observations that are kept; the newest."""


@dataclass(frozen=True)
class Asks:
    """A count, and of how long."""

    count: int
    hours: float

    def __str__(self) -> str:
        """Return it as it is told."""
        return f"{self.count / self.hours:.3g}/h ({self.count} in {self.hours:.2g} h seen)"


class Seen:
    """What detectors saw, for as long as there is room."""

    def __init__(self) -> None:
        self._kept: deque[Observation] = deque(maxlen=_MOST)

    def add(self, observations: Iterable[Observation]) -> None:
        """Keep what has come; without masks, which are large."""
        for each in observations:
            if not each.unseen:
                self._kept.append(replace(each, labels=None))

    def clear(self) -> None:
        """Forget everything: another run begins."""
        self._kept.clear()

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
        heard = [each for each in self._kept if detector is None or _is_of(each, detector)]
        if len(heard) < 2:
            return None
        hours = (heard[-1].t_ns - heard[0].t_ns) / 3.6e12
        settings = {k: v for k, v in part.items() if k not in ("use", "on", "name")}
        try:
            policy = build(str(part["use"]), settings, "decide.0")
            streams = getattr(policy, "streams", None)
            count = sum(
                bool(policy(each).actions)
                for each in heard
                if streams is None or each.stream in streams
            )
        except SaccadeError:
            return None  # the check says why
        return Asks(count, hours) if hours > 0 else None


def _is_of(seen: Observation, detector: str) -> bool:
    return seen.detector.name.partition(" ")[0] == detector
