"""What a supervisor hears of the light: never dark while it may be on, nor late while it is."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, NamedTuple

import pytest
from scope_rig import PATIENCE_S, QUICK, Rig, wait_until
from useq import MDAEvent, MDASequence

from saccade.core import Frame, Gap, Observation, Order, ScopeError, SupervisorError
from saccade.scope import _lease as lease
from saccade.supervise import Supervisor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SHUTTER = "White Light Shutter"


class Said(NamedTuple):
    """One word of the pulse, and until when it holds."""

    t_ns: int
    word: str
    until_ns: float


class Listener:
    """A supervisor, and its pulse, that only remember."""

    def __init__(self) -> None:
        self.said: list[Said] = []
        self.alarm: Callable[[SupervisorError], None] | None = None
        self.ended: list[bool] = []

    def start(self) -> dict[str, str]:
        return {"path": "memory"}

    def watch(self, folder: object, on_alarm: Callable[[SupervisorError], None]) -> Listener:
        self.alarm = on_alarm
        return self

    def end(self, *, safe: bool = True) -> dict[str, str]:
        self.ended.append(safe)
        return {"what": "ended"}

    def lit(self, seconds: float | None) -> None:
        self._say("lit", seconds)

    def lent(self, seconds: float | None) -> None:
        self._say("lent", seconds)

    def dark(self) -> None:
        self._say("dark", None)

    def _say(self, word: str, seconds: float | None) -> None:
        now_ns = time.perf_counter_ns()
        until_ns = math.inf if seconds is None else now_ns + seconds * 1e9
        self.said.append(Said(now_ns, word, until_ns))

    def at(self, t_ns: int) -> Said:
        """Return what held at a time."""
        return [each for each in self.said if each.t_ns <= t_ns][-1]


@pytest.fixture
def heard() -> Listener:
    return Listener()


def prove(rig: Rig, heard: Listener) -> None:
    """Hold every exposure, and every open shutter, against what the supervisor was told."""
    assert rig.core.exposures
    for exposure in rig.core.exposures:
        before = heard.at(exposure.begin_ns)
        during = [each for each in heard.said if exposure.begin_ns < each.t_ns < exposure.end_ns]
        for said in (before, *during):
            assert said.word == "lit"
        assert before.until_ns >= exposure.end_ns
    for call in rig.core.called("setShutterOpen"):
        if call.args[-1] is True:
            assert heard.at(call.t_ns).word == "lit", "it is told before the light, not after"
    assert heard.said[-1].word == "dark"
    assert heard.ended == [True]


@pytest.mark.parametrize(
    "events",
    [
        pytest.param([MDAEvent(exposure=5.0) for _ in range(3)], id="single"),
        pytest.param([MDAEvent(keep_shutter_open=n < 3) for n in range(4)], id="kept open"),
        pytest.param([MDAEvent(keep_shutter_open=True) for n in range(4)], id="left open"),
        pytest.param(
            [MDAEvent(x_pos=200.0 * n, y_pos=0.0, keep_shutter_open=True) for n in range(3)],
            id="moves while open",
        ),
        pytest.param(
            MDASequence(channels=["DAPI", "FITC"], time_plan={"interval": 0.02, "loops": 3}),
            id="channels",
        ),
    ],
)
def test_light_is_never_on_unannounced(rig: Rig, heard: Listener, events: list[MDAEvent]) -> None:
    """Around each exposure and each open shutter the pulse says lit, and for long enough."""
    run = rig.begin(events, supervisor=heard)
    assert run.wait(PATIENCE_S).name == "completed"
    prove(rig, heard)


def test_between_exposures_it_is_dark_and_nothing_is_promised(rig: Rig, heard: Listener) -> None:
    """A detector that takes its time, in the dark, breaks no promise."""
    seen: list[Said] = []

    def look(frame: Frame) -> Observation:
        time.sleep(0.01)
        seen.append(heard.said[-1])
        return Observation(0.0)

    rig.begin([MDAEvent() for _ in range(3)], supervisor=heard, detect=look).wait(PATIENCE_S)
    assert len(seen) == 3
    assert {(each.word, each.until_ns) for each in seen} == {("dark", math.inf)}


def test_a_look_in_lent_light_may_hold_up_the_program_until_the_lease_ends(
    rig: Rig, heard: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the shutter kept open a look is lent light; when the lease is over, it is dark."""
    monkeypatch.setattr(lease, "LEASE_S", 0.1)
    words: list[list[str]] = []

    def look(frame: Frame) -> Observation:
        first = len(heard.said) - 1
        if frame.index == 0:
            wait_until(lambda: not rig.core.getShutterOpen(SHUTTER))
            time.sleep(0.05)
        words.append([each.word for each in heard.said[first:]])
        return Observation(0.0)

    events = [MDAEvent(keep_shutter_open=n < 1) for n in range(2)]
    rig.begin(events, supervisor=heard, detect=look).wait(PATIENCE_S)
    assert words == [["lent", "dark"], ["lent"]]


