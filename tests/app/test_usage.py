"""How much of light and time is used up, and how long a plan will still take."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saccade.app import Pace, Spent, told_duration
from saccade.app._usage import spent_of


@dataclass
class Ledger:
    """A guard that counts light, as far as it tells."""

    spent_j_per_cm2: float
    limit_j_per_cm2: float
    run_j_per_cm2: float = 0.0
    run_limit_j_per_cm2: float | None = None


@dataclass
class Counts:
    """One that counts, and refuses nothing."""

    spent_j_per_cm2: float


def test_the_budget_of_which_least_is_left_is_told() -> None:
    """Of several guards, and of the place and the run, the one that will refuse first."""
    guards = [Ledger(3, 10), Ledger(1, 10, 8, 9), object(), Counts(50)]
    spent = spent_of(guards)  # type: ignore[arg-type]
    assert spent is not None
    assert spent() == Spent(8, 9, "run")
    guards[1] = Ledger(1, 10, 8)
    spent = spent_of(guards)  # type: ignore[arg-type]
    assert spent is not None
    assert spent() == Spent(3, 10, "place")
    assert str(spent()) == "3 of 10 J/cm² at one place"


def test_light_is_told_without_a_limit_too() -> None:
    """Whoever counts without one is believed; where nobody counts, nothing is told."""
    spent = spent_of([Counts(0.25)])  # type: ignore[list-item]
    assert spent is not None
    assert (str(spent()), spent().share) == ("0.25 J/cm² at one place", 0.0)
    assert spent_of([object()]) is None  # type: ignore[list-item]


def after(pace: Pace, seconds: float, planned: int, due_s: float) -> float | None:
    """Return what is left once so much time has passed and so many pictures were taken."""
    pace.tick(0.0)
    pace.tick(seconds)
    pace.note(planned, due_s)
    return pace.left_s


@pytest.mark.parametrize(
    ("of", "last_due_s", "seconds", "planned", "due_s", "left_s"),
    [
        pytest.param(100, 0.0, 10, 20, 0.0, 40, id="as fast as it can: by the pictures"),
        pytest.param(1440, 42_600, 630, 40, 600, 44_100, id="by the times of the plan"),
        pytest.param(1440, 42_600, 30, 20, 0.0, 42_570, id="all but all, in the first round"),
        pytest.param(1440, 42_600, 6.3, 40, 600, 441, id="a hundred times as fast"),
        pytest.param(100, 0.0, 10, 100, 0.0, 0, id="nothing, at the end"),
        pytest.param(None, 0.0, 10, 20, 0.0, None, id="not known without either"),
        pytest.param(100, 0.0, 10, 0, 0.0, None, id="not known before the first picture"),
    ],
)
def test_what_is_left(
    of: int | None, last_due_s: float, seconds: float, planned: int, due_s: float, left_s: float
) -> None:
    """It is what the rest of the plan takes at the pace that it had so far."""
    assert after(Pace(of, last_due_s), seconds, planned, due_s) == (
        None if left_s is None else pytest.approx(left_s)
    )


def test_what_is_left_runs_down_between_pictures() -> None:
    """Second by second, and never below nothing."""
    pace = Pace(of=10)
    assert after(pace, 10, 5, 0.0) == 10
    pace.tick(14)
    pace.note(5, 0.0)
    assert pace.left_s == 6
    pace.tick(1000)
    assert pace.left_s == 0


def test_time_that_was_held_counts_for_nothing() -> None:
    """Neither as gone nor as a slow pace."""
    pace = Pace(of=10)
    assert after(pace, 10, 5, 0.0) == 10
    pace.tick(500, goes=False)
    assert (pace.elapsed_s, pace.left_s) == (10, 10)
    pace.tick(501)
    assert (pace.elapsed_s, pace.left_s) == (11, 9)


@given(
    st.lists(st.tuples(st.floats(0, 1e5), st.integers(0, 500), st.floats(0, 1e6)), max_size=20),
    st.one_of(st.none(), st.integers(0, 400)),
    st.floats(0, 1e5),
)
def test_what_is_left_is_never_negative(
    noted: list[tuple[float, int, float]], of: int | None, last_due_s: float
) -> None:
    """Nor endless, nor no number, whatever pictures come when."""
    pace, now_s = Pace(of, last_due_s), 0.0
    for seconds, planned, due_s in noted:
        now_s += seconds
        pace.tick(now_s)
        pace.note(planned, due_s)
        assert pace.left_s is None or (pace.left_s >= 0 and math.isfinite(pace.left_s))


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (1800, "30 min"),
        (3599, "1 h"),
        (3600, "1 h"),
        (11_700, "3 h 15 min"),
        (86_399, "1 d"),
        (187_200, "2 d 4 h"),
    ],
)
def test_times_are_told_as_people_say_them(seconds: float, told: str) -> None:
    """In the two units that matter."""
    assert told_duration(seconds) == told
