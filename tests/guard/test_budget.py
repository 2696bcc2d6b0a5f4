"""Budget: time, frames and disk come to an end."""

from __future__ import annotations

import math

import pytest
from guard_cases import decided, event, lost, passes, planned, stand, taken, why_not, wrong
from hypothesis import given
from hypothesis import strategies as st
from useq import CustomAction, MDAEvent

from saccade.core import Action, Settles
from saccade.guard import Budget

FULL = 50 * 100 * 2 + 2000
"""Bytes of a full frame of the bench, and its lines."""
VALVE = MDAEvent(action=CustomAction(name="valve"))


def budget(**settings) -> Budget:
    guard = Budget(**settings)
    guard.learn(stand())
    return guard


def full():
    """Return a full frame of the bench."""
    return taken(shape=(50, 100))


def test_frames_run_out() -> None:
    """So many frames are taken, and none after them."""
    guard = budget(frames=3)
    assert isinstance(guard, Settles)
    for left in (3, 2, 1):
        assert guard.frames_left == left
        assert passes(guard, planned())
        assert guard.frames_left == left - 1
        guard.settle(full())
        assert guard.frames_left == left - 1
    assert why_not(guard, planned()) == ("'watch' takes 1 frame; 0 of 3 are left", "0 frames")
    assert passes(guard, planned(VALVE))


def test_a_burst_needs_room_for_all_of_it() -> None:
    """A burst that would use more than what is left is refused before its first frame."""
    guard = budget(frames=5)
    assert passes(guard, planned())
    guard.settle(full())
    assert why_not(guard, decided(*[MDAEvent()] * 5)) == (
        "'burst' takes 5 frames; 4 of 5 are left",
        "4 frames",
    )
    assert passes(guard, decided(VALVE, *[MDAEvent()] * 4))
    for _ in range(4):
        guard.settle(full())
    assert guard.frames_left == 0


def test_frames_of_a_burst_are_settled_one_by_one() -> None:
    """Each frame, or gap, of a burst stands for one picture that is under way."""
    guard = budget(frames=9)
    assert passes(guard, decided(*[MDAEvent()] * 4))
    assert guard.frames_left == 5
    guard.settle(full())
    assert guard.frames_left == 5
    guard.settle(lost())
    assert guard.frames_left == 6


def test_a_gap_does_not_count() -> None:
    """What was planned and not taken gives its frame, and its disk, back."""
    guard = budget(frames=1, disk_mb=FULL / 1e6)
    assert passes(guard, planned())
    assert not passes(guard, planned())
    guard.settle(lost())
    assert guard.bytes_left == FULL
    assert passes(guard, planned())
    guard.settle(full())
    assert (guard.frames_left, guard.bytes_left) == (0, 0)
    assert not passes(guard, planned())


def test_what_nobody_told_of_counts_as_taken() -> None:
    """Where frames are not told, as in a check before a run, the plan itself is counted."""
    guard = budget(frames=5, disk_mb=1.0)
    assert passes(guard, planned(MDAEvent(), MDAEvent()))
    assert passes(guard, planned())
    assert (guard.frames_left, guard.bytes_left) == (2, 1_000_000 - 3 * FULL)
    guard.settle(lost())
    assert (guard.frames_left, guard.bytes_left) == (3, 1_000_000 - 2 * FULL)


def test_a_frame_that_nobody_asked_for_counts() -> None:
    """A frame is a frame, and a gap of nothing is nothing."""
    guard = budget(frames=5)
    guard.settle(lost())
    assert guard.frames_left == 5
    guard.settle(full())
    guard.settle(full())
    assert guard.frames_left == 3
    for _ in range(9):
        guard.settle(full())
    assert guard.frames_left == 0


def test_disk_runs_out() -> None:
    """A frame counts as a full one before it is taken, and then with its own size."""
    guard = budget(disk_mb=3 * FULL / 1e6)
    assert guard.bytes_left == 3 * FULL
    assert passes(guard, planned())
    assert guard.bytes_left == 2 * FULL
    guard.settle(full())
    assert guard.bytes_left == 2 * FULL
    assert passes(guard, decided(MDAEvent(), MDAEvent()))
    assert guard.bytes_left == 0
    guard.settle(taken())
    guard.settle(lost())
    assert guard.bytes_left == 2 * FULL - 2002
    assert why_not(guard, decided(MDAEvent(), MDAEvent())) == (
        "'burst' needs 0.024 MB; 0.022 of 0.036 MB are left",
        "1 frame",
    )
    assert passes(guard, planned())


def test_the_last_byte_may_be_used() -> None:
    """Rounding of a round budget does not cost its last frame; one byte less does."""
    guard = budget(disk_mb=0.012)
    assert passes(guard, planned())
    assert not passes(budget(disk_mb=0.011999), planned())
    assert why_not(budget(disk_mb=0.0119), planned()) == (
        "'watch' needs 0.012 MB; 0.0119 of 0.0119 MB are left",
        "0 frames",
    )


