"""Duty: the light is on for a share of the time, and no more."""

from __future__ import annotations

import math

import pytest
from guard_cases import decided, event, lost, passes, planned, stand, taken, why_not, wrong
from hypothesis import given
from hypothesis import strategies as st
from useq import CustomAction, MDAEvent

from saccade.core import LightSource, Settles
from saccade.guard import Duty

DARK = (LightSource("off", 0.0, 1.0, ("Dark",)), *stand().lights)


def duty(share: float = 0.1, window_s: float = 10.0, **values) -> Duty:
    """Return a guard that knows the bench, whose exposure is 10 ms; light for 1 s in 10."""
    guard = Duty(share=share, window_s=window_s)
    guard.learn(stand(**values))
    return guard


def shot(exposure_ms: float | None = 500.0, **values) -> MDAEvent:
    return event(exposure=exposure_ms, **values)


def expose(
    guard: Duty,
    t_s: float,
    exposure_ms: float | None = 500.0,
    real_ms: float | None = None,
    **values,
) -> bool:
    """Return whether an exposure may begin, and let it become a frame that is as asked."""
    if not passes(guard, planned(shot(exposure_ms), t_s=t_s)):
        return False
    real_ms = real_ms or exposure_ms or 10.0
    known = {"at_s": t_s + real_ms / 1e3, "exposure_ms": real_ms}
    guard.settle(taken(**{**known, **values}))
    return True


def test_the_window_slides() -> None:
    """Two half seconds fill a tenth of 10 s; the next fits when the first has left entirely."""
    guard = duty()
    assert isinstance(guard, Settles)
    assert [expose(guard, t_s) for t_s in (0, 1, 2, 9.9, 10.0, 10.9, 11, 12)] == [
        *(True, True, False, False, True, False, True, False)
    ]


def test_one_exposure_may_use_it_up() -> None:
    """The whole share may be used at once, and not a millisecond more."""
    assert expose(duty(), 0, 1000.0)
    assert not expose(duty(), 0, 1001.0)
    guard = duty(share=1.0)
    assert expose(guard, 0, 10_000.0)
    assert not expose(guard, 9.9, 200.0)


def test_a_refusal_says_what_would_fit() -> None:
    """A refusal tells what was had, the share, and how long an exposure may be now."""
    guard = duty()
    assert expose(guard, 0, 700.0)
    reason, allowed = why_not(guard, planned(shot(400.0), t_s=1))
    assert reason == (
        "'watch' exposes for 400 ms after 700 ms; within 10 s the light may be on for 1000 ms"
    )
    assert allowed == "exposures of up to 300 ms now"
    assert expose(guard, 1, 300.0)
    assert why_not(guard, planned(shot(1.0), t_s=2))[1] == "exposures of up to 1e-06 ms now"


def test_a_burst_counts_when_each_of_its_frames_is_due() -> None:
    """A burst is refused as a whole if any of its windows would hold too much."""
    guard = duty()
    slow = [shot(200.0, min_start_time=2.0 * n) for n in range(20)]
    assert passes(guard, decided(*slow))
    fast = [shot(200.0, min_start_time=1.5 * n) for n in range(20)]
    reason, allowed = why_not(duty(), decided(*fast))
    assert reason == (
        "event 6 of 20 of 'burst' exposes for 200 ms after 1000 ms;"
        " within 10 s the light may be on for 1000 ms"
    )
    assert allowed == "exposures of up to 1e-06 ms now"


def test_frames_can_not_be_faster_than_they_are_exposed() -> None:
    """Events that are due at once count one after another."""
    assert passes(duty(share=1.0), decided(*[shot(1000.0)] * 20))
    assert not passes(duty(share=0.5), decided(*[shot(1000.0)] * 20))
    guard = duty(share=0.5)
    guard.commit(decided(*[shot(1000.0)] * 5))
    guard.commit(decided(MDAEvent(action=CustomAction(name="valve"))))
    assert passes(guard, decided(shot(1000.0), t_s=10))


