"""Simulations on the command line."""

from __future__ import annotations

import json

import pytest

PROTOCOL = """
saccade: 1
name: simulated
scope: sim:beads?clock=virtual
watch:
  channels: [{config: FITC, exposure: 20}]
  time_plan: {interval: 600, loops: 3}
detect:
  beads: {use: saccade.detect:Spots, takes_ms: 250}
decide:
  - {use: saccade.decide:Burst, on: beads, above: 0.3, below: 0.1, dwell: 1, do: [{exposure: 5}]}
guard:
  - {use: saccade.guard:Dose, limit_j_per_cm2: 5}
sim:
  seed: 3
  sensor_px: [64, 64]
  specimen: {count: 500, size_um: [200, 200]}
"""


def burst_plan(text: str) -> str:
    return text.replace("do: [{exposure: 5}]", "do: {channels: [{config: FITC, exposure: 5}]}")


def test_a_protocol_runs_on_a_simulation(run_protocol, saccade):
    """Half an hour passes at once; the folder is whole, and equal runs have equal sums."""
    sums = []
    for _ in range(2):
        summary = run_protocol(burst_plan(PROTOCOL))
        assert summary["verdict"]["name"] == "completed"
        assert summary["frames"]["watch"] == 3
        assert 0 < summary["dose_j_per_cm2"] < 5
        code, output, _ = saccade("verify", summary["folder"])
        assert code == 0
        sums.append(output.splitlines()[-1])
    assert sums[0] == sums[1]
    assert sums[0].startswith("sha256 ")
    run = json.loads((_folder(summary) / "run.json").read_text(encoding="utf-8"))
    assert run["protocol"]["sim"]["seed"] == run["stand"]["details"]["sim"]["seed"] == 3
    assert run["protocol"]["detect"]["beads"]["takes_ms"] == 250
    assert run["clock"]["monotonic_ns"] == 0


def _folder(summary):
    from pathlib import Path

    return Path(summary["folder"])


def test_a_simulation_can_be_checked(saccade, tmp_path):
    """The check knows presets, limits and light of a simulation, as of any stand."""
    file = tmp_path / "protocol.yaml"
    file.write_text(burst_plan(PROTOCOL), encoding="utf-8")
    code, output, _ = saccade("check", file)
    assert code == 0
    assert "J/cm² at one position" in output
    wrong = burst_plan(PROTOCOL).replace("FITC, exposure: 20", "FTIC, exposure: 20")
    file.write_text(wrong, encoding="utf-8")
    code, output, _ = saccade("check", file)
    assert code == 2
    assert "Did you mean 'FITC'" in output


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        pytest.param("sim:beads", "sim:beds", "Did you mean 'beads'", id="specimen"),
        pytest.param("seed: 3", "sed: 3", "'seed'", id="key"),
        pytest.param("seed: 3", "optics: {na: 1.3}", "refractive index", id="NA"),
        pytest.param("seed: 3", "lights: {FITC: {power_mw: -2}}", "power_mw", id="dose"),
        pytest.param("count: 500", "count: many", "whole number", id="count"),
        pytest.param("takes_ms: 250", "takes_ms: -1", "takes_ms", id="time"),
        pytest.param("takes_ms: 250", "takes_ms: some", "takes_ms", id="measured"),
    ],
)
def test_what_can_not_be_leaves_no_folder(saccade, tmp_path, was, becomes, told):
    """Exit code 2, the reason, and nothing on the disk."""
    file = tmp_path / "protocol.yaml"
    file.write_text(burst_plan(PROTOCOL).replace(was, becomes), encoding="utf-8")
    code, output, errors = saccade("run", file)
    assert code == 2
    assert told in output + errors
    assert sorted(each.name for each in tmp_path.iterdir()) == ["protocol.yaml"]


def test_other_scopes_have_no_use_for_the_settings_of_a_simulation(saccade, tmp_path):
    """A protocol moves from the simulation to a microscope as it stands."""
    file = tmp_path / "protocol.yaml"
    text = burst_plan(PROTOCOL).replace("interval: 600", "interval: 0")
    file.write_text(text, encoding="utf-8")
    code, output, errors = saccade("run", file, "--scope", "demo", "--json")
    assert code == 0, output + errors
    assert json.loads(output)["scope"] == "demo"


def test_settings_of_a_simulation_beside_another_scope_are_warned_of(saccade, tmp_path):
    """A protocol that names the demo microscope has no use for sim, and is told so."""
    file = tmp_path / "protocol.yaml"
    text = burst_plan(PROTOCOL).replace("sim:beads?clock=virtual", "demo")
    file.write_text(text, encoding="utf-8")
    code, output, _ = saccade("check", file)
    assert code == 0
    assert "The scope 'demo' has no use for sim." in output


def test_a_modulator_is_calibrated_from_the_command_line(tmp_path, saccade):
    """The spots are shown and found, and the file says how well."""
    stand = tmp_path / "stand.yaml"
    sim = "{use: beads, clock: virtual, background: 1.0e+5, sensor_px: [256, 256]}"
    stand.write_text(f"name: bench\nsim: {sim}\n", encoding="utf-8")
    target = tmp_path / "slm.json"
    run = ("--side", "3", "--exposure-ms", "20", "--out", str(tmp_path / "run"), "--json")
    code, output, _ = saccade("calibrate", str(stand), "-o", str(target), *run)
    assert code == 0
    assert json.loads(output)["error_px"] < 1
    assert json.loads(target.read_text(encoding="utf-8")) == json.loads(output)
    code, _, error = saccade("calibrate", "demo", "-o", str(target))
    assert (code, "no light modulator" in error) == (2, True)
