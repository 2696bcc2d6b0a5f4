"""The score of one run in one world."""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ._captured import capture
from ._truth import counterparts, during

if TYPE_CHECKING:
    from collections.abc import Mapping

    from saccade.sim.world import Health, Occurrence

    from ._log import Burst, Log


@dataclass(frozen=True, slots=True)
class Rules:
    """What counts.

    Parameters
    ----------
    fast_s : float
        The fast interval: what the protocol acquires at when it has something in view.
    duration_s : float
        How long a run is.
    margin_s : float
        A burst is a false alarm if no occurrence was in view during it, nor so long before
        or after.
    kinds : tuple of str
        Which kinds of occurrences count; all if empty.
    watched : tuple of tuple of float
        Fields that the watch visits: centre x and y, width and height in µm. What happens
        there is counted apart, too.
    """

    fast_s: float
    duration_s: float
    margin_s: float
    kinds: tuple[str, ...] = ()
    watched: tuple[tuple[float, float, float, float], ...] = ()

    def is_watched(self, occurrence: Occurrence) -> bool:
        """Return whether an occurrence lies in one of the watched fields."""
        return any(
            abs(occurrence.x_um - x) <= width / 2 and abs(occurrence.y_um - y) <= height / 2
            for x, y, width, height in self.watched
        )


@dataclass(frozen=True, slots=True)
class Score:
    """What a contender caught, missed and spent in one world."""

    contender: str
    seed: int
    hours: float
    occurrences: int
    """How many there are in the dark."""
    occurrence_s: float
    """Their time within the run, summed."""
    caught: int
    captured_s: float
    """Occurrence time that was captured, summed."""
    watched: int
    """How many of the occurrences are in the fields that the watch visits."""
    watched_s: float
    watched_caught: int
    watched_captured_s: float
    averted: int
    """Occurrences of the dark that did not come in this contender's light."""
    reactions_s: tuple[float, ...]
    """Onset to the first shot of the row by which it was caught, of each that was."""
    bursts: int
    false_alarms: int
    dose_j_per_cm2: float
    """Sum over all shots, hence over positions."""
    dose_mean_j_per_cm2: float
    """Mean over the positions that were looked at."""
    dose_max_j_per_cm2: float
    """Of the position that had most."""
    dye_left: float
    """Mean share of unbleached dye at the end, over all objects of the specimen."""
    harmed: int
    """Objects whose biology the light has changed."""
    frames: int
    """That were taken, each with its light."""
    kept: int
    """Of these, whose pictures are kept: by them it captures."""
    nbytes: int
    """Of the pictures that are kept."""

    @property
    def share(self) -> float:
        """Share captured of the occurrence time in the watched fields; NaN if nothing happened."""
        return self.watched_captured_s / self.watched_s if self.watched_s else float("nan")

    def plain(self) -> dict[str, Any]:
        """Return it as plain data, which `score_from_plain` reads back."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        return {**fields, "reactions_s": list(self.reactions_s)}


def score_from_plain(line: Mapping[str, Any]) -> Score:
    """Return the score that `Score.plain` wrote."""
    return Score(**{**line, "reactions_s": tuple(line["reactions_s"])})


def score_log(
    log: Log,
    dark: tuple[Occurrence, ...],
    lived: tuple[Occurrence, ...],
    health: Health,
    rules: Rules,
    *,
    contender: str = "protocol",
    seed: int = 0,
) -> Score:
    """Return the score of a run.

    Parameters
    ----------
    log : Log
        Shots and bursts, in the coordinates of the specimen. All shots have their light; what is
        captured is on those whose pictures are kept.
    dark : tuple of Occurrence
        What happens without light: what there is to catch, `in_the_dark`.
    lived : tuple of Occurrence
        What did happen; what the light averted counts as missed.
    health : Health
        Of the specimen after the run.
    rules : Rules
        What counts.
    contender, seed
        For the record.
    """
    log = log.until(rules.duration_s)
    lived = during(lived, rules.duration_s, rules.kinds)
    found = counterparts(dark, lived)
    kept = log.kept()
    outcomes = [_outcome(kept, *each, rules) for each in zip(dark, found, strict=True)]
    watched = [each for each in outcomes if each.watched]
    doses = log.dose_by_position().values()
    total = log.dose_j_per_cm2
    return Score(
        contender,
        seed,
        rules.duration_s / 3600,
        len(outcomes),
        fsum(each.length_s for each in outcomes),
        sum(each.caught for each in outcomes),
        fsum(each.captured_s for each in outcomes),
        len(watched),
        fsum(each.length_s for each in watched),
        sum(each.caught for each in watched),
        fsum(each.captured_s for each in watched),
        found.count(None),
        tuple(each.reaction_s for each in outcomes if each.reaction_s is not None),
        len(log.bursts),
        sum(_is_false(burst, kept, lived, rules) for burst in log.bursts),
        total,
        total / len(doses) if doses else 0.0,
        max(doses, default=0.0),
        health.dye_left,
        health.harmed,
        len(log.shots),
        len(kept.shots),
        kept.nbytes,
    )


class _Outcome(NamedTuple):
    """What became of one occurrence of the dark."""

    length_s: float
    watched: bool
    caught: bool = False
    captured_s: float = 0.0
    reaction_s: float | None = None
    """None unless it was caught."""


def _outcome(log: Log, dark: Occurrence, lived: Occurrence | None, rules: Rules) -> _Outcome:
    length_s = max(min(dark.end_s, rules.duration_s) - max(dark.onset_s, 0.0), 0.0)
    nothing = _Outcome(length_s, rules.is_watched(dark))
    if lived is None:
        return nothing
    found = capture(log.columns, lived, rules.fast_s, rules.duration_s)
    return nothing._replace(
        caught=found.caught,
        # Light that makes an occurrence last longer earns nothing.
        captured_s=min(found.captured_s, length_s),
        reaction_s=found.reaction_s,
    )


def _is_false(burst: Burst, log: Log, lived: tuple[Occurrence, ...], rules: Rules) -> bool:
    """Return whether nothing happened in view of a burst while it lasted, or just about."""
    shots = log.columns.part(np.isin(log.columns.frame, burst.shots))
    return not any(
        shots.see(each.x_um, each.y_um).any()
        for each in lived
        if each.onset_s <= burst.end_s + rules.margin_s and each.end_s >= burst.t_s - rules.margin_s
    )
