"""The engine's waits go through the scope's clock: in virtual time none of them sleeps."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from saccade.core import SettingError, SnapError, VirtualClock
from saccade.scope import Manners
from saccade.scope._camera import Camera
from saccade.scope._hand import Hand
from saccade.scope._safe import make_safe

MANNERS = Manners(settle_s=10.0, first_frame_s=20.0, poll_s=0.01)


def stuck() -> SimpleNamespace:
    """Return a core whose stage never rests, whose camera gives nothing, whose shutter is open."""
    running: list[bool] = []
    return SimpleNamespace(
        deviceBusy=lambda _: True,
        isSequenceRunning=lambda: bool(running),
        startSequenceAcquisition=lambda *_: running.append(True),
        stopSequenceAcquisition=running.clear,
        isBufferOverflowed=lambda: False,
        getRemainingImageCount=lambda: 0,
        getLoadedDevicesOfType=lambda kind: ("Shutter",) if kind.name.startswith("Shutt") else (),
        setShutterOpen=lambda *_: None,
        getShutterOpen=lambda _: True,
    )


@pytest.fixture
def clock(monkeypatch) -> VirtualClock:
    monkeypatch.setattr(time, "sleep", lambda _: pytest.fail("somebody slept"))
    return VirtualClock()


def test_a_stage_that_never_rests_is_given_up_in_virtual_time(clock):
    """The patience of ten seconds passes without waiting."""
    hand = Hand(stuck(), None, MANNERS, lambda: False, lambda *_: None, clock)
    with pytest.raises(SettingError, match=r"still busy after 10\.0 s"):
        hand.wait_for(["XY"])
    assert 10.0 <= clock.now_ns() / 1e9 < 10.1


def test_a_burst_without_frames_is_given_up_in_virtual_time(clock):
    """The patience for a first frame, and its exposure, pass without waiting."""
    core = stuck()
    camera = Camera(core, MANNERS, lambda: False, lambda *_: None, clock)
    with pytest.raises(SnapError, match="stopped giving frames"):
        list(camera.burst(3, 500.0, (0, 0, 4, 4), fixed=True))
    assert 20.5 <= clock.now_ns() / 1e9 < 20.6
    assert not core.isSequenceRunning()


def test_safe_gives_a_shutter_time_to_close_by_the_same_clock(clock):
    """It is asked for a tenth of a virtual second, twice, and told of."""
    told = make_safe(stuck(), (), clock)
    assert told["Shutter"] == "NOT SAFE: still open"
    assert 0.2 <= clock.now_ns() / 1e9 < 0.3
