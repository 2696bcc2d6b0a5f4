"""The envelope: all guards at one door, against anything that may come."""

from __future__ import annotations

import math
import os
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from guard_cases import event, lost, stand, taken
from hypothesis import given, settings
from hypothesis import strategies as st
from useq import MDAEvent

from saccade.core import Action, Identity, Observation, Refusal
from saccade.guard import Budget, Dose, Duty, Ladder, Limits, Modifiable, Rate, Step
from saccade.run import Door

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

S = 1_000_000_000
TRIES = 3
LIMIT, RUN_LIMIT = 0.5, 1.5
FRAMES, TIME_S, SHARE, WINDOW_S = 55, 900.0, 0.05, 20.0
FARTHEST = {"x": (-200.0, 200.0), "y": (-200.0, 200.0), "z": (0.0, 500.0), "ms": (1.0, 1000.0)}
LARGEST = {"x": 250.0, "z": 100.0, "ms": 300.0}
W_PER_CM2 = {"FITC": 1.0, "Cy5": 3.0}

WILD = (math.nan, math.inf, -math.inf, 1e308, -1e308, -1.0, 0.0, 1e4)
STEPS = 150
"""Actions of one run."""
ACTIONS = int(os.environ.get("SACCADE_ACTIONS", "6000"))
"""The long form is a command of the README."""


def number(some: random.Random, low: float, high: float, names: float = 0.5) -> float | None:
    """Return a number of a range, or none, and now and then anything at all."""
    if some.random() > names:
        return None
    return some.choice(WILD) if some.random() < 0.02 else some.uniform(low, high)


def any_event(some: random.Random) -> MDAEvent:
    channel = some.choice([None, None, "FITC", "Cy5"])
    near = some.choice([30, 30, 200])
    return event(
        x_pos=number(some, -near, near),
        y_pos=number(some, -near, near),
        z_pos=number(some, 200, 200 + near),
        exposure=number(some, 1, some.choice([20, 20, 400]), 0.9),
        channel=None if channel is None else MDAEvent(channel=channel).channel,
        min_start_time=number(some, 0, 3),
        keep_shutter_open=some.random() < 0.01,
    )


def any_steps(seed: int) -> Iterator[tuple]:
    """Yield actions, what becomes of each of their events, and what else happens."""
    some = random.Random(seed)
    for _ in range(STEPS):
        events = [any_event(some) for _ in range(some.choice([1, 1, 2, 4]))]
        fates = [
            (
                some.choices(["frame", "gap", "stop"], [30, 3, 0.05])[0],
                some.choices([1, 2, 3], [9, 1, 1])[0],
                some.choice([0.0, 0.1, 2.0]),
            )
            for _ in events
        ]
        verdict = some.choices(["trusted", "doubtful"], [9, 1])[0]
        yield events, some.random() < 0.5, fates, some.choice([0.0, 1.0, 1.0, 10.0]), verdict


@dataclass
class Hardware:
    """A microscope that does what passes the door, and keeps its own books."""

    x: float | None = None
    y: float | None = None
    z: float | None = None
    ms: float = 10.0
    channel: str = "FITC"
    lit: list[tuple[float, float]] = field(default_factory=list)
    doses: list[tuple[float | None, float | None, float]] = field(default_factory=list)
    frames: int = 0

    def set(self, asked: MDAEvent) -> None:
        """Make the settings of an event, if each of them is inside the envelope."""
        named = {"x": asked.x_pos, "y": asked.y_pos, "z": asked.z_pos, "ms": asked.exposure}
        for name, value in named.items():
            if value is None:
                continue
            low, high = FARTHEST[name]
            assert low <= value <= high
            before = getattr(self, name)
            if name in LARGEST and before is not None:
                assert abs(value - before) <= LARGEST[name] * (1 + 1e-6)
            setattr(self, name, value)
        assert not asked.keep_shutter_open
        if asked.channel is not None:
            self.channel = asked.channel.config

    def expose(self, exposures: int, t_s: float) -> float:
        """Expose so often from a time on; return when it is over."""
        end_s = t_s + exposures * self.ms / 1e3
        self.lit.append((t_s, end_s))
        dose = exposures * W_PER_CM2[self.channel] * self.ms / 1e3
        self.doses.append((self.x, self.y, dose))
        return end_s

    def check(self) -> None:
        """Hold what was done against the budgets, counted by other means than the guards'."""
        everywhere = sum(dose for x, y, dose in self.doses if x is None or y is None)
        placed = [each for each in self.doses if each[0] is not None and each[1] is not None]
        for x, y, _ in placed:
            near = [d for x2, y2, d in placed if abs(x - x2) < 50 and abs(y - y2) < 25]
            assert everywhere + sum(near) <= LIMIT * (1 + 1e-6)
        assert everywhere <= LIMIT * (1 + 1e-6)
        assert sum(dose for *_, dose in self.doses) <= RUN_LIMIT * (1 + 1e-6)
        assert self.frames <= FRAMES
        for _, end_s in self.lit:
            on_s = sum(max(0.0, min(b, end_s) - max(a, end_s - WINDOW_S)) for a, b in self.lit)
            assert on_s <= SHARE * WINDOW_S + 1e-5


