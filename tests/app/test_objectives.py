"""Overview at a low objective, detail at a high one, from a protocol to a run folder and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from saccade.app import assemble, check, load_protocol, open_scope, protocol_of, replay_run
from saccade.core import ProtocolError
from saccade.store import RunFolder, verify

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from saccade.app import Protocol
    from saccade.scope import MicroManagerScope

LOW, HIGH = "Nikon 10X S Fluor", "Nikon 40X Plan Fluor ELWD"
PROFILE = """
name: bench
micromanager: {cfg: demo}
settings:
  - {device: Camera, property: Mode, value: Fluorescent Beads}
  - {device: Camera, property: PixelType, value: 16bit}
  - {device: Camera, property: BeadDensity, value: 10}
  - {device: Camera, property: OnCameraCCDXSize, value: 128}
  - {device: Camera, property: OnCameraCCDYSize, value: 128}
focus_direction: 1
lights: [{name: LED, power_mw: 4.0, area_mm2: 0.5}]
objectives:
  device: Objective
  labels:
    Nikon 10X S Fluor: {}
    Nikon 40X Plan Fluor ELWD: {offset_um: [12.5, -4.0, 3.2]}
modifiable: [xy, z, channel, exposure, objective]
repeats: true
"""


def setup_with(name: str) -> dict[str, Any]:
    return {"properties": [["Objective", "Label", name]]}


PROTOCOL: dict[str, Any] = {
    "saccade": 1,
    "name": "low-to-high",
    "scope": "bench.yaml",
    "watch": {
        "axis_order": "tgc",
        "setup": setup_with(LOW),
        "grid_plan": {"rows": 1, "columns": 2, "fov_width": 128, "fov_height": 128},
        "stage_positions": [{"x": 0, "y": 0, "z": 0}],
        "channels": [{"config": "FITC", "exposure": 2}],
        "time_plan": {"interval": 0, "loops": 2},
    },
    "detect": {"beads": {"use": "saccade.detect:Spots", "sigma": 2}},
    "decide": [
        {
            "use": "saccade.decide:Overview",
            "best": 2,
            "above": 0.0,
            "do": {
                "setup": setup_with(HIGH),
                "channels": [{"config": "FITC", "exposure": 4}],
                "z_plan": {"range": 2, "step": 1},
            },
        }
    ],
    "guard": [{"use": "saccade.guard:Dose", "limit_j_per_cm2": 50}],
}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[tuple[Protocol, MicroManagerScope]]:
    """Give the protocol, and the demo microscope with two objectives."""
    (tmp_path / "bench.yaml").write_text(PROFILE, encoding="utf-8")
    path = tmp_path / "low-to-high.yaml"
    path.write_text(yaml.safe_dump(PROTOCOL), encoding="utf-8")
    scope = open_scope("bench.yaml", tmp_path)
    yield load_protocol(path), scope
    scope.core.unloadAllDevices()


def test_an_overview_scans_low_and_looks_close_high(bench: Any, tmp_path: Path) -> None:
    """Visits go through the high objective to where the low one has seen something, and back."""
    protocol, scope = bench
    run = assemble(protocol, scope, tmp_path / "run").run
    assert run.start().wait(60).name == "completed"
    assert verify(run.folder).problems == ()
    frames = {frame.index: frame for frame in RunFolder(run.folder).frames()}
    watch = [frame for frame in frames.values() if frame.stream == "watch"]
    detail = [frame for frame in frames.values() if frame.stream == "detail"]
    assert (len(watch), len(detail)) == (4, 6)
    assert {(frame.objective, frame.pixel_size_um) for frame in watch} == {(LOW, 1.0)}
    assert {(frame.objective, frame.pixel_size_um) for frame in detail} == {(HIGH, 0.25)}
    seen = [point for each in RunFolder(run.folder).observations() for point in each.points]
    for frame in detail:
        at = min(abs(frame.x_um - p.x_um) + abs(frame.y_um - p.y_um) for p in seen)
        assert at < 0.1, "it went to where a bead was seen, on the sample"
    assert [frame.z_um for frame in detail[:3]] == pytest.approx([-1.0, 0.0, 1.0])
    assert scope.core.getStateLabel("Objective") == LOW


def test_what_was_decided_through_two_objectives_is_decided_again(
    bench: Any, tmp_path: Path
) -> None:
    """A replay knows the pixels of each frame, and the microscope as the watch had it."""
    protocol, scope = bench
    scope.core.setStateLabel("Objective", HIGH)
    run = assemble(protocol, scope, tmp_path / "run").run
    run.start().wait(60)
    again = replay_run(run.folder)
    assert again.looks == again.identical > 0
    stand = RunFolder(run.folder).run["stand"]
    assert stand["turret"]["current"] == LOW
    assert stand["pixel_size_um"] == 1.0


def test_a_check_looks_through_the_objective_of_the_watch(bench: Any, tmp_path: Path) -> None:
    """An objective that isn't declared is told before anything moves; so is one out of limits."""
    protocol, scope = bench
    assert not [each for each in check(protocol, scope.stand(), tmp_path) if each.level == "error"]
    wrong = protocol.resolved()
    wrong["watch"] = {**wrong["watch"], "setup": setup_with("Nikon 10X")}
    (found,) = [
        each
        for each in check(protocol_of(wrong), scope.stand(), tmp_path)
        if each.level == "error" and each.text.startswith("watch")
    ]
    assert "Did you mean 'Nikon 10X S Fluor'?" in found.text


def test_a_setup_where_nobody_would_heed_it_is_refused() -> None:
    """The setup of a plan within a position is dropped by useq; that is an error here."""
    inner = {"setup": setup_with(LOW), "channels": ["FITC"]}
    watch = {"stage_positions": [{"x": 0, "y": 0, "sequence": inner}]}
    with pytest.raises(ProtocolError, match="would not be heeded"):
        protocol_of({**PROTOCOL, "watch": watch})


def test_a_preset_that_would_turn_the_turret_is_told_before_the_run(bench: Any) -> None:
    """Every one of its pictures would be a gap: the check says so, and what to ask for instead."""
    protocol, scope = bench
    assert not [each for each in check(protocol, scope.stand()) if each.level == "error"]
    scope.core.defineConfig("Channel", "FITC", "Objective", "Label", HIGH)
    errors = [each for each in check(protocol, scope.stand()) if each.level == "error"]
    assert {each.text.split(": ")[0] for each in errors} >= {"watch"}
    for each in errors:
        assert "preset 'FITC' of 'Channel' would turn the turret" in each.text
        assert "by its name" in each.do