def test_each_frame_of_a_burst_is_promised_anew(rig: Rig, heard: Listener) -> None:
    """In a hardware-timed burst the first frame may wait for a trigger, the others may not."""
    plan = [MDAEvent(exposure=5.0, min_start_time=0.0) for _ in range(4)]
    run = rig.prepare([], supervisor=heard)
    orders = tuple(Order(event, n, "burst", 0) for n, event in enumerate(plan))
    loop_orders = run._feed.orders

    def with_burst() -> Iterator[object]:
        run._loop._index = 4
        run._feed._in_hand = 4
        yield orders
        yield from loop_orders()

    run._feed.orders = with_burst  # type: ignore[method-assign, assignment]
    assert run.start().wait(PATIENCE_S).committed == 4
    lit = [each for each in heard.said if each.word == "lit"]
    first, *others = (round((each.until_ns - each.t_ns) / 1e9, 3) for each in lit[-5:])
    # A second more than the engine itself has patience for.
    assert first == round(0.005 + QUICK.first_frame_s + 1, 3)
    assert others == [round(0.005 + QUICK.frame_margin_s + 1, 3)] * 4
    assert [each.word for each in heard.said if each.word == "lent"]
    assert heard.said[-1].word == "dark"


def test_a_frame_that_a_burst_has_lost_does_not_make_it_dark(rig: Rig, heard: Listener) -> None:
    """While the rest of the burst goes on in the light, nobody is told that it is dark."""
    plan = [MDAEvent(exposure=5.0, min_start_time=0.0) for _ in range(4)]
    run = rig.prepare([], supervisor=heard)
    orders = tuple(Order(event, n, "burst", 0) for n, event in enumerate(plan))
    loop_orders, missed, words = run._feed.orders, run._feed.missed, []
    pop = rig.core.popNextImageAndMD

    def with_burst() -> Iterator[object]:
        run._loop._index = 4
        run._feed._in_hand = 4
        yield orders
        yield from loop_orders()

    def jumped() -> object:
        pixels, tags = pop()
        number = int(tags["ImageNumber"])
        return pixels, {**dict(tags), "ImageNumber": str(number + (number > 0))}

    def noted(gap: Gap) -> None:
        words.append((gap.index, heard.said[-1].word))
        missed(gap)

    run._feed.orders = with_burst  # type: ignore[method-assign, assignment]
    run._feed.missed = noted  # type: ignore[method-assign]
    rig.core.popNextImageAndMD = jumped
    assert run.start().wait(PATIENCE_S).gaps == 1
    assert words == [(1, "lent")]
    assert heard.said[-1].word == "dark"


