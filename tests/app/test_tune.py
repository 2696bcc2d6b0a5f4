"""Tuning in simulated worlds: what is suggested, what is promised, what a search remembers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile

from saccade.app import (
    Marking,
    Range,
    Run,
    SearchPlan,
    TunePlan,
    draw_tuning,
    search_protocol,
    tune_on_recording,
    tune_on_run,
    tune_protocol,
)
from saccade.app._assemble import open_scope
from saccade.app._protocol import Protocol, protocol_of
from saccade.app._score_world import open_world
from saccade.app._tune_worlds import knob_of, set_at
from saccade.core import ProtocolError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENT: dict[str, Any] = {
    "saccade": 1,
    "name": "flashes",
    "scope": "sim:calcium",
    "sim": {
        "clock": "virtual",
        "sensor_px": [64, 64],
        "specimen": {"rate_hz": 0.01, "size_um": [100, 100]},
    },
    "watch": {
        "stage_positions": [{"x": 0, "y": 0}],
        "channels": [{"config": "FITC", "exposure": 10}],
        "time_plan": {"interval": 1, "loops": 30},
    },
    "detect": {"flash": {"use": "saccade.detect:Change", "sigma": 4}},
    "decide": [
        {
            "use": "saccade.decide:Burst",
            "on": "flash",
            "above": 0.6,
            "below": 0.3,
            "do": {"time_plan": {"interval": 0.2, "loops": 4}},
        }
    ],
    "guard": [{"use": "saccade.guard:Limits"}],
}


def protocol(**changed: Any) -> Protocol:
    """Return a protocol that catches what flashes, for half a minute."""
    return protocol_of({**DOCUMENT, **changed})


def test_thresholds_are_suggested_with_what_they_came_to(tmp_path: Path) -> None:
    """Each wish has its threshold; the figures are of worlds where it was played; it is drawn."""
    plan = TunePlan(worlds=2, unseen=2, false_per_h=(30.0, 300.0))
    told: list[str] = []
    tuned = tune_protocol(protocol(), plan, told.append)
    assert told[1] == "watched: 2 of 2 worlds"
    assert len(tuned.traces) == 2
    assert all(len(trace.t_s) == 30 for trace in tuned.traces)
    strict, loose = tuned.suggestions
    assert strict.above >= loose.above
    assert strict.false_per_h.low <= strict.false_per_h.value <= strict.false_per_h.high
    assert loose.unseen_per_h is not None
    assert isinstance(loose.kept, bool)
    assert loose.below < loose.above
    assert json.loads(json.dumps(tuned.plain()))["seeds"] == [100, 101]
    draw_tuning(tuned, tmp_path / "tune.png")
    assert (tmp_path / "tune.png").stat().st_size > 10_000
    assert replace(loose, unseen_per_h=None).kept is None


def test_a_search_goes_on_where_it_was(tmp_path: Path) -> None:
    """Trials lie in a file: asked for more, only those that are missing are played."""
    pytest.importorskip("optuna", reason="the extra 'tune' is not installed")
    ranges = (Range("decide.0.above", 0.4, 0.9), Range("decide.0.dwell", 1, 2))
    plan = SearchPlan(ranges=ranges, trials=2, worlds=1, hours=20 / 3600)
    first = search_protocol(protocol(), plan, tmp_path)
    told: list[str] = []
    more = search_protocol(protocol(), replace(plan, trials=3), tmp_path, told.append)
    assert (first.before, more.before) == (0, 2)
    assert len(told) == 1
    assert {each.number for each in more.trials} == {0, 1, 2}
    assert [each.value for each in more.trials] == sorted(
        (each.value for each in more.trials), reverse=True
    )
    for each in more.trials:
        assert 0.4 <= each.settings["decide.0.above"] <= 0.9
        assert each.settings["decide.0.dwell"] in (1, 2)


def test_the_policy_to_tune_is_found_by_name_or_by_its_threshold() -> None:
    """The first that has a threshold, unless one is named; what has none is a named error."""
    focus = {"use": "saccade.decide:Pace", "on": "flash", "slow_s": 1, "fast_s": 0.2, "above": 0.5}
    both = protocol(decide=[*DOCUMENT["decide"], {**focus, "name": "pace", "below": 0.1}])
    assert (knob_of(both).place, knob_of(both).trigger.above) == (0, 0.6)
    assert knob_of(both, "pace").place == 1
    with pytest.raises(ProtocolError, match="Did you mean 'pace'"):
        knob_of(both, "paces")
    with pytest.raises(ProtocolError, match="has a threshold"):
        knob_of(protocol(decide=[]))


@pytest.mark.parametrize(
    "path", ["decide.7.above", "decide.x.above", "dedice.0.above", "name.0", "decide.0.above.x"]
)
def test_a_path_that_leads_nowhere_is_refused(path: str) -> None:
    """It is said which part of it there isn't."""
    with pytest.raises(ProtocolError, match=r"no |has"):
        set_at(protocol().resolved(), path, 1)


@pytest.mark.parametrize(
    "settings",
    [{"worlds": 1}, {"unseen": -1}, {"false_per_h": ()}, {"false_per_h": (0,)}, {"hours": 0}],
    ids=str,
)
def test_a_plan_that_makes_no_sense_is_refused(settings: dict[str, Any]) -> None:
    """Each is a named error before anything is played."""
    with pytest.raises(ProtocolError, match="--"):
        TunePlan(**settings)
    with pytest.raises(ProtocolError, match="--"):
        SearchPlan(ranges=(Range("a", 1, 0),))


