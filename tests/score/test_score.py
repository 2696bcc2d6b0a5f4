"""The score of tiny runs, against answers worked out by hand."""

from __future__ import annotations

import json
import math

import pytest
from score_cases import DOSE, WELL, log, occurrence, rules, shots

from saccade.score import Burst, Score, counterparts, score_from_plain, score_log
from saccade.sim.world import Drift, Health

HERE = (occurrence(10, 20, track=1), occurrence(40, 60, x_um=200.0, track=2))


def burst(t_s: float, end_s: float, *frames: int) -> Burst:
    return Burst(t_s, end_s, 0.0, 0.0, -1, "burst", frames)


def test_a_run_is_scored_as_by_hand() -> None:
    """Two occurrences of 10 and 20 s, of which 4 s are captured at one place and none elsewhere."""
    taken = log(shots([12, 13, 14, 15, 16]), shots([45, 50], x_um=200.0))
    health = Health(10, 2, 0, 0.9, 0.1)
    watched = rules(watched=((150.0, 0.0, 100.0, 100.0),))
    scored = score_log(taken, HERE, HERE, health, watched, contender="it", seed=3)
    assert scored == Score(
        contender="it",
        seed=3,
        hours=100 / 3600,
        occurrences=2,
        occurrence_s=30.0,
        caught=1,
        captured_s=4.0,
        watched=1,
        watched_s=20.0,
        watched_caught=0,
        watched_captured_s=0.0,
        averted=0,
        reactions_s=(2.0,),
        bursts=0,
        false_alarms=0,
        dose_j_per_cm2=pytest.approx(7 * DOSE),
        dose_mean_j_per_cm2=pytest.approx(7 * DOSE),
        dose_max_j_per_cm2=pytest.approx(7 * DOSE),
        dye_left=0.9,
        harmed=2,
        frames=7,
        kept=7,
        nbytes=140_000,
    )
    assert scored.share == 0
    elsewhere = rules(watched=((0.0, 0.0, 100.0, 100.0), (0.0, 30.0, 100.0, 100.0)))
    assert score_log(taken, HERE, HERE, health, elsewhere).share == pytest.approx(4 / 10)


def test_what_was_thinned_out_costs_light_and_captures_nothing() -> None:
    """Of five shots in a row two are left: no capture, all of the dose, and two pictures."""
    taken = log(shots([12, 13, 14, 15, 16]))
    whole = score_log(taken, HERE, HERE, WELL, rules())
    some = score_log(taken.thinned({0, 4}), HERE, HERE, WELL, rules())
    assert (whole.frames, whole.kept, whole.captured_s) == (5, 5, 4.0)
    assert (some.frames, some.kept, some.captured_s, some.caught) == (5, 2, 0.0, 0)
    assert some.dose_j_per_cm2 == whole.dose_j_per_cm2
    assert some.nbytes == whole.nbytes * 2 / 5


def test_dose_is_counted_by_position() -> None:
    """Mean, largest and total dose are over the places that were looked at."""
    taken = log(shots([1, 2, 3]), shots([4], x_um=200.0, position=1))
    scored = score_log(taken, (), (), WELL, rules())
    assert scored.dose_j_per_cm2 == pytest.approx(4 * DOSE)
    assert scored.dose_mean_j_per_cm2 == pytest.approx(2 * DOSE)
    assert scored.dose_max_j_per_cm2 == pytest.approx(3 * DOSE)


def test_what_the_light_averted_is_missed() -> None:
    """An occurrence of the dark that did not come is averted, and stays in the denominator."""
    scored = score_log(log(shots(range(100))), HERE, HERE[1:], WELL, rules())
    assert (scored.occurrences, scored.averted, scored.caught) == (2, 1, 0)
    assert scored.occurrence_s == 30


def test_an_occurrence_that_the_light_delayed_is_the_same() -> None:
    """Captured is what was seen of it when it came; being longer earns nothing."""
    late = (occurrence(30, 50, track=1),)
    scored = score_log(log(shots(range(100))), HERE[:1], late, WELL, rules())
    assert (scored.averted, scored.caught) == (0, 1)
    assert scored.captured_s == 10


def test_counterparts_are_nearest_and_taken_once() -> None:
    """Of two alike, the one whose neighbour is missing is the averted one."""
    dark = [occurrence(10, 11), occurrence(50, 51), occurrence(90, 91)]
    lived = [occurrence(12, 13), occurrence(91, 92), occurrence(50, 51, track=7)]
    assert counterparts(dark, lived) == [lived[0], None, lived[1]]


def test_only_the_time_of_the_run_counts() -> None:
    """What began before or ends after the run counts with its part in it, the rest not at all."""
    dark = (occurrence(-5, 5), occurrence(95, 120))
    scored = score_log(log(shots(range(121))), dark, dark, WELL, rules())
    assert scored.occurrence_s == 10
    assert scored.captured_s == 10
    assert scored.frames == 101


@pytest.mark.parametrize(
    ("t_s", "x_um", "false"),
    [
        pytest.param(12, 0.0, 0, id="during"),
        pytest.param(23, 0.0, 0, id="within the margin after"),
        pytest.param(26, 0.0, 1, id="beyond the margin after"),
        pytest.param(4, 0.0, 0, id="within the margin before"),
        pytest.param(2, 0.0, 1, id="beyond the margin before"),
        pytest.param(12, 200.0, 1, id="elsewhere"),
    ],
)
def test_a_burst_is_false_if_nothing_was_in_view(t_s: float, x_um: float, false: int) -> None:
    """Between t and t + 2 s, with a margin of 5 s; the occurrence is from 10 to 20 s."""
    taken = shots([t_s, t_s + 1, t_s + 2], x_um)
    run = log(taken, bursts=(burst(t_s, t_s + 2, 0, 1, 2),))
    scored = score_log(run, HERE[:1], HERE[:1], WELL, rules())
    assert (scored.bursts, scored.false_alarms) == (1, false)


def test_a_burst_after_the_run_is_cut() -> None:
    """What is decided after the end does not count, and a burst across it ends there."""
    run = log(shots([98, 99, 100, 101]), bursts=(burst(98, 101, 0, 1, 2, 3), burst(101, 102, 3)))
    cut = run.until(100)
    assert [shot.t_s for shot in cut.shots] == [98, 99, 100]
    assert [b.shots for b in cut.bursts] == [(0, 1, 2)]


def test_shots_are_where_the_drifting_specimen_had_them() -> None:
    """A stage that stands still sees what drifts under it: 36 µm an hour are 1 µm in 100 s."""
    moved = log(shots([0, 100])).on_specimen(Drift(x_um_per_h=36.0))
    assert [shot.x_um for shot in moved.shots] == [0, pytest.approx(-1)]


def test_nothing_gives_no_number_rather_than_zero() -> None:
    """Where nothing happens, the captured share is no number."""
    assert math.isnan(score_log(log(), (), (), WELL, rules()).share)


def test_a_score_survives_json() -> None:
    """What is written is what is read."""
    scored = score_log(log(shots(range(30))), HERE, HERE, WELL, rules())
    assert score_from_plain(json.loads(json.dumps(scored.plain()))) == scored
