"""Figures over many worlds, against answers worked out by hand."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saccade.score import Score, bootstrap, merit_of, row_of, wilson


def score(contender: str, seed: int, captured_s: float, dose: float, **more: Any) -> Score:
    facts: dict[str, Any] = {
        "hours": 0.5,
        "occurrences": 4,
        "occurrence_s": 100.0,
        "caught": 2,
        "watched": 2,
        "watched_s": 50.0,
        "watched_caught": 1,
        "watched_captured_s": 10.0,
        "averted": 0,
        "reactions_s": (),
        "bursts": 3,
        "false_alarms": 1,
        "dose_mean_j_per_cm2": dose / 2,
        "dose_max_j_per_cm2": dose,
        "dye_left": 0.75,
        "harmed": 0,
        "frames": 10,
        "kept": 5,
        "nbytes": 100,
    }
    return Score(
        contender=contender, seed=seed, captured_s=captured_s, dose_j_per_cm2=dose, **facts | more
    )


def test_a_row_is_put_together_as_by_hand() -> None:
    """Sums over worlds for shares, means over worlds for the rest."""
    row = row_of(
        [
            score("it", 1, 60.0, 2.0, reactions_s=(1.0, 2.0)),
            score("it", 0, 20.0, 6.0, reactions_s=(9.0,), caught=4, dose_max_j_per_cm2=5.0),
        ]
    )
    assert (row.contender, row.worlds) == ("it", 2)
    assert row.recall.value == 6 / 8
    assert row.watched_recall.value == 2 / 4
    assert row.watched_share.value == pytest.approx(20 / 100)
    assert row.share.value == pytest.approx(80 / 200)
    assert row.captured_s_per_j_cm2.value == pytest.approx(80 / 8)
    assert row.false_alarms_per_h == 2
    assert row.reaction_median_s == 2
    assert row.reaction_p90_s == pytest.approx(2 + 0.8 * 7)
    assert (row.dose_j_per_cm2, row.dose_mean_j_per_cm2, row.dose_max_j_per_cm2) == (4, 2, 5)
    assert row.bleached == 0.25
    assert (row.frames, row.kept) == (10, 5)


def test_a_row_without_a_catch_has_no_reaction_time() -> None:
    """No number is NaN, and null in JSON."""
    row = row_of([score("it", 0, 0.0, 0.0, caught=0, occurrences=0, occurrence_s=0.0)])
    assert math.isnan(row.reaction_median_s)
    told = json.loads(json.dumps(row.plain(), allow_nan=False))
    assert told["reaction_median_s"] is None
    assert told["recall"]["value"] is None


def test_merit_is_over_the_best_fixed_rate_and_of_the_oracle() -> None:
    """Ratios of sums over worlds; the best fixed rate is the best of all worlds together."""
    merit = merit_of(
        {
            "protocol": [score("protocol", n, 40.0, 2.0) for n in range(3)],
            "oracle": [score("oracle", n, 50.0, 2.0) for n in range(3)],
            "fixed-fast": [score("fixed-fast", n, 100.0, 40.0) for n in range(3)],
            "fixed-slow": [score("fixed-slow", n, 0.0, 1.0) for n in range(3)],
            "random": [score("random", n, 39.0, 2.0) for n in range(3)],
        }
    )
    assert merit is not None
    assert merit.best_fixed == "fixed-fast"
    assert merit.over_fixed == pytest.approx((8.0, 8.0, 8.0))
    assert merit.of_oracle == pytest.approx((0.8, 0.8, 0.8))


def test_worlds_that_not_all_have_played_are_left_out() -> None:
    """A ratio compares like with like."""
    scores = {
        "protocol": [score("protocol", n, 40.0, 2.0) for n in (0, 1, 2)],
        "oracle": [score("oracle", n, 50.0 if n else 1.0, 2.0) for n in (0, 1)],
        "fixed-fast": [score("fixed-fast", n, 10.0, 2.0) for n in (1, 2)],
    }
    merit = merit_of(scores)
    assert merit is not None
    assert merit.of_oracle.value == pytest.approx(0.8)
    assert merit_of(scores | {"oracle": []}) is None
    assert merit_of({"protocol": scores["protocol"]}) is None


def test_more_than_nothing_is_infinitely_more() -> None:
    """If no fixed rate captures anything the ratio has no end, and JSON no number for it."""
    merit = merit_of(
        {n: [score(n, 0, c, 1.0)] for n, c in (("protocol", 1), ("oracle", 1), ("fixed-slow", 0))}
    )
    assert merit is not None
    assert merit.over_fixed.value == math.inf
    assert merit.plain()["over_fixed"]["value"] is None


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    [
        pytest.param(0, 10, 0.0, 0.2775, id="none"),
        pytest.param(10, 10, 0.7225, 1.0, id="all"),
        pytest.param(5, 10, 0.2366, 0.7634, id="half"),
    ],
)
def test_wilson_is_as_tabulated(hits: int, count: int, low: float, high: float) -> None:
    """(p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n) with z = 1.96."""
    found = wilson(hits, count)
    assert found.value == hits / count
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-4)


def test_the_bootstrap_is_as_wide_as_theory_says() -> None:
    """For a mean of 400 normal numbers: 1.96 standard errors either way, within a tenth."""
    worlds = np.random.default_rng(1).normal(5, 2, (400, 1))
    found = bootstrap(lambda rows: float(rows.mean()), worlds)
    error = worlds.std() / 20
    assert found.low == pytest.approx(worlds.mean() - 1.96 * error, abs=0.1 * 1.96 * error)
    assert found.high == pytest.approx(worlds.mean() + 1.96 * error, abs=0.1 * 1.96 * error)


@settings(max_examples=20)
@given(st.lists(st.floats(0, 100), min_size=1, max_size=8))
def test_a_bootstrap_is_the_same_every_time(values: list[float]) -> None:
    """The draws have a seed of their own; the interval lies within what there is."""
    worlds = np.array(values)[:, None]
    first, second = (bootstrap(lambda rows: float(rows.mean()), worlds) for _ in range(2))
    assert first == second
    assert min(values) - 1e-9 <= first.low <= first.high <= max(values) + 1e-9
