"""One thing and its company: where each is while they are one, and which is which afterwards."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saccade.core import Point
from saccade.decide._company import Company
from saccade.decide._course import Course, is_alone
from saccade.decide._rivals import Rivals

S = 1_000_000_000
SIZE_UM = 10.0


def point(x_um: float, y_um: float = 0.0, strength: float = 100.0) -> Point:
    return Point(y_um, x_um, strength, x_um, y_um)


def box(*places: tuple[float, float]) -> tuple[float, float, float, float]:
    """Return the box around things of one size at these places, in µm."""
    xs, ys = zip(*places, strict=True)
    half = SIZE_UM / 2
    return min(xs) - half, min(ys) - half, max(xs) + half, max(ys) + half


def saw(company: Company, t: int, *groups: list[tuple[float, float, float]]) -> str:
    """Show it things (x, y, strength), those of a group as one."""
    points, boxes = [], []
    for group in groups:
        places = [(x, y) for x, y, _ in group]
        middle = [sum(axis) / len(group) for axis in zip(*places, strict=True)]
        points.append(point(*middle, sum(strength for *_, strength in group)))
        boxes.append(box(*places))
    return company.saw(tuple(points), t * S, boxes_um=boxes, reach_um=6.0, smooth=0.7, patience=6)


def begun(*things: tuple[float, float, float]) -> Company:
    points = tuple(point(*each) for each in things)
    company = Company.of(points, points[0], 0)
    saw(company, 0, *([each] for each in things))
    return company


def test_the_box_around_two_says_where_each_is() -> None:
    """Though both turn while they are one: they are as far apart as the box is longer than one."""
    company = begun((-6.0, 0.0, 100.0), (6.0, 0.0, 100.0))
    for t in range(1, 12):
        around = math.radians(180 - 15 * max(t - 3, 0))  # about each other, at 3 µm from the middle
        radius = max(6.0 - t, 3.0)
        mine = radius * math.cos(around), radius * math.sin(around), 100.0
        other = -mine[0], -mine[1], 100.0
        told = saw(company, t, [mine, other]) if t >= 3 else saw(company, t, [mine], [other])
        assert told == ("merged" if t >= 3 else "found")
        assert math.dist((company.me.x_um, company.me.y_um), mine[:2]) < 1.5


def test_two_that_pass_each_other_change_sides() -> None:
    """Where nobody can see which is which, they go on as they went."""
    company = begun((0.0, 0.0, 100.0), (16.0, 1.0, 100.0))
    for t in range(1, 12):
        mine, other = (2.0 * t, 0.0, 100.0), (16 - 2.0 * t, 1.0, 100.0)
        is_one = abs(mine[0] - other[0]) < SIZE_UM
        saw(company, t, [mine, other]) if is_one else saw(company, t, [mine], [other])
        assert abs(company.me.x_um - mine[0]) < 1.0


def test_of_three_in_a_row_the_outer_ones_are_at_the_edges() -> None:
    """The one between them is where it was expected."""
    company = begun((0.0, 0.0, 100.0), (12.0, 0.0, 100.0), (24.0, 0.0, 100.0))
    for t in range(1, 6):
        row = [(1.0 * t, 0.0, 100.0), (12.0, 0.0, 100.0), (24 - 1.0 * t, 0.0, 100.0)]
        if t < 4:
            saw(company, t, *([each] for each in row))
        else:
            assert saw(company, t, row) == "merged"
    assert [course.x_um for course in company.courses] == pytest.approx([5.0, 12.0, 19.0], abs=0.5)


@pytest.mark.parametrize("unlike", [0.0, 0.15])
def test_a_swap_is_seen_by_the_strengths_afterwards(unlike: float) -> None:
    """Whoever was taken for another is itself again, if they differ; else nobody knows."""
    mine, other = 100.0, 100.0 * (1 + unlike)
    company = begun((0.0, 0.0, mine), (8.0, 0.0, other), (0.0, 99.0, 50.0))
    me = company.me
    for t in range(1, 4):
        saw(company, t, [(0.0, 0.0, mine)], [(8.0, 0.0, other)], [(0.0, 99.0, 50.0)])
    saw(company, 4, [(2.0, 0.0, mine), (6.0, 0.0, other)], [(0.0, 99.0, 50.0)])
    for t in range(5, 9):  # they have turned back, against all that was to be expected
        where = (8.0, 0.0, mine), (0.0, 0.0, other)
        saw(company, t, *([each] for each in where), [(0.0, 99.0, 50.0)])
    assert company.me is me
    assert company.me.x_um == (8.0 if unlike else 0.0)


def test_fading_light_swaps_nobody() -> None:
    """A lamp that dies makes all dimmer, also those that can't be seen alone meanwhile."""
    mine, other, third = 100.0, 130.0, 70.0
    company = begun((0.0, 0.0, mine), (8.0, 0.0, other), (0.0, 99.0, third))
    for t in range(1, 30):
        dim = 0.97**t
        one, two = (0.0, 0.0, mine * dim), (8.0, 0.0, other * dim)
        alone = [(0.0, 99.0, third * dim)]
        if 5 < t < 20:
            saw(company, t, [(2.0, 0.0, one[2]), (6.0, 0.0, two[2])], alone)
        else:
            saw(company, t, [one], [two], alone)
    assert company.me.x_um == 0.0
    assert company.rivals == []


