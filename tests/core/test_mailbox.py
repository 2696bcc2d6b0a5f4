"""A mailbox for consumers that may be slower than the camera."""

from __future__ import annotations

import threading

from hypothesis import given
from hypothesis import strategies as st

from saccade.core import Latest


@given(st.lists(st.one_of(st.none(), st.integers()), max_size=30))
def test_the_newest_wins_and_nothing_is_lost_silently(steps):
    """Every item is taken or counted as dropped, and what is taken is the newest."""
    box: Latest[int] = Latest()
    put = taken = 0
    newest = None
    for step in steps:
        if step is None:
            assert box.take(0) == newest
            taken += newest is not None
            newest = None
        else:
            box.put(step)
            put, newest = put + 1, step
    assert put == taken + box.dropped + (newest is not None)


def test_an_empty_mailbox_gives_nothing_after_its_timeout():
    """Nobody waits forever."""
    assert Latest[int]().take(0.01) is None


def test_closing_wakes_who_waits_and_leaves_what_is_there():
    """The end of a run is heard at once, and its last frame can still be taken."""
    box: Latest[int] = Latest()
    taken: list[int | None] = []
    thread = threading.Thread(target=lambda: taken.append(box.take(60)))
    thread.start()
    box.close()
    thread.join(10)
    assert taken == [None]
    assert box.closed
    box.put(3)
    assert box.take(0) == 3


def test_between_threads_items_come_in_order_and_all_are_accounted_for():
    """A slow consumer sees rising items; those it doesn't see are counted."""
    box: Latest[int] = Latest()
    taken: list[int] = []

    def consume() -> None:
        while (item := box.take(0.5)) is not None or not box.closed:
            if item is not None:
                taken.append(item)

    thread = threading.Thread(target=consume)
    thread.start()
    for item in range(2000):
        box.put(item)
    box.close()
    thread.join(30)
    assert not thread.is_alive()
    assert taken == sorted(taken)
    assert taken[-1] == 1999
    assert len(taken) + box.dropped == 2000
