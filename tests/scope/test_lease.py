"""Light between two events is lent for a second at most."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from scope_rig import PATIENCE_S, Rig, wait_until
from useq import MDAEvent

from saccade.core import Frame, LightSource, Observation, VirtualClock
from saccade.guard import Dose
from saccade.scope import Manners
from saccade.scope import _lease as lease
from saccade.scope._lease import Lease
from saccade.scope._safe import Safety

if TYPE_CHECKING:
    from saccade.testing import FaultyCore

SHUTTER = "White Light Shutter"


def opened(core: FaultyCore) -> list[bool]:
    """Return every command to the shutter: whether it was to open."""
    return [call.args[-1] for call in core.called("setShutterOpen") if call.args[0] == SHUTTER]


def test_a_long_wait_closes_the_shutter_first(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept open is closed before a wait longer than the lease, and then opened again."""
    monkeypatch.setattr(lease, "LEASE_S", 0.2)
    plan = [MDAEvent(min_start_time=0.6 * n, keep_shutter_open=True) for n in range(2)]
    run = rig.begin(plan)
    wait_until(lambda: rig.sink.frames)
    wait_until(lambda: not rig.core.getShutterOpen())
    assert len(rig.sink.frames) == 1, "it was closed before the next event"
    assert run.wait(PATIENCE_S).name == "completed"
    rig.prove()  # both frames were taken in the light
    closed = [told for told in rig.sink.of("safe") if told[SHUTTER] == "closed"]
    assert len(closed) == 2  # the lease, and the end
    assert not rig.core.getShutterOpen()


def test_a_short_wait_leaves_it_open(rig: Rig) -> None:
    """Events that follow each other within the lease find the shutter as they left it."""
    rig.play([MDAEvent(min_start_time=0.05 * n, keep_shutter_open=True) for n in range(4)])
    assert opened(rig.core).count(True) == 1
    assert len(rig.sink.of("safe")) == 1


@pytest.mark.parametrize("last", [True, False])
def test_a_slow_detector_does_not_keep_the_light_on(
    rig: Rig, last: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While somebody looks for long the shutter is closed, and the next frame is in the light."""
    monkeypatch.setattr(lease, "LEASE_S", 0.1)
    dark = threading.Event()

    def slow(frame: Frame) -> Observation:
        if frame.index == 1:
            wait_until(lambda: not rig.core.getShutterOpen(SHUTTER))
            dark.set()
        return Observation(0.0)

    plan = [MDAEvent(keep_shutter_open=n != 1 or last) for n in range(4)]
    rig.play(plan, detect=slow)
    assert dark.is_set()
    assert rig.sink.indices == [0, 1, 2, 3]
    assert not rig.core.getShutterOpen()
    assert rig.core.getAutoShutter()


def test_an_event_that_closes_for_good_is_not_undone(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shutter that the lease closed, and then its event, is not opened for an idle plan."""
    monkeypatch.setattr(lease, "LEASE_S", 0.1)
    core, between = rig.core, []

    def slow(frame: Frame) -> Observation:
        if frame.index == 1:
            wait_until(lambda: not core.getShutterOpen(SHUTTER))
        if frame.index >= 2:
            between.append(core.getShutterOpen(SHUTTER))
        return Observation(0.0)

    valve = MDAEvent(action={"type": "custom", "name": "valve"})
    rig.play([MDAEvent(keep_shutter_open=True), MDAEvent(), valve, MDAEvent()], detect=slow)
    assert between == [False]
    assert opened(core)[:2] == [True, False]
    assert opened(core).count(True) == 1


def test_in_lockstep_only_a_rest_ends_a_lease(core: FaultyCore) -> None:
    """In virtual time no thread closes anything; a rest beyond the lease does, at once."""
    clock = VirtualClock(lockstep=True)
    safety = Safety(core)
    safety.begin()
    lent = Lease(safety, clock)
    core.setShutterOpen(SHUTTER, True)
    before = threading.active_count()
    lent.begin()
    assert threading.active_count() == before
    lent.rest(1_000_000_000)
    assert core.getShutterOpen(SHUTTER)
    clock.advance(0.9)
    lent.begin()
    lent.rest(1_000_000_001)
    assert not core.getShutterOpen(SHUTTER)
    assert lent.end()[SHUTTER] == "closed"
    assert lent.end() == {}
    safety.wake()
    assert core.getShutterOpen(SHUTTER)
    lent.rest(10**12)
    assert core.getShutterOpen(SHUTTER), "nothing was lent"
    lent.close()
    lent.begin()
    lent.rest(10**15)
    assert core.getShutterOpen(SHUTTER), "it is over"
    safety.end()


def test_frames_and_gaps_say_how_often_the_sample_was_exposed(rig: Rig) -> None:
    """A camera that stumbles exposes twice for one frame, and in vain for a gap."""
    assert rig.scope.stand().tries == 2
    rig.core.fault("getImage", on=2)
    rig.core.fault("getImage", on=4, times=2)
    sink = rig.play([MDAEvent()] * 4)
    assert [frame.exposures for frame in sink.frames] == [1, 2, 1]
    (gap,) = sink.of("gap")
    assert (gap.index, gap.exposures) == (2, 2)


def test_a_setting_that_fails_exposes_nothing(rig: Rig) -> None:
    """A frame that was given up before the exposure cost no light."""
    rig.core.fault("setXYPosition", times=None)
    sink = rig.play([MDAEvent(x_pos=10.0, y_pos=0.0)])
    (gap,) = sink.of("gap")
    assert gap.exposures == 0


def test_the_dose_of_every_exposure_is_in_the_ledger(core: FaultyCore) -> None:
    """The ledger holds what the camera really exposed, tries among it, and not less."""
    rig = Rig(core, lights=(LightSource("lamp", 10.0, 0.01),))
    core.fault("getImage", on=2)
    core.fault("getImage", on=4, times=2)
    dose = Dose(limit_j_per_cm2=1.0)
    rig.play([MDAEvent(exposure=10.0)] * 4, guards=dose)
    assert len(core.exposures) == 6
    assert dose.run_j_per_cm2 == pytest.approx(0.06)


def test_what_was_lit_for_too_long_is_not_lit_again(core: FaultyCore) -> None:
    """A picture that failed with the shutter open for far too long becomes a gap at once."""
    rig = Rig(core, Manners(open_ms=50.0))
    core.fault("snapImage", "slow", on=2, ms=200.0)
    core.fault("getImage", on=2)
    sink = rig.play([MDAEvent(exposure=20.0)] * 3)
    (gap,) = sink.of("gap")
    assert "on for too long to try again" in gap.reason
    assert len(core.exposures) == 3
    assert 8 <= gap.exposures <= 12


def test_a_stand_tells_how_long_a_hang_may_shine(core: FaultyCore) -> None:
    """The last picture is waited for, two commands may take as long as they may, then SAFE."""
    manners = Manners(first_frame_s=1.0, frame_margin_s=2.0, call_s=0.25)
    assert Rig(core, manners).scope.stand().dark_within_s == 3.0
