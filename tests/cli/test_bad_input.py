"""Bad input: one clear named error each, exit code 2, no traceback, nothing touched."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile

if TYPE_CHECKING:
    from pathlib import Path

Saccade = Callable[..., tuple[int, str, str]]

GOOD = """
saccade: 1
name: good
scope: demo
watch: {channels: [{config: FITC, exposure: 5}], time_plan: {interval: 0, loops: 2}}
"""


def prepare(folder: Path) -> None:
    (folder / "good.yaml").write_text(GOOD, encoding="utf-8")
    (folder / "typo.yaml").write_text(GOOD + "detekt: {}\n", encoding="utf-8")
    (folder / "empty.yaml").write_text("", encoding="utf-8")
    (folder / "nothing.yaml").write_text(
        GOOD.replace(
            "watch: {channels: [{config: FITC, exposure: 5}], time_plan: {interval: 0, loops: 2}}",
            "watch: {}",
        ),
        encoding="utf-8",
    )
    (folder / "noyaml.yaml").write_text("a: [b", encoding="utf-8")
    (folder / "existing").mkdir()
    (folder / "existing" / "run.json").write_text("{}", encoding="utf-8")
    (folder / "file").write_text("in the way", encoding="utf-8")
    (folder / "text.tif").write_text("no picture", encoding="utf-8")
    pages = np.zeros((8, 64, 64), "u2")
    tifffile.imwrite(folder / "whole.tif", pages)
    cut = (folder / "whole.tif").read_bytes()[:20_000]
    (folder / "cut.tif").write_bytes(cut)
    tifffile.imwrite(folder / "float.tif", pages.astype("f4"))
    (folder / "stand.yaml").write_text(
        "name: stand\nmicromanager: {cfg: demo}\nroles: {camera: Camara}\n", encoding="utf-8"
    )
    (folder / "odd.yaml").write_text(
        "name: stand\nmicromanager: {cfg: demo}\nlihgts: []\n", encoding="utf-8"
    )


CASES = [
    pytest.param(["run", "typo.yaml"], "Did you mean 'detect'", id="unknown key"),
    pytest.param(["run", "empty.yaml"], "empty", id="empty file"),
    pytest.param(["run", "nothing.yaml"], "empty", id="empty protocol"),
    pytest.param(["run", "noyaml.yaml"], "noyaml.yaml, line 2", id="not YAML"),
    pytest.param(["run", "absent.yaml"], "absent.yaml", id="absent protocol"),
    pytest.param(["run", "good.yaml", "--out", "existing"], "existing", id="existing run"),
    pytest.param(["run", "good.yaml", "--out", "file/run"], "file", id="unwritable folder"),
    pytest.param(
        ["run", "good.yaml", "--scope", "dmeo"], "Did you mean 'demo'", id="no such scope"
    ),
    pytest.param(
        ["run", "good.yaml", "--scope", "stand.yaml"], "Did you mean 'Camera'", id="missing device"
    ),
    pytest.param(
        ["run", "good.yaml", "--scope", "odd.yaml"], "Did you mean 'lights'", id="profile's key"
    ),
    pytest.param(
        ["run", "good.yaml", "--scope", "playback:none.tif"], "none.tif", id="no recording"
    ),
    pytest.param(
        ["run", "good.yaml", "--scope", "playback:text.tif"], "text.tif", id="malformed TIFF"
    ),
    pytest.param(
        ["run", "good.yaml", "--scope", "playback:cut.tif"], "cut.tif", id="truncated TIFF"
    ),
    pytest.param(
        ["run", "good.yaml", "--scope", "playback:float.tif"], "float32", id="wrong dtype"
    ),
    pytest.param(
        ["run", "good.yaml", "--scope", "playback:whole.tif?pase=real"],
        "Did you mean 'pace'",
        id="playback option",
    ),
    pytest.param(["verify", "."], "not a run folder", id="not a run, verified"),
    pytest.param(["verify", "absent"], "absent", id="no folder, verified"),
    pytest.param(["replay", "absent"], "absent", id="no folder, replayed"),
    pytest.param(["export", "absent", "--ome-tiff", "out"], "absent", id="no folder, exported"),
    pytest.param(["export", "existing"], "--ome-tiff", id="no format"),
    pytest.param(["import-model", "a.pt", "out.safetensors"], "a.pt is no file", id="no model"),
    pytest.param(["import-model", "a.pt2", "out.safetensors"], "torch.export", id="a program"),
    pytest.param(["import-model", "a.zip", "out"], "no package", id="no package"),
    pytest.param(
        ["import-model", "existing", "out"], "no rdf.yaml", id="a folder of something else"
    ),
    pytest.param(
        ["import-model", "a.zip", "out", "--reads", "peak"],
        "Did you mean 'peaks'",
        id="no such map",
    ),
]


@pytest.mark.parametrize(("arguments", "message"), CASES)
def test_bad_input_is_named_and_ends_with_2(
    saccade: Saccade, tmp_path: Path, arguments: list[str], message: str
) -> None:
    """The error says what is wrong, the exit code is 2, and no run folder is left behind."""
    prepare(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    code, output, errors = saccade(*arguments)
    assert code == 2, output + errors
    assert message in errors
    assert "Traceback" not in output + errors
    assert sorted(tmp_path.rglob("*")) == before


def test_the_installed_program_prints_no_traceback(tmp_path: Path) -> None:
    """The program itself, as installed, ends a bad request with status 2 and a short message."""
    done = subprocess.run(
        [sys.executable, "-m", "saccade.cli", "run", "absent.yaml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 2
    assert "absent.yaml" in done.stderr
    assert "Traceback" not in done.stderr