def test_frames_may_be_larger_than_expected() -> None:
    """After a frame larger than a full one, as after a change of binning, that is a full one."""
    guard = budget(disk_mb=1.0)
    guard.settle(taken(shape=(100, 100)))
    assert guard.bytes_left == 1_000_000 - 22_000
    assert passes(guard, planned())
    assert guard.bytes_left == 1_000_000 - 44_000
    guard.settle(full())
    assert passes(guard, planned())
    assert guard.bytes_left == 1_000_000 - 44_000 - FULL


def test_before_the_microscope_is_known_only_lines_count() -> None:
    """A guard that has learnt nothing counts what frames bring at least, and frames."""
    guard = Budget(disk_mb=0.004, frames=9)
    assert passes(guard, planned(MDAEvent(), MDAEvent()))
    assert guard.bytes_left == 0


def test_time_runs_out() -> None:
    """Nothing begins later than so long after the first event."""
    guard = budget(time_s=60)
    assert passes(guard, Action(interval_s=1.0, frame=0, t_ns=1))
    assert passes(guard, planned(t_s=100))
    assert passes(guard, planned(t_s=160))
    assert why_not(guard, planned(t_s=160.1)) == (
        "'watch' would come 60.1 s into the run",
        "events until 60 s",
    )
    assert why_not(guard, planned(VALVE, t_s=161))[1] == "events until 60 s"
    assert guard.frames_left is None
    assert guard.bytes_left is None


def test_time_is_kept_to_the_nanosecond() -> None:
    """The last bit of a round time is rounding, and not more than that."""
    for t_ns, time_s, ok in (
        (1_000_000_001, 1.0, True),
        (1_000_000_002, 1.0, False),
        (1_000_000_001_500, 1000.0, False),
    ):
        guard = budget(time_s=time_s)
        guard.commit(planned())
        assert passes(guard, Action((MDAEvent(),), t_ns=t_ns)) is ok


def test_a_burst_ends_in_time() -> None:
    """A burst whose last frame would come too late is refused, and that frame named."""
    burst = [event(min_start_time=10.0 * n) for n in range(4)]
    assert why_not(budget(time_s=29), decided(*burst, t_s=5)) == (
        "event 4 of 4 of 'burst' would come 30 s into the run",
        "events until 29 s",
    )
    assert passes(budget(time_s=30), decided(*burst, t_s=5))


def test_learning_and_a_fresh_guard_begin_anew() -> None:
    """A guard for another run has spent nothing, and has the same settings."""
    guard = budget(frames=1, time_s=5, disk_mb=1)
    assert passes(guard, planned())
    assert passes(guard.fresh(), planned(t_s=10))
    assert repr(guard.fresh()) == repr(guard) == repr(eval(repr(guard)))  # noqa: S307 - our own
    guard.learn(stand(dtype="uint8"))
    assert guard.bytes_left == 1_000_000
    assert passes(guard, planned(t_s=10))
    assert guard.bytes_left == 1_000_000 - 7000


@pytest.mark.parametrize("name", ["time_s", "disk_mb"])
@pytest.mark.parametrize("value", [0, -1, math.nan, math.inf, "5", True])
def test_a_wrong_limit_is_named(name: str, value: object) -> None:
    """A time, or a size, is a number above 0."""
    assert wrong(Budget, **{name: value}) == (
        f"Budget.{name} is {value!r}, but it must be a number above 0. Leave it out for no limit."
    )


@pytest.mark.parametrize("value", [0, -1, math.nan, 1.5, 2.0, "5", True])
def test_a_wrong_number_of_frames_is_named(value: object) -> None:
    """A number of frames is whole, and above 0."""
    assert wrong(Budget, frames=value) == (
        f"Budget.frames is {value!r}, but it must be a whole number above 0."
        " Leave it out for no limit."
    )


def test_a_guard_that_limits_nothing_is_a_mistake() -> None:
    """Without any limit there is nothing to guard; one frame, or one second, is a limit."""
    assert wrong(Budget) == (
        "Budget is {}, but it must be told what to limit. Give time_s, frames or disk_mb."
    )
    assert passes(Budget(frames=1), planned())
    assert passes(Budget(time_s=1), planned())
    assert passes(Budget(disk_mb=1), planned())


@given(
    asked=st.lists(st.tuples(st.integers(0, 4), st.lists(st.booleans(), max_size=4)), max_size=40),
    frames=st.integers(1, 20),
)
def test_there_are_never_more(asked: list, frames: int) -> None:
    """Over any actions, frames and gaps, neither frames nor disk exceed what was allowed."""
    guard, came, lost_so_far = budget(frames=frames, disk_mb=0.2), 0, 0
    for count, fates in asked:
        if passes(guard, decided(*[MDAEvent()] * count) if count else planned()):
            for taken_ok in fates[: max(count, 1)]:
                guard.settle(full() if taken_ok else lost())
                came += taken_ok
                lost_so_far += not taken_ok
        assert came <= frames
        assert came * FULL <= 0.2e6
