"""All contenders in one world: what one process does at a time."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2

from saccade.score import (
    Means,
    Rules,
    Score,
    fixed,
    in_the_dark,
    ladder,
    oracle,
    play,
    random_bursts,
    score_log,
)

from ._protocol import protocol_of
from ._score_means import burst_of, means_of, plan_of, slow_s_of, timed, watched
from ._score_store import Results
from ._score_world import open_world, play_protocol, world_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from saccade.score import Log, Look
    from saccade.sim.world import Occurrence, World

    from ._protocol import Protocol

PROTOCOL, SLOW, RANDOM, ORACLE = "protocol", "fixed-slow", "random", "oracle"


@dataclass(frozen=True)
class Job:
    """What is scored, as plain data that any process can take up."""

    document: dict[str, Any]
    """The protocol, as resolved."""
    specimen: str
    rules: Rules
    folder: str

    @property
    def protocol(self) -> Protocol:
        """The protocol, read anew."""
        return protocol_of(self.document)

    @property
    def results(self) -> Results:
        """Where its results lie."""
        settings = {"specimen": self.specimen, "rules": asdict(self.rules)}
        return Results(Path(self.folder), {"protocol": self.document, **settings})


def contenders(means: Means, slow_s: float) -> tuple[str, ...]:
    """Return the names of all contenders, in the order of the table."""
    return (PROTOCOL, SLOW, *ladder(means, slow_s), RANDOM, ORACLE)


def prepare(threads: int) -> None:
    """Make a process fit for the work.

    Parameters
    ----------
    threads : int
        That a network may take; OpenCV takes one.
    """
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    cv2.setNumThreads(1)


def play_world(job: Job, seed: int) -> None:
    """Let every contender that has no result yet play one world.

    Parameters
    ----------
    job : Job
        What is scored.
    seed : int
        Of the world.
    """
    _World(job, seed).play()


class _World:
    """One world, and who still has to play it."""

    def __init__(self, job: Job, seed: int) -> None:
        self._job, self._seed, self._rules = job, seed, job.rules
        self._protocol, self._results = job.protocol, job.results
        self._truth: tuple[Occurrence, ...] | None = None
        self._scope = open_world(self._protocol, job.specimen, seed)
        stand = self._scope.stand()
        self._plan = plan_of(self._protocol, stand)
        burst = burst_of(self._protocol, job.rules.fast_s)
        self._means = means_of(burst, self._plan, stand, job.rules.duration_s)

    def play(self) -> None:
        done = self._results.read(PROTOCOL, self._seed)
        score, notes = done or self._play_protocol()
        means = Means(**{**vars(self._means), **notes})
        slow_s = slow_s_of(self._plan)
        schedules: dict[str, Callable[[], Iterable[Look]]] = {
            SLOW: partial(watched, self._plan, means),
            RANDOM: partial(random_bursts, means, score.dose_j_per_cm2, self._seed),
            ORACLE: lambda: oracle(means, self._dark(), score.dose_j_per_cm2),
        }
        for name, (interval_s, count) in ladder(means, slow_s).items():
            schedules[name] = partial(fixed, means, interval_s, count)
        for name, schedule in schedules.items():
            if self._results.read(name, self._seed) is None:
                self._play_schedule(name, schedule(), means)

    def _play_protocol(self) -> tuple[Score, dict[str, Any]]:
        log = play_protocol(self._protocol, self._scope, self._rules.duration_s)
        means = timed(self._means, log)
        notes = {"shot_s": means.shot_s, "move_s": means.move_s}
        return self._score(PROTOCOL, log, world_of(self._scope), notes), notes

    def _play_schedule(self, name: str, looks: Iterable[Look], means: Means) -> None:
        world = self._fresh()
        self._score(name, play(world, looks, means), world)

    def _score(
        self, name: str, log: Log, world: World, notes: dict[str, Any] | None = None
    ) -> Score:
        score = score_log(
            log.on_specimen(world.imaging.drift),
            self._dark(),
            world.occurrences,
            world.health,
            self._rules,
            contender=name,
            seed=self._seed,
        )
        self._results.write(score, notes)
        return score

    def _fresh(self) -> World:
        return world_of(open_world(self._protocol, self._job.specimen, self._seed))

    def _dark(self) -> tuple[Occurrence, ...]:
        if self._truth is None:
            rules = self._rules
            self._truth = in_the_dark(self._fresh(), rules.duration_s, rules.kinds)
        return self._truth