def test_more_hours_than_the_watch_has_are_refused() -> None:
    """A watch is not made longer by asking."""
    with pytest.raises(ProtocolError, match="--hours"):
        tune_protocol(protocol(), TunePlan(hours=5.0))


FLASHES, UNMARKED = (20, 40, 60), 75


def movie(folder: Path) -> tuple[Path, Path]:
    """Write a movie of four flashes, three frames each, and marks of all but the brightest."""
    pixels = np.random.default_rng(0).normal(200, 5, (90, 48, 48))
    for first in (*FLASHES, UNMARKED):
        pixels[first : first + 3, 20:28, 20:28] += 150 if first == UNMARKED else 100
    tifffile.imwrite(folder / "movie.tif", pixels.astype(np.uint16), metadata={"axes": "TYX"})
    lines = [f"{first},24,24,flash" for first in FLASHES]
    (folder / "events.csv").write_text("\n".join(["frame,y,x,event", *lines]), encoding="utf-8")
    return folder / "movie.tif", folder / "events.csv"


def watcher(interval_s: float = 2.0) -> Protocol:
    """Return a protocol for the movie, whose bursts are shorter than an interval."""
    burst = {"time_plan": {"interval": interval_s / 10, "loops": 4}}
    return protocol(
        scope="demo",
        sim={},
        watch={"time_plan": {"interval": interval_s, "loops": 90}},
        detect={"flash": {"use": "saccade.detect:Spots", "sigma": 3, "threshold": 8.0}},
        decide=[{**DOCUMENT["decide"][0], "do": burst}],
    )


def test_thresholds_are_found_on_a_marked_movie(tmp_path: Path) -> None:
    """All that is marked is caught; the flash that nobody marked is the only false alarm."""
    shown, marks = movie(tmp_path)
    once_an_hour = 3600 / (90 * 2)
    tuned = tune_on_recording(watcher(), shown, marks, (0.5, 1.5 * once_an_hour))
    strict, loose = tuned.suggestions
    assert loose.caught is not None
    assert loose.precision is not None
    assert (loose.caught.value, loose.precision.value) == (1.0, 0.75)
    assert loose.caught.low == pytest.approx(0.438, abs=0.001)  # three of three, Wilson
    assert loose.false_per_h.value == pytest.approx(once_an_hour, rel=1e-6)
    assert loose.false_per_h.low < once_an_hour < loose.false_per_h.high
    assert strict.false_per_h.value == 0.0
    assert strict.above > loose.above
    assert tuned.hours == pytest.approx(0.05)
    (trace,) = tuned.traces
    there = [number for first in FLASHES for number in range(first - 3, first + 4)]
    assert np.flatnonzero(trace.holds()).tolist() == there
    faster = tune_on_recording(watcher(), shown, marks, (1e6,), marking=Marking(interval_s=1.0))
    assert faster.hours == pytest.approx(0.025)
    draw_tuning(tuned, tmp_path / "tune.png")
    assert (tmp_path / "tune.png").stat().st_size > 10_000


def test_thresholds_are_found_on_a_marked_run(tmp_path: Path) -> None:
    """As of the movie that it filmed; marks are indices of its frames, and of the watch only."""
    shown, marks = movie(tmp_path)
    of = watcher(0.02)
    scope = open_scope(f"playback:{shown}")
    assert Run(scope, of.watch, out=tmp_path / "run").start().wait().name == "completed"
    (only,) = tune_on_run(of, tmp_path / "run", (1e9,), events=marks).suggestions
    assert only.caught is not None
    assert only.precision is not None
    assert (only.caught.value, only.precision.value) == (1.0, 0.75)
    (tmp_path / "late.csv").write_text("frame,event\n90,flash\n", encoding="utf-8")
    with pytest.raises(UsageError, match="90 times"):
        tune_on_run(of, tmp_path / "run", events=tmp_path / "late.csv")
    with pytest.raises(UsageError, match="is a folder"):
        tune_on_run(of, tmp_path / "run", events=tmp_path)


@pytest.mark.parametrize(
    "settings", [{"tolerance": -1}, {"lasts": 0}, {"interval_s": 0.0}], ids=str
)
def test_marks_that_make_no_sense_are_refused(settings: dict[str, Any]) -> None:
    """Each is a named error before anything is played."""
    with pytest.raises(ProtocolError, match="--"):
        Marking(**settings)


def test_thresholds_are_found_on_a_run_in_which_nothing_happens(tmp_path: Path) -> None:
    """Its frames are looked at again; whatever would have been done there is a false alarm."""
    noise = {"use": "saccade.detect:Spots", "sigma": 1, "threshold": 2.0, "expected": 60}
    spots = protocol(detect={"flash": noise})
    scope = open_world(spots, "calcium", 5)
    run = Run(scope, spots.watch, out=tmp_path / "run")
    assert run.start().wait().name == "completed"
    strict, loose = tune_on_run(spots, tmp_path / "run", (1.0, 1000.0)).suggestions
    assert strict.above > loose.above
    assert strict.false_per_h.value <= 1.0 < loose.false_per_h.value
    assert strict.false_per_h.high > 0, "half a minute promises little"
    assert strict.caught is None
    empty = Run(scope, [], out=tmp_path / "empty")
    empty.start().wait()
    with pytest.raises(UsageError, match="no watch"):
        tune_on_run(spots, tmp_path / "empty")