def test_rivals_are_forgotten_once_it_is_sure() -> None:
    """Or after a while in which it could not be told."""
    one, other = Course(0.0, 0.0, 0, 100.0, looks=9), Course(9.0, 0.0, 0, 150.0, looks=9)
    clear = Rivals(one, other)
    assert clear.saw({id(one): 100.0, id(other): 150.0})
    alike = Rivals(one, Course(9.0, 0.0, 0, 101.0, looks=9))
    seen = {id(alike.one): 100.0, id(alike.other): 101.0}
    assert [alike.saw(seen) for _ in range(10)] == [False] * 9 + [True]
    assert not Rivals(one, other).saw({id(one): 100.0})


def test_of_one_that_was_never_seen_alone_no_strength_is_known() -> None:
    """That of the other decides; and what was taken for one and is smaller begins anew."""
    one, other = Course(0.0, 0.0, 0, 100.0, looks=9), Course(9.0, 0.0, 0, 190.0)
    pair = Rivals(one, other)
    seen = {id(one): 70.0, id(other): 101.0}
    assert [pair.saw(seen), pair.saw(seen)] == [False, True]
    assert (one.x_um, other.x_um) == (9.0, 0.0)
    both = Course(0.0, 0.0, 0, 190.0, size_um=(10.0, 14.0), looks=9)
    both.saw(point(0.0, strength=90.0), S, 0.7, (10.0, 10.0))
    assert (both.size_um, both.strength, both.looks) == ((10.0, 10.0), 90.0, 0)


def test_what_touches_another_is_not_alone() -> None:
    """Its box is larger than its own."""
    course = Course(0.0, 0.0, 0, 100.0, size_um=(10.0, 10.0))
    assert is_alone(course, (10.5, 9.6))
    assert not is_alone(course, (12.0, 10.0))
    assert is_alone(course, None)


PLACES = st.tuples(st.floats(-20, 20), st.floats(-20, 20), st.floats(0, 200))


@given(st.lists(st.lists(PLACES, min_size=1, max_size=3), min_size=1, max_size=5))
def test_whatever_is_seen_everybody_is_somewhere(
    frames: list[list[tuple[float, float, float]]],
) -> None:
    """No course is no number, and the followed one stays the first."""
    company = begun((0.0, 0.0, 100.0), (8.0, 0.0, 50.0))
    first = {id(each) for each in company.courses}
    for t, things in enumerate(frames, 1):
        assert saw(company, t, things) in ("found", "merged", "lost")
    assert id(company.me) in first
    assert all(
        math.isfinite(value)
        for each in company.courses
        for value in (each.x_um, each.y_um, each.vx_um_per_s, each.vy_um_per_s, each.strength)
    )
