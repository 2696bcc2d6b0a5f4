"""The commands that need no microscope."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tifffile
import torch
from package_files import answer, blobs, described, laid, program, sigmoid, zipped

from saccade.models import installed_runtimes

Saccade = Callable[..., tuple[int, str, str]]

TEXT = """
saccade: 1
name: small
scope: demo
watch: {channels: [{config: FITC, exposure: 2}], time_plan: {interval: 0, loops: 5}}
detect: {beads: {use: saccade.detect:Spots}}
decide: [{use: saccade.decide:Pace, on: beads, slow_s: 0.01, fast_s: 0}]
"""


def test_a_run_is_verified_replayed_and_exported(
    saccade: Saccade, run_protocol: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    """A fresh run is whole, is decided again identically, and can be had as OME-TIFF."""
    folder = run_protocol(TEXT)["folder"]
    code, output, _ = saccade("verify", folder)
    assert (code, output.split(":")[0]) == (0, "whole")
    code, output, _ = saccade("replay", folder)
    assert code == 0
    assert "5 of 5" in output
    code, output, _ = saccade("export", folder, "--ome-tiff", tmp_path / "tiffs")
    assert code == 0
    assert tifffile.imread(output.split()[0]).shape[0] == 5


def test_damage_is_found_and_ends_with_1(
    saccade: Saccade, run_protocol: Callable[..., dict[str, Any]]
) -> None:
    """A byte that was changed in the journal is named, and the exit code is 1."""
    folder = Path(run_protocol(TEXT)["folder"])
    journal = folder / "journal.jsonl"
    text = journal.read_text(encoding="utf-8")
    journal.write_text(text.replace('"running"', '"rubbing"'), encoding="utf-8")
    code, output, _ = saccade("verify", folder, "--json")
    assert code == 1
    assert not json.loads(output)["ok"]
    assert json.loads(output)["problems"]


def test_a_changed_decision_is_reported_by_replay(
    saccade: Saccade, run_protocol: Callable[..., dict[str, Any]]
) -> None:
    """A run whose stored settings would decide otherwise is not replayed as identical."""
    folder = Path(run_protocol(TEXT)["folder"])
    run_json = folder / "run.json"
    content = json.loads(run_json.read_text(encoding="utf-8"))
    content["parts"]["detect"]["beads"]["threshold"] = 1e6
    run_json.write_text(json.dumps(content), encoding="utf-8")
    code, output, _ = saccade("replay", folder)
    assert code == 1
    assert "0 of 5" in output


def test_info_lists_what_a_protocol_can_name(saccade: Saccade) -> None:
    """`saccade info` names every part that ships, and the versions that it runs on."""
    code, output, _ = saccade("info", "--json")
    facts = json.loads(output)
    assert code == 0
    assert {"saccade.detect:Spots", "saccade.decide:Burst", "saccade.guard:Dose"} <= set(
        facts["parts"]
    )
    assert facts["versions"]["pymmcore"].split(".")[3] == "75"


def test_pictures_of_the_virtual_microscope_are_measured_by_themselves(saccade: Saccade) -> None:
    """`bench --render` has a row and a bar a specimen; its exit code says if all bars hold."""
    code, output, _ = saccade("bench", "--render", "--events", 20, "--json")
    measured = json.loads(output)
    assert {"beads", "dividing-nuclei"} <= {row["specimen"] for row in measured["rows"]}
    assert len(measured["bars"]) == len(measured["rows"])
    assert code == (0 if all(bar["holds"] for bar in measured["bars"]) else 1)


def test_a_run_that_died_is_recovered(
    saccade: Saccade, run_protocol: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    """A journal cut short is mended with exit code 0; a frame that is gone is named, with 1."""
    folder = Path(run_protocol(TEXT)["folder"])
    code, output, _ = saccade("recover", folder)
    assert code == 0
    assert output.startswith("whole: 5 frames")
    journal = folder / "journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:-9])
    code, output, _ = saccade("recover", folder)
    assert code == 0
    assert "mended: wrote the verdict 'failed'" in output
    assert saccade("verify", folder)[0] == 0
    (shard,) = (folder / "frames.ome.zarr").rglob("c.*")
    shard.unlink()
    code, output, _ = saccade("recover", folder, "--json")
    assert code == 1
    assert json.loads(output)["gone"] == [0, 1, 2, 3, 4]
    assert saccade("recover", tmp_path)[0] == 2


def test_a_checkpoint_is_imported_with_its_sha256(saccade: Saccade, tmp_path: Path) -> None:
    """The file that is made is the one whose sha256 is told."""
    torch.save({"a": torch.ones(3)}, tmp_path / "a.pt")
    code, output, errors = saccade("import-model", "a.pt", "a.safetensors", "--json")
    assert code == 0, errors
    sha256 = hashlib.sha256((tmp_path / "a.safetensors").read_bytes()).hexdigest()
    assert json.loads(output)["sha256"] == sha256


def test_a_package_is_imported_and_can_be_tried(saccade: Saccade, tmp_path: Path) -> None:
    """What was imported is shown with the detector that looks with it, and passes its own test."""
    if "onnxruntime" not in installed_runtimes():
        pytest.skip("onnxruntime is an extra, and not installed")
    content, picture = program(), laid(blobs(), "bcyx") / 100
    told = sigmoid(answer(content, picture))
    zipped(described(content, picture, told), tmp_path / "two.zip")
    code, output, errors = saccade("import-model", "two.zip", "two-scales")
    assert code == 0, errors
    assert "use: saccade.detect:BioImage" in output.replace("\n", " ")
    code, output, errors = saccade("model", "test", "two-scales", "--json")
    assert code == 0, output + errors
    assert json.loads(output)["by"] == "example"


def test_a_soak_says_whether_anything_grows(saccade: Saccade, tmp_path: Path) -> None:
    """Too short a one tells so and ends with 1; so does one with a length that is none, with 2."""
    (tmp_path / "small.yaml").write_text(TEXT, encoding="utf-8")
    code, output, errors = saccade("soak", "small.yaml", "--hours", 1e-5, "--json")
    assert code == 1, errors
    told = json.loads(output)
    assert (told["frames"], told["runs"], told["holds"], told["failures"]) == (5, 1, False, [])
    code, output, _ = saccade("soak", "small.yaml", "--hours", 1e-5)
    assert code == 1
    assert "too short to tell" in output
    code, _, errors = saccade("soak", "small.yaml")
    assert code == 2
    assert "Give one" in errors


OVERVIEW = """
saccade: 1
name: small-overview
scope: sim:dividing-nuclei
sim: {clock: virtual, sensor_px: [256, 256], specimen: {size_um: [400, 400], division_rate: 6}}
watch:
  axis_order: tgc
  grid_plan: {rows: 3, columns: 3, fov_width: 83, fov_height: 83}
  channels: [{config: FITC, exposure: 5}]
  time_plan: {interval: 60, loops: 3}
detect:
  anaphase: {use: saccade.detect:Pairs, sigma_um: 0.8, brightness: 3}
decide:
  - {use: saccade.decide:Overview, above: 0.3, do: {channels: [{config: FITC, exposure: 20}]}}
"""


def test_an_overview_is_measured_beside_a_raster(saccade: Saccade, tmp_path: Path) -> None:
    """`bench --overview` has a row a world and way; its exit code says if the bar holds."""
    (tmp_path / "p.yaml").write_text(OVERVIEW, encoding="utf-8")
    options = ("--hours", 0.05, "--repetitions", 1)
    code, output, _ = saccade("bench", "--overview", "p.yaml", *options, "--json")
    told = json.loads(output)
    assert (told["seeds"], len(told["overview"]), len(told["raster"])) == ([1000], 1, 1)
    assert code == (0 if told["bars"][0]["holds"] else 1)
    code, output, _ = saccade("bench", "--overview", "p.yaml", *options)
    assert "raster" in output
    assert "times those of a raster" in output
