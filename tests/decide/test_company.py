"""One thing and its company: where each is while they are one, and which is which afterwards."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saccade.decide._company import Company
from saccade.decide._course import Course, is_alone
from saccade.decide._found import Found

S = 1_000_000_000
SIZE_UM = 10.0


def box(*places: tuple[float, float]) -> tuple[float, float, float, float]:
    """Return the box around things of one size at these places, in µm."""
    xs, ys = zip(*places, strict=True)
    half = SIZE_UM / 2
    return min(xs) - half, min(ys) - half, max(xs) + half, max(ys) + half


def around(*things: tuple[float, float, float]) -> Found:
    """Return what is seen of things (x, y, strength) that are one: their light adds up."""
    places = [(x, y) for x, y, _ in things]
    x, y = (sum(axis) / len(things) for axis in zip(*places, strict=True))
    return Found(x, y, sum(strength for *_, strength in things), box(*places))


def saw(company: Company, t: int, *groups: list[tuple[float, float, float]]) -> str:
    """Show it things, those of a group as one."""
    found = [around(*group) for group in groups]
    return company.saw(found, t * S, reach_um=6.0, smooth=0.7, patience=6)


def begun(*things: tuple[float, float, float]) -> Company:
    found = [around(each) for each in things]
    company = Company.of(found, found[0], 0)
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


def test_who_was_lost_is_not_looked_for_in_another_for_ever() -> None:
    """One that is seen where two should be, no larger and no brighter than alone, is one."""
    company = begun((0.0, 0.0, 100.0), (12.0, 0.0, 130.0), (16.0, 0.0, 80.0))
    for t in range(1, 5):
        saw(company, t, [(0.0, 0.0, 100.0)], [(12.0, 0.0, 130.0)], [(16.0 + 4 * t, 0.0, 80.0)])
    there = [len(company.courses)]
    for t in range(5, 15):  # the third is gone, and nobody saw where to
        saw(company, t, [(0.0, 0.0, 100.0)], [(12.0 + t, 0.0, 130.0)])
        there.append(len(company.courses))
    assert there[0] == 3
    assert there[-1] == 2


def test_two_that_lie_over_each_other_are_two() -> None:
    """Their box is that of one, but their light adds up."""
    company = begun((-6.0, 0.0, 100.0), (6.0, 0.0, 90.0))
    for t in range(1, 5):
        saw(company, t, [(-6.0, 0.0, 100.0)], [(6.0, 0.0, 90.0)])
    for t in range(5, 30):
        at = max(8 - t, 0) * 2.0
        two = (-at, 0.0, 100.0), (at, 0.0, 90.0)
        saw(company, t, *([each] for each in two)) if at > 5 else saw(company, t, list(two))
    assert [course.lost for course in company.courses] == [0, 0]


def test_what_is_cut_in_two_keeps_what_was_known_of_it() -> None:
    """A smaller box that is as bright as ever is no other thing, and of who is doubted none is."""
    one = Course(0.0, 0.0, 0, 100.0, size_um=(10.0, 10.0), looks=9)
    one.saw(Found(0.0, 0.0, 97.0, (-5.0, -4.0, 5.0, 4.0)), S, 0.7)
    assert (one.strength, one.looks) == (100.0, 9)
    one.saw(Found(0.0, 0.0, 70.0, (-5.0, -4.0, 5.0, 4.0)), S, 0.7, doubted=True)
    assert (one.strength, one.looks) == (100.0, 9)
    both = Course(0.0, 0.0, 0, 190.0, size_um=(10.0, 14.0), looks=9)
    both.saw(Found(0.0, 0.0, 90.0, box((0.0, 0.0))), S, 0.7)
    assert (both.size_um, both.strength, both.looks) == ((10.0, 10.0), 90.0, 0)


def test_of_what_the_edge_cuts_no_size_is_learned() -> None:
    """Nor is it alone: how bright all of it is can't be seen."""
    course = Course(0.0, 0.0, 0, 100.0)
    course.saw(Found(0.0, 0.0, 40.0, (0.0, -5.0, 4.0, 5.0), whole=False), S, 0.7)
    assert course.size_um is None
    company = begun((0.0, 0.0, 100.0))
    cut = Found(0.0, 0.0, 40.0, (0.0, -5.0, 10.0, 5.0), whole=False)
    for t in range(1, 9):
        company.saw([cut], t * S, reach_um=6.0, smooth=0.7, patience=6)
    assert company.me.strength == 100.0


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
