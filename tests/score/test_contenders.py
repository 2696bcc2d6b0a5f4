"""Contenders that never look: they keep their rates, their dose, and the stage's pace."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from score_cases import DOSE, means, occurrence, rules, scripted_world

from saccade.core import ProfileError
from saccade.score import (
    Exposure,
    Score,
    fixed,
    in_the_dark,
    ladder,
    oracle,
    play,
    random_bursts,
    score_log,
)
from saccade.score._oracle import best, worth


def test_a_fixed_rate_visits_each_place_at_its_interval() -> None:
    """Two places every 4 s for 100 s are 26 visits each, the second after the stage's move."""
    has = means(2, shot_s=0.05, move_s=0.2)
    looks = list(fixed(has, 4.0, 2))
    first = [look.t_s for look in looks if look.place == has.places[0]]
    second = [look.t_s for look in looks if look.place == has.places[1]]
    assert first == [4.0 * n for n in range(26)]
    assert second == pytest.approx([4.0 * n + 0.01 + 0.05 + 0.2 for n in range(26)])


def test_a_rate_that_the_stage_cannot_keep_is_as_fast_as_it_can() -> None:
    """Four places of half a second each come round every 2 s, though 1 s was asked for."""
    has = means(4, shot_s=0.2, move_s=0.29)
    times = [look.t_s for look in fixed(has, 1.0, 4) if look.place == has.places[0]]
    assert np.diff(times) == pytest.approx(2.0)


def test_the_ladder_holds_parking_halves_and_all() -> None:
    """Fast and the slowest that is still fast, at 1, half and all places; and one between."""
    assert ladder(means(4), slow_s=25.0) == {
        "fixed-fast@1": (1.0, 1),
        "fixed-fast@2": (1.0, 2),
        "fixed-fast": (1.0, 4),
        "fixed-1.25x@1": (1.25, 1),
        "fixed-1.25x@2": (1.25, 2),
        "fixed-1.25x": (1.25, 4),
        "fixed-middle": (5.0, 4),
    }
    assert set(ladder(means(1), slow_s=1.0)) == {"fixed-fast", "fixed-1.25x"}


def test_every_channel_of_a_burst_is_taken_and_paid() -> None:
    """A time point of two channels takes and costs two exposures."""
    has = means(1, exposures=(Exposure("FITC", 10.0), Exposure("FITC", 30.0)), shot_s=0.1)
    assert [look.t_s for look in fixed(has, 50.0, 1)][:2] == pytest.approx([0.0, 0.11])
    assert has.moment_j_per_cm2 == pytest.approx(4 * DOSE)
    assert has.moment_s == pytest.approx(0.24)


def test_a_channel_without_light_is_a_named_error() -> None:
    """Without a declared source nothing can be compared at equal dose."""
    with pytest.raises(ProfileError, match="no light for the channel 'DAPI'"):
        means(1, exposures=(Exposure("DAPI", 10.0),))


@given(st.integers(0, 10**6), st.integers(0, 60), st.integers(1, 8))
def test_random_bursts_cost_the_dose_and_never_overlap(
    seed: int, pictures: int, burst: int
) -> None:
    """As many pictures as the dose pays for, one place at a time, within the run."""
    has = means(3, burst=burst, move_s=0.6)
    looks = list(random_bursts(has, pictures * DOSE, seed))
    assert len(looks) == pictures
    times = [look.t_s for look in looks]
    assert all(0 <= t <= 100 for t in times)
    for a, b in itertools.pairwise(looks):
        assert b.t_s - a.t_s >= 1 - 1e-9


@given(st.integers(0, 10**6))
def test_random_bursts_take_turns_where_the_stage_can(seed: int) -> None:
    """For a dose that one place has no room for, two places are visited in turn, in time."""
    has = means(2, burst=4, move_s=0.3)
    looks = list(random_bursts(has, 150 * DOSE, seed))
    assert 100 < len(looks) <= 150
    gaps = [b.t_s - a.t_s for a, b in itertools.pairwise(looks)]
    assert min(gaps) >= 0.31 - 1e-9
    for place in has.places:
        own = [look.t_s for look in looks if look.place == place]
        assert min(b - a for a, b in itertools.pairwise(own)) >= 1 - 1e-9
    more = list(random_bursts(has, 1000 * DOSE, seed))
    assert len(more) == 2 * 100  # as many as there are fast intervals, at both


