"""What one simulated run was worth: what it caught, beside a fixed rate with the same light."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from saccade.core import stand_from_plain
from saccade.score import capture, during, fixed, in_the_dark, log_of, play, score_log
from saccade.store import RunFolder

from ._assemble import open_scope
from ._score_means import burst_of, means_of, plan_of, rules_of, slow_s_of, timed
from ._score_world import world_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from saccade.score import Capture, Log, Look, Means, Score
    from saccade.sim.world import Occurrence, World

    from ._protocol import Protocol


@dataclass(frozen=True)
class Worth:
    """A run in a world whose occurrences are known, and what else its light could have bought."""

    run: Score
    fixed: Score
    """A fixed rate over the same places, with the same total dose."""
    fixed_s: float
    """Its interval."""
    fast_s: float
    """The fast interval."""
    fast_doses: float
    """How many times the light it takes to image all places at the fast interval."""

    def plain(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "run": self.run.plain(),
            "fixed": self.fixed.plain(),
            "fixed_s": self.fixed_s,
            "fast_s": self.fast_s,
            "fast_doses": self.fast_doses,
        }


class Hindsight:
    """What is known of a simulated run once it is over.

    Parameters
    ----------
    folder : Path
        The run folder.
    protocol : Protocol
        That it was made with, whose scope is a simulation.
    lived : World
        As the run left it.
    """

    def __init__(self, folder: Path, protocol: Protocol, lived: World) -> None:
        self.folder, self._protocol, self._lived = RunFolder(folder), protocol, lived
        stand = stand_from_plain(self.folder.run["stand"])
        plan = plan_of(protocol, stand)
        burst, slow_s = burst_of(protocol), slow_s_of(plan)
        lines = ((line.kind, line.t_ns, line.value) for line in self.folder.lines())
        self.log: Log = log_of(lines, stand)
        self.duration_s = max(lived.t_s, plan[-1].t_s + slow_s)
        self.means: Means = timed(means_of(burst, plan, stand, self.duration_s), self.log)
        self.rules = rules_of(self.means, slow_s)

    def fresh(self) -> World:
        """Return the world as it was before the run."""
        return world_of(open_scope(self._protocol.scope, None, self._protocol.sim))

    @property
    def fixed_s(self) -> float:
        """Interval of a fixed rate that spends what the run spent, over the same places."""
        rounds = self.log.dose_j_per_cm2 / (self.means.moment_j_per_cm2 * len(self.means.places))
        return self.duration_s / max(rounds, 1.0)

    def worth(self) -> Worth:
        """Return what the run was worth."""
        dark = in_the_dark(self.fresh(), self.duration_s)
        beside = self.fresh()
        log = play(beside, self.fixed_looks(), self.means)
        return Worth(
            self._score(self.log, dark, self._lived),
            self._score(log, dark, beside),
            self.fixed_s,
            self.rules.fast_s,
            self.fixed_s / self.means.step_s,
        )

    def fixed_looks(self) -> Iterator[Look]:
        """Yield the pictures of a fixed rate that spends what the run spent."""
        return fixed(self.means, self.fixed_s, len(self.means.places))

    def best(self) -> Occurrence | None:
        """Return the occurrence that the run captured longest; None if it captured none."""
        lived = during(self._lived.occurrences, self.duration_s)
        whole = [each for each in lived if each.onset_s >= 0]
        times_s = [self._capture(each).captured_s for each in whole]
        longest_s = max(times_s, default=0.0)
        return whole[times_s.index(longest_s)] if longest_s > 0 else None

    def arrival_s(self, occurrence: Occurrence) -> float:
        """Return when the run was there: when it began to catch it, else the onset."""
        return occurrence.onset_s + (self._capture(occurrence).reaction_s or 0.0)

    def _capture(self, occurrence: Occurrence) -> Capture:
        columns = self.log.on_specimen(self._lived.imaging.drift).columns
        return capture(columns, occurrence, self.rules.fast_s, self.duration_s)

    def _score(self, log: Log, dark: tuple[Occurrence, ...], world: World) -> Score:
        placed = log.on_specimen(world.imaging.drift)
        return score_log(placed, dark, world.occurrences, world.health, self.rules)
