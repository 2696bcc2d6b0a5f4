"""The way of the stage from place to place."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from saccade.decide._route import length_um, short_way

PLACES = st.lists(
    st.tuples(st.integers(-500, 500).map(float), st.integers(-500, 500).map(float)), max_size=6
)
END = st.none() | st.just((100.0, -300.0))


def way(order: list[int], places: list[tuple[float, float]], end: object) -> float:
    """Return how long it is to visit places in an order, from the origin."""
    return length_um([(0.0, 0.0), *(places[n] for n in order), *([end] if end else [])])  # type: ignore[list-item]


@given(places=PLACES, end=END)
def test_each_place_is_visited_once_by_a_way_that_is_nearly_the_shortest(
    places: list[tuple[float, float]], end: tuple[float, float] | None
) -> None:
    """Whatever the places: each comes once, and no way is more than half as long again."""
    order = short_way(places, (0.0, 0.0), end)
    assert sorted(order) == list(range(len(places)))
    best = min(way(list(each), places, end) for each in permutations(range(len(places))))
    assert way(order, places, end) <= 1.5 * best + 1e-6


def test_the_way_along_a_line_goes_there_and_back() -> None:
    """Where the stage has to be back afterwards, it takes what lies on its way in order."""
    places = [(300.0, 0.0), (100.0, 0.0), (200.0, 0.0), (400.0, 0.0)]
    assert short_way(places, (0.0, 0.0)) == [1, 2, 0, 3]
    assert way(short_way(places, (0.0, 0.0), (0.0, 0.0)), places, (0.0, 0.0)) == 800.0


def test_no_place_is_no_way() -> None:
    """Nothing to visit is an empty order."""
    assert short_way([], (0.0, 0.0)) == []
