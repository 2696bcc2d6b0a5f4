"""A protocol against worlds whose occurrences are known, beside others that spend as much."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from saccade.core import ProtocolError, is_number, require
from saccade.score import Merit, Row, Score, merit_of, row_of

from ._score_job import PROTOCOL, Job, contenders
from ._score_means import burst_of, means_of, plan_of, rules_of, slow_s_of
from ._score_pool import play_worlds
from ._score_world import open_world, refuse_misfit, specimen_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from saccade.score import Rules

    from ._protocol import Protocol

FIRST_SEED = 1000
"""Seeds from here on are for scoring; tune with those below."""
_LONGEST_H = 24.0 * 31


@dataclass(frozen=True)
class Scoreboard:
    """Scores of all contenders in all worlds."""

    protocol: str
    specimen: str
    rules: Rules
    seeds: tuple[int, ...]
    scores: tuple[Score, ...]
    """In order of contender, then seed."""
    folder: Path
    reused: int
    """Results that were there already."""

    @property
    def rows(self) -> tuple[Row, ...]:
        """A row a contender."""
        return tuple(row_of(each) for each in self.by_contender.values())

    @property
    def by_contender(self) -> dict[str, list[Score]]:
        """Scores of each contender."""
        found: dict[str, list[Score]] = {}
        for score in self.scores:
            found.setdefault(score.contender, []).append(score)
        return found

    @property
    def merit(self) -> Merit | None:
        """What the protocol is worth."""
        return merit_of(self.by_contender)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader should know before believing the figures."""
        of_protocol = self.by_contender.get(PROTOCOL, [])
        if not sum(score.occurrences for score in of_protocol):
            kinds = f" of the kinds {', '.join(self.rules.kinds)}" if self.rules.kinds else ""
            return (f"Nothing{kinds} happens in these worlds: choose longer --hours or others.",)
        return ()

    def plain(self) -> dict[str, Any]:
        """Return it as plain data."""
        merit = self.merit
        return {
            "protocol": self.protocol,
            "specimen": self.specimen,
            "hours": self.rules.duration_s / 3600,
            "fast_s": self.rules.fast_s,
            "margin_s": self.rules.margin_s,
            "kinds": list(self.rules.kinds),
            "seeds": list(self.seeds),
            "rows": [row.plain() for row in self.rows],
            "merit": merit and merit.plain(),
            "scores": [score.plain() for score in self.scores],
            "folder": str(self.folder),
            "reused": self.reused,
            "notes": list(self.notes),
        }


def score_protocol(
    protocol: Protocol,
    specimen: str | None = None,
    *,
    runs: int = 20,
    seed: int = FIRST_SEED,
    processes: int = 1,
    hours: float | None = None,
    fast_s: float | None = None,
    kinds: Sequence[str] = (),
    out: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Scoreboard:
    """Play a protocol, and contenders that never look, over worlds that it has not seen.

    Parameters
    ----------
    protocol : Protocol
        As loaded.
    specimen : str, optional
        What lives in the worlds; by default what the protocol's scope says.
    runs : int
        Number of worlds.
    seed : int
        Of the first; the others follow.
    processes : int
        How many work at a time. The result does not depend on it.
    hours : float, optional
        How long a run is; by default as long as the watch.
    fast_s : float, optional
        The fast interval; by default that of the protocol's burst.
    kinds : sequence of str
        Which kinds of occurrences count; by default all.
    out : Path, optional
        Where results are kept, and found again; by default under ``scores``.
    progress : callable, optional
        Told how many results there are, and how many there will be.

    Returns
    -------
    Scoreboard
        Of all contenders.

    Raises
    ------
    ProtocolError
        If something is asked for that can't be played; nothing has been written then.
    """
    _check(runs, seed, processes, hours)
    specimen = specimen_of(protocol, specimen)
    burst = burst_of(protocol, fast_s)
    scope = open_world(protocol, specimen, seed)
    refuse_misfit(protocol, scope)
    plan = plan_of(protocol, scope.stand())
    slow_s = slow_s_of(plan)
    duration_s = _duration_s(protocol, plan[-1].t_s + slow_s, hours)
    means = means_of(burst, plan, scope.stand(), duration_s)
    rules = rules_of(means, slow_s, kinds)
    folder = out or Path("scores") / f"{protocol.name}-{specimen}"
    job = Job(protocol.resolved(), specimen, rules, str(folder))
    seeds = tuple(range(seed, seed + runs))
    return _played(job, seeds, contenders(means, slow_s), processes, progress or _silent)


def _played(
    job: Job,
    seeds: tuple[int, ...],
    names: tuple[str, ...],
    processes: int,
    progress: Callable[[int, int], None],
) -> Scoreboard:
    results = job.results

    def done() -> int:
        return sum(results.has(name, seed) for seed in seeds for name in names)

    of, reused = len(seeds) * len(names), done()
    progress(reused, of)
    left = [seed for seed in seeds if any(results.read(n, seed) is None for n in names)]
    play_worlds(job, left, processes, lambda: progress(done(), of))
    found = [results.read(name, seed) for name in names for seed in seeds]
    scores = tuple(each[0] for each in found if each is not None)
    return Scoreboard(
        job.protocol.name, job.specimen, job.rules, seeds, scores, results.folder, reused
    )


def _silent(done: int, of: int) -> None:
    """Tell nobody."""


def _check(runs: int, seed: int, processes: int, hours: float | None) -> None:
    for name, value, least in (
        ("--runs", runs, 1),
        ("--processes", processes, 1),
        ("--seed", seed, 0),
    ):
        ok = isinstance(value, int) and value >= least
        require(ok, name, value, f"a whole number, {least} or more", "Correct it.")
    if hours is not None:
        ok = is_number(hours) and 0 < hours <= _LONGEST_H
        require(ok, "--hours", hours, f"above 0 and at most {_LONGEST_H:g}", "Correct it.")


def _duration_s(protocol: Protocol, planned_s: float, hours: float | None) -> float:
    if hours is None and not planned_s > 0:
        raise ProtocolError(
            f"The watch of {protocol.name!r} has no interval, so its length is not known.",
            "Say how long with --hours.",
        )
    if hours is None:
        return planned_s
    if planned_s > 0 and hours * 3600 > planned_s * (1 + 1e-9):
        raise ProtocolError(
            f"The watch of {protocol.name!r} lasts {planned_s / 3600:.3g} h, not {hours:g} h.",
            "Ask for fewer hours, or give its time_plan more loops.",
        )
    return hours * 3600
