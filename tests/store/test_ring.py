"""Memory for pixels on their way to the disk."""

from __future__ import annotations

from collections import deque

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from saccade.store._ring import Ring

STEPS = st.lists(
    st.one_of(st.integers(1, 700).map(lambda size: ("copy", size)), st.just(("free", 0))),
    max_size=200,
)


@given(STEPS)
def test_places_in_use_never_overlap(steps: list[tuple[str, int]]) -> None:
    """Whatever is copied and given back, in order, what is still in use keeps its content."""
    ring = Ring(2048)
    used: deque[tuple[np.ndarray, int]] = deque()
    for number, (step, size) in enumerate(steps):
        if step == "free" and used:
            used.popleft()
            ring.give_back()
        elif step == "copy":
            value = number % 251
            place = ring.copy(np.full(size, value, "uint8"))
            if place is not None:
                used.append((place, value))
        assert all((place == value).all() for place, value in used)


@given(STEPS)
def test_an_empty_ring_takes_whatever_fits(steps: list[tuple[str, int]]) -> None:
    """Once all is given back, a picture as large as the ring has a place again."""
    ring = Ring(2048)
    taken = 0
    for step, size in steps:
        if step == "copy" and ring.copy(np.zeros(size, "uint8")) is not None:
            taken += 1
        elif step == "free" and taken:
            ring.give_back()
            taken -= 1
    for _ in range(taken):
        ring.give_back()
    assert ring.copy(np.ones(2048, "uint8")) is not None


def test_the_newest_place_can_be_given_back() -> None:
    """A picture for which the queue had no room leaves its place to the next."""
    ring = Ring(100)
    ring.copy(np.zeros(60, "uint8"))
    assert ring.copy(np.zeros(60, "uint8")) is None
    ring.give_back(newest=True)
    assert ring.copy(np.zeros(60, "uint8")) is not None


def test_a_copy_is_read_only_and_known() -> None:
    """What the ring hands out can't be written, and is told from other memory."""
    ring = Ring(1000)
    pixels = np.arange(12, dtype="uint16").reshape(3, 4)
    place = ring.copy(pixels)
    assert place is not None
    assert not place.flags.writeable
    assert (place == pixels).all()
    assert ring.holds(place)
    assert not ring.holds(pixels)
