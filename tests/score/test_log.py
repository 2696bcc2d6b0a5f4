"""The log of a run: what the sink heard, and what its journal tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from score_cases import STAND
from useq import MDAEvent, MDASequence

from saccade.core import Action, Gap, LightSource, Observation, Refusal, Stand, plain
from saccade.decide import Burst as BurstPolicy
from saccade.decide import Pace, Stay
from saccade.run import Run
from saccade.score import Log, Logger, LogSink, log_of
from saccade.testing import FakeScope, MemorySink, score_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from saccade.core import Frame, Policy

LIT = Stand(
    "lit",
    lights=(LightSource("LED", 2.0, 1e-3, ("FITC",)), LightSource("lamp", 1.0, 1e-2)),
    channel_group="Channel",
    channels=("DAPI", "FITC"),
    channel="FITC",
    exposure_ms=10.0,
    shape_px=(64, 64),
    pixel_size_um=0.5,
)
"""FITC is lit by both sources: 2.1 mW / 0.001 cm², so 10 ms are 0.021 J/cm²."""


def look(frame: Frame) -> Observation:
    return Observation(score=score_of(frame.pixels))


def logged(
    scores: Sequence[float], policy: Policy, watch: MDASequence, stand: Stand = LIT
) -> tuple[Log, MemorySink]:
    scope, kept = FakeScope(scores, stand=stand), MemorySink()
    sink = LogSink(stand, scope.clock.now_ns(), then=kept)
    run = Run(scope, watch, detect=look, decide=policy, sink=sink, clock=scope.clock)
    run.start().wait(timeout_s=20)
    return sink.log(), kept


def watch(loops: int, interval_s: float = 10.0) -> MDASequence:
    return MDASequence(
        stage_positions=[(0, 0), (100, 0)], time_plan={"interval": interval_s, "loops": loops}
    )


DO = MDASequence(
    time_plan={"interval": 1, "loops": 3}, channels=[{"config": "FITC", "exposure": 5}]
)


def test_shots_are_where_when_and_how_bright_the_run_was() -> None:
    """Start of exposure, field, dose and bytes of each frame of a watch at two places."""
    log, _ = logged([0.0], BurstPolicy(DO), watch(2))
    assert [shot.t_s for shot in log.shots] == pytest.approx([0, 0.01, 10, 10.01])
    assert [shot.x_um for shot in log.shots] == [0, 100, 0, 100]
    assert [shot.position for shot in log.shots] == [0, 1, 0, 1]
    first = log.shots[0]
    assert (first.width_um, first.height_um, first.exposure_ms) == (32, 32, 10)
    assert first.dose_j_per_cm2 == pytest.approx(0.021)
    assert log.dose_j_per_cm2 == pytest.approx(0.084)
    assert first.nbytes == 64 * 64 * 2
    assert log.bursts == ()


def test_a_burst_is_known_with_its_shots() -> None:
    """When it was decided on, the frame that it rests on, and the frames that came of it."""
    log, _ = logged([0.0, 0.0, 0.9, 0.0], BurstPolicy(DO, label="zoom"), watch(3))
    (burst,) = log.bursts
    assert (burst.frame, burst.label, burst.shots) == (2, "zoom", (3, 4, 5))
    assert burst.t_s == pytest.approx(10.01)
    assert burst.end_s == pytest.approx(12.015)
    assert [s.stream for s in log.shots].count("zoom") == 3
    assert {s.frame for s in log.decided().shots} == {3, 4, 5}


def test_bursts_side_by_side_are_told_apart_by_their_places() -> None:
    """Bursts of one label that share the pauses: each has the frames of its own position."""
    policy = BurstPolicy(DO, above=0.8, below=0.3, share=True)
    log, _ = logged([0.9, 0.9, 0.0], policy, watch(2, 5.0))
    assert [len(burst.shots) for burst in log.bursts] == [3, 3]
    by_frame = {shot.frame: shot for shot in log.shots}
    for burst in log.bursts:
        assert {by_frame[n].x_um for n in burst.shots} == {by_frame[burst.frame].x_um}
    first, second = log.bursts
    assert first.shots[0] < second.shots[0] < first.shots[-1]


def test_bursts_in_a_row_are_one() -> None:
    """A burst that rests on a frame of another one goes on with it."""
    policy = Stay(DO, above=0.8, below=0.3, most=3)
    log, _ = logged([0.9], policy, MDASequence(time_plan={"interval": 10, "loops": 1}))
    (burst,) = log.bursts
    assert burst.frame == 0
    assert burst.shots == tuple(range(1, 10))


def test_a_faster_watch_is_a_burst_until_it_is_slow_again() -> None:
    """From the decision to watch fast to the one to watch slowly."""
    policy = Pace(slow_s=10, fast_s=1, above=0.8, below=0.3)
    plan = MDASequence(time_plan={"interval": 10, "loops": 6})
    log, _ = logged([0.0, 0.9, 0.9, 0.0, 0.0, 0.0], policy, plan)
    (burst,) = log.bursts
    assert (burst.frame, burst.shots) == (1, (2, 3))
    assert [round(shot.t_s) for shot in log.shots] == [0, 10, 11, 12, 22, 32]


@pytest.mark.parametrize(
    "policy",
    [
        lambda: BurstPolicy(DO, above=0.8, below=0.3),
        lambda: Stay(DO, above=0.8, below=0.3, most=2),
        lambda: Pace(slow_s=10, fast_s=1, above=0.8, below=0.3),
    ],
    ids=["Burst", "Stay", "Pace"],
)
def test_a_journal_tells_the_same_log(policy: Callable[[], Policy]) -> None:
    """What the sink heard, and what is read from the journal's plain lines, is one log."""
    log, kept = logged([0.0, 0.9, 0.0, 0.9, 0.0], policy(), watch(4))
    lines = []
    for record in kept.records:
        line = plain(record.value)
        if record.kind == "frame":
            line |= {"shape": list(record.value.pixels.shape), "dtype": "uint16"}
        lines.append((record.kind, record.t_ns, line))
    assert log.bursts
    assert log_of(lines, LIT) == log


