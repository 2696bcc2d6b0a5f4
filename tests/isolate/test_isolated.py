"""Isolated: the same detector, in another process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest
from isolate_cases import wait_for
from isolate_detectors import Curious, Everything, Exits, Fussy, Grabs, Hoards, Keeps, Unmakeable
from useq import MDAEvent, MDASequence

from saccade.core import (
    Apart,
    Closes,
    IsolatedError,
    Learns,
    ProfileError,
    ProtocolError,
    UnseenError,
    Warms,
    plain,
)
from saccade.detect import Change, Focus, Pairs, Spots
from saccade.isolate import Isolated
from saccade.testing import DEFAULT_STAND, FaultyDetector, blob_frame, frame_of, frames_of


@pytest.fixture
def apart():
    """Make isolated detectors, and end them."""
    made: list[Isolated] = []

    def make(detector, **settings):
        made.append(Isolated(detector, **settings))
        return made[-1]

    yield make
    for each in made:
        each.close()


def same(one, other) -> bool:
    told, other_told = (json.dumps(plain(each)) for each in (one, other))
    return told == other_told and np.array_equal(one.labels, other.labels)


@pytest.mark.parametrize(
    "detector",
    [
        pytest.param(Everything(), id="all there is"),
        pytest.param(partial(Everything, whole=True), id="made there"),
        pytest.param(Change(alpha=0.5), id="a memory"),
    ],
)
def test_it_sees_what_the_detector_sees(apart, detector):
    """Observations are the same to the last bit, labels and kinds of numbers too."""
    here = detector() if isinstance(detector, partial) else detector
    there = apart(detector)
    for index in range(4):
        frame = blob_frame([(20, 20 + 3 * index)], noise=3.0, seed=index, index=index)
        assert same(there(frame), here(frame))


def test_it_is_all_that_a_detector_can_be(apart):
    """A run finds every hook that the detector may have."""
    there = apart(Spots())
    for interface in (Learns, Warms, Closes, Apart):
        assert isinstance(there, interface)


def test_it_learns_and_warms_and_declares_in_another_process(apart):
    """The frame comes with its event, and nothing of the microscope is imported there."""
    there = apart(partial(Curious))
    there.learn(DEFAULT_STAND)
    there.warm(frame_of([[0]], -1))
    frame = frame_of([[1]], 7, event=MDAEvent(index={"t": 7}, z_pos=2.5))
    measured = there(frame).measurements
    assert measured["pid"] == measured["made in"] == there.pid != os.getpid()
    expected = {"learnt": 1, "warmed": 1, "pymmcore": False, "t": 7, "z_um": 2.5}
    assert {name: measured[name] for name in expected} == expected
    assert measured["writeable"] is False
    os.kill(there.pid, signal.SIGINT)  # Ctrl+C, as a terminal sends it to all that it has
    assert os.getsid(there.pid) != os.getsid(0)
    assert there(frame).measurements == measured
    assert there.takes_ms(frame) == 17.0


def test_pictures_that_the_detector_keeps_stay_what_they_are(apart):
    """A picture is not written over while the detector has it, however many it has."""
    there, here = apart(Keeps()), Keeps()
    for frame in frames_of([index / 10 for index in range(1, 10)]):
        assert there(frame) == here(frame)


def test_a_frame_of_a_sequence_is_told_without_it(apart):
    """The sequence that an event comes from is left out, as in a journal."""
    (event, *_) = MDASequence(z_plan={"range": 2, "step": 1}, time_plan={"interval": 0, "loops": 1})
    frame = replace(frame_of([[1]], 0), event=event)
    assert apart(partial(Curious))(frame).measurements["t"] == 0


def test_what_is_too_large_is_an_error_of_the_look_alone(apart):
    """The detector goes on with the next frame."""
    there = apart(Everything())
    there(frame_of([[1]], 0))
    with pytest.raises(IsolatedError, match="room"):
        there(frame_of(np.zeros((4096, 4096), np.uint16), 1))
    assert there(frame_of([[1]], 2)).measurements["count"] == 2


@pytest.mark.parametrize(
    ("make", "error", "match"),
    [
        pytest.param(lambda: Isolated(lambda frame: None), ProtocolError, "sent", id="lambda"),
        pytest.param(
            lambda: Isolated(Spots(), takes_at_most_ms=0), ProtocolError, "above 0", id="0"
        ),
        pytest.param(
            lambda: Isolated(Spots(), memory_mb=float("nan")), ProtocolError, "memory_mb", id="NaN"
        ),
    ],
)
def test_what_can_t_be_isolated_is_refused(make, error, match):
    """It is told before anything is started."""
    with pytest.raises(error, match=match):
        make()


@pytest.mark.parametrize(
    ("detector", "error", "match"),
    [
        pytest.param(Fussy(), ProfileError, "no pixel size on 'fake'", id="does not fit"),
        pytest.param(Unmakeable(), IsolatedError, "its weights are gone", id="can't be made"),
        pytest.param(partial(Spots, sigma=-1), ProtocolError, r"Spots\.sigma", id="a setting"),
        pytest.param(Exits(), IsolatedError, "status 3", id="ends"),
    ],
)
def test_what_can_t_be_started_is_told_when_the_run_is_armed(apart, detector, error, match):
    """The error is that of the detector, as far as it is one for the user; nothing is left."""
    there = apart(detector)
    with pytest.raises(error, match=match):
        there.learn(DEFAULT_STAND)
    assert there.pid is None


def test_it_is_not_waited_for_while_it_starts_again(apart):
    """Meanwhile frames are unseen at once; then it looks again, without its memory."""
    there = apart(Everything(), takes_at_most_ms=20_000)
    frames = frames_of([0.5] * 3)
    for frame in frames[:2]:
        there(frame)
    psutil.Process(there.pid).kill()
    with pytest.raises(UnseenError, match="SIGKILL"):
        there(frames[2])
    began_s = time.monotonic()
    with pytest.raises(UnseenError, match="being started again"):
        there(frames[2])
    assert time.monotonic() - began_s < 20

    def looks():
        try:
            return there(frames[2]).measurements["count"] == 1
        except UnseenError:
            return False

    assert wait_for(looks)
    first, second = there.told()
    assert "frame 2: it was ended by SIGKILL; it is started again now" in first
    assert "frames were not looked at" in second
    assert there.told() == ()


def test_a_system_that_has_no_process_for_it_is_waited_for(apart, monkeypatch):
    """That is a failure of the detector, like any other, and it is tried again."""
    there = apart(FaultyDetector("exit", on=[1]), takes_at_most_ms=20_000)
    frames = frames_of([0.5] * 4)
    there(frames[0])

    def none_left(*_):
        raise OSError("no more processes")

    with monkeypatch.context() as patched:
        patched.setattr("saccade.isolate._process._started", none_left)
        with pytest.raises(UnseenError, match="status 0"):
            there(frames[1])
        with pytest.raises(IsolatedError, match="no more processes"):
            there(frames[2])
    there.patient = True
    assert there(frames[3]).score == pytest.approx(0.5, abs=1e-4)


def test_it_rests_after_three_failures_in_a_row_and_is_tried_again(apart):
    """Where it is patient its rest is measured in the time of frames, so every run is the same."""
    there = apart(FaultyDetector("exit", on=range(1, 5)), takes_at_most_ms=20_000)
    there.patient = True
    why = {}
    for index, t_s in [(0, 0), (1, 10), (2, 20), (3, 30), (3, 59), (4, 61), (5, 120), (5, 122)]:
        try:
            why[t_s] = there(frame_of([[1]], index, t_ns=t_s * 1_000_000_000)).verdict
        except UnseenError as error:
            why[t_s] = error.what
    ended = "it ended with status 0"
    assert why == {
        0: "trusted",
        10: ended,
        20: ended,
        30: ended,
        59: "it had failed 3 times in a row",
        61: ended,
        120: "it had failed 4 times in a row",
        122: "trusted",
    }
    assert [each.rpartition("again ")[2] for each in there.told()[:4]] == [
        "now.",
        "in 1 s.",
        "in 30 s.",
        "in 60 s.",
    ]


def test_three_exceptions_in_a_row_cost_the_process(apart):
    """The first two are told as they are; a look that goes well ends the row."""
    there = apart(FaultyDetector("raise", on=[0, 1, 3, 4, 5]))
    there.patient = True
    raised = []
    pids = set()
    for frame in frames_of([0.5] * 6):
        try:
            there(frame)
        except IsolatedError as error:
            raised.append(error.what)
        except UnseenError as error:
            raised.append(error.what)
        pids.add(there.pid)
    text = "RuntimeError('it was told to fail on frame {}')".format
    assert raised == [*map(text, (0, 1, 3, 4)), f"it raised {text(5)}"]
    assert None in pids
    assert len(pids) == 2


def test_a_process_that_takes_too_much_memory_is_ended(apart):
    """Where the system does not refuse it, it is noticed."""
    there = apart(Hoards(), memory_mb=400)
    with pytest.raises(UnseenError, match="more than 400 MB"):
        there(frame_of([[1]], 0))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits what a process maps")
def test_the_system_refuses_memory_far_beyond_the_limit(apart):
    """An allocation too large is an exception of the detector, which lives on."""
    there = apart(Grabs(), memory_mb=1000)
    with pytest.raises(IsolatedError, match="MemoryError"):
        there(frame_of([[1]], 0))
    assert there(frame_of([[0]], 1)).score == 0.0


PARENT = """
import time
from saccade.isolate import Isolated
from saccade.testing import StubDetector, frame_of
there = Isolated(StubDetector())
there(frame_of([[1]], 0))
print(there.pid, flush=True)
time.sleep(60)
"""


def test_it_ends_with_the_process_of_the_run():
    """Even if that is killed: no process and no shared memory is left."""
    named = Path("/dev/shm")  # noqa: S108 - where Linux would keep it
    before = set(named.glob("*"))
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE) as parent:
        pid = int(parent.stdout.readline())
        assert psutil.pid_exists(pid)
        parent.kill()
        parent.wait(30)
    assert wait_for(lambda: not running(pid))
    assert not [each for each in set(named.glob("*")) - before if "saccade" in each.name]


HUNG = """
from isolate_detectors import Short
from saccade.isolate import Isolated
from saccade.testing import frame_of
there = Isolated(Short("hang", on=[1]), takes_at_most_ms=60_000)
there(frame_of([[1]], 0))
print(there.pid, flush=True)
there(frame_of([[1]], 1))
"""


def running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def test_a_hung_look_outlives_a_killed_run_by_seconds_only(apart):
    """The process ends itself: it is counted down by a thread that needs no interpreter."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)}
    with subprocess.Popen([sys.executable, "-c", HUNG], stdout=subprocess.PIPE, env=env) as parent:
        pid = int(parent.stdout.readline())
        time.sleep(0.3)
        parent.kill()
        parent.wait(30)
    assert running(pid)
    assert wait_for(lambda: not running(pid))


def test_a_closed_one_starts_again_when_it_is_asked():
    """Closing ends its process, twice does no harm, and the next look starts another."""
    there = Isolated(Focus())
    frame = blob_frame()
    there(frame)
    pid = there.pid
    there.close()
    there.close()
    assert there.pid is None
    assert not running(pid)
    there(frame)
    assert there.pid not in (None, pid)
    there.close()


def test_a_fresh_one_has_the_same_settings_and_no_memory(apart):
    """Also when a run copies it to measure its time."""
    there = apart(Pairs(), takes_at_most_ms=1234, memory_mb=999, starts_within_s=77)
    assert there.fresh().settings == there.settings
    assert there.fresh().detector is there.detector