def test_random_bursts_are_drawn_by_the_seed() -> None:
    """The same seed is the same draw, another seed another."""
    draws = [tuple(random_bursts(means(3), 20 * DOSE, seed)) for seed in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]


def test_playing_a_schedule_lights_the_world_and_lives_it_to_the_end() -> None:
    """The dose of the log is that of the world's objects, and light averts what it would."""
    has = means(1)
    late, early = occurrence(90, 95, track=1), occurrence(2, 4, track=0)
    world = scripted_world(early, late, fatal_j_per_cm2=5 * DOSE)
    log = play(world, fixed(has, 10.0, 1), has)
    assert len(log.shots) == 11
    assert log.dose_j_per_cm2 == pytest.approx(11 * DOSE)
    assert world.t_s == 100
    assert world.occurrences == (early,)
    assert world.health.averted == 1
    uneven = world.imaging.optics.falloff
    assert (1 - uneven) * 11 * DOSE < world.health.dose_j_per_cm2 <= 11 * DOSE * (1 + 1e-9)


# ------------------------------------------------------------------------------- the oracle


def captured(has, truth, looks) -> Score:
    log = play(scripted_world(*truth), looks, has)
    dark = in_the_dark(scripted_world(*truth), has.duration_s)
    every = rules(duration_s=has.duration_s, fast_s=has.fast_s)
    return score_log(log, dark, dark, scripted_world(*truth).health, every)


def test_an_oracle_with_dose_for_everything_captures_everything() -> None:
    """Occurrences at full seconds, one after the other: all of their time, no picture more."""
    truth = (occurrence(10, 20), occurrence(40, 50, x_um=200.0, track=1))
    has = means(2, shot_s=0.6)
    found = captured(has, truth, oracle(has, truth, 1.0))
    assert found.captured_s == 20
    assert found.frames == 22


def test_an_oracle_with_little_dose_takes_what_pays_most() -> None:
    """With six pictures, five seconds of two at once, rather than of one."""
    truth = (occurrence(10, 30), occurrence(50, 60, x_um=200.0, track=1),
             occurrence(50, 60, x_um=210.0, track=2))  # fmt: skip
    has = means(2)
    looks = list(oracle(has, truth, 6 * DOSE))
    assert {look.place for look in looks} == {has.places[1]}
    assert captured(has, truth, looks).captured_s == 10


def test_an_oracle_visits_as_many_places_as_the_stage_can() -> None:
    """Two occurrences at once, apart, and time for two visits in a fast interval: both."""
    truth = (occurrence(10, 20), occurrence(10, 20, x_um=200.0, track=1))
    has = means(2, move_s=0.4)
    looks = list(oracle(has, truth, 100.0))
    assert [round(look.t_s, 2) for look in looks[:4]] == [9.41, 10.0, 10.41, 11.0]
    assert looks[0].place != looks[1].place
    assert captured(has, truth, looks).captured_s == pytest.approx(20)


def test_an_oracle_is_at_one_place_at_a_time() -> None:
    """Two occurrences at once, apart: one of them; and the stage needs its time in between."""
    truth = (occurrence(10, 20), occurrence(10, 24, x_um=200.0, track=1))
    has = means(2, move_s=2.5)
    looks = list(oracle(has, truth, 100.0))
    assert captured(has, truth, looks).captured_s == 14
    truth = (occurrence(10, 20), occurrence(20, 30, x_um=200.0, track=1))
    looks = list(oracle(has, truth, 100.0))
    moves = [b.t_s - a.t_s for a, b in itertools.pairwise(looks) if a.place != b.place]
    assert moves == [3.0]
    assert captured(has, truth, looks).captured_s == 17


def test_an_oracle_without_dose_or_truth_takes_nothing() -> None:
    """Nothing to see, or nothing to spend: no picture."""
    assert list(oracle(means(), (), 1.0)) == []
    assert list(oracle(means(), (occurrence(10, 20),), DOSE)) == []


def test_an_oracle_is_no_faster_than_the_camera() -> None:
    """If one fast time point takes longer than the fast interval allows, nothing is fast."""
    assert list(oracle(means(shot_s=2.0), (occurrence(10, 20),), 1.0)) == []


values = st.integers(1, 3).flatmap(
    lambda places: st.integers(2, 12).flatmap(
        lambda n: st.lists(
            st.lists(st.sampled_from([0.0, 0.0, 0.3, 1.0, 2.0]), min_size=n, max_size=n),
            min_size=places,
            max_size=places,
        )
    )
)


