"""Stages that take their time, and don't come to stand quite where they say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saccade.core import VirtualClock
from saccade.sim.devices._motion import Motion

PLACES = st.floats(-90, 90).map(lambda um: round(um, 1))


def motion(clock: VirtualClock, axes: int = 1, told: list | None = None, **known: float) -> Motion:
    settings = {"speed_um_per_s": 100.0, "settle_ms": 50.0, "backlash_um": 0.0, **known}
    note = (lambda _: None) if told is None else told.append
    return Motion(clock, note, axes, (-100.0, 100.0), **settings)


@given(st.lists(PLACES, min_size=1, max_size=8), st.floats(0, 5))
def test_it_reads_back_as_asked_and_stands_off_by_the_backlash(places, backlash_um):
    """At rest the reading is what was asked for; the truth is off if it came from above."""
    clock, before, off = VirtualClock(), 0.0, 0.0
    stage = motion(clock, backlash_um=backlash_um)
    for um in places:
        stage.go(um)
        clock.advance(60)
        assert stage.now() == (um,)
        assert not stage.busy()
        off = off if um == before else backlash_um if um < before else 0.0
        assert stage.truly_at(clock.now_ns()) == (um + off,)
        before = um


def test_a_move_takes_as_long_as_its_way_and_its_settling():
    """50 µm at 100 µm/s take half a second, and 50 ms more until it is at rest."""
    clock, told = VirtualClock(), []
    stage = motion(clock, 2, told)
    stage.go(50.0, -10.0)
    assert told == [None, 500_000_000], "the scene is told of the start, and of the arrival"
    clock.advance(0.1)
    assert stage.now() == (10.0, -10.0), "each axis goes for as long as its own way takes"
    clock.advance(0.4)
    assert stage.now() == (50.0, -10.0)
    assert stage.busy()
    clock.advance(0.05)
    assert not stage.busy()


def test_a_stage_that_is_stopped_stays_where_it_is():
    """A stop on the way leaves it in between, at rest."""
    clock = VirtualClock()
    stage = motion(clock)
    stage.go(50.0)
    clock.advance(0.2)
    stage.stop()
    assert stage.now() == (20.0,)
    assert not stage.busy()
    clock.advance(10)
    assert stage.now() == (20.0,)


def test_beyond_its_travel_it_refuses_to_go():
    """A place out of reach is an error, and nothing moves."""
    stage = motion(VirtualClock(), 2)
    for place in ((100.1, 0.0), (0.0, float("nan"))):
        with pytest.raises(ValueError, match="beyond the travel"):
            stage.go(*place)
    assert stage.now() == (0.0, 0.0)


def test_who_is_there_already_need_not_move():
    """A move of no length takes no time."""
    clock = VirtualClock()
    stage = motion(clock)
    stage.go(0.0)
    assert not stage.busy()
