"""Scores of many worlds, put together: a row a contender, and what the protocol is worth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ._statistics import Interval, bootstrap, wilson

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from numpy.typing import NDArray

    from ._score import Score

PROTOCOL, ORACLE, FIXED = "protocol", "oracle", "fixed-"


@dataclass(frozen=True, slots=True)
class Row:
    """One contender over all worlds; what is not a share is a mean over worlds."""

    contender: str
    worlds: int
    recall: Interval
    """Caught occurrences among all those of the dark; Wilson interval."""
    watched_recall: Interval
    """The same where the watch visits."""
    share: Interval
    """Captured share of occurrence time; bootstrap interval."""
    watched_share: Interval
    """The same where the watch visits."""
    captured_s_per_j_cm2: Interval
    """Captured occurrence time per dose; bootstrap interval."""
    bursts: float
    false_alarms_per_h: float
    reaction_median_s: float
    reaction_p90_s: float
    dose_j_per_cm2: float
    """Sum over positions."""
    dose_mean_j_per_cm2: float
    """Mean over positions."""
    dose_max_j_per_cm2: float
    """Of the position that had most, in any world."""
    bleached: float
    """Share of dye that is gone."""
    harmed: float
    averted: float
    frames: float
    """Taken."""
    kept: float
    nbytes: float
    """Kept."""

    def plain(self) -> dict[str, Any]:
        """Return it as plain data; None where there is no number."""
        return {name: _finite(getattr(self, name)) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Merit:
    """What a protocol is worth: captured occurrence time per J/cm², against the others."""

    best_fixed: str
    """The fixed rate that captured most per dose."""
    over_fixed: Interval
    """Times as much as the best fixed rate; the best is chosen anew in every resample."""
    of_oracle: Interval
    """Share of what the oracle captured with the same dose."""

    def plain(self) -> dict[str, Any]:
        """Return it as plain data; None where there is no number."""
        return {name: _finite(getattr(self, name)) for name in self.__slots__}


def row_of(scores: Iterable[Score]) -> Row:
    """Return one contender's row.

    Parameters
    ----------
    scores : iterable of Score
        Of one contender, at least one.
    """
    scores = sorted(scores, key=lambda score: score.seed)
    sums = _sums(scores)
    reactions_s = np.array([each for score in scores for each in score.reactions_s])
    hours = math.fsum(score.hours for score in scores)
    return Row(
        scores[0].contender,
        len(scores),
        wilson(sum(s.caught for s in scores), sum(s.occurrences for s in scores)),
        wilson(sum(s.watched_caught for s in scores), sum(s.watched for s in scores)),
        bootstrap(lambda rows: _ratio(*rows[:, [0, 2]].sum(axis=0)), sums),
        bootstrap(lambda rows: _ratio(*rows[:, [3, 4]].sum(axis=0)), sums),
        bootstrap(lambda rows: _ratio(*rows[:, [0, 1]].sum(axis=0)), sums),
        _mean(s.bursts for s in scores),
        sum(s.false_alarms for s in scores) / hours,
        float(np.median(reactions_s)) if len(reactions_s) else math.nan,
        float(np.quantile(reactions_s, 0.9)) if len(reactions_s) else math.nan,
        _mean(s.dose_j_per_cm2 for s in scores),
        _mean(s.dose_mean_j_per_cm2 for s in scores),
        max(s.dose_max_j_per_cm2 for s in scores),
        1 - _mean(s.dye_left for s in scores),
        _mean(s.harmed for s in scores),
        _mean(s.averted for s in scores),
        _mean(s.frames for s in scores),
        _mean(s.kept for s in scores),
        _mean(s.nbytes for s in scores),
    )


def merit_of(scores: Mapping[str, Iterable[Score]]) -> Merit | None:
    """Return what the protocol is worth; None if not all contenders have played.

    Parameters
    ----------
    scores : mapping of str to iterable of Score
        By contender; worlds that not all of them have played are left out.
    """
    by_seed = {name: {s.seed: s for s in each} for name, each in scores.items()}
    fixed = [name for name in by_seed if name.startswith(FIXED)]
    if not fixed or PROTOCOL not in by_seed or ORACLE not in by_seed:
        return None
    seeds = sorted(set.intersection(*(set(each) for each in by_seed.values())))
    if not seeds:
        return None
    order = [PROTOCOL, ORACLE, *fixed]
    # (world, contender, captured time and dose)
    table = np.stack([_sums([by_seed[n][s] for s in seeds])[:, :2] for n in order], axis=1)
    flat = table.reshape(len(seeds), -1)
    rates = [_rate(flat, column) for column in range(2, len(order))]
    return Merit(
        fixed[int(np.argmax(rates))],
        bootstrap(_over_best(range(2, len(order))), flat),
        bootstrap(lambda rows: _ratio(rows[:, 0].sum(), rows[:, 2].sum()), flat),
    )


def _over_best(fixed: range) -> Callable[[NDArray[np.float64]], float]:
    def over_best(rows: NDArray[np.float64]) -> float:
        return _ratio(_rate(rows, 0), max(_rate(rows, column) for column in fixed))

    return over_best


def _rate(rows: NDArray[np.float64], contender: int) -> float:
    """Return captured time per dose of one contender."""
    captured, dose = rows[:, 2 * contender].sum(), rows[:, 2 * contender + 1].sum()
    return float(captured / dose) if dose > 0 else 0.0


def _sums(scores: list[Score]) -> NDArray[np.float64]:
    """Return captured time, dose, occurrence time, and the first and last where it watches."""
    return np.array(
        [
            (s.captured_s, s.dose_j_per_cm2, s.occurrence_s, s.watched_captured_s, s.watched_s)
            for s in scores
        ],
        float,
    )


def _ratio(over: float, under: float) -> float:
    """Return a ratio: NaN for nothing of nothing, infinite for something of nothing."""
    if under > 0:
        return float(over / under)
    return math.inf if over > 0 else math.nan


def _mean(values: Iterable[float]) -> float:
    values = list(values)
    return math.fsum(values) / len(values)


def _finite(value: Any) -> Any:
    if isinstance(value, Interval):
        return {name: _finite(each) for name, each in value._asdict().items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value
