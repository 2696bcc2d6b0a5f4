"""Every call of a run fails once, in every way that it can: SQLite's way to trust a program.

The run is of eight events, six planned and two decided, on the demo microscope, through the
strict engine, with limits, a dose and a recorder. Every call to the core and to the disk, from
the start of the run until the microscope is free again, is one place for a fault.

A fault is *told* if the run's record says so: in a line of the journal that is not there without
it (a retry, a gap, a failure, a refusal, an interference, what is NOT SAFE), by a verdict that is
not ``completed``, by an error that is raised, or by what could not be put back. It is *harmless*
if nothing at all came of it, see `demo_trials.same`; what is slow within its deadline is. What is
neither is silent, and there may be none.

The long form is ``SACCADE_FAULTS=all``; ``SACCADE_FAULTS=3`` is every third fault.
"""

from __future__ import annotations

import math
import os
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest
from demo_trials import Outcome, Plan, same, trial
from processes import in_processes, say

from saccade.testing import WRONGS

if TYPE_CHECKING:
    from saccade.testing import Call

FAULTS = os.environ.get("SACCADE_FAULTS", "451")
EVERY = 1 if FAULTS == "all" else int(FAULTS)
LONG = EVERY < 50
SEED = 4
DISK_WRONGS = ("raise", "hang", "slow", "wrong")


def core_plans(tape: list[Call]) -> list[Plan]:
    """Return every fault of every call; a call without a number can't give NaN."""
    seen: Counter[str] = Counter()
    plans = []
    for call in tape:
        seen[call.name] += 1
        for what in WRONGS:
            if what != "nan" or call.numeric:
                place = "core", call.name, seen[call.name], what
                plans += [Plan(*place, for_good) for for_good in (False, True)]
    return plans


def disk_plans(reference: Outcome) -> list[Plan]:
    """Return every fault of every call to the disk; groups of lines may come out otherwise.

    While the folder is opened a disk that hangs keeps whoever opens it, and no run has begun.
    """
    return [
        Plan("disk", call, on, what, for_good)
        for call, count in sorted(reference.disk_calls.items())
        for on in range(1, count + 1)
        for what in DISK_WRONGS
        if what != "hang" or on > reference.disk_calls_before.get(call, 0)
        for for_good in (False, True)
    ]


def is_silent(outcome: Outcome, reference: Outcome) -> bool:
    """Return whether something came of a fault, and nobody tells."""
    return not (outcome.told or same(outcome, reference))


def left_otherwise(outcome: Outcome, reference: Outcome) -> bool:
    """Return whether the microscope is not as it was found, and nobody tells."""
    return not outcome.told and outcome.state != reference.state


def table(outcomes: list[Outcome], reference: Outcome) -> str:
    """Return the raw counts, by what went wrong."""
    head = "fault              runs  told harmless silent wrong lost  lit missing"
    rows = [head]
    for where in ("core", "disk"):
        for what in WRONGS:
            for good in (False, True):
                some = [
                    each
                    for each in outcomes
                    if each.plan is not None and each.plan[0] == where
                    and (each.plan.what, each.plan.for_good) == (what, good)
                ]  # fmt: skip
                if not some:
                    continue
                numbers = (
                    len(some),
                    sum(bool(each.told) for each in some),
                    sum(not each.told and same(each, reference) for each in some),
                    sum(is_silent(each, reference) for each in some),
                    sum(bool(each.wrong) for each in some),
                    sum(bool(each.lost) for each in some),
                    sum(each.lit_at_end for each in some),
                    sum(each.verdict == "completed" and bool(each.missing) for each in some),
                )
                name = f"{where} {what} {'for good' if good else 'once'}"
                rows.append(f"{name:18s}" + " ".join(f"{number:5d}" for number in numbers))
    for late in ("deadline", "failure"):
        taken = safe_ms(outcomes, late)
        if len(taken):
            p50, p99, most = np.percentile(taken, [50, 99, 100])
            times = f"p50 {p50:.1f}, p99 {p99:.1f}, max {most:.1f} ms"
            of = [each for each in outcomes if each.late == late and each.safe_ms == most]
            rows.append(f"SAFE after a {late}: {len(taken)} runs, {times} ({of[0].plan})")
    left = sum(left_otherwise(each, reference) for each in outcomes)
    rows.append(f"left otherwise than found, and not told: {left}")
    rows.append(f"verdicts: {dict(Counter(each.verdict for each in outcomes))}")
    return "\n".join(rows)


def safe_ms(outcomes: list[Outcome], late: str) -> list[float]:
    """Return how long SAFE took, in ms, after deadlines or after failures."""
    return [each.safe_ms for each in outcomes if each.late == late and each.safe_ms is not None]


@pytest.fixture(scope="module")
def reference() -> tuple[Outcome, list[Plan]]:
    """Give a run without a fault, and everything that can go wrong in it."""
    tape: list[Call] = []
    outcome = trial(None, tape)  # type: ignore[arg-type]
    return outcome, [*core_plans(tape), *disk_plans(outcome)]


def test_without_a_fault_all_is_well(reference: tuple[Outcome, list[Plan]]) -> None:
    """The reference takes eight true frames, tells nothing unusual, and is the same each time."""
    outcome, plans = reference
    assert (outcome.verdict, outcome.told, len(outcome.frames)) == ("completed", [], 8)
    assert (outcome.wrong, outcome.lost, outcome.lit_at_end, outcome.missing) == ([], [], False, 0)
    assert outcome.dose == pytest.approx(outcome.ledger)
    assert same(trial(None), outcome)
    assert len(plans) > 5000


@pytest.mark.timeout(0 if LONG else 120)
def test_every_fault_is_told_and_no_frame_has_a_wrong_label(
    reference: tuple[Outcome, list[Plan]],
) -> None:
    """Whatever fails: nothing is silent, no label lies, nothing is lost, and it ends dark."""
    without, every = reference
    start = int(np.random.default_rng(SEED).integers(EVERY))
    outcomes = in_processes(trial, every[start::EVERY])
    say(f"\n{len(outcomes)} of {len(every)}\n{table(outcomes, without)}")
    befell = [each for each in outcomes if each.befell]
    assert len(befell) > 0.9 * len(outcomes)
    for name, bad in {
        "silent": [each for each in befell if is_silent(each, without)],
        "a wrong label": [each for each in outcomes if each.wrong],
        "lost": [each for each in outcomes if each.lost],
        "lit at the end": [each for each in outcomes if each.lit_at_end],
        "never ended": [each for each in outcomes if each.verdict == "never ended"],
        "more light than allowed for": [
            each for each in outcomes if each.dose > each.ledger + 1e-9
        ],
        "a thread left": [each for each in outcomes if each.left_threads],
        "completed, and frames are missing": [
            each
            for each in outcomes
            if each.verdict == "completed" and (each.missing or len(each.frames) != 8)
        ],
        "left otherwise": [
            each
            for each in befell
            if left_otherwise(each, without)
            # What it lies about from beginning to end, nothing else can tell.
            and not (each.plan and each.plan.for_good and each.plan.what in ("wrong", "nan"))
        ],
        "never made SAFE": [each for each in outcomes if each.safe_ms == math.inf],
    }.items():
        assert not bad, f"{name}: {[(each.plan, each.told, each.wrong[:1]) for each in bad[:20]]}"
    if LONG:  # the short form runs beside other tests, and times nothing
        deadline = safe_ms(outcomes, "deadline")
        assert np.percentile(deadline, 99) <= 100.0
        assert max(deadline) <= 150.0
