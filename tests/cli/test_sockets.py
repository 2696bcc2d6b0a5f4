"""Nothing of Saccade listens, and nothing calls out."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

WATCHED = """
import json, sys
told = []
names = ("socket.", "http.client.", "urllib.Request", "ftplib.", "smtplib.", "webbrowser.open")
sys.addaudithook(lambda event, _: told.append(event) if event.startswith(names) else None)

import psutil
from saccade import app
from saccade.cli._main import app as commands

now = psutil.Process()
mine = [now, *now.children(recursive=True)]
open_now = lambda: [str(each) for one in mine for each in one.net_connections("inet")]

during = []
load = app.open_scope
def watched(*arguments, **options):
    scope = load(*arguments, **options)
    during.extend(open_now())
    return scope
app.open_scope = watched
code = 0
try:
    commands(sys.argv[1:], standalone_mode=False)
except SystemExit as end:
    code = end.code
print()
print(json.dumps({"code": code, "events": sorted(set(told)), "open": [*during, *open_now()]}))
"""
PROTOCOL = """
saccade: 1
name: quiet
scope: demo
mode: MODE
watch: {channels: [{config: FITC, exposure: 2}], time_plan: {interval: 0, loops: 5}}
detect: {beads: {use: saccade.detect:Spots}}
decide: [{use: saccade.decide:Pace, on: beads, slow_s: 0.01, fast_s: 0}]
"""


@pytest.mark.parametrize(
    ("mode", "scope"),
    [("lagged", "demo"), ("inline", "sim:beads?clock=virtual")],
    ids=["demo camera", "virtual microscope"],
)
def test_a_run_opens_no_socket(tmp_path: Path, mode: str, scope: str) -> None:
    """From the first import to the end of a run no socket is made, by Python or by the system."""
    (tmp_path / "quiet.yaml").write_text(PROTOCOL.replace("MODE", mode), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, "run", "quiet.yaml", "--scope", scope, "--json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.strip().rpartition("\n")[2])
    assert told == {"code": 0, "events": [], "open": []}
    assert list(tmp_path.glob("runs/*/journal.jsonl"))
