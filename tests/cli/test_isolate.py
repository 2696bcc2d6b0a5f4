"""`saccade run` with a detector in a process of its own."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from saccade.cli._follow import Tally, follow_plainly, panel
from saccade.cli._play import tell_end
from saccade.core import State

if TYPE_CHECKING:
    import pytest

ISOLATED = """
saccade: 1
name: apart
scope: sim:beads?clock=virtual
watch: {channels: [{config: FITC, exposure: 5}], time_plan: {interval: 1, loops: 3}}
detect: {beads: {use: saccade.detect:Spots, sigma: 2, isolate: true}}
guard: [{use: saccade.guard:Rate, actions_per_min: 6}]
"""


class Told:
    """As much of a run as following it needs."""

    framed = gapped = observed = decided = SimpleNamespace(connect=lambda _: None)
    acted = refused = shadowed = asked = framed
    questions = ()
    noted = Signal(str, object)
    state = State.RUNNING
    unseen_looks = 3


def test_a_run_with_an_isolated_detector_replays(run_protocol: Any) -> None:
    """It is run, proved and replayed like any other, and counts the looks that were missed."""
    summary = run_protocol(ISOLATED)
    assert summary["verdict"]["name"] == "completed"
    assert summary["unseen"] == 0


def test_what_happens_to_a_detector_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """A plain line as it happens, a row of the panel, and a line at the end."""
    run: Any = Told()
    tally = Tally(run)
    follow_plainly(run)
    run.noted.emit("detector", {"text": "'beads': frame 2: it hung up"})
    run.noted.emit("lease", {"text": "of no interest"})
    assert "detector: 'beads': frame 2: it hung up" in capsys.readouterr().out
    rows = [str(cell) for column in panel(tally, "a").columns for cell in column.cells]
    assert "3 looks missed; 'beads': frame 2: it hung up" in rows
    ended: dict[str, Any] = dict.fromkeys(("decisions", "bursts", "refusals", "gaps"), 0)
    ended |= {"name": "a", "scope": "b", "folder": "c", "seconds": 1.0, "error": None}
    ended |= {"frames": {}, "dose_j_per_cm2": None, "unseen": 3, "shadowed": None}
    ended |= {"verdict": {"name": "completed", "reason": ""}}
    tell_end(ended)
    assert "3 looks missed" in capsys.readouterr().out
    tell_end({**ended, "unseen": 0})
    assert "missed" not in capsys.readouterr().out
