"""Pictures that are looked at together: far enough apart, and few enough in memory."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saccade.detect._recent import Recent


def shown(recent: Recent, times_s: list[float]) -> list[list[float]]:
    """Return when the pictures of each look were taken."""
    return [
        [float(each[0, 0]) for each in recent.with_past(np.full((1, 1), t_s), t_s)]
        for t_s in times_s
    ]


def test_without_spacing_they_are_the_last_ones() -> None:
    """The first one is repeated at the beginning."""
    assert shown(Recent(3), [1, 2, 3, 4]) == [[1, 1, 1], [1, 1, 2], [1, 2, 3], [2, 3, 4]]


@pytest.mark.parametrize(
    ("times_s", "last"),
    [
        pytest.param([0, 40, 80, 120], [40, 80, 120], id="a watch that is slower"),
        pytest.param([0, 40, 80, 85, 90, 95, 100, 105], [0, 40, 105], id="early in a burst"),
        pytest.param([0, 40, 80, 90, 100, 110, 120], [40, 90, 120], id="later in one"),
        pytest.param([0, 29, 58], [0, 29, 58], id="a clock that is a little early"),
        pytest.param([0, 27, 58], [0, 27, 58], id="an oldest one that is too near"),
        pytest.param([0, 5], [0, 0, 5], id="a burst that has just begun"),
        pytest.param([0, 1000, 1005], [0, 0, 1005], id="a long pause before a burst"),
    ],
)
def test_with_spacing_they_are_so_far_apart(times_s: list[float], last: list[float]) -> None:
    """Each is the newest that is at least 30 s before the next, or the oldest there is."""
    assert shown(Recent(3, 30.0), times_s)[-1] == last


@given(
    steps_s=st.lists(st.floats(0.001, 200.0), min_size=1, max_size=80),
    count=st.integers(1, 5),
    spacing_s=st.floats(1.0, 60.0),
)
def test_whatever_the_pace_they_are_apart_and_few_are_kept(
    steps_s: list[float], count: int, spacing_s: float
) -> None:
    """In order, newest last; nearer than asked only where that is the oldest there is."""
    recent = Recent(count, spacing_s)
    times_s = np.cumsum(steps_s).tolist()
    for number, chosen in enumerate(shown(recent, times_s)):
        assert chosen[-1] == times_s[number]
        assert chosen == sorted(chosen)
        assert len(chosen) == count
        for earlier, later in itertools.pairwise(chosen):
            assert later - earlier >= 0.95 * spacing_s - 1e-6 or earlier == chosen[0]
    longest = max(steps_s, default=0.0)
    assert len(recent._kept) <= 6 * count + 2 + 4 * count * longest / spacing_s


def test_a_fast_burst_fills_no_memory() -> None:
    """A thousand frames a second for a minute leave about four pictures for each least time."""
    recent = Recent(3, 10.0)
    for number in range(60_000):
        recent.with_past(np.zeros((1, 1)), number / 1000)
    assert len(recent._kept) <= 12
