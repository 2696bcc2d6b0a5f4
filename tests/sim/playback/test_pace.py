"""Which time is shown when."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saccade.core import RecordingEndedError, RecordingError, SnapError, VirtualClock
from saccade.sim.playback._pace import projector

if TYPE_CHECKING:
    from saccade.sim import Recording

PLACES = st.tuples(st.integers(0, 1), st.integers(0, 2), st.just(0))


@settings(deadline=None)
@given(visits=st.lists(PLACES, max_size=60))
def test_fast_pace_misses_and_repeats_nothing(
    small: Recording, visits: list[tuple[int, int, int]]
) -> None:
    """Time never goes back, never skips, is one for all places, and shows none twice."""
    shown = projector(small, "fast", None, VirtualClock())
    seen: set[tuple[int, tuple[int, int, int]]] = set()
    time = 0
    for place in visits:
        try:
            pixels = shown.show(place)
        except RecordingEndedError:
            assert (time, place) in seen or shown.ended
            assert time == small.sizes["T"] - 1
            continue
        assert shown.ended is None, "a recording that is over shows no more"
        must_move = (time, place) in seen
        assert shown.time == time + must_move
        time = shown.time
        seen.add((time, place))
        p, c, z = place
        np.testing.assert_array_equal(pixels, small.plane(p, time, c, z))


@settings(deadline=None)
@given(waits=st.lists(st.floats(0, 3), min_size=1, max_size=40))
def test_real_pace_follows_the_clock(small: Recording, waits: list[float]) -> None:
    """The time shown is the number of whole intervals since the first look."""
    clock = VirtualClock(12345)
    shown = projector(small, "real", 2.0, clock)
    start_ns: int | None = None
    for wait in waits:
        clock.advance(wait)
        start_ns = clock.now_ns() if start_ns is None else start_ns
        due = (clock.now_ns() - start_ns) // 2_000_000_000
        if due < small.sizes["T"]:
            shown.show((0, 0, 0))
            assert shown.time == due
        else:
            with pytest.raises(RecordingEndedError):
                shown.show((0, 0, 0))


def test_real_pace_takes_the_recorded_interval(small: Recording) -> None:
    """Without an interval of one's own, that of the recording counts; with one, that."""
    stated = dataclasses.replace(small, interval_s=10.0)
    for given_s, expected in ((None, 0), (4.0, 2)):
        clock = VirtualClock()
        shown = projector(stated, "real", given_s, clock)
        shown.show((0, 0, 0))
        clock.advance(9.0)
        shown.show((0, 0, 0))
        assert shown.time == expected


def test_real_pace_without_an_interval_asks_for_it(small: Recording) -> None:
    """A recording that states no interval is not played at a made-up one."""
    with pytest.raises(RecordingError, match="does not tell the time") as caught:
        projector(small, "real", None, VirtualClock())
    assert "interval_s" in caught.value.do


@pytest.mark.parametrize("interval_s", [0.0, -1.0, float("nan"), float("inf"), 1e-12])
def test_impossible_interval_is_refused(small: Recording, interval_s: float) -> None:
    """Only an interval above zero can be played."""
    with pytest.raises(RecordingError, match="can't be played"):
        projector(small, "real", interval_s, VirtualClock())


def test_unknown_pace_is_refused(small: Recording) -> None:
    """A misspelt pace is answered with the nearest one."""
    with pytest.raises(RecordingError, match="Did you mean 'fast'"):
        projector(small, "fats", None, VirtualClock())  # type: ignore[arg-type]


def test_unreadable_plane_is_a_failed_snap(small: Recording) -> None:
    """A plane that can't be read any more is one failed picture, and the next can come."""

    def gone(number: int) -> None:
        raise OSError(f"plane {number} is gone")

    lost = dataclasses.replace(small, _pile=dataclasses.replace(small._pile, read=gone))
    shown = projector(lost, "fast", None, VirtualClock())
    with pytest.raises(SnapError, match=r"small\.tif can't be read at time 0.* gone"):
        shown.show((0, 0, 0))
    assert shown.ended is None
    with pytest.raises(SnapError, match="time 1"):
        shown.show((0, 0, 0))
