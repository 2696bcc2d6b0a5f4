"""Where tubules divide and join: each site's state, as a function of time."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

OPENS_S = 10.0
"""After the break the ends draw apart for so long; then a fission is over."""
THICKENS_S = 15.0
"""After ends have met, the joint is thin for so long."""
_BIN_S = 60.0
_CONSTRICT_S, _APPROACH_S = (30.0, 60.0), (15.0, 30.0)
_GAP_UM = 0.5, 0.9
"""Half of the distance of ends that have drawn apart."""
_THINNEST = 0.15
"""Width at the constriction just before it breaks, as a share."""
_NECK_UM = 0.35
"""Length of a constriction, as a standard deviation."""
_REST_S = 60.0
"""A site does nothing for so long after a fission or a fusion."""
_LINGERS_S = 20.0
"""Time in which the Drp1 at a break decays to 1/e."""
_LONG_AGO = -1e9
_INTACT, _FISSION, _FUSION = 0, 1, 2


class Change(NamedTuple):
    """A fission or fusion that has begun."""

    kind: str
    onset_s: float
    end_s: float
    site: int
    half_gap_um: float


class _Candidate(NamedTuple):
    """A fission or fusion that may begin."""

    onset_s: float
    state: int
    site: int
    luck: float
    """From 0 to 1; light decides how much of it is enough."""
    takes: float
    half_gap_um: float


class Sites:
    """All places where tubules can divide, and what goes on there.

    A fission: over 30 to 60 s the tubule thins at the site, then it breaks, and the ends draw
    apart. Constriction, and the dynamin-related protein that does it, come tens of seconds
    before the break (Kleele et al., Nature 593, 2021; Ji et al., eLife 4, 2015). A fusion: the
    ends approach each other, meet, and the joint thickens. Candidates of both are drawn in
    bins of time whose key is the seed and the number of the bin; light decides which of them
    come to pass.

    Parameters
    ----------
    seed : int
        Of the specimen.
    count : int
        How many sites.
    fission_hz, fusion_hz : float
        Rates of one site in the dark, where it is joined or apart.
    split : float
        Share that is apart at the start.
    most : float
        By how much, at most, light can multiply the rate of fission.
    """

    def __init__(
        self,
        seed: int,
        count: int,
        *,
        fission_hz: float,
        fusion_hz: float,
        split: float,
        most: float,
    ) -> None:
        self._seed, self._count, self._most = seed, count, most
        self._fission_hz, self._fusion_hz = fission_hz * most, fusion_hz
        rng = np.random.default_rng([seed, 4])
        apart = rng.random(count) < split
        self._state = np.where(apart, _FISSION, _INTACT)
        self._onset_s = np.full(count, _LONG_AGO)
        self._takes_s = np.full(count, 1.0)
        self._half_gap_um = rng.uniform(*_GAP_UM, count)
        self._bins = 0
        self._pending: list[_Candidate] = []

    def advance(self, t_s: float, strain: NDArray[np.float64]) -> tuple[list[Change], int]:
        """Begin what is due by a time; return it, and how many fusions light averted.

        Parameters
        ----------
        t_s : float
            Since the start.
        strain : array of float, (sites,)
            How harmed each site is: 0 in the dark, towards 1.
        """
        while self._bins * _BIN_S <= t_s:
            self._pending += self._drawn(self._bins)
            self._bins += 1
        due = bisect_right(self._pending, t_s, key=lambda each: each.onset_s)
        now, self._pending = self._pending[:due], self._pending[due:]
        begun: list[Change] = []
        averted = 0
        for each in now:
            if not self._ready(each):
                continue
            harm = float(strain[each.site])
            if each.state == _FISSION:
                passes = each.luck * self._most <= 1 + (self._most - 1) * harm
            else:
                passes = each.luck >= harm
                averted += not passes
            if passes:
                begun.append(self._begin(each))
        return begun, averted

    def _drawn(self, number: int) -> list[_Candidate]:
        """Return the candidates of one bin of time, in order."""
        found = []
        for state, rate_hz in ((_FISSION, self._fission_hz), (_FUSION, self._fusion_hz)):
            rng = np.random.default_rng([self._seed, 9 + state, number])
            count = int(rng.poisson(rate_hz * _BIN_S * self._count))
            onset = (number + rng.random(count)) * _BIN_S
            site = rng.integers(0, max(self._count, 1), count)
            luck, takes = rng.random((2, count))
            gap = rng.uniform(*_GAP_UM, count)
            rows = zip(onset, site, luck, takes, gap, strict=True)
            found += [
                _Candidate(float(when), state, int(where), float(a), float(b), float(c))
                for when, where, a, b, c in rows
            ]
        return sorted(found)

    def _ready(self, candidate: _Candidate) -> bool:
        """Return whether a site is joined and at rest, or for a fusion, apart and at rest."""
        site = candidate.site
        joined = self._state[site] != _FISSION
        rested = candidate.onset_s > self._onset_s[site] + self._takes_s[site] + _REST_S
        return bool(joined == (candidate.state == _FISSION) and rested)

    def _begin(self, candidate: _Candidate) -> Change:
        onset_s, state, site, _, takes, gap = candidate
        low, high = _CONSTRICT_S if state == _FISSION else _APPROACH_S
        takes_s = low + (high - low) * takes
        self._state[site], self._onset_s[site], self._takes_s[site] = state, onset_s, takes_s
        if state == _FISSION:
            self._half_gap_um[site] = gap
            end_s = onset_s + takes_s + OPENS_S
            return Change("fission", onset_s, end_s, site, gap)
        return Change("fusion", onset_s, onset_s + takes_s, site, float(self._half_gap_um[site]))

    # ---------------------------------------------------------------------- as it is seen

    def changed(self, t_s: float) -> NDArray[np.intp]:
        """Return the sites at which the tubule isn't as wide as elsewhere."""
        done = self._onset_s + self._takes_s + THICKENS_S <= t_s
        return np.flatnonzero((self._state == _FISSION) | ((self._state == _FUSION) & ~done))

    def width(
        self, sites: NDArray[np.intp], away_um: NDArray[np.float64], t_s: float
    ) -> NDArray[np.float64]:
        """Return the width of tubules near sites, as a share of what it is elsewhere.

        Parameters
        ----------
        sites : array of int, (n,)
            Which.
        away_um : array of float, (m,)
            Distances from the site along the tubule.
        t_s : float
            When.

        Returns
        -------
        array of float, (n, m)
        """
        since = t_s - self._onset_s[sites] - self._takes_s[sites]
        done = np.clip(1 + since / self._takes_s[sites], 0, 1)
        fission = self._state[sites] == _FISSION
        opened = _smooth(since / OPENS_S)
        apart = np.where(fission, opened, 1 - _smooth(done))
        neck = np.where(
            fission,
            (1 - _THINNEST) * done**1.5 * (1 - opened),
            0.7 * np.clip(1 - since / THICKENS_S, 0, 1),
        )
        broken = np.where(fission, since >= 0, since < 0)
        half_gap = (apart * self._half_gap_um[sites])[:, None]
        open_ = _smooth((away_um - half_gap) / 0.25)
        thin = 1 - neck[:, None] * np.exp(-(away_um**2) / (2 * _NECK_UM**2))
        width: NDArray[np.float64] = np.where(broken[:, None], open_, 1.0) * thin
        return width

    def drp1(self, t_s: float) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
        """Return sites with Drp1, how much (1 at the break), and how far from the site, in µm.

        After the break it stays on one of the ends.
        """
        since = t_s - self._onset_s - self._takes_s
        some = np.flatnonzero((self._state == _FISSION) & (since < 8 * _LINGERS_S))
        since, takes = since[some], self._takes_s[some]
        grows = _smooth(1 + since / takes)
        much = np.where(since < 0, grows, np.exp(-np.clip(since, 0, None) / _LINGERS_S))
        return some, much, _smooth(since / OPENS_S) * self._half_gap_um[some]


def _smooth(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a smooth step from 0 at 0 to 1 at 1."""
    x = np.clip(share, 0, 1)
    return x * x * (3 - 2 * x)
