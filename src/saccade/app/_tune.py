"""Thresholds for a protocol: what each would come to, and which are worth taking."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from saccade.core import is_number, require
from saccade.score import Interval, foreseen, points, wilson

from ._score_means import plan_of, slow_s_of
from ._score_world import open_world, specimen_of
from ._tune_worlds import Bench, Knob, in_worlds, knob_of, play_once, watch_world

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from saccade.score import Point, Score, Trace

    from ._protocol import Protocol

TUNE_SEED = 100
"""Of the first world to tune in; those to score in begin at 1000."""
_LEVELS = 49
_ROUNDS = 3
"""Tries to come from the threshold that the scores suggest to one that keeps its promise."""


@dataclass(frozen=True)
class Suggestion:
    """A threshold, and what it came to in worlds where it was played in earnest."""

    wanted_per_h: float
    """False alarms per hour that it was looked for."""
    above: float
    below: float
    false_per_h: Interval
    """As played; the interval is what as many worlds again will show, 95 %."""
    caught: Interval | None
    """Share of the occurrences in the watched fields; None where nobody knows them."""
    dose_j_per_cm2: float | None
    """Mean of the runs; None where none was played."""
    precision: Interval | None = None
    """Share of the answers that had something to answer; None where nobody knows."""
    unseen_per_h: float | None = None
    """In worlds that it was not tuned in, if it was tried there."""

    @property
    def kept(self) -> bool | None:
        """Whether the promise held in unseen worlds."""
        if self.unseen_per_h is None:
            return None
        return self.false_per_h.low <= self.unseen_per_h <= self.false_per_h.high

    def plain(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "wanted_per_h": self.wanted_per_h,
            "above": self.above,
            "below": self.below,
            "false_per_h": list(self.false_per_h),
            "caught": self.caught and list(self.caught),
            "precision": self.precision and list(self.precision),
            "dose_j_per_cm2": self.dose_j_per_cm2,
            "unseen_per_h": self.unseen_per_h,
            "kept": self.kept,
        }


@dataclass(frozen=True, eq=False)
class Tuned:
    """What is known of a protocol's threshold."""

    protocol: str
    specimen: str
    policy: str
    on: str
    seeds: tuple[int, ...]
    hours: float
    traces: tuple[Trace, ...]
    points: tuple[Point, ...]
    suggestions: tuple[Suggestion, ...]

    def plain(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "protocol": self.protocol,
            "specimen": self.specimen,
            "policy": self.policy,
            "on": self.on,
            "seeds": list(self.seeds),
            "hours": self.hours,
            "points": [each._asdict() for each in self.points],
            "suggestions": [each.plain() for each in self.suggestions],
        }


@dataclass(frozen=True, kw_only=True)
class TunePlan:
    """How a protocol is tuned.

    Parameters
    ----------
    specimen : str, optional
        What lives in the worlds; by default what the protocol's scope says.
    policy : str, optional
        Whose threshold; by default the first that has one.
    worlds : int
        How many to tune in.
    seed : int
        Of the first.
    unseen : int
        How many to try the suggestions in afterwards, from seed 1000 on.
    hours : float, optional
        Of each; by default as long as the watch.
    false_per_h : tuple of float
        False alarms per hour for which thresholds are suggested.
    kinds : tuple of str
        Which kinds of occurrences count; by default all.
    processes : int
        How many worlds are played at a time.

    Raises
    ------
    ProtocolError
        If a setting can't be used.
    """

    specimen: str | None = None
    policy: str | None = None
    worlds: int = 6
    seed: int = TUNE_SEED
    unseen: int = 0
    hours: float | None = None
    false_per_h: tuple[float, ...] = (0.5, 2.0)
    kinds: tuple[str, ...] = ()
    processes: int = 1

    def __post_init__(self) -> None:
        for name, least in (("worlds", 2), ("seed", 0), ("unseen", 0), ("processes", 1)):
            value = getattr(self, name)
            ok = isinstance(value, int) and value >= least
            require(ok, f"--{name}", value, f"a whole number, {least} or more", "Correct it.")
        ok = bool(self.false_per_h) and all(is_number(v) and v > 0 for v in self.false_per_h)
        require(ok, "--false-per-h", self.false_per_h, "rates above 0", "Such as 0.5.")
        ok = self.hours is None or (is_number(self.hours) and self.hours > 0)
        require(ok, "--hours", self.hours, "above 0", "Correct it.")


def tune_protocol(
    protocol: Protocol, plan: TunePlan | None = None, progress: Callable[[str], None] | None = None
) -> Tuned:
    """Return what each threshold of a protocol would come to, and which are worth taking.

    In some worlds the watch is played alone, so that the scores of every frame are known beside
    what was there to see. From these follow precision, recall and false alarms for each threshold
    of the policy. The one that catches most without more false alarms than wanted is then played in
    earnest in the same worlds, and moved until it keeps to that; what is promised is what came of
    it, with the interval in which as many worlds again will lie.

    Parameters
    ----------
    protocol : Protocol
        As loaded, with a policy that has a threshold ``above``.
    plan : TunePlan, optional
        How.
    progress : callable, optional
        Told what is being done, world by world.

    Raises
    ------
    ProtocolError
        If it can't be tuned.
    """
    plan, tell = plan or TunePlan(), progress or _silent
    knob = knob_of(protocol, plan.policy)
    bench = bench_of(protocol, plan.specimen, plan.hours, plan.kinds, plan.seed)
    seeds = tuple(range(plan.seed, plan.seed + plan.worlds))
    margin_s = bench.rules(plan.seed).margin_s
    told = _Told(tell, "watched", len(seeds))
    traces = in_worlds(partial(watch_world, bench, knob), seeds, plan.processes, told)
    every = [trace for world in traces for trace in world]
    curve = points(every, knob.trigger, levels_of(every), margin_s)
    tuner = _Tuner(bench, knob, seeds, plan, tell)
    found = [tuner.suggest(wanted, curve, len(traces[0])) for wanted in plan.false_per_h]
    parts = protocol.resolved()["decide"]
    return Tuned(
        protocol.name,
        bench.specimen,
        parts[knob.place]["use"].rpartition(":")[2],
        knob.on,
        seeds,
        bench.hours,
        tuple(every),
        tuple(curve),
        tuple(found),
    )


