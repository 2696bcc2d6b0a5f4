"""Scores over time: when a policy would act, what a threshold comes to, and what is promised."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from useq import MDAEvent

from saccade.core import Observation
from saccade.decide import Burst
from saccade.score import Trace, Trigger, acts, foreseen, points


def trace(scores: list[float], there: tuple[tuple[float, float], ...] = (), hours=1.0) -> Trace:
    """Return scores of a frame a second."""
    return Trace(np.arange(len(scores), dtype=float), np.array(scores, float), there, hours)


@settings(max_examples=60)
@given(
    scores=st.lists(st.sampled_from([0.0, 0.2, 0.5, 0.8, 1.0]), max_size=40),
    above=st.sampled_from([0.5, 0.8]),
    dwell=st.integers(1, 3),
)
def test_it_acts_when_a_burst_would(scores: list[float], above: float, dwell: int) -> None:
    """Thresholds, hysteresis and dwell are those of the policy itself."""
    policy = Burst((MDAEvent(),), above=above, below=0.2, dwell=dwell)
    fired = [
        t
        for t, score in enumerate(scores)
        if policy(Observation(score, frame=t, t_ns=t * 10**9)).actions
    ]
    assert acts(trace(scores), Trigger(above, 0.2, dwell)) == fired


def test_while_it_acts_it_does_not_act_again() -> None:
    """What lasts keeps it from the next, and a frame that can't be judged is no score."""
    scores = [1.0, 0.0, 1.0, 0.0, 1.0, math.nan, 1.0]
    assert acts(trace(scores), Trigger(0.5, 0.2, lasts_s=3.0)) == [0.0, 4.0]


def test_a_threshold_comes_to_what_is_counted_by_hand() -> None:
    """An act is right near something, wrong else; each occurrence is caught once."""
    one = trace([0, 1, 0, 0, 1, 0, 0.6, 0], there=((1.0, 2.0), (30.0, 40.0)), hours=2.0)
    low, high = points([one], Trigger(0.5, 0.2), (0.5, 0.9), margin_s=1.0)
    assert (low.precision, low.recall) == (pytest.approx(1 / 3), 0.5)
    assert (low.false_per_h, low.acts_per_h) == (1.0, 1.5)
    assert (high.precision, high.recall, high.false_per_h) == (0.5, 0.5, 0.5)
    (none,) = points([trace([0.0, 0.1])], Trigger(0.5, 0.2), (0.5,), margin_s=1.0)
    assert math.isnan(none.precision)
    assert math.isnan(none.recall)
    assert one.holds().tolist() == [False, True, True, False, False, False, False, False]


def test_what_is_foreseen_holds_for_other_worlds() -> None:
    """Of rates that differ from world to world, 95 % of promises hold, within the noise of 400."""
    rng, kept = np.random.default_rng(4), 0
    for _ in range(400):
        counts, others = (rng.negative_binomial(2, 0.4, 8) for _ in range(2))
        promise = foreseen(counts.tolist(), [2.0] * 8, 16.0)
        kept += promise.low <= others.sum() / 16 <= promise.high
    assert 0.9 <= kept / 400 <= 0.99


def test_a_promise_from_nothing_is_wide_and_never_below_zero() -> None:
    """No false alarm in ten hours does not mean that there is none in the next ten."""
    promise = foreseen([0, 0], [5.0, 5.0], 10.0)
    assert (promise.value, promise.low) == (0, 0)
    assert 0.1 < promise.high < 0.6
    with pytest.raises(ValueError, match="no rate"):
        foreseen([1], [0.0], 1.0)
