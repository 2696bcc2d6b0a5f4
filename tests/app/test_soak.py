"""A soak says what grows, and nothing of what doesn't."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from saccade.app import soak
from saccade.app._protocol import protocol_of
from saccade.app._soak import Sample, _grown, _slopes
from saccade.core import ProtocolError

if TYPE_CHECKING:
    from pathlib import Path

QUICK: dict[str, Any] = {
    "saccade": 1,
    "name": "quick",
    "scope": "sim:beads?clock=virtual",
    "sim": {"sensor_px": [16, 16]},
    "watch": {"channels": ["FITC"], "time_plan": {"interval": 0, "loops": 30}},
    "guard": [{"use": "saccade.guard:Limits"}],
}


def samples(growth: dict[str, float], count: int = 200, per: int = 1800) -> list[Sample]:
    """Return samples of an hour of 100 frames/s, with noise, and what grows in that hour."""
    rng = np.random.default_rng(2)
    found = []
    for n in range(count):
        hours = n * per / 360_000
        warm_mb = 50 * (1 - np.exp(-n / 5))  # caches fill at the beginning
        noise = rng.normal(0, 0.05)
        found.append(
            Sample(
                n * per,
                float(n),
                100 + warm_mb + noise + growth.get("memory_mb", 0) * hours,
                20 + round(growth.get("handles", 0) * hours) + int(rng.integers(2)),
                5 + round(growth.get("threads", 0) * hours),
                abs(noise),
                hours,
                hours * 9,
            )
        )
    return found


@pytest.mark.parametrize("mb_per_hour", [0.0, 0.5, 2.0, 30.0])
def test_a_slope_is_what_grows(mb_per_hour: float) -> None:
    """Growth lies between the bounds, whatever the warm-up took; and so does none."""
    found = {s.name: s for s in _slopes(samples({"memory_mb": mb_per_hour}), 360_000)}
    memory = found["memory_mb"]
    assert memory.low <= mb_per_hour <= memory.high
    assert memory.high - memory.low < 0.2
    assert found["folder_mb"].value == pytest.approx(9)
    assert bool([*_grown(tuple(found.values()), 1.0)]) == (mb_per_hour > 1)


@pytest.mark.parametrize("name", ["handles", "threads"])
def test_handles_and_threads_may_not_grow(name: str) -> None:
    """Twenty in an hour are told; what goes up and down is not."""
    assert not [*_grown(tuple(_slopes(samples({}), 360_000)), 1.0)]
    told = [*_grown(tuple(_slopes(samples({name: 20.0}), 360_000)), 1.0)]
    assert len(told) == 1
    assert told[0].startswith(f"{name} grow by ")


def test_too_few_samples_tell_nothing() -> None:
    """Without ten samples after the warm-up there is no slope, and so no pass."""
    assert not [*_slopes(samples({}, count=9), 360_000)]


def test_runs_follow_one_another_until_there_are_enough_frames(tmp_path: Path) -> None:
    """Frames of all runs count together, every run is sampled, and none is left behind."""
    before = len(os.listdir(tmp_path))
    told: list[str] = []
    result = soak(
        protocol_of(QUICK), hours=350 / 360_000, every_s=0.05, folder=tmp_path, progress=told.append
    )
    assert (result.frames, result.runs) == (360, 12)
    assert result.hours == pytest.approx(360 / 360_000)
    frames = [sample.frames for sample in result.samples]
    assert frames == sorted(frames)
    assert len(result.samples) >= result.runs
    assert told[-1].startswith("360 frames")
    assert [slope.name for slope in result.slopes] == list(Sample._fields[2:])
    assert result.samples[-1].folder_mb > result.samples[-1].journal_mb > 0.01
    assert len(os.listdir(tmp_path)) == before


def test_the_time_that_is_up_ends_a_run(tmp_path: Path) -> None:
    """A long run is stopped safely, and that is no failure."""
    protocol = protocol_of(
        {**QUICK, "watch": {**QUICK["watch"], "time_plan": {"interval": 0, "loops": 10**6}}}
    )
    result = soak(protocol, minutes=0.02, every_s=0.05, folder=tmp_path)
    assert result.runs == 1
    assert 0 < result.frames < 10**6
    assert not [each for each in result.failures if each.startswith("run")]


def test_a_run_that_fails_ends_the_soak(tmp_path: Path) -> None:
    """What fails once is told at once, with its verdict."""
    guard = [{"use": "saccade.guard:Budget", "frames": 5}]
    result = soak(protocol_of({**QUICK, "guard": guard}), minutes=1, folder=tmp_path)
    assert result.runs == 1
    assert not result.holds
    assert "run 1 was" in result.failures[0]


@pytest.mark.parametrize("length", [{}, {"minutes": 1, "hours": 1}, {"minutes": 0}, {"hours": -1}])
def test_a_soak_has_one_length(length: dict[str, float]) -> None:
    """Minutes or hours, above zero: anything else is refused before a microscope is opened."""
    with pytest.raises(ProtocolError, match="soak"):
        soak(protocol_of(QUICK), **length)  # type: ignore[arg-type]
