"""Several things go wrong at once, in runs of the virtual microscope that follow from a number.

One to four faults of the core, of devices, of the disk, of the detector and of the policy, once,
a few times or for good. Whatever they are: what was acknowledged is there, no more light fell on
the sample than was allowed or than the ledger says, no command left that is not finite or beyond
the limits, and it ends dark.

The long form is ``SACCADE_CAMPAIGNS=10000``.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest
from processes import in_processes, say
from random_trials import KINDS, Dice, Trial, trial

CAMPAIGNS = int(os.environ.get("SACCADE_CAMPAIGNS", "25"))
FIRST = int(os.environ.get("SACCADE_FIRST", "0"))
"""Number of the first campaign, so that a long form can be done in parts."""
LONG = 200
_EXACT = 1 + 1e-6
"""Time is in whole nanoseconds."""


def table(trials: list[Trial]) -> str:
    """Return the raw counts."""
    kinds = Counter(kind for each in trials for kind in each.kinds)
    spent = [each.dose / (each.limit - each.kept) for each in trials]
    beyond = [each for each in trials if each.dose > (each.limit - each.kept) * _EXACT]
    ledger = [each.ledger - each.dose for each in trials]
    under = sum(each.dose > each.ledger * _EXACT for each in trials)
    return "\n".join(
        [
            f"{len(trials)} campaigns, from {trials[0].seed}; faults: {dict(kinds)}",
            f"verdicts: {dict(Counter(each.verdict for each in trials))}",
            f"acknowledged frames: {sum(each.acknowledged for each in trials)}",
            f"lost: {sum(bool(each.lost) for each in trials)}",
            f"true dose above its budget: {sum(each.dose > each.limit * _EXACT for each in trials)}"
            f" (the most that was spent of what is not kept: {max(spent):.4f})",
            f"light of what is kept: {len(beyond)}, {sum(x.hung for x in beyond)} of them hung",
            f"ledger below the true dose: {under} (above it: {sum(x > 1e-9 for x in ledger)})",
            f"commands outside: {sum(bool(each.outside) for each in trials)}",
            f"lit at the end: {sum(each.lit_at_end for each in trials)}",
            f"told as NOT SAFE: {sum(each.told_unsafe for each in trials)}",
            f"seconds a campaign: {sum(each.seconds for each in trials) / len(trials):.2f}",
        ]
    )


def test_what_is_drawn_covers_every_kind() -> None:
    """Of 200 campaigns each kind of fault is in many, and the budget binds in some."""
    dice = [Dice(seed) for seed in range(200)]
    kinds = Counter(kind for each in dice for kind in each.kinds)
    assert all(kinds[kind] > 40 for kind in KINDS)
    assert {len(each.kinds) for each in dice} == {1, 2, 3, 4}


def prove(trials: list[Trial]) -> None:
    """Fail unless everything that must hold did, in each of some campaigns."""
    for name, bad in {
        "lost": [each for each in trials if each.lost],
        "over its budget": [each for each in trials if each.dose > each.limit * _EXACT],
        "more than a hang may": [
            each for each in trials if each.dose > each.free * _EXACT and not each.hung
        ],
        "ledger below": [each for each in trials if each.dose > each.ledger * _EXACT],
        "outside": [each for each in trials if each.outside],
        "a wrong label": [each for each in trials if each.wrong],
        "lit at the end": [each for each in trials if each.lit_at_end],
        "not told as NOT SAFE": [
            each for each in trials if each.told_unsafe and each.verdict.startswith("completed")
        ],
        "never ended": [each for each in trials if each.verdict == "never ended"],
        "a thread left": [each for each in trials if each.left_threads],
    }.items():
        assert not bad, f"{name}: {[(each.seed, each.faults) for each in bad[:10]]}"
    assert any(each.acknowledged for each in trials)
    assert any(each.dose > 0.5 * (each.limit - each.kept) for each in trials)


@pytest.mark.timeout(120 if CAMPAIGNS < LONG else 0)
def test_whatever_goes_wrong_nothing_is_lost_and_nobody_is_hurt() -> None:
    """No acknowledged frame is lost, the dose is within its budget, every command inside."""
    trials = in_processes(trial, list(range(FIRST, FIRST + CAMPAIGNS)))
    say(f"\n{table(trials)}")
    prove(trials)
