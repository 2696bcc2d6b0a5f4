"""What of an occurrence is captured, against answers worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from score_cases import log, occurrence, shots

from saccade.score import Log, capture

FAST_S = 1.0

# An occurrence from 10 to 20 s at x = 0; fields of 100 µm.
CASES = [
    pytest.param([], 0.0, 0.0, False, None, id="nothing"),
    pytest.param([0, 30], 0.0, 0.0, False, None, id="slow shots before and after"),
    pytest.param([9, 12, 15, 18], 0.0, 0.0, False, None, id="slow shots within"),
    pytest.param([12, 13, 14], 0.0, 2.0, True, 2.0, id="three fast ones"),
    pytest.param([12, 13], 0.0, 1.0, False, None, id="two are a movie of nothing"),
    pytest.param([12, 13.25, 14.5], 0.0, 2.5, True, 2.0, id="a quarter late is still fast"),
    pytest.param([12, 13.3, 14.6], 0.0, 0.0, False, None, id="more is not"),
    pytest.param([8, 9, 10, 11], 0.0, 1.0, False, None, id="cut at the onset"),
    pytest.param([19.5, 20.5, 21.5], 0.0, 0.5, False, None, id="cut at the end"),
    pytest.param([9.5, 10.5], 0.0, 0.5, False, None, id="a shot before the onset begins it"),
    pytest.param(list(range(31)), 0.0, 10.0, True, 0.0, id="all of it"),
    pytest.param([12, 13, 14], 50.0, 2.0, True, 2.0, id="on the edge of the field"),
    pytest.param([12, 13, 14], 50.1, 0.0, False, None, id="just outside of the field"),
    pytest.param([12, 12.1, 12.2], 0.0, 0.2, False, None, id="planes of one slow time"),
    pytest.param([11, 11.5, 14, 15, 16], 0.0, 2.5, True, 4.0, id="two that chance to be near"),
]


@pytest.mark.parametrize(("times", "x_um", "captured_s", "caught", "reaction_s"), CASES)
def test_capture_is_what_is_worked_out_by_hand(
    times: list[float], x_um: float, captured_s: float, caught: bool, reaction_s: float | None
) -> None:
    """Captured time, being caught and reaction time follow their definitions."""
    found = capture(log(shots(times, x_um)).columns, occurrence(10, 20), FAST_S)
    assert found.captured_s == pytest.approx(captured_s)
    assert found.caught is caught
    assert found.reaction_s == (reaction_s if reaction_s is None else pytest.approx(reaction_s))


def test_channels_are_movies_of_their_own() -> None:
    """Three channels at one slow time point are no fast shots; each channel counts for itself."""
    slow = [shots([12 + d, 16 + d], channel=c) for d, c in ((0, "A"), (0.6, "B"), (1.2, "C"))]
    assert capture(log(*slow).columns, occurrence(10, 20), FAST_S).captured_s == 0
    fast = [shots([12, 13], channel="A"), shots([12.5, 13.5], channel="B")]
    assert capture(log(*fast).columns, occurrence(10, 20), FAST_S).captured_s == 1.5


def test_shots_elsewhere_do_not_come_between() -> None:
    """Consecutive means: among the shots that have the place in view."""
    taken = log(shots([12, 13, 14]), shots([12.5, 13.5], x_um=500.0))
    assert capture(taken.columns, occurrence(10, 20), FAST_S).captured_s == 2


def test_what_comes_after_the_run_does_not_count() -> None:
    """An occurrence that outlasts the run is captured at most until the run's end."""
    taken = log(shots(range(31)))
    assert capture(taken.columns, occurrence(10, 20), FAST_S, until_s=15).captured_s == 5


times = st.lists(st.floats(0, 40), max_size=40)


@given(times, st.floats(0, 20), st.floats(0, 20), st.floats(0.01, 5))
def test_captured_time_never_exceeds_the_occurrence(
    at_s: list[float], onset_s: float, length_s: float, fast_s: float
) -> None:
    """Whatever the shots, at most the occurrence itself is captured."""
    one = occurrence(onset_s, onset_s + length_s)
    found = capture(log(shots(at_s)).columns, one, fast_s)
    assert 0 <= found.captured_s <= one.duration_s + 1e-9
    if found.reaction_s is not None:
        assert 0 <= found.reaction_s <= one.duration_s


@given(times, times, st.floats(0, 20), st.floats(0, 20))
def test_more_shots_never_capture_less(
    at_s: list[float], more_s: list[float], onset_s: float, length_s: float
) -> None:
    """A shot more takes nothing away: not captured time, not a catch, not a reaction."""
    one = occurrence(onset_s, onset_s + length_s)
    few = capture(log(shots(at_s)).columns, one, FAST_S)
    many = capture(log(shots(at_s), shots(more_s)).columns, one, FAST_S)
    assert many.captured_s >= few.captured_s - 1e-9
    assert many.caught >= few.caught
    if few.reaction_s is not None:
        assert many.reaction_s is not None
        assert many.reaction_s <= few.reaction_s


@given(st.lists(st.floats(0, 1e3), max_size=50))
def test_dose_sums_are_exact(doses: list[float]) -> None:
    """The dose of a log is the correctly rounded sum of its shots', whatever their order."""
    from fractions import Fraction

    taken = [s._replace(dose_j_per_cm2=d) for s, d in zip(shots(doses), doses, strict=True)]
    exact = float(sum(map(Fraction, doses)))
    assert Log(tuple(taken)).dose_j_per_cm2 == exact
    assert Log(tuple(reversed(taken))).dose_j_per_cm2 == exact
    assert Log(tuple(taken)).dose_by_position() == ({0: exact} if doses else {})