def exact(table: np.ndarray, budget: int, travel: int) -> float:
    """Return the most that a budget can buy, by trying every state there is."""
    places, intervals = table.shape
    # (place of the last picture or none, ticks since, pictures) -> worth
    states = {(-1, travel, 0): 0.0}
    for tick in range(intervals + 1):
        after: dict[tuple[int, int, int], float] = {}
        for (last, since, spent), value in states.items():
            keep = (last, since + 1, spent)
            after[keep] = max(after.get(keep, 0.0), value)
            for place in range(places):
                if spent == budget or (last not in (-1, place) and since < travel):
                    continue
                gain = table[place, tick - 1] if place == last and since == 1 else 0.0
                new = (place, 1, spent + 1)
                after[new] = max(after.get(new, 0.0), value + gain)
        states = after
    return max(states.values())


def bought(table: np.ndarray, chosen: list[tuple[int, int]]) -> float:
    return sum(
        table[place, tick]
        for (tick, place), (later, other) in itertools.pairwise(chosen)
        if later == tick + 1 and other == place
    )


@given(values, st.integers(0, 12), st.integers(1, 3))
def test_the_oracle_is_the_best_schedule_up_to_rounding(
    table: list[list[float]], budget: int, travel: int
) -> None:
    """No schedule of the same dose is better by more than the few intervals of one change."""
    array = np.array(table)
    (chosen,) = best([array], budget, travel)
    assert len(chosen) <= budget
    assert chosen == sorted(chosen)
    for (tick, place), (later, other) in itertools.pairwise(chosen):
        assert later - tick >= (1 if place == other else travel)
    most = exact(array, budget, travel)
    assert bought(array, chosen) <= most + 1e-9
    assert bought(array, chosen) >= most - travel * array.max() - 1e-9


@settings(max_examples=40)
@given(values, values, st.integers(0, 14), st.integers(1, 2))
def test_groups_that_take_turns_share_one_budget(
    first: list[list[float]], second: list[list[float]], budget: int, travel: int
) -> None:
    """The best of two groups is the best way to split the budget between them."""
    arrays = [np.array(first), np.array(second)]
    chosen = best(arrays, budget, travel)
    assert sum(map(len, chosen)) <= budget
    total = sum(bought(array, one) for array, one in zip(arrays, chosen, strict=True))
    most = max(
        exact(arrays[0], part, travel) + exact(arrays[1], budget - part, travel)
        for part in range(budget + 1)
    )
    assert total <= most + 1e-9
    assert total >= most - travel * sum(array.max() for array in arrays) - 1e-9


@settings(max_examples=40)
@given(values, st.integers(1, 3))
def test_an_oracle_that_can_pay_for_all_is_exact(table: list[list[float]], travel: int) -> None:
    """Where the budget does not bind, nothing is lost."""
    array = np.array(table)
    (chosen,) = best([array], 1000, travel)
    assert bought(array, chosen) == pytest.approx(exact(array, 13, travel), rel=1e-4)


def test_what_an_interval_holds_is_the_overlap_in_view() -> None:
    """Each interval is worth the occurrence time in it, at each place that sees it."""
    truth = (occurrence(1.5, 3.25), occurrence(2, 3, x_um=200.0), occurrence(4.5, 99, x_um=50.0))
    found = worth(means(2, duration_s=5.0), truth, 1.0)
    assert found.tolist() == [[0, 0.5, 1, 0.25, 0.5], [0, 0, 1, 0, 0]]


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.floats(0, 25), st.floats(0.1, 10), st.sampled_from([0.0, 200.0])), max_size=4
    ),
    st.integers(2, 20),
    st.integers(0, 10**6),
)
def test_random_bursts_never_beat_the_oracle(
    parts: list[tuple[float, float, float]], pictures: int, seed: int
) -> None:
    """With the same dose and the same truth, up to the intervals of one change and the grid."""
    truth = tuple(occurrence(a, a + n, x, track=k) for k, (a, n, x) in enumerate(parts))
    has = means(2, duration_s=40.0)
    dose = pictures * DOSE
    by_chance = captured(has, truth, random_bursts(has, dose, seed)).captured_s
    by_truth = captured(has, truth, oracle(has, truth, dose)).captured_s
    assert by_truth >= by_chance - 4 * max(len(truth), 1)