def test_what_is_not_named_is_as_it_was() -> None:
    """Exposure and channel stay until an event names others, from what was found on."""
    assert [expose(duty(), 0, None) for _ in range(3)] == [True] * 3
    assert not expose(duty(exposure_ms=2000.0), 0, None)
    guard = duty()
    assert passes(guard, planned(shot(400.0)))
    assert not passes(guard, planned(*[shot(None)] * 2))
    assert passes(guard, planned(shot(None)))


def test_what_takes_no_picture_costs_no_light() -> None:
    """A custom action is free, and yet sets the exposure for what follows."""
    guard = duty()
    valve = MDAEvent(action=CustomAction(name="valve"), exposure=900.0)
    assert passes(guard, planned(valve, valve))
    assert passes(guard, planned(shot(None)))
    assert not passes(guard, planned(shot(None)))
    assert not passes(duty(), planned(valve, shot(None), shot(None)))


def test_a_dark_channel_is_free() -> None:
    """A channel whose sources have no power costs nothing; an undeclared one counts."""
    guard = duty(lights=DARK)
    dark = MDAEvent(channel="Dark", exposure=9000.0)
    assert passes(guard, planned(dark, dark))
    guard.settle(taken(9, channel="Dark", exposure_ms=9000.0))
    guard.settle(taken(18, channel="Dark", exposure_ms=9000.0))
    assert passes(guard, planned(MDAEvent(channel="FITC", exposure=1000.0), t_s=18))
    assert not passes(duty(lights=DARK), planned(MDAEvent(channel="DAPI", exposure=2000.0)))
    assert not passes(duty(lights=()), planned(MDAEvent(channel="Dark", exposure=2000.0)))
    both = (*DARK, LightSource("lamp", 1.0, 1.0))
    assert not passes(duty(lights=both), planned(dark))


def test_the_channel_that_was_found_may_be_dark() -> None:
    """Where no event names a channel, the one that the microscope was found in counts."""
    guard = duty(lights=DARK, channel="Dark")
    assert passes(guard, planned(shot(9000.0)))
    assert not passes(duty(lights=DARK), planned(shot(9000.0)))


def exactly_full(**values) -> Duty:
    """Return a guard for which an exposure of 1000.000001 ms is the longest."""
    guard = duty(share=1.0, window_s=1.0, **values)
    assert not passes(guard, planned(shot(1000.000002)))
    return guard


def test_light_is_counted_to_the_nanosecond() -> None:
    """The longest exposure fits in a window without light, dark frames or unknown ones in it."""
    longest = planned(event(exposure=1000.000001, channel=MDAEvent(channel="FITC").channel))
    assert passes(exactly_full(), longest)
    guard = exactly_full()
    guard.settle(taken(0.5, exposure_ms=math.nan))
    assert passes(guard, longest)
    guard = exactly_full(lights=DARK)
    assert passes(guard, planned(MDAEvent(channel="Dark", exposure=5.0)))
    assert passes(guard, longest)


def test_a_long_burst_is_remembered_only_as_long_as_it_counts() -> None:
    """Thousands of exposures, in one action or in many, keep within their share."""
    guard = duty(share=0.5, window_s=1.0)
    burst = [shot(1.0, min_start_time=0.01 * n) for n in range(1100)]
    assert passes(guard, decided(*burst))
    for n in range(1100):
        guard.settle(taken(0.01 * n + 0.001, exposure_ms=1.0))
    assert all(expose(guard, 20 + 0.01 * n, 1.0) for n in range(1100))


def test_a_frame_in_another_light_than_asked_counts() -> None:
    """A frame that tells of a lit channel counts, though a dark one was asked for."""
    guard = duty(lights=DARK)
    assert passes(guard, planned(MDAEvent(channel="Dark", exposure=1000.0)))
    guard.settle(taken(1, channel="FITC", exposure_ms=1000.0))
    assert not passes(guard, planned(MDAEvent(channel="FITC", exposure=10.0), t_s=2))


