"""Figures of merit, on cases that can be counted by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from saccade.learn import (
    Seen,
    average_precision,
    best_threshold,
    calibrate,
    f1_of,
    false_alarms,
    figure,
    mask_ap50,
    mcc_of,
    more_for_recall,
    tier,
)
from saccade.learn._measure import FAINTEST


def seen(logits: list[float], hits: list[bool], truth: int, group: str = "a") -> Seen:
    surest = np.array(logits[:1] or [-np.inf])
    return Seen(
        group, np.array(logits, float), np.array(hits, bool), truth, surest, np.array([truth > 0])
    )


def test_f1_counts_what_is_above_the_threshold() -> None:
    """Two of three found, one false alarm: 2 * 2 / (3 + 3)."""
    one = seen([3.0, 2.0, 1.0, -1.0], [True, False, True, True], 3)
    assert f1_of([one], 0.0) == pytest.approx(4 / 6)
    assert f1_of([one], 2.5) == pytest.approx(2 / 4)


@pytest.mark.parametrize(
    ("hits", "truth", "expected"),
    [
        ([True, True], 2, 1.0),
        ([False, True], 1, 0.5),
        ([True, False, True], 2, (1 + 2 / 3) / 2),
        ([True], 4, 0.25),
        ([], 3, 0.0),
    ],
)
def test_average_precision_of_small_cases(hits: list[bool], truth: int, expected: float) -> None:
    """Precision at each hit, averaged over all things that are there."""
    one = seen(list(range(len(hits), 0, -1)), hits, truth)
    assert average_precision([one]) == pytest.approx(expected)


def test_false_alarms_are_counted_a_picture() -> None:
    """Two places that are none, above the threshold, in two pictures."""
    pictures = [seen([3.0, 2.0], [True, False], 1), seen([2.5, 0.0], [False, False], 0)]
    assert false_alarms(pictures, 1.0) == pytest.approx(1.0)


def test_mcc_tells_pictures_apart() -> None:
    """1 if all are told apart, 0 if all are taken for the same; half of both by hand."""
    holding, empty = seen([3.0], [True], 1), seen([-1.0], [False], 0)
    assert mcc_of([holding, empty], 0.0) == pytest.approx(1.0)
    assert mcc_of([holding, empty], -2.0) == 0.0
    four = [holding, seen([-1.0], [False], 1), empty, seen([2.0], [False], 0)]
    assert mcc_of(four, 0.0) == pytest.approx(0.0)


def test_mask_ap50_counts_misses_and_false_masks() -> None:
    """Three right of four made, where five are: 3 / (3 + 1 + 2)."""
    one = replace(seen([], [], 5), mask_hits=3, mask_made=4)
    assert mask_ap50([one]) == pytest.approx(0.5)


def test_interval_holds_the_value_and_comes_from_groups() -> None:
    """Equal groups leave no doubt; a single group tells nothing of others."""
    equal = [seen([1.0], [True], 1, group) for group in "abcd"]
    told = figure(equal, average_precision)
    assert (told.value, told.low, told.high) == (1.0, 1.0, 1.0)
    alone = figure(equal[:1], average_precision)
    assert (alone.low, alone.high) == (0.0, 1.0)
    unequal = [*equal[:2], *(seen([1.0], [False], 1, group) for group in "ef")]
    told = figure(unequal, average_precision)
    assert told.low < told.value < told.high


@given(
    logits=st.lists(st.floats(-4, 4), min_size=60, max_size=60),
    slope=st.floats(0.5, 3),
)
def test_calibration_never_turns_scores_around(logits: list[float], slope: float) -> None:
    """A surer place keeps the higher score, whatever was hit."""
    rng = np.random.default_rng(0)
    hits = rng.random(60) < 1 / (1 + np.exp(-slope * np.array(logits)))
    told = calibrate([seen(sorted(logits, reverse=True), hits.tolist(), 60)])
    assert told.slope > 0
    assert 0 <= told.threshold <= 1


def test_calibration_finds_what_scores_mean() -> None:
    """Logits twice too large are halved, to within a fifth."""
    rng = np.random.default_rng(1)
    true = rng.normal(0, 1.5, 4000)
    hits = rng.random(4000) < 1 / (1 + np.exp(-true))
    order = np.argsort(-true)
    told = calibrate([seen((2 * true[order]).tolist(), hits[order].tolist(), 4000)])
    assert told.slope == pytest.approx(0.5, rel=0.2)
    assert told.offset == pytest.approx(0.0, abs=0.15)


THIRDS = [True] * 99 + [False] * 99 + [True] * 99


@pytest.mark.parametrize(
    ("logits", "hits", "truth", "expected"),
    [
        ([5.0, 4.0, -1.0, -2.0], [True, True, False, False], 2, 1.5),
        ([3.0, 1.0], [True, True], 2, (1.0 + FAINTEST) / 2),
        ([2.0] * 100 + [1.0] * 50, [True] * 100 + [False] * 50, 100, 1.5),
        (sorted([3.0, 1.0, -1.0] * 99, reverse=True), THIRDS, 300, -2.5),
        ([2.0, 1.0], [True, False], 2, (2.0 + FAINTEST) / 2),
        ([1.0], [False], 1, (1.0 + FAINTEST) / 2),
        ([], [], 1, 0.0),
        ([FAINTEST], [True], 1, FAINTEST),
    ],
    ids=[
        "a gap",
        "nothing wrong",
        "equal ones",
        "a hit below",
        "few",
        "nothing right",
        "nothing",
        "faint",
    ],
)
def test_the_threshold_is_the_middle_of_those_that_are_as_good(
    logits: list[float], hits: list[bool], truth: int, expected: float
) -> None:
    """Halfway from the last place that helps to the next that harms."""
    assert best_threshold([seen(logits, hits, truth)]) == pytest.approx(expected)


@given(
    st.lists(st.tuples(st.integers(-39, 60), st.booleans()), min_size=1, max_size=60),
    st.integers(0, 20),
)
@example([(0, hit) for hit in (False, True, True)] + [(1, False)] * 3 + [(40, True)] * 2, 0)
def test_the_threshold_is_always_as_good_as_the_best(
    places: list[tuple[int, bool]], missed: int
) -> None:
    """But for a standard error, or 0.5 %; the same whether a group is one or two."""
    places = sorted(places, reverse=True)
    logits, hits = [tenths / 10 for tenths, _ in places], [hit for _, hit in places]
    one = seen(logits, hits, sum(hits) + missed)
    chosen = best_threshold([one])
    best, at = max((f1_of([one], each), -each) for each in logits)
    errors = (1 - best) / (sum(each >= -at for each in logits) + one.truth)
    assert f1_of([one], chosen) >= best - max(0.005 * best, errors**0.5) - 1e-12
    assert FAINTEST <= chosen <= max(logits)
    halves = [seen(logits[part::2], hits[part::2], 0, name) for part, name in enumerate("ab")]
    halves[0] = replace(halves[0], truth=one.truth)
    assert best_threshold(halves) == chosen


@pytest.mark.parametrize("seed", range(5))
def test_rounding_does_not_move_the_threshold_far(seed: int) -> None:
    """Logits that are off by a hundredth move it by less than a tenth: the top of F1 is flat."""
    rng = np.random.default_rng(seed)
    hits = rng.random(600) < 0.5
    logits = rng.normal(np.where(hits, 1.5, -1.5), 1.0)
    moved = []
    for each in (logits, logits + rng.normal(0, 0.02, 600)):
        order = np.argsort(-each)
        moved.append(best_threshold([seen(each[order].tolist(), hits[order].tolist(), 320)]))
    assert abs(moved[0] - moved[1]) < 0.1
    assert abs(moved[0]) < 0.6


def test_29_objects_without_a_miss_claim_a_recall_of_nine_tenths() -> None:
    """The smallest n with 0.9^n at most 0.05."""
    assert more_for_recall(0.9, 0) == 29
    assert more_for_recall(0.9, 40) == 0
    assert tier([]).name == "none"
