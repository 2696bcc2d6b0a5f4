"""A drift that is learned from where something was found."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saccade.decide._trend import Trend

HOUR_NS = 3_600_000_000_000


def t_ns(hours: float) -> int:
    """Return a time."""
    return round(hours * HOUR_NS)


def test_before_anything_was_seen_nothing_is_known() -> None:
    """It is where the plan has it."""
    assert Trend(5.0, 0.1).at(t_ns(3)) == 0


@given(st.floats(-10, 10), st.floats(-100, 100), st.floats(0.05, 0.5))
def test_a_steady_drift_is_learned(rate: float, start: float, every_h: float) -> None:
    """After a few measurements it is foreseen."""
    trend = Trend(5.0, 0.1)
    for number in range(20):
        trend.saw(start + rate * number * every_h, t_ns(number * every_h))
    assert trend.rate_per_h == pytest.approx(rate, abs=0.05)
    assert trend.at(t_ns(20 * every_h)) == pytest.approx(start + rate * 20 * every_h, abs=0.05)


def test_it_foresees_better_than_the_last_measurement_tells() -> None:
    """Of something that swings, and is measured with an error, the next place is nearer."""
    rng = np.random.default_rng(1)
    trend, last, ahead, behind = Trend(5.0, 0.07), 0.0, [], []
    for number in range(200):
        hours = number * 0.1
        true = hours + math.sin(2 * math.pi * hours / 1.5)
        if number > 10:
            ahead.append(trend.at(t_ns(hours)) - true)
            behind.append(last - true)
        last = true + rng.normal(0, 0.07)
        trend.saw(last, t_ns(hours))
    assert np.std(ahead) < 0.75 * np.std(behind)


def test_it_is_not_believed_for_ever() -> None:
    """Long after the last measurement it is taken to stay."""
    trend = Trend(5.0, 0.1, lasts_h=0.5)
    for number in range(20):
        trend.saw(number / 10, t_ns(number / 10))
    assert trend.at(t_ns(2.4)) == pytest.approx(2.4, abs=0.05)
    assert trend.at(t_ns(2.5)) == trend.at(t_ns(30)) == pytest.approx(2.4, abs=0.05)


def test_noise_is_not_taken_for_a_drift() -> None:
    """Measured again at once, it neither runs away nor follows each error."""
    rng = np.random.default_rng(2)
    trend = Trend(5.0, 0.1)
    for number in range(100):
        trend.saw(rng.normal(0, 0.1), t_ns(number / 3600))
    assert abs(trend.at(t_ns(100 / 3600))) < 0.1
    assert abs(trend.rate_per_h) < 5.0


def test_a_jump_begins_anew() -> None:
    """Somebody touched the stage: the new place is believed at once, and said to be new."""
    trend = Trend(5.0, 0.1)
    begins = [trend.saw(place, t_ns(number / 10)) for number, place in enumerate((0, 0, 0, 40, 40))]
    assert begins == [True, False, False, True, False]
    assert trend.at(t_ns(0.5)) == pytest.approx(40, abs=0.1)


@given(st.lists(st.tuples(st.floats(0, 5), st.floats(-100, 100)), min_size=1, max_size=30))
def test_it_never_runs_away(seen: list) -> None:
    """Just after a measurement it lies between that and where it was expected."""
    trend, now = Trend(5.0, 0.1), 0.0
    for hours, place in seen:
        now += hours
        expected = trend.at(t_ns(now))
        trend.saw(place, t_ns(now))
        low, high = sorted((expected, place))
        assert low - 1e-6 <= trend.at(t_ns(now)) <= high + 1e-6