def envelope() -> tuple[Door, Dose, Ladder]:
    """Return a door with every guard there is."""
    dose = Dose(limit_j_per_cm2=LIMIT, run_limit_j_per_cm2=RUN_LIMIT)
    ladder = Ladder(refusals=4, within_s=30, recover_s=60, lowest="fixed-rate")
    door = Door(
        (
            Modifiable(),
            Limits(x_um=FARTHEST["x"], y_um=FARTHEST["y"]),
            Step(x_um=LARGEST["x"], z_um=LARGEST["z"], exposure_ms=LARGEST["ms"]),
            Duty(share=SHARE, window_s=WINDOW_S),
            Budget(frames=FRAMES, time_s=TIME_S, disk_mb=10),
            Rate(actions_per_min=20),
            dose,
            ladder,
        )
    )
    door.learn(stand(tries=TRIES))
    return door, dose, ladder


class StopError(Exception):
    """A stop was asked for; the light was on, and nothing more comes."""


def play(door: Door, action: Action, fates: list, hardware: Hardware, t_s: float) -> float:
    """Play an action, event by event, as a run does; return when it is over."""
    for asked, (fate, exposures, delay_s) in zip(action.events, fates, strict=False):
        if not action.planned:
            due = Action((asked,), action.label, frame=action.frame, t_ns=round(t_s * S))
            if isinstance(door.play(due), Refusal):
                return t_s
        hardware.set(asked)
        t_s = hardware.expose(1 if fate == "stop" else exposures, t_s + delay_s)
        if fate == "stop":
            raise StopError
        if fate == "gap":
            door.settle(lost(t_s, exposures))
            continue
        hardware.frames += 1
        known = {"x_um": hardware.x, "y_um": hardware.y, "z_um": hardware.z}
        light = {"exposure_ms": hardware.ms, "channel": hardware.channel}
        door.settle(taken(t_s, exposures=exposures, **known, **light))
    return t_s


def run(steps: Iterable[tuple]) -> tuple[int, Hardware, Dose]:
    """Put actions through the door one after another; return how many passed."""
    (door, dose, ladder), hardware, t_s, passed = envelope(), Hardware(), 0.0, 0
    for frame, (events, is_planned, fates, pause_s, verdict) in enumerate(steps):
        t_s += pause_s
        seen = Observation(
            0.9, verdict=verdict, detector=Identity("spots"), frame=frame, t_ns=round(t_s * S)
        )
        door.hear(seen)
        rung = ladder.rung
        action = Action(
            tuple(events[:1] if is_planned else events),
            "watch" if is_planned else "burst",
            frame=None if is_planned else frame,
            t_ns=round(t_s * S),
            interval_s=None if is_planned else pause_s,
        )
        answer = door.let_through(action)
        if isinstance(answer, Refusal):
            assert answer.reason
            assert answer.allowed
            assert "failed" not in answer.reason
            door.hear(answer)
            continue
        assert is_planned or rung != "fixed-rate"
        assert t_s <= TIME_S * (1 + 1e-6)
        passed += 1
        try:
            t_s = play(door, action, fates, hardware, t_s)
        except StopError:
            break
        true = sum(each for *_, each in hardware.doses)
        assert dose.run_j_per_cm2 >= true * (1 - 1e-9)
        assert dose.spent_j_per_cm2 >= max((d for *_, d in hardware.doses), default=0) * (1 - 1e-9)
    hardware.check()
    return passed, hardware, dose


@settings(max_examples=ACTIONS // STEPS)
@given(seed=st.integers(0, 2**64))
def test_nothing_outside_the_envelope_ever_passes(seed: int) -> None:
    """Over thousands of actions, wild numbers, frames, retries, gaps and stops, all limits hold."""
    run(any_steps(seed))


def test_the_envelope_is_reached() -> None:
    """The actions above are no idle threat: many pass, and they use budgets up."""
    runs = [run(any_steps(seed)) for seed in range(12)]
    assert sum(passed for passed, *_ in runs) > 200
    assert max(hardware.frames for _, hardware, _ in runs) == FRAMES
    assert max(dose.spent_j_per_cm2 for *_, dose in runs) > 0.9 * LIMIT
    assert max(dose.run_j_per_cm2 for *_, dose in runs) > 0.9 * RUN_LIMIT


def test_sensible_actions_do_pass() -> None:
    """The envelope is no wall: a sensible plan and its bursts pass until the budget is spent."""
    calm = event(x_pos=10.0, y_pos=0.0, z_pos=50.0, exposure=20.0)
    steps = [([calm] * 2, n % 2 == 0, [("frame", 1, 0.1)] * 3, 10.0, "trusted") for n in range(60)]
    passed, hardware, dose = run(steps)
    assert hardware.frames == 23
    assert passed == 16
    assert dose.spent_j_per_cm2 == dose.run_j_per_cm2