def test_a_region_of_the_camera_is_a_smaller_field_elsewhere() -> None:
    """A region's field is its own, and its centre is off the stage position."""
    events = [MDAEvent(roi={"offset_x": 32, "offset_y": 0, "width": 32, "height": 64})]
    scope = FakeScope(stand=LIT)
    sink = LogSink(LIT)
    Run(scope, events, sink=sink, clock=scope.clock).start().wait(timeout_s=20)
    (shot,) = sink.log().shots
    assert (shot.x_um, shot.y_um, shot.width_um, shot.height_um) == (8, 0, 16, 32)


def test_light_that_nobody_declared_is_no_number() -> None:
    """An undeclared source gives a dose that is not known, never one of nothing."""
    import math

    dark = Stand("dark", channels=("FITC",), channel="FITC", shape_px=(64, 64))
    log, _ = logged([0.0], BurstPolicy(DO), watch(1), dark)
    assert math.isnan(log.dose_j_per_cm2)


def test_a_burst_that_came_too_late_leaves_its_frames_to_the_next() -> None:
    """Expired before it began: the frames of its stream belong to the burst after it."""
    logger = Logger(STAND)
    events = tuple(DO)
    for frame in (1, 2):
        logger.line("action", 0, Action(events, frame=frame))
    logger.line("refusal", 0, Refusal(Action(events, frame=1), "deadline", "late"))
    logger.line("gap", 0, Gap(5, "burst", events[0], "lost"))
    for index in (6, 7):
        value = {"index": index, "stream": "burst", "exposure_ms": 10.0, "t_ns": index * 10**9,
                 "shape": [10, 10], "dtype": "uint8", "channel": None, "light_mw": {},
                 "x_um": 0.0, "y_um": 0.0, "roi": None, "sensor_px": None, "affine": None,
                 "pixel_size_um": 1.0}  # fmt: skip
        logger.line("frame", 0, value)
    (burst,) = logger.log().bursts
    assert (burst.frame, burst.shots) == (2, (6, 7))


def test_frames_without_room_are_no_shots_and_the_rest_goes_on() -> None:
    """What the next sink has no room for is not in the log; everything else reaches it."""
    scope, kept = FakeScope(stand=LIT), MemorySink(full_at=(1,))
    sink = LogSink(LIT, then=kept)
    run = Run(scope, watch(2), sink=sink, clock=scope.clock)
    run.start().wait(timeout_s=20)
    assert [shot.frame for shot in sink.log().shots] == [0, 2, 3]
    assert (sink.committed, kept.committed, kept.closed) == (3, 3, True)
