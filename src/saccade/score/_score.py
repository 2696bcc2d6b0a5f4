"""The score of one run in one world."""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum
from typing import TYPE_CHECKING, Any

import numpy as np

from ._captured import capture
from ._truth import counterparts, during

if TYPE_CHECKING:
    from collections.abc import Mapping

    from saccade.sim.world import Health, Occurrence

    from ._captured import Capture
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
    """

    fast_s: float
    duration_s: float
    margin_s: float
    kinds: tuple[str, ...] = ()


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
    averted: int
    """Occurrences of the dark that did not come in this contender's light."""
    reactions_s: tuple[float, ...]
    """Onset to first fast shot, of those caught."""
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
    nbytes: int

    @property
    def share(self) -> float:
        """Share of occurrence time that was captured; NaN if nothing happened."""
        return self.captured_s / self.occurrence_s if self.occurrence_s else float("nan")

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
        Shots and bursts, in the coordinates of the specimen.
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
    captures = [
        capture(log.columns, each, rules.fast_s, rules.duration_s) for each in found if each
    ]
    doses = log.dose_by_position().values()
    total = log.dose_j_per_cm2
    return Score(
        contender,
        seed,
        rules.duration_s / 3600,
        len(dark),
        fsum(_length_s(each, rules.duration_s) for each in dark),
        sum(each.caught for each in captures),
        _captured_s(captures, dark, found, rules.duration_s),
        found.count(None),
        tuple(c.reaction_s for c in captures if c.caught and c.reaction_s is not None),
        len(log.bursts),
        sum(_is_false(burst, log, lived, rules) for burst in log.bursts),
        total,
        total / len(doses) if doses else 0.0,
        max(doses, default=0.0),
        health.dye_left,
        health.harmed,
        len(log.shots),
        log.nbytes,
    )


def _captured_s(
    captures: list[Capture],
    dark: tuple[Occurrence, ...],
    found: list[Occurrence | None],
    until_s: float,
) -> float:
    """Return the captured time; light that makes an occurrence last longer earns nothing."""
    longest = [
        _length_s(each, until_s) for each, is_there in zip(dark, found, strict=True) if is_there
    ]
    return fsum(min(c.captured_s, most) for c, most in zip(captures, longest, strict=True))


def _length_s(occurrence: Occurrence, until_s: float) -> float:
    return max(min(occurrence.end_s, until_s) - max(occurrence.onset_s, 0.0), 0.0)


def _is_false(burst: Burst, log: Log, lived: tuple[Occurrence, ...], rules: Rules) -> bool:
    """Return whether nothing happened in view of a burst while it lasted, or just about."""
    shots = log.columns.part(np.isin(log.columns.frame, burst.shots))
    return not any(
        shots.see(each.x_um, each.y_um).any()
        for each in lived
        if each.onset_s <= burst.end_s + rules.margin_s and each.end_s >= burst.t_s - rules.margin_s
    )
