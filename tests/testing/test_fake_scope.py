"""A microscope without hardware."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from useq import CustomAction, MDAEvent

from saccade.core import Order, RealClock, Scope, ScopeBusyError, ScopeError, Stand
from saccade.testing import DEFAULT_STAND, FakeScope
from saccade.testing import strategies as some


class Asks:
    """A source of fixed orders that keeps what it gets."""

    def __init__(self, *events, triggered=False, stop_after=None):
        orders = [
            Order(event, index if event.action.type == "acquire_image" else -1, "watch")
            for index, event in enumerate(events)
        ]
        self._orders = [tuple(orders)] if triggered else orders
        self.got, self.gaps, self.end = [], [], ""
        self._stop_after = stop_after

    def orders(self):
        for order in self._orders:
            if self.end:
                return
            yield order

    def took(self, frame):
        self.got.append(frame)

    def missed(self, gap):
        self.gaps.append(gap)

    def ended(self, reason):
        self.end = reason

    def stopping(self):
        return len(self.got) == self._stop_after


def played(scope, *events, **known):
    source = Asks(*events, **known)
    scope.hold("test")
    scope.play(source, None)
    return source


def test_it_keeps_what_an_event_does_not_name():
    """It is set as hardware is: until somebody sets it otherwise."""
    scope = FakeScope()
    got = played(scope, MDAEvent(x_pos=3, exposure=2), MDAEvent(channel="FITC")).got
    assert [(f.x_um, f.exposure_ms, f.channel) for f in got] == [(3, 2, "DAPI"), (3, 2, "FITC")]
    scope.release()
    assert (scope.setting.x_um, scope.setting.channel) == (0, "DAPI")


def test_it_shows_scores_images_or_what_a_function_makes():
    """The last picture of a sequence stays."""
    image = np.arange(256, dtype=np.uint16).reshape(16, 16)
    got = played(FakeScope([1.0, image]), *[MDAEvent()] * 3).got
    assert [int(f.pixels.max()) for f in got] == [65535, 255, 255]
    (frame,) = played(FakeScope(lambda order: order.index + 0.5), MDAEvent()).got
    assert frame.pixels.max() == 32768
    assert played(FakeScope(), MDAEvent()).got[0].pixels.max() == 0


def test_a_roi_cuts_the_picture():
    """Pixels are those of the region that was asked for."""
    image = np.arange(256, dtype=np.uint16).reshape(16, 16)
    (frame,) = played(FakeScope([image]), MDAEvent(roi=(2, 1, 3, 2))).got
    assert frame.pixels.tolist() == [[18, 19, 20], [34, 35, 36]]
    assert (frame.roi, frame.sensor_px) == ((2, 1, 3, 2), (16, 16))


def test_exposures_take_their_time_on_its_clock():
    """Virtual time passes while there is light."""
    scope = FakeScope()
    got = played(scope, *[MDAEvent(exposure=100)] * 3).got
    assert [frame.t_ns for frame in got] == [100_000_000, 200_000_000, 300_000_000]
    assert not scope.lit


def test_it_misses_breaks_and_ends_where_it_was_told():
    """Faults come at the orders that were named."""
    source = played(FakeScope(gaps={1}, ends_at=3), *[MDAEvent()] * 5)
    assert [frame.index for frame in source.got] == [0, 2]
    assert [gap.index for gap in source.gaps] == [1]
    assert source.end
    with pytest.raises(ScopeError, match="told to fail"):
        played(FakeScope(fails_at=0), MDAEvent())


def test_a_stop_ends_a_sequence():
    """No further frame of a triggered burst is taken."""
    source = played(FakeScope(), *[MDAEvent()] * 5, triggered=True, stop_after=2)
    assert len(source.got) == 2


def test_an_abort_ends_a_long_exposure():
    """On the real clock a wait can be cut short."""
    scope = FakeScope(clock=RealClock())
    source = Asks(MDAEvent(exposure=3_600_000))
    scope.hold("test")
    thread = threading.Thread(target=scope.play, args=(source, None))
    thread.start()
    while not scope.lit:
        threading.Event().wait(0.001)
    scope.abort()
    thread.join(20)
    assert not thread.is_alive()
    assert source.got == []


def test_it_has_one_owner():
    """Who comes second is told who is first."""
    scope = FakeScope()
    with pytest.raises(ScopeError, match="not held"):
        scope.play(Asks(), None)
    scope.hold("one")
    with pytest.raises(ScopeBusyError, match="one"):
        scope.hold("two")
    scope.release()
    scope.hold("two")


def test_it_tells_what_was_done_to_it():
    """Calls are noted in order."""
    scope = FakeScope(gaps={1})
    custom = MDAEvent(action=CustomAction(name="wait"))
    played(scope, MDAEvent(), MDAEvent(), custom)
    scope.safe()
    scope.release()
    assert scope.calls == ["hold", "frame 0", "gap 1", "custom", "safe", "release"]


def test_its_stand_is_what_was_given():
    """Guards and detectors can be told of any microscope."""
    stand = Stand("mine", shape_px=(3, 4))
    scope: Scope = FakeScope(stand=stand)
    assert scope.stand() is stand
    assert FakeScope().stand() is DEFAULT_STAND
    assert played(FakeScope(stand=stand), MDAEvent()).got[0].pixels.shape == (3, 4)


@given(some.events(pictures_only=True))
def test_the_label_of_a_frame_is_what_was_asked_for(event):
    """Whatever an event names, its frame says."""
    (frame,) = played(FakeScope(), event.model_copy(update={"roi": None})).got
    for asked, real in (
        (event.x_pos, frame.x_um),
        (event.y_pos, frame.y_um),
        (event.z_pos, frame.z_um),
        (event.exposure, frame.exposure_ms),
        (event.channel and event.channel.config, frame.channel),
    ):
        assert asked is None or asked == real