def test_an_exposure_counts_when_it_really_was() -> None:
    """An exposure that came late, or was longer, counts so."""
    guard = duty()
    assert passes(guard, planned(shot(500.0)))
    guard.settle(taken(3.0, exposure_ms=600.0))
    assert not expose(guard, 4, 401.0)
    assert expose(guard, 4, 400.0)
    assert not expose(guard, 12.3, 600.0)
    assert expose(guard, 12.4, 600.0)


def test_an_exposure_counts_at_least_as_asked() -> None:
    """A frame that claims to be shorter, or earlier, or nothing at all, gives no light back."""
    for claims in ({"exposure_ms": 1.0}, {"exposure_ms": math.nan}, {"at_s": -5.0}):
        guard = duty()
        assert passes(guard, planned(shot(1000.0)))
        guard.settle(taken(**claims))
        assert not expose(guard, 9.9, 10.0)
        assert expose(guard, 11.0, 10.0)


def test_tries_count() -> None:
    """A frame that took three exposures counts three times, a gap as often as is known."""
    guard = duty()
    assert expose(guard, 0, 300.0, exposures=3)
    assert not expose(guard, 1, 101.0)
    assert expose(guard, 1, 100.0)
    guard = duty()
    assert expose(guard, 0, 100.0, real_ms=300.0, exposures=2)
    assert not expose(guard, 1, 401.0)
    assert expose(guard, 1, 400.0)
    for exposures, left_ms in ((0, 700.0), (1, 700.0), (2, 400.0)):
        guard = duty()
        assert passes(guard, planned(shot(300.0)))
        guard.settle(lost(0.3, exposures))
        assert not expose(guard, 1, left_ms + 1)
        assert expose(guard, 1, left_ms)


def test_there_must_be_room_for_all_tries() -> None:
    """Where the camera may try three times, an exposure passes only if three would fit."""
    guard = duty(tries=3)
    assert expose(guard, 0, 330.0)
    reason, allowed = why_not(guard, planned(shot(330.0), t_s=1))
    assert reason.startswith("'watch' exposes for 330 ms after 330 ms;")
    assert allowed == "exposures of up to 223 ms now"
    assert expose(guard, 1, 223.0)


def test_what_is_under_way_counts_as_now() -> None:
    """Light that has become no frame yet lies in every window, and is counted once after it."""
    guard = duty()
    assert passes(guard, planned(shot(600.0)))
    assert not passes(guard, planned(shot(600.0), t_s=100))
    guard.settle(taken(0.6, exposure_ms=600.0))
    assert passes(guard, planned(shot(600.0), t_s=100))
    guard.settle(taken(100.6, exposure_ms=600.0))
    assert not passes(guard, planned(shot(600.0), t_s=105))


def test_what_nobody_told_of_counts_as_planned() -> None:
    """Where frames are not told, as in a check before a run, a picture counts when it was due."""
    guard = duty()
    for t_s in (0, 1):
        guard.commit(planned(shot(400.0), t_s=t_s))
    guard.commit(planned(MDAEvent(action=CustomAction(name="valve")), t_s=5))
    assert not passes(guard, planned(shot(400.0), t_s=9.99))
    assert passes(guard, planned(shot(400.0), t_s=10.0))
    guard.settle(taken(10.4, exposure_ms=400.0))
    assert why_not(guard, planned(shot(400.0), t_s=10.5))[0].startswith(
        "'watch' exposes for 400 ms after 800 ms;"
    )


def test_a_frame_that_nobody_asked_for_counts() -> None:
    """Light that was not let through is light all the same; a gap of it is not."""
    guard = duty()
    guard.settle(lost(0.5, 3))
    guard.settle(taken(1.0, exposure_ms=800.0))
    assert not expose(guard, 2, 201.0)
    assert expose(guard, 2, 200.0)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 0.0, -1.0])
