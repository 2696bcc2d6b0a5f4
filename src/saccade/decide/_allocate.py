"""Which place next: fair shares, an index of upper bounds, or draws by Thompson."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Place: TypeAlias = tuple[int, int]
"""Position and tile."""
By: TypeAlias = Literal["fair", "index", "thompson"]
_DRAWS = 256
"""By which the chance of a place is estimated; the first of them is the choice."""


@dataclass
class Share:
    """What is known of one place."""

    weight: float = 1.0
    visits: int = 0
    seen_ns: int = 0
    """When it was seen last."""
    gained: float = 0.0
    lost: float = 0.0
    """Scores, and what they fell short of 1, as they counted when it was seen last."""

    def counts(self, t_ns: int, forget_s: float | None) -> tuple[float, float]:
        """Return scores and what they fell short of 1, the older the less."""
        if forget_s is None:
            return self.gained, self.lost
        left = math.exp(-max(0, t_ns - self.seen_ns) / 1e9 / forget_s)
        return self.gained * left, self.lost * left

    def saw(self, score: float, t_ns: int, forget_s: float | None) -> None:
        """Take a score from 0 to 1."""
        gained, lost = self.counts(t_ns, forget_s)
        self.gained, self.lost = gained + score, lost + 1.0 - score
        self.seen_ns, self.visits = max(t_ns, self.seen_ns), self.visits + 1


@dataclass
class Allocation:
    """Chooses among places, and tells with what chance.

    Parameters
    ----------
    by : {'fair', 'index', 'thompson'}
        The place that is behind its share; the one with the highest upper bound of what it
        yields (D-UCB: Garivier and Moulines, arXiv:0805.3415, 2008); or the one with the highest
        draw from what is believed of it, a beta distribution (Thompson, Biometrika 25, 1933).
    explore : float
        Weight of the uncertainty in an index.
    by_lot : float
        Share of choices that are drawn by lot, every place alike.
    forget_s : float or None
        Time in which what was seen comes to count for 1/e.
    seed : int
        Of all draws.
    """

    by: By
    explore: float
    by_lot: float
    forget_s: float | None
    seed: int
    shares: dict[Place, Share] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random = np.random.default_rng(self.seed)

    def choose(self, t_ns: int) -> tuple[Place, float, str]:
        """Return where to go now, how probable that was, and why.

        Where several are alike the one that waits longest goes first.

        Parameters
        ----------
        t_ns : int
            Monotonic time.
        """
        places = sorted(self.shares, key=lambda each: (self.shares[each].seen_ns, each))
        worth = self._worth([self.shares[each] for each in places], t_ns)
        tops = np.argmax(worth, axis=1)
        best, why = int(tops[0]), f"{self.by} {worth[0, tops[0]]:.3g}"
        if self.by_lot and self._random.random() < self.by_lot:
            best, why = int(self._random.integers(len(places))), "by lot"
        chance = (1 - self.by_lot) * float(np.mean(tops == best)) + self.by_lot / len(places)
        return places[best], chance, why

    def _worth(self, shares: list[Share], t_ns: int) -> NDArray[np.float64]:
        """Return what each place is worth, (draws, places)."""
        weights = np.array([share.weight for share in shares])
        if self.by == "fair":
            visits = np.array([[share.visits for share in shares]], dtype=float)
            return np.asarray(-visits / weights)
        gained, lost = np.array([share.counts(t_ns, self.forget_s) for share in shares]).T
        if self.by == "thompson":
            draws = self._random.beta(1 + gained, 1 + lost, size=(_DRAWS, len(shares)))
            return np.asarray(weights * draws)
        seen = np.maximum(gained + lost, 1e-9)
        bound = np.sqrt(2 * math.log(max(float(np.sum(gained + lost)), math.e)) / seen)
        return np.asarray([weights * (gained / seen + self.explore * bound)])
