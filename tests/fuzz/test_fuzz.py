"""Whatever a stranger's file holds, it is used or refused by name, and nothing else happens.

SACCADE_FUZZ is the number of files in all; 2,000 where it isn't set.
"""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from baits import BAITS
from kinds import KINDS
from profile_cases import WHOLE as WHOLE_PROFILE
from protocol_cases import WHOLE as WHOLE_PROTOCOL
from safetensors.numpy import save

from saccade.app import assemble, open_scope
from saccade.app._protocol import protocol_of
from saccade.scope._adapters import adapters_shipped

FILES = int(os.environ.get("SACCADE_FUZZ", "2000"))
# By what a file costs: that of a run is read, proved, mended, exported and decided again.
SHARES = {"protocol": 0.3, "profile": 0.25, "cfg": 0.15, "journal": 0.05, "model": 0.25}
_A_PROCESS = 2500
"""Files that one process goes through: its memory must not grow with them either."""
_LONGEST_S = 3600

RUN: dict[str, Any] = {
    "saccade": 1,
    "name": "seed",
    "scope": "sim:beads?seed=3&clock=virtual",
    "sim": {"sensor_px": [32, 32]},
    "watch": {"channels": ["FITC"], "time_plan": {"interval": 1, "loops": 6}},
    "detect": {"beads": {"use": "saccade.detect:Spots", "takes_ms": 1}},
    "decide": [
        {
            "use": "saccade.decide:Burst",
            "above": 0.01,
            "below": 0.001,
            "do": {"channels": ["FITC"], "time_plan": {"interval": 0.1, "loops": 2}},
        }
    ],
    "guard": [{"use": "saccade.guard:Rate", "actions_per_min": 1}],
}


class Evil:
    """Makes a file when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.system, ("touch ran",))


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make real files of every kind, in a folder for each."""
    root = tmp_path_factory.mktemp("seeds")
    for kind in KINDS:
        (root / kind).mkdir()
    (root / "protocol" / "whole.yaml").write_text(yaml.safe_dump(WHOLE_PROTOCOL), "utf-8")
    (root / "protocol" / "sim.yaml").write_text(yaml.safe_dump(RUN), "utf-8")
    (root / "profile" / "whole.yaml").write_text(yaml.safe_dump(WHOLE_PROFILE), "utf-8")
    demo = (adapters_shipped() / "MMConfig_demo.cfg").read_text("utf-8")
    (root / "cfg" / "demo.cfg").write_text(demo, "utf-8")
    python = demo.replace("# Pre-init", "#py pyDevice,Lamp,foreign_lamp,Lamp\n# Pre-init", 1)
    (root / "cfg" / "python.cfg").write_text(python, "utf-8")
    _write_runs(root / "journal")
    _write_models(root / "model")
    return root


def _write_runs(folder: Path) -> None:
    protocol = protocol_of(RUN)
    scope = open_scope(protocol.scope, sim=protocol.sim)
    run = assemble(protocol, scope, folder / "run").run
    assert run.start().wait(60).name == "completed"
    shutil.copytree(folder / "run", folder / "run-2")
    journal = folder / "run-2" / "journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:-300])  # as if it had been killed


def _write_models(folder: Path) -> None:
    rng = np.random.default_rng(1)
    tensors = {f"conv{n}.weight": rng.normal(size=(2, n + 1)).astype("f4") for n in range(4)}
    (folder / "a.safetensors").write_bytes(save(tensors, {"architecture": "tiny"}))
    mixed = {"steps": np.arange(3), "mask": np.ones(2, bool), "none": np.zeros((0, 2), "f2")}
    (folder / "b.safetensors").write_bytes(save(mixed))
    (folder / "a.program").write_bytes(pickle.dumps(Evil()))
    with zipfile.ZipFile(folder / "b.program", "w") as file:
        file.writestr("archive/data.pkl", pickle.dumps(Evil()))
    (folder / "c.program").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(200))


def campaign(kind: str, first: int, count: int, seeds: Path, work: Path) -> dict[str, Any]:
    """Run cases in a process of their own; return what it told."""
    script = Path(__file__).with_name("campaign.py")
    arguments = [kind, str(first), str(count), str(seeds), str(work)]
    work.mkdir(parents=True, exist_ok=True)
    unlogged = {key: value for key, value in os.environ.items() if not key.startswith("PYMM_LOG")}
    path = [str(Path(__file__).parents[2] / "src"), os.environ.get("PYTHONPATH", "")]
    done = subprocess.run(
        [sys.executable, str(script), *arguments],
        env={
            **unlogged,
            "PYTHONPATH": os.pathsep.join(filter(None, path)),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        cwd=work,
        capture_output=True,
        timeout=_LONGEST_S if count > 1000 else 100,
        check=False,
    )
    last = done.stdout.decode("utf-8", "replace").strip().rpartition("\n")[2]
    assert done.returncode == 0, (
        f"{kind}: ended with {done.returncode}; the case is under {work}\n"
        + done.stderr.decode("utf-8", "replace")[-3000:]
    )
    told: dict[str, Any] = json.loads(last)
    return told


@pytest.mark.timeout(0 if FILES > 2000 else 120)
@pytest.mark.parametrize("kind", KINDS)
def test_no_file_does_anything_but_fail_by_name(
    kind: str, seeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No process, socket, foreign code or write elsewhere; named errors, 1 s and 200 MB each."""
    count, outcomes, failures = round(FILES * SHARES[kind]), Counter[str](), []
    slowest_s = grown_mb = 0.0
    for first in range(0, count, _A_PROCESS):
        size = min(_A_PROCESS, count - first)
        told = campaign(kind, first, size, seeds / kind, tmp_path / f"from-{first}")
        outcomes.update(told["outcomes"])
        failures += told["failures"]
        slowest_s, grown_mb = max(slowest_s, told["slowest_s"]), max(grown_mb, told["grown_mb"])
    if FILES > 2000:
        with capsys.disabled():
            print(f"\n{kind}: {count} files, slowest {slowest_s} s, most memory {grown_mb} MB")  # noqa: T201
            for outcome, number in outcomes.most_common():
                print(f"  {number:7d} {outcome}")  # noqa: T201
    assert not failures, json.dumps(failures[:5], indent=1)
    assert sum(outcomes.values()) == count
    assert len(outcomes) > 1
    assert outcomes["accepted"]


def test_the_campaign_sees_what_it_looks_for(tmp_path: Path) -> None:
    """Each thing that must not happen is told when it does, also where it is swallowed."""
    found = campaign("bait", 0, len(BAITS), tmp_path, tmp_path / "work")
    told = [name.partition(": ")[0] if name[0] in "SL" else name for name in found["outcomes"]]
    assert told == list(BAITS), found
    assert len(found["failures"]) == len(BAITS) - 1
    assert all(Path(each["kept"]).is_dir() for each in found["failures"])
