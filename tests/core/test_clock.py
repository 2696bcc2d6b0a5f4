"""The one clock that everything waits on."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saccade.core import RealClock, VirtualClock


@pytest.mark.parametrize("clock", [RealClock(), VirtualClock(5)], ids=["real", "virtual"])
def test_time_never_goes_back(clock):
    """What is waited for lies in the past afterwards."""
    before = clock.now_ns()
    assert clock.wait_until(before + 1000, threading.Event()) is False
    assert clock.now_ns() >= before + 1000
    assert clock.wait_until(before - 1000, threading.Event()) is False
    assert clock.now_ns() >= before + 1000


@pytest.mark.parametrize("clock", [RealClock(), VirtualClock()], ids=["real", "virtual"])
def test_who_is_awake_does_not_wait(clock):
    """A wake that came before the wait ends it at once."""
    wake = threading.Event()
    wake.set()
    assert clock.wait_until(clock.now_ns() + 10**18, wake) is True


def test_a_wake_ends_a_real_wait():
    """A stop does not wait for the next time point."""
    clock, wake, woken = RealClock(), threading.Event(), []
    thread = threading.Thread(
        target=lambda: woken.append(clock.wait_until(clock.now_ns() + 10**12, wake))
    )
    thread.start()
    wake.set()
    thread.join(10)
    assert woken == [True]


@given(st.lists(st.tuples(st.booleans(), st.integers(-(10**9), 10**9)), max_size=20))
def test_virtual_time_passes_only_for_who_waits(steps):
    """Virtual time is the latest time that anybody waited for."""
    clock, latest = VirtualClock(), 0
    for woken, t_ns in steps:
        wake = threading.Event()
        if woken:
            wake.set()
        assert clock.wait_until(t_ns, wake) is woken
        latest = latest if woken else max(latest, t_ns)
        assert clock.now_ns() == latest


def test_virtual_time_can_be_let_pass():
    """A simulated detector takes time without anybody waiting."""
    clock = VirtualClock(10)
    clock.advance(1.5)
    assert clock.now_ns() == 1_500_000_010


@given(st.lists(st.integers(-5, 200), max_size=20), st.integers(1, 10))
def test_a_nap_in_virtual_time_jumps_to_what_was_announced(announced, naps):
    """Each nap ends at the next announced time, in order; with none left it has its own length."""
    clock = VirtualClock()
    for t_ns in announced:
        clock.announce(t_ns)
    due = sorted({t_ns for t_ns in announced if t_ns > 0})
    for number in range(naps):
        before = clock.now_ns()
        clock.nap(1e-6)
        expected = due[number] if number < len(due) else before + 1000
        assert clock.now_ns() == expected


def test_what_was_announced_is_forgotten_once_it_is_past():
    """A jump over what was announced leaves nothing to wake for."""
    clock = VirtualClock()
    clock.announce(10)
    clock.wait_until(50, threading.Event())
    clock.nap(1e-6)
    assert clock.now_ns() == 1050


def test_the_virtual_time_of_day_is_the_same_in_every_run():
    """Virtual time begins in 1970; real time of day is that of the machine."""
    assert VirtualClock(7).wall_ns() == 7
    assert RealClock().wall_ns() > 1_700_000_000 * 10**9


def test_a_real_nap_takes_its_time():
    """A nap is at least as long as asked, whatever was announced."""
    clock = RealClock()
    before = clock.now_ns()
    clock.announce(before + 10)
    clock.nap(0.002)
    assert clock.now_ns() - before >= 2_000_000