def test_no_wild_exposure_passes(value: float) -> None:
    """An exposure that is no finite time above 0 is refused, named or found."""
    expected = (f"the exposure of 'watch' is {value} ms", "exposures above 0 ms")
    assert why_not(duty(), planned(shot(value))) == expected
    assert why_not(duty(exposure_ms=value), planned(shot(None))) == expected
    second = why_not(duty(), planned(shot(1.0), shot(value)))
    assert second[0] == f"the exposure of event 2 of 2 of 'watch' is {value} ms"


def test_a_guard_that_knows_no_microscope_refuses() -> None:
    """Before it has learnt what it stands before, only a named exposure passes, as light."""
    guard = Duty(share=0.1, window_s=10)
    assert not passes(guard, planned(shot(None)))
    assert not passes(guard, planned(shot(1001.0)))
    assert passes(guard, planned(shot(1000.0)))
    assert not passes(guard, planned(shot(1.0)))


def test_learning_and_a_fresh_guard_forget() -> None:
    """A guard for another run has seen no light, and has the same settings."""
    guard = duty(share=0.05, window_s=20.0)
    guard.commit(planned(shot(1000.0)))
    assert passes(guard.fresh(), planned(shot(1000.0)))
    assert repr(guard.fresh()) == repr(guard) == repr(eval(repr(guard)))  # noqa: S307 - our own
    guard.learn(stand())
    assert expose(guard, 0, 1000.0)
    guard.learn(stand())
    assert expose(guard, 0, 1000.0)


def test_a_window_may_be_short() -> None:
    """A window of less than a second is a window."""
    guard = duty(share=0.5, window_s=0.5)
    assert expose(guard, 0, 250.0)
    assert not expose(guard, 0.4, 1.0)


def test_a_minute_unless_said_otherwise() -> None:
    """By default the window is 60 s."""
    guard = Duty(share=0.1)
    guard.learn(stand())
    assert expose(guard, 0, 6000.0)
    assert not expose(guard, 59.8, 100.0)
    assert expose(guard, 65.9, 100.0)


@pytest.mark.parametrize("value", [0, -0.1, 1.1, math.nan, math.inf, "1", None, True])
def test_a_wrong_share_is_named(value: object) -> None:
    """A share is above 0, and 1 at most."""
    assert wrong(Duty, share=value) == (
        f"Duty.share is {value!r}, but it must be a number above 0, 1 at most."
        " 0.2 lets the light be on for a fifth of the time."
    )


@pytest.mark.parametrize("value", [0, -1, math.nan, math.inf, "1", None, True])
def test_a_wrong_window_is_named(value: object) -> None:
    """A window has a length."""
    assert wrong(Duty, share=0.5, window_s=value) == (
        f"Duty.window_s is {value!r}, but it must be a number of seconds above 0."
        " Give the time over which the sample recovers."
    )


@given(
    shots=st.lists(
        st.tuples(
            st.floats(0, 5),
            st.floats(-10, 2000) | st.sampled_from([math.nan, math.inf]),
            st.floats(0, 1),
            st.integers(1, 3),
            st.booleans(),
        ),
        max_size=40,
    ),
    share=st.floats(0.01, 1.0),
)
def test_no_window_ever_holds_more(shots: list, share: float) -> None:
    """Over any exposures, delays, tries and gaps, no window holds more light than its share."""
    guard, t_s, lit = duty(share=share, tries=3), 0.0, []
    for pause_s, exposure_ms, delay_s, exposures, gap in shots:
        t_s += pause_s
        if not passes(guard, planned(shot(exposure_ms), t_s=t_s)):
            continue
        light_s = exposures * exposure_ms / 1e3
        t_s += delay_s + light_s
        lit.append((t_s - light_s, t_s))
        known = {"exposures": exposures}
        guard.settle(lost(t_s, exposures) if gap else taken(t_s, exposure_ms=exposure_ms, **known))
    for _, end in lit:
        on_s = sum(max(0.0, min(b, end) - max(a, end - 10)) for a, b in lit)
        assert on_s <= share * 10 + 1e-5
