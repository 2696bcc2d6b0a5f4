"""Whatever order frames, faults, decisions, holds and stops come in, a run keeps its promises."""

from __future__ import annotations

import functools
import math
import os
import time
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from gated_run import (
    AT_REST,
    BUDGET_MS,
    LIMITS,
    QUEUE_MB,
    SHUTTERS,
    GatedRun,
    Reply,
    demo_core,
)
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from useq import CustomAction, MDAEvent

from saccade.core import Action, Correction
from saccade.store import RunFolder, verify

if TYPE_CHECKING:
    from collections.abc import Callable

    Body = Callable[..., None]

# The form in the suite is 1,000 examples in CI, fewer by hand; the variable sets any number.
EXAMPLES = int(os.environ.get("SACCADE_MACHINES", "1000" if os.environ.get("CI") else "100"))
PARTS = 10

_LEASE_S = 1.0
"""As the README promises."""
_ROUNDING = 1 + 1e-9

_numbers = st.sampled_from(
    [None, 0.0, 50.0, -100.0, 100.5, 1e9, -1e300, math.nan, math.inf, -math.inf]
)
_exposures_ms = st.sampled_from([None, 1.0, 2.5, 4.0, 4.5, 0.0, -1.0, 1e9, math.nan, math.inf])
_channels = st.sampled_from([None, "DAPI", "FITC", "none such"])


def _event(x: Any, y: Any, z: Any, exposure: Any, channel: Any, start: float) -> MDAEvent:
    """Return an event with any values, also such as a well-meaning constructor would refuse."""
    named = MDAEvent(channel=channel) if channel else MDAEvent()
    wild = {"x_pos": x, "y_pos": y, "z_pos": z, "exposure": exposure, "min_start_time": start}
    return named.model_copy(update=wild)


_events = st.builds(
    _event,
    _numbers,
    _numbers,
    _numbers,
    _exposures_ms,
    _channels,
    st.sampled_from([0.0, 0.0, 0.002]),
)
_planned = st.builds(
    lambda x_um, z_um, exposure_ms, channel, opened: MDAEvent(
        x_pos=x_um,
        y_pos=x_um,
        z_pos=z_um,
        exposure=exposure_ms,
        channel=channel,
        keep_shutter_open=opened,
    ),
    st.sampled_from([None, 0.0, 50.0, 150.0]),
    st.sampled_from([None, 5.0]),
    st.sampled_from([None, 1.0, 3.0]),
    st.sampled_from([None, "DAPI", "FITC"]),
    st.sampled_from([False, False, True]),
)

_CORRECTIONS = (
    *(None, None, Correction(z_um=3.0), Correction(x_um=-20.0, y_um=5.0)),
    *(Correction(exposure_times=1.5), Correction(z_um=1e9), Correction(x_um=math.nan)),
    Correction(light_times=2.0),
)

_FAULTS: tuple[tuple[str, str, Any], ...] = (
    ("snapImage", "raise", None),
    ("snapImage", "ignore", None),
    ("snapImage", "stall", None),
    ("getImage", "raise", None),
    ("setXYPosition", "raise", None),
    ("setXYPosition", "ignore", None),
    ("setXYPosition", "wrong", (33.0, 33.0)),
    ("setXYPosition", "busy", None),
    ("getXYPosition", "raise", None),
    ("getXYPosition", "lie", (math.nan, math.nan)),
    ("setPosition", "raise", None),
    ("setPosition", "wrong", (7.0,)),
    ("getPosition", "lie", math.nan),
    ("setExposure", "raise", None),
    ("setExposure", "wrong", (2.0,)),
    ("getExposure", "lie", math.nan),
    ("setConfig", "raise", None),
    ("setConfig", "ignore", None),
    ("getROI", "raise", None),
    ("deviceBusy", "raise", None),
    ("setShutterOpen", "raise", None),
    ("setShutterOpen", "ignore", None),
    ("setAutoShutter", "raise", None),
)
_BLINDING = {"setShutterOpen", "setAutoShutter"}
"""Calls without which light can't be put out, as long as they fail."""


def only(
    applies: Callable[[Experiment], bool],
) -> Callable[[Body], Body]:
    """Let a rule do nothing where it does not apply.

    A precondition would depend on what another thread has got to, which Hypothesis forbids.
    """

    def wrap(body: Body) -> Body:
        @functools.wraps(body)
        def guarded(self: Experiment, **drawn: Any) -> None:
            if self.gated is not None and applies(self):
                body(self, **drawn)

        return guarded

    return wrap