def bench_of(
    protocol: Protocol,
    specimen: str | None,
    hours: float | None,
    kinds: tuple[str, ...],
    seed: int = TUNE_SEED,
) -> Bench:
    """Return a protocol with the worlds in which it is tuned.

    Parameters
    ----------
    protocol : Protocol
        As loaded.
    specimen, hours, kinds, seed
        As in `TunePlan`.
    """
    name = specimen_of(protocol, specimen)
    looks = plan_of(protocol, open_world(protocol, name, seed).stand())
    planned_h = (looks[-1].t_s + slow_s_of(looks)) / 3600
    ok = hours is None or hours <= planned_h * (1 + 1e-9)
    require(ok, "--hours", hours, f"at most the {planned_h:.3g} of the watch", "Correct it.")
    return Bench(protocol.resolved(), name, hours or planned_h, kinds)


@dataclass(frozen=True)
class _Tuner:
    bench: Bench
    knob: Knob
    seeds: tuple[int, ...]
    plan: TunePlan
    tell: Callable[[str], None]

    def suggest(self, wanted_per_h: float, curve: Sequence[Point], fields: int) -> Suggestion:
        """Return the threshold that catches most, and keeps to a rate where it is played."""
        aim, tried = wanted_per_h, {}
        for _ in range(_ROUNDS):
            above = best_of(curve, aim / fields).above
            if above in tried:
                break
            tried[above] = self._play(above, self.seeds)
            played = _rate(tried[above])
            if 0.5 * wanted_per_h <= played <= wanted_per_h:
                break
            aim *= wanted_per_h / max(played, 0.25 * wanted_per_h)
        within = [above for above, scores in tried.items() if _rate(scores) <= wanted_per_h]
        above = min(within, default=max(tried))
        return self._suggestion(wanted_per_h, above, tried[above])

    def _suggestion(self, wanted: float, above: float, scores: list[Score]) -> Suggestion:
        unseen = None
        hours = [each.hours for each in scores]
        if self.plan.unseen:
            others = range(1000, 1000 + self.plan.unseen)
            unseen = _rate(self._play(above, tuple(others)))
        rate = foreseen(
            [each.false_alarms for each in scores],
            hours,
            self.bench.hours * (self.plan.unseen or len(scores)),
        )
        caught = wilson(
            sum(each.watched_caught for each in scores), sum(each.watched for each in scores)
        )
        dose = math.fsum(each.dose_j_per_cm2 for each in scores) / len(scores)
        below = self._below(above)
        return Suggestion(wanted, above, below, rate, caught, dose, unseen_per_h=unseen)

    def _play(self, above: float, seeds: tuple[int, ...]) -> list[Score]:
        place = f"decide.{self.knob.place}"
        settings = {f"{place}.above": above}
        if "below" in self.bench.document["decide"][self.knob.place]:
            settings[f"{place}.below"] = self._below(above)
        played = self.bench.changed(**settings)
        told = _Told(self.tell, f"above {above:g}", len(seeds))
        return in_worlds(partial(play_once, played), seeds, self.plan.processes, told)

    def _below(self, above: float) -> float:
        return round(min(self.knob.trigger.below, 0.9 * above), 4)


class _Told:
    """Tells after each world how many are done."""

    def __init__(self, tell: Callable[[str], None], what: str, count: int) -> None:
        self._tell, self._what, self._count, self._done = tell, what, count, 0

    def __call__(self) -> None:
        self._done += 1
        self._tell(f"{self._what}: {self._done} of {self._count} worlds")


def levels_of(traces: Sequence[Trace]) -> list[float]:
    """Return thresholds to try: evenly spaced, and closer where most scores are.

    Parameters
    ----------
    traces : sequence of Trace
        Whose scores.
    """
    scores = np.concatenate([trace.scores for trace in traces])
    scores = scores[np.isfinite(scores) & (scores > 0)]
    even = np.linspace(0.02, 0.98, _LEVELS)
    own = np.quantile(scores, np.linspace(0.5, 0.9995, _LEVELS)) if len(scores) else even
    both = np.clip(np.concatenate((even, own)), 0.02, 0.999)
    return [float(each) for each in np.unique(np.round(both, 3))]


def best_of(curve: Sequence[Point], at_most_per_h: float) -> Point:
    """Return the threshold that catches most with no more false alarms than that.

    Where several catch as much, that with the fewest false alarms; then the lowest.

    Parameters
    ----------
    curve : sequence of Point
        From the lowest threshold to the highest.
    at_most_per_h : float
        Of one field; if none is within it, the highest is returned.
    """
    within = [each for each in curve if each.false_per_h <= at_most_per_h] or [curve[-1]]
    return min(within, key=lambda each: (-_or_none(each.recall), each.false_per_h))


def _or_none(share: float) -> float:
    return 0.0 if math.isnan(share) else share


def _rate(scores: Sequence[Score]) -> float:
    return sum(each.false_alarms for each in scores) / math.fsum(each.hours for each in scores)


def _silent(text: str) -> None:
    """Tell nobody."""
