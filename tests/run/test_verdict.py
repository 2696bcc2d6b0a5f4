"""How a run ended, counted rather than claimed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from run_cases import plan, play

from saccade.core import VirtualClock
from saccade.run._switch import Switch
from saccade.run._verdict import Tally, judge
from saccade.testing import FakeScope, MemorySink


def tally(planned=3, committed=3, gaps=0, refused=0, done=True, waited_s=0.0) -> Tally:
    return Tally(planned, committed, gaps, refused, done, waited_s=waited_s)


def switch(error=None, stop=None, end="") -> Switch:
    made = Switch()
    if stop is not None:
        made.stop(stop)
    if error is not None:
        made.fail(error)
    made.end_of_source = end
    return made


@pytest.mark.parametrize(
    ("state", "counts", "expected"),
    [
        pytest.param(switch(), tally(), "completed", id="all there"),
        pytest.param(switch(), tally(0, 0), "completed", id="nothing planned, nothing missing"),
        pytest.param(switch(), tally(committed=2, gaps=1), "completed_with_gaps", id="a gap"),
        pytest.param(switch(), tally(waited_s=0.09), "completed", id="hardly late"),
        pytest.param(
            switch(),
            tally(waited_s=1.26),
            "completed_late: the disk made it wait for 1.3 s",
            id="late",
        ),
        pytest.param(
            switch(end="no more"),
            tally(committed=2, gaps=1, waited_s=2.0),
            "completed_with_gaps: no more; the disk made it wait for 2.0 s",
            id="late, and a gap",
        ),
        pytest.param(switch(), tally(committed=2), "failed: 1 frames", id="one frame missing"),
        pytest.param(switch(), tally(committed=4), "failed: -1 frames", id="one frame too many"),
        pytest.param(switch(), tally(done=False), "failed: the microscope ended", id="ended early"),
        pytest.param(
            switch(end="no more"), tally(done=False), "completed: no more", id="recording"
        ),
        pytest.param(
            switch(end="no more"),
            tally(committed=2),
            "failed: 1 frames",
            id="recording, one missing",
        ),
        pytest.param(
            switch(stop="enough"), tally(committed=2, done=False), "stopped: enough", id="stop"
        ),
        pytest.param(switch(ValueError("oh")), tally(), "failed: oh", id="error"),
        pytest.param(
            switch(ValueError()), tally(), "failed: ValueError()", id="error without words"
        ),
        pytest.param(
            switch(ValueError("oh"), "enough"), tally(), "failed: oh", id="error after a stop"
        ),
    ],
)
def test_the_verdict_is_counted(state, counts, expected):
    """A run is completed only if what was committed is what was planned."""
    told = str(judge(state, counts))
    assert told.startswith(expected)
    assert ":" in expected or told.partition(":")[0] == expected


def test_the_first_error_is_the_one_that_is_told():
    """What failed because of it is not the reason."""
    state = switch(ValueError("cause"))
    state.fail(ValueError("consequence"))
    assert str(judge(state, tally())) == "failed: cause"


@given(
    planned=st.integers(0, 9),
    committed=st.integers(0, 9),
    gaps=st.integers(0, 9),
    done=st.booleans(),
    stop=st.none() | st.just("enough"),
    failed=st.booleans(),
    end=st.sampled_from(["", "no more"]),
)
def test_completed_is_never_said_of_what_is_not(planned, committed, gaps, done, stop, failed, end):
    """Whatever else was claimed, completed means that every picture is there or known as a gap."""
    state = switch(ValueError("oh") if failed else None, stop, end)
    verdict = judge(state, Tally(planned, committed, gaps, 0, done))
    if verdict.name == "completed":
        assert planned == committed + gaps
        assert gaps == 0
        assert not failed
        assert stop is None
        assert done or end
    if verdict.name == "completed_with_gaps":
        assert planned == committed + gaps
        assert gaps > 0
    assert (verdict.planned, verdict.committed, verdict.gaps) == (planned, committed, gaps)


class SlowDisk(MemorySink):
    """Says that half a second was waited for room in it."""

    waited_s = 0.5


@pytest.mark.parametrize(
    ("lockstep", "told"),
    [(False, "completed_late: the disk made it wait for 0.5 s"), (True, "completed")],
)
def test_a_run_that_had_to_wait_for_the_disk_says_so(lockstep: bool, told: str) -> None:
    """All of it is there, but not when it was planned; virtual time stands while a disk works."""
    scope = FakeScope(clock=VirtualClock(lockstep=lockstep))
    verdict = play(plan(6), scope=scope, sink=SlowDisk(calls=scope.calls)).verdict
    assert str(verdict).startswith(told)
    assert verdict.whole
    assert (verdict.name == "completed") is lockstep
    assert verdict.committed == 6