class Experiment(RuleBasedStateMachine):
    """A run, and everything that can happen to it."""

    def __init__(self) -> None:
        super().__init__()
        self.gated: GatedRun | None = None
        self.decided = 0
        self.stale: set[int] = set()
        """Numbers of the actions that had expired when they were decided."""
        self.since_s = 0.0
        self.blinded = False

    @initialize(watch=st.lists(_planned, min_size=1, max_size=8), dose=st.booleans())
    def start(self, watch: list[MDAEvent], dose: bool) -> None:
        self.dose = dose
        self.gated = GatedRun(watch, dose=dose)
        self.since_s = time.monotonic()

    @rule(watch=st.lists(_planned, min_size=1, max_size=8), dose=st.booleans())
    @only(lambda self: not self.going())
    def again(self, watch: list[MDAEvent], dose: bool) -> None:
        self.finish()
        self.decided, self.stale, self.blinded = 0, set(), False
        self.start(watch, dose)

    @property
    def it(self) -> GatedRun:
        assert self.gated is not None
        return self.gated

    def parked(self) -> bool:
        """Return whether a frame waits for a reply."""
        return self.gated is not None and self.gated.parked is not None

    def going(self) -> bool:
        """Return whether the run has not ended."""
        return self.gated is not None and not self.gated.over

    def waiting(self) -> bool:
        """Return whether the run is held, and would go on if it were resumed."""
        return self.gated is not None and self.gated.held

    def on(self, reply: Reply) -> None:
        self.it.reply(reply)
        self.since_s = time.monotonic()

    # ------------------------------------------------------------------------- what happens

    @rule(score=st.floats() | st.sampled_from([0.0, 1.0]))
    @only(parked)
    def frame(self, score: float) -> None:
        self.on(Reply(score))

    @rule(reply=st.sampled_from([Reply(raises=True), Reply("high"), Reply(None)]))
    @only(parked)
    def failing_detector(self, reply: Reply) -> None:
        self.on(reply)

    @rule(
        events=st.lists(_events, min_size=0, max_size=3),
        expires_s=st.sampled_from([None, None, -0.001, 10.0]),
        priority=st.integers(-1, 1),
        interval_s=st.sampled_from([None, None, 0.0, 0.002, math.nan, -1.0]),
        share=st.booleans(),
        correction=st.sampled_from(_CORRECTIONS),
        gain=st.sampled_from([None, None, None, "3", "-5", "99"]),
    )
    @only(parked)
    def decision(
        self,
        events: list[MDAEvent],
        expires_s: float | None,
        priority: int,
        interval_s: float | None,
        share: bool,
        correction: Correction | None,
        gain: str | None,
    ) -> None:
        if gain is not None:
            pump = MDAEvent(action=CustomAction(name="set"), properties=[("Camera", "Gain", gain)])
            events = [pump, *events]
        tagged = [
            event.model_copy(update={"metadata": {"tag": f"{self.decided}.{number}"}})
            for number, event in enumerate(events)
        ]
        now_ns = self.it.clock.now_ns()
        expires_ns = None if expires_s is None else now_ns + round(expires_s * 1e9)
        action = Action(
            tuple(tagged),
            "told",
            priority,
            expires_ns,
            interval_s=interval_s,
            correction=correction,
            share=share,
        )
        if expires_s is not None and expires_s < 0:
            self.stale.add(self.decided)
        self.decided += 1
        self.on(Reply(1.0, (action,)))

    @rule(
        fault=st.sampled_from(_FAULTS),
        on=st.integers(1, 3),
        times=st.sampled_from([1, 1, 3, None]),
    )
    @only(going)
    def fault(self, fault: tuple[str, str, Any], on: int, times: int | None) -> None:
        call, what, value = fault
        self.blinded |= call in _BLINDING
        self.it.core.fault(call, what, on=on, times=times, value=value, ms=15.0)  # type: ignore[arg-type]

    @rule()
    @only(going)
    def heal(self) -> None:
        self.it.core.heal()
        self.blinded = False

    @rule()
    @only(parked)
    def hold(self) -> None:
        self.it.run.hold()
        self.on(Reply())

    @rule()
    @only(waiting)
    def resume(self) -> None:
        self.it.run.resume()
        deadline_s = time.monotonic() + 5.0
        while self.it.held and time.monotonic() < deadline_s:
            time.sleep(0.0005)
        self.it.arrive()
        self.since_s = time.monotonic()

    @rule(foreign=st.booleans())
    @only(going)
    def stop(self, foreign: bool) -> None:
        if foreign:
            self.it.core.mda.cancel()
        else:
            self.it.run.stop()
        if self.it.parked is not None:
            self.on(Reply())
        else:
            deadline_s = time.monotonic() + 5.0
            while not self.it.over and time.monotonic() < deadline_s:
                time.sleep(0.0005)
        assert self.it.over

    @rule(hours=st.sampled_from([-1.0, 1.0]))
    @only(going)
    def clock_jump(self, hours: float) -> None:
        self.it.clock.off_s += hours * 3600.0

    @rule()
    @only(parked)
    def disk_full(self) -> None:
        self.it.disk.full = True
        self.on(Reply())

    # ---------------------------------------------------------------------- what always holds

    @invariant()
    def light_is_lent(self) -> None:
        """Nothing glows beyond the lease, and nothing at all where the dose is counted."""
        if self.gated is None or self.it.over or self.blinded:
            return
        lit = any(self.it.core.getShutterOpen(shutter) for shutter in SHUTTERS)
        overdue = time.monotonic() - self.since_s > _LEASE_S + 0.3
        assert not (lit and (self.dose or self.it.held or overdue)), "light without a lease"

    @invariant()
    def dose_is_within_the_budget(self) -> None:
        if self.gated is None or not self.dose:
            return
        spent: dict[tuple[int, int], float] = {}
        for x_um, y_um, ms in self.it.lit_ms():
            place = round(x_um), round(y_um)
            spent[place] = spent.get(place, 0.0) + ms
        assert max(spent.values(), default=0.0) <= BUDGET_MS * _ROUNDING, spent

    @invariant()
    def commands_are_inside_the_envelope(self) -> None:
        if self.gated is None:
            return
        axes = {
            "setXYPosition": ("x_um", "y_um"),
            "setPosition": ("z_um",),
            "setExposure": ("exposure_ms",),
        }
        for call in list(self.it.core.calls):
            names = axes.get(call.name, ())
            for name, value in zip(names, call.args[len(call.args) - len(names) :], strict=True):
                assert value in LIMITS[name], call

    @invariant()
    def frames_are_numbered_once_and_in_order(self) -> None:
        if self.gated is None:
            return
        numbers = [frame.index for frame in list(self.it.sink.frames)]
        assert all(first < second for first, second in pairwise(numbers))
        gaps = [each.value.index for each in list(self.it.sink.records) if each.kind == "gap"]
        assert not set(numbers) & set(gaps)
        assert len(set(gaps)) == len(gaps)

    @invariant()
    def queues_are_bounded(self) -> None:
        if self.gated is None:
            return
        held = self.it.sink.recorder._queue.held_bytes
        assert held <= QUEUE_MB * 2**20

    @invariant()
    def no_action_is_stale_or_played_twice(self) -> None:
        if self.gated is None:
            return
        taken = Counter(frame.event.metadata.get("tag") for frame in list(self.it.sink.frames))
        taken.pop(None, None)
        assert all(count == 1 for count in taken.values()), taken
        begun = {int(tag.split(".")[0]) for tag in taken}
        assert not begun & self.stale

    @invariant()
    def an_end_is_safe_and_honest(self) -> None:
        if self.gated is None or not self.it.over:
            return
        verdict, sink = self.it.run.verdict, self.it.sink
        assert verdict is not None
        gaps = sum(each.kind == "gap" for each in sink.records)
        if verdict.name == "completed":
            assert (gaps, sink.committed) == (0, verdict.planned)
        if verdict.name == "completed_with_gaps":
            assert sink.committed + gaps == verdict.planned
        last = [each.value for each in sink.records if each.kind == "safe"][-1:]
        said_unsafe = any("NOT SAFE" in text for told in last for text in told.values())
        lit = any(self.it.core.getShutterOpen(shutter) for shutter in SHUTTERS)
        assert not lit or said_unsafe or self.blinded
        assert not self.it.core.isSequenceRunning()
        told = " ".join(self.it.scope.not_put_back)
        for (device, name), value in AT_REST.items():
            left = self.it.core.getProperty(device, name)
            assert float(left) == float(value) or f"{device}.{name}" in told

    def teardown(self) -> None:
        if self.gated is not None:
            self.finish()

    def finish(self) -> None:
        """End the run; whatever was acknowledged is on the disk, as it was taken."""
        try:
            self.it.close()
            self.an_end_is_safe_and_honest()
            taken = {frame.index: frame for frame in self.it.sink.frames}
            read = {frame.index: frame for frame in RunFolder(self.it.folder).frames()}
            assert len(read) >= self.it.sink.committed
            assert read.keys() <= taken.keys()
            for index, frame in read.items():
                assert frame.pixels.tobytes() == taken[index].pixels.tobytes()
                assert frame.event == taken[index].event
            verdict = self.it.run.verdict
            assert verdict is not None
            if verdict.name.startswith("completed"):
                assert verify(self.it.folder).ok
        finally:
            self.it.disk.__exit__()
            self.it.tidy()


@pytest.mark.parametrize("part", range(PARTS))
def test_run_keeps_its_promises_in_any_order_of_events(part: int) -> None:
    """Light means a lease, dose a budget, commands an envelope; an end is safe and honest.

    The invariants are looked at after every step; ``SACCADE_MACHINES`` sets how many
    examples there are in all parts together.
    """
    machine = seed(part)(type(f"Experiment{part}", (Experiment,), {}))
    calm = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine,
        settings=settings(
            max_examples=max(1, EXAMPLES // PARTS),
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=calm,
        ),
    )


@pytest.fixture(scope="module", autouse=True)
def _unload() -> Any:
    yield
    demo_core().unloadAllDevices()
    demo_core.cache_clear()
