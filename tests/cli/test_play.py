"""The commands that use a microscope."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from saccade.store import RunFolder

if TYPE_CHECKING:
    from pathlib import Path

Saccade = Callable[..., tuple[int, str, str]]

SHORT = """
saccade: 1
name: short
scope: demo
watch:
  channels: [{config: FITC, exposure: 5}]
  time_plan: {interval: 0, loops: 6}
detect:
  beads: {use: saccade.detect:Spots, sigma: 2}
decide:
  - {use: saccade.decide:Burst, on: beads, above: 0.5, below: 0.1,
     do: {channels: [{config: DAPI, exposure: 3}], time_plan: {interval: 0, loops: 4}}}
guard:
  - {use: saccade.guard:Dose, limit_j_per_cm2: 100}
"""


def test_a_plain_terminal_gets_a_line_a_decision(saccade: Saccade, tmp_path: Path) -> None:
    """Where no live panel can be shown, each decision that acts is a line with its reason."""
    (tmp_path / "p.yaml").write_text(SHORT, encoding="utf-8")
    code, output, _ = saccade("run", "p.yaml", "--out", "here")
    assert code == 0
    assert ">= 0.5" in output
    assert "burst of 4" in output


def test_a_run_answers_a_program_in_json(run_protocol: Callable[..., dict[str, Any]]) -> None:
    """With --json the only output is one JSON object that counts what was committed."""
    summary = run_protocol(SHORT)
    assert summary["frames"] == {"watch": 6, "burst": 4}
    assert summary["verdict"]["committed"] == 10
    assert summary["dose_j_per_cm2"] > 0


def test_a_burst_leaves_the_watch_as_it_was(run_protocol: Callable[..., dict[str, Any]]) -> None:
    """Frames of the watch have its own channel and exposure before and after a burst."""
    folder = RunFolder(run_protocol(SHORT)["folder"])
    watched = {(f.channel, f.exposure_ms) for f in folder.frames("watch")}
    assert watched == {("FITC", 5.0)}


def test_a_shadowed_run_tells_what_it_would_have_done(
    run_protocol: Callable[..., dict[str, Any]], saccade: Saccade
) -> None:
    """With --shadow only the watch is taken; the burst is counted here and by `saccade verify`."""
    summary = run_protocol(SHORT, "--shadow")
    assert summary["frames"] == {"watch": 6}
    assert summary["bursts"] == summary["refusals"] == 0
    told = summary["shadowed"]
    assert (told["actions"], told["frames"], told["refused"]) == (1, 4, 0)
    assert told["dose_j_per_cm2"] > 0
    assert RunFolder(summary["folder"]).run["shadow"] is True
    code, output, _ = saccade("verify", summary["folder"])
    assert code == 0
    assert "1 actions were decided in shadow mode" in output


def test_a_protocol_can_ask_for_its_shadow(saccade: Saccade, tmp_path: Path) -> None:
    """`shadow: true` in the file does the same, and each action is a line that says so."""
    (tmp_path / "p.yaml").write_text(SHORT + "shadow: true\n", encoding="utf-8")
    code, output, _ = saccade("run", "p.yaml")
    assert code == 0
    assert "shadow: not done; it would have taken 4 frames" in output
    assert "6 watch frames" in output
    assert "shadow: 1 actions decided and not done" in output


def test_a_webhook_that_nobody_named_is_found_before_anything_moves(
    saccade: Saccade, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`saccade check` says that Notify has nobody to tell, and passes once the user names one."""
    notify = "decide:\n  - {use: saccade.decide:Notify, on: beads, to: lab}\n"
    (tmp_path / "p.yaml").write_text(SHORT.replace("decide:\n", notify), encoding="utf-8")
    monkeypatch.delenv("SACCADE_WEBHOOKS", raising=False)
    code, output, errors = saccade("check", "p.yaml")
    assert code == 2
    assert "webhook 'lab'" in output + errors
    monkeypatch.setenv("SACCADE_WEBHOOKS", "lab=https://chat.example.org/hooks/1")
    assert saccade("check", "p.yaml")[0] == 0


def test_a_run_that_a_guard_stops_ends_with_3(
    run_protocol: Callable[..., dict[str, Any]],
) -> None:
    """When a burst has spent the light of the plan, the run stops with exit code 3 and says so."""
    # 4 mJ/cm² a frame: the plan alone would need 160 of the 174, the burst takes 80 of them, and
    # 4 must be left for a second try of the last.
    text = (
        SHORT.replace("loops: 4}", "loops: 20}")
        .replace("config: DAPI, exposure: 3", "config: FITC, exposure: 5")
        .replace("loops: 6}", "loops: 40}")
        .replace("limit_j_per_cm2: 100", "limit_j_per_cm2: 0.174")
    )
    summary = run_protocol(text, code=3)
    assert summary["verdict"]["name"] == "stopped"
    assert "refused by Dose" in summary["verdict"]["reason"]
    assert summary["frames"] == {"watch": 22, "burst": 20}
    assert summary["dose_j_per_cm2"] <= 0.174


def test_a_check_says_what_a_protocol_costs(saccade: Saccade, tmp_path: Path) -> None:
    """`saccade check` names light and disk, and says that it can run, without a run folder."""
    (tmp_path / "p.yaml").write_text(SHORT, encoding="utf-8")
    code, output, _ = saccade("check", "p.yaml")
    assert code == 0
    assert "J/cm²" in output
    assert "6 planned frames" in output
    assert not (tmp_path / "runs").exists()


MISFITS = [
    pytest.param("config: FITC", "config: FITX", "Did you mean 'FITC'", id="absent preset"),
    pytest.param("config: DAPI", "config: DAPX", "Did you mean 'DAPI'", id="absent in a burst"),
    pytest.param("exposure: 5", "exposure: 900000", "exposure", id="exposure beyond limits"),
    pytest.param(
        "limit_j_per_cm2: 100", "limit_j_per_cm2: 0.000001", "Dose refuses", id="too much light"
    ),
    pytest.param("sigma: 2}", "sigma: 2, channel: FITX}", "Did you mean", id="detector's channel"),
]


@pytest.mark.parametrize(("old", "new", "message"), MISFITS)
def test_a_misfit_is_found_before_anything_moves(
    saccade: Saccade, tmp_path: Path, old: str, new: str, message: str
) -> None:
    """A protocol that does not fit the scope ends check and run with 2, and leaves no folder."""
    assert old in SHORT
    (tmp_path / "p.yaml").write_text(SHORT.replace(old, new), encoding="utf-8")
    code, output, errors = saccade("check", "p.yaml")
    assert code == 2
    assert message in output + errors
    code, output, errors = saccade("run", "p.yaml")
    assert code == 2
    assert message in errors
    assert not (tmp_path / "runs").exists()


def test_the_answer_of_a_check_can_be_read_by_a_program(saccade: Saccade, tmp_path: Path) -> None:
    """`saccade check --json` lists every finding with its level."""
    (tmp_path / "p.yaml").write_text(SHORT.replace("FITC", "FITX"), encoding="utf-8")
    code, output, _ = saccade("check", "p.yaml", "--json")
    found = json.loads(output)
    assert code == 2
    assert not found["ok"]
    assert {"error", "fact"} <= {each["level"] for each in found["findings"]}