def test_a_stream_never_promises_for_long(rig: Rig, heard: Listener) -> None:
    """The camera runs by itself, in the light: each frame is promised anew, none without end."""
    plan = [MDAEvent(index={"t": t}, exposure=5.0, min_start_time=0.0) for t in range(12)]
    rig.begin(plan, supervisor=heard, mode="stream").wait(PATIENCE_S)
    began = rig.core.called("startSequenceAcquisition")[0].t_ns
    ended = rig.core.called("stopSequenceAcquisition")[0].t_ns
    during = [each for each in heard.said if began < each.t_ns < ended]
    assert {each.word for each in during} == {"lit", "lent"}
    assert heard.at(began).word == "lit"
    longest_s = max((each.until_ns - each.t_ns) / 1e9 for each in [heard.at(began), *during])
    assert longest_s <= 0.005 + QUICK.first_frame_s + 1 + 1e-6
    assert len(during) >= 2 * (len(plan) - 1)
    assert heard.said[-1].word == "dark"


@pytest.mark.parametrize("how", ["no autoshutter", "no shutter"])
def test_without_a_shutter_that_closes_itself_it_is_never_dark(
    rig: Rig, heard: Listener, how: str
) -> None:
    """Where nothing puts the light out after an exposure, it counts as on all the time."""
    if how == "no autoshutter":
        rig.core.setAutoShutter(False)
    else:
        rig.core.setShutterDevice("")
    rig.begin([MDAEvent() for _ in range(3)], supervisor=heard).wait(PATIENCE_S)
    began = rig.core.exposures[0].begin_ns
    ended = rig.core.exposures[-1].end_ns
    assert {each.word for each in heard.said if began < each.t_ns < ended} == {"lit", "lent"}
    rig.core.setShutterDevice(SHUTTER)


def test_a_camera_that_hangs_is_heard_of_no_more(rig: Rig, heard: Listener) -> None:
    """While a snap does not return, its promise runs out, and nothing renews it."""
    rig.core.fault("snapImage", "stall", on=2, ms=800)
    run = rig.begin([MDAEvent(exposure=5.0) for _ in range(3)], supervisor=heard)
    wait_until(lambda: any(call.fault == "stall" for call in rig.core.called("snapImage")))
    (stalled,) = [call for call in rig.core.called("snapImage") if call.fault == "stall"]
    promised = heard.at(stalled.t_ns)
    assert promised.word == "lit"
    assert promised.until_ns - promised.t_ns == pytest.approx(0.505e9)
    run.wait(PATIENCE_S)
    later = [each for each in heard.said if each.t_ns > promised.t_ns]
    assert later[0].t_ns - promised.t_ns > 0.7e9


def test_light_that_is_not_read_back_as_off_is_not_called_dark(rig: Rig, heard: Listener) -> None:
    """If SAFE fails, the pulse goes on to say lit, and the farewell says that it is not safe."""
    rig.core.fault("setShutterOpen", "ignore", times=None, on=2)
    run = rig.prepare([MDAEvent(keep_shutter_open=True)], supervisor=heard)
    with pytest.raises(ScopeError, match="NOT SAFE: still open"):
        run.start().wait(PATIENCE_S)
    rig.core.heal()
    assert heard.said[-1].word == "lit"
    assert heard.ended == [False]


def test_a_hang_without_a_path_is_made_safe_by_the_program_itself(rig: Rig, tmp_path: Path) -> None:
    """The supervisor can only tell, and the rest of the program closes the shutter meanwhile."""
    rig.core.fault("snapImage", "stall", on=2, ms=6000)
    events = [MDAEvent(exposure=5.0, keep_shutter_open=True) for _ in range(3)]
    run = rig.begin(events, supervisor=Supervisor(), folder=tmp_path)
    wait_until(lambda: any(call.fault == "stall" for call in rig.core.called("snapImage")))
    assert rig.core.getShutterOpen(SHUTTER)
    wait_until(lambda: not rig.core.getShutterOpen(SHUTTER))
    assert len(rig.core.exposures) == 1, "the camera still hangs"
    rig.core.heal()
    with pytest.raises(SupervisorError, match="in vain"):
        run.wait(PATIENCE_S)
    assert "may be ON" in (tmp_path / "supervisor.jsonl").read_text(encoding="utf-8")
