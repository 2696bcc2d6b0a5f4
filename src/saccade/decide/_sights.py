"""What rounds of the watch have shown, and what of it was visited."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple


class Sight(NamedTuple):
    """Something that the present round has shown."""

    x_um: float
    y_um: float
    z_um: float | None
    value: float
    """The score that its picture would have with it alone."""
    place: tuple[int, int]
    frame: int
    t_ns: int


@dataclass
class Visit:
    """Where it was, and why it does not go there again."""

    asked_um: tuple[float, float]
    at_um: tuple[float, float]
    """Where the thing was in the round before: it crawls a little."""
    t_ns: int
    nearest_um: tuple[float, float] | None = None
    """What the present round has shown nearest to there."""

    def is_it(self, sight: Sight, apart_um: float) -> bool:
        """Return whether something seen may be the same thing, and remember the nearest."""
        away_um = math.dist(self.at_um, sight[:2])
        if away_um >= apart_um:
            return False
        if self.nearest_um is None or away_um < math.dist(self.at_um, self.nearest_um):
            self.nearest_um = sight[:2]
        return True

    def go_on(self) -> None:
        """Take the thing to be where the round has shown it."""
        self.at_um, self.nearest_um = self.nearest_um or self.at_um, None


@dataclass
class Memory:
    """What a policy that ranks rounds keeps of the present one, and of those before."""

    sights: list[Sight] = field(default_factory=list)
    first_um: tuple[float, float] | None = None
    """Where the round began, hence where the next one will."""
    here_um: tuple[float, float] = (0.0, 0.0)
    visits: list[Visit] = field(default_factory=list)
    places: dict[tuple[int, int], int] = field(default_factory=dict)
    """When something was visited last, by the place of the watch that showed it."""

    def knows(self, sight: Sight, apart_um: float, again_s: float) -> bool:
        """Return whether something seen was visited of late.

        Parameters
        ----------
        sight : Sight
            Of the present round.
        apart_um : float
            What is nearer than this is the same thing.
        again_s : float
            For how long a visit is remembered.
        """
        last_ns = sight.t_ns - round(again_s * 1e9)
        self.visits[:] = [each for each in self.visits if each.t_ns > last_ns]
        # Each is asked, so that each learns where its thing is now.
        return sum(each.is_it(sight, apart_um) for each in self.visits) > 0


def apart(ranked: list[Sight], apart_um: float, most: int | None = None) -> list[Sight]:
    """Return the first of a list that are not too near to one before.

    Parameters
    ----------
    ranked : list of Sight
        The best first.
    apart_um : float
        What is nearer than this to a better one is the same thing.
    most : int, optional
        How many at most.
    """
    kept: list[Sight] = []
    for sight in ranked:
        if most is not None and len(kept) >= most:
            break
        if all(math.dist(sight[:2], each[:2]) >= apart_um for each in kept):
            kept.append(sight)
    return kept
