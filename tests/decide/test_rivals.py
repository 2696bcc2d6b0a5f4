"""Rivals: who is who, after they were one."""

from __future__ import annotations

import pytest

from saccade.decide._course import Course
from saccade.decide._rivals import Merged, Rivals, judged

SPREAD = 0.06


def course(x_um: float, strength: float, looks: int = 9) -> Course:
    return Course(x_um, 0.0, 0, strength, looks=looks)


def left(pairs: list[Rivals], *seen: tuple[Course, float], spread: float = SPREAD) -> list[Rivals]:
    return judged(pairs, [], {id(one): strength for one, strength in seen}, spread)


def test_rivals_are_forgotten_once_it_is_sure() -> None:
    """Or after a while in which it could not be told; who is not alone tells nothing."""
    one, other, twin = course(0.0, 100.0), course(9.0, 150.0), course(9.0, 101.0)
    pairs = [Rivals(one, other)]
    for count in (1, 0):  # a single look might be chance
        pairs = left(pairs, (one, 100.0), (other, 150.0))
        assert len(pairs) == count
    pairs = [Rivals(one, twin)]
    counts = []
    for _ in range(10):
        pairs = left(pairs, (one, 100.0), (twin, 101.0))
        counts.append(len(pairs))
    assert counts == [1] * 9 + [0]
    assert len(left([Rivals(one, other)], (one, 100.0))) == 1


def test_who_was_taken_for_another_is_swapped_at_the_second_look() -> None:
    """Once might be chance."""
    one, other = course(0.0, 100.0), course(9.0, 150.0)
    pairs = left([Rivals(one, other)], (one, 150.0), (other, 100.0))
    assert (one.x_um, len(pairs)) == (0.0, 1)
    assert left(pairs, (one, 150.0), (other, 100.0)) == []
    assert (one.x_um, other.x_um) == (9.0, 0.0)


def test_of_one_that_was_never_seen_alone_no_strength_is_known() -> None:
    """That of the other decides."""
    one, other = course(0.0, 100.0), course(9.0, 190.0, looks=0)
    pairs = [Rivals(one, other)]
    for _ in range(2):
        pairs = left(pairs, (one, 70.0), (other, 101.0))
    assert (one.x_um, other.x_um) == (9.0, 0.0)


@pytest.mark.parametrize("looks", [2, 4])
def test_of_three_those_are_swapped_who_are_each_other(looks: int) -> None:
    """Though each of two pairs would explain half of what is seen: who stayed, stays."""
    me, dim, bright = course(0.0, 95.0), course(20.0, 88.0), course(40.0, 102.0)
    pairs = [Rivals(me, dim), Rivals(bright, me), Rivals(bright, dim)]
    for _ in range(looks):
        pairs = left(pairs, (me, 95.5), (dim, 102.0), (bright, 89.0), spread=0.02)
    assert [each.x_um for each in (me, dim, bright)] == [0.0, 40.0, 20.0]


def test_after_a_swap_the_others_begin_anew() -> None:
    """What was seen of them was seen of another."""
    one, other, third = course(0.0, 100.0), course(9.0, 150.0), course(18.0, 125.0)
    near = Rivals(third, one, odds=2.0, unlike=1.0, looks=3)
    pairs = [Rivals(one, other), near]
    for _ in range(2):
        pairs = left(pairs, (one, 150.0), (other, 100.0))
    assert pairs == [near]
    assert (near.odds, near.unlike, near.looks) == (0.0, 0.0, 0)


@pytest.mark.parametrize("adds_up", [True, False])
def test_who_is_one_with_a_third_is_told_by_the_sum(adds_up: bool) -> None:
    """If light adds up as that of others would; where it doesn't add up, it tells nothing."""
    me, third, other = course(0.0, 110.0), course(1.0, 84.0), course(20.0, 97.0)
    strength = 84.0 + 97.0 if adds_up else 105.0
    pairs = [Rivals(me, other)]
    for _ in range(2):
        group = Merged([me, third], strength)
        pairs = judged(pairs, [group] if me.x_um == 0.0 else [], {id(other): 110.0}, 0.02)
    assert me.x_um == (20.0 if adds_up else 0.0)
