"""The bars of the run bar: light, time, disk and plan."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from saccade.app import Spent, protocol_from_text
from saccade.core import State
from saccade.gui._bar import RunBar
from saccade.gui._entries import Entry, entry_of
from saccade.gui._gauges import Gauges
from saccade.gui._news import Batch, Progress
from saccade.store import DiskUse

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from saccade.app import Protocol

GB = 10**9
PLAN = """
saccade: 1
name: long
scope: demo
watch:
  channels: [FITC]
  time_plan: {interval: 600, loops: 73}
"""


def protocol(budget: str = "") -> Protocol:
    """Return one of 73 frames, every 10 min."""
    guards = f"guard: [{{use: saccade.guard:Budget, {budget}}}]\n" if budget else ""
    return protocol_from_text(PLAN + guards, Path("long.yaml"))


PROTOCOL = protocol()


def at(state: State = State.RUNNING, gone_s: float | None = None, **known: Any) -> Any:
    """Return what is asked of a session."""
    nothing = {"spent": None, "disk": None, "folder": "run", "protocol": PROTOCOL}
    return SimpleNamespace(**{**nothing, "state": state, "gone_s": gone_s, **known})


def told(gauges: Gauges) -> dict[str, str]:
    return {name: bar.format() for name, bar in gauges.bars.items()}


def share(gauges: Gauges, name: str) -> float:
    return gauges.bars[name].value() / gauges.bars[name].maximum()


@pytest.fixture
def gauges(qtbot: QtBot) -> Gauges:
    made = Gauges()
    qtbot.addWidget(made)
    return made


def test_each_says_what_is_used_and_of_how_much(gauges: Gauges) -> None:
    """In words and as the length of a bar."""
    gauges.begin(PROTOCOL)
    it = at(gone_s=10_800.0, spent=Spent(2.5, 5.0), disk=DiskUse(GB, 99 * GB))
    gauges.tell(it, Progress(planned=19, frames=25, due_s=10_800.0))
    assert told(gauges) == {
        "dose": "dose 2.5 of 5 J/cm² at one place",
        "time": "time 3 h of about 12 h",
        "disk": "disk 1 GB, 99 GB free",
        "plan": "19 of 73 frames + 6, 9 h left",
    }
    assert share(gauges, "dose") == 0.5
    assert share(gauges, "time") == 0.25
    assert share(gauges, "disk") == pytest.approx(0.01, abs=1e-3)
    assert share(gauges, "plan") == pytest.approx(19 / 73, abs=1e-3)


def test_nothing_is_said_before_a_run(gauges: Gauges) -> None:
    """Each bar has its name, and is empty."""
    gauges.begin(PROTOCOL)
    gauges.tell(at(State.IDLE, folder=None), Progress())
    assert told(gauges) == {
        "dose": "dose",
        "time": "time",
        "disk": "disk",
        "plan": "0 of 73 frames",
    }
    assert [share(gauges, name) for name in gauges.bars] == [0.0] * 4


def test_what_is_nearly_used_up_warns_by_a_sign_too(gauges: Gauges) -> None:
    """Not by its colour alone; and no longer once it is not."""
    sign = "\N{WARNING SIGN}"
    gauges.begin(PROTOCOL)
    plain = gauges.bars["dose"].palette().highlight().color().name()
    gauges.tell(at(gone_s=1.0, spent=Spent(4.6, 5.0)), Progress(1, 1, 0.0))
    assert told(gauges)["dose"] == f"{sign} dose 4.6 of 5 J/cm² at one place"
    assert gauges.bars["dose"].palette().highlight().color().name() != plain
    gauges.begin(PROTOCOL)
    assert told(gauges)["dose"] == "dose"
    assert gauges.bars["dose"].palette().highlight().color().name() == plain


def test_a_disk_that_will_not_do_is_told_in_time(gauges: Gauges) -> None:
    """As soon as the rest of the plan needs more than is left, at what it took so far."""
    gauges.begin(PROTOCOL)
    progress = Progress(planned=10, frames=20, due_s=5_400.0)
    gauges.tell(at(gone_s=5_400.0, disk=DiskUse(10 * GB, 63 * GB)), progress)
    assert told(gauges)["disk"] == "disk 10 GB, 63 GB free"
    gauges.begin(PROTOCOL)
    gauges.tell(at(gone_s=5_400.0, disk=DiskUse(10 * GB, 62 * GB)), progress)
    assert told(gauges)["disk"] == "\N{WARNING SIGN} disk 10 GB, 62 GB free, 63 GB needed"


def test_budgets_of_a_guard_count(gauges: Gauges) -> None:
    """Of time and disk: what is left is what the guard leaves."""
    budgeted = protocol("time_s: 21600, disk_mb: 4000")
    progress = Progress(planned=19, frames=19, due_s=10_800.0)
    gauges.tell(at(gone_s=10_800.0, disk=DiskUse(GB, 99 * GB), protocol=budgeted), progress)
    assert told(gauges)["time"] == "time 3 h of about 6 h"
    assert share(gauges, "disk") == 0.25
    assert told(gauges)["disk"] == "disk 1 GB of 4 GB allowed, 99 GB free"


def test_after_the_end_nothing_is_left_to_wait_for(gauges: Gauges) -> None:
    """The bars stay as they were, and no time is foretold."""
    gauges.begin(PROTOCOL)
    gauges.tell(at(State.STOPPED, gone_s=7_200.0), Progress(13, 13, 7_200.0))
    assert told(gauges)["time"] == "time 2 h"
    assert told(gauges)["plan"] == "13 of 73 frames"


def test_a_plan_of_any_length_is_counted(gauges: Gauges) -> None:
    """Where nobody knows how many frames there will be."""
    gauges.tell(at(gone_s=60.0, protocol=None), Progress(5, 8, 0.0))
    assert (told(gauges)["plan"], told(gauges)["time"]) == ("8 frames", "time 1 min")


def test_a_run_that_is_trusted_less_says_so_beside_its_state(qtbot: QtBot) -> None:
    """The rung of the ladder, until it is the highest again."""
    bar = RunBar()
    qtbot.addWidget(bar)
    fell = Entry("shift", 5, "guarded, was full", "why", rung="guarded")
    climbed = Entry("shift", 9, "full, was guarded", "why", rung="full")
    session = at(busy="", armed=False, going=True, shadowed=False, state=State.RUNNING)
    progress = Progress().after(Batch(entries=[fell]))
    for now, word in (
        (progress, "running, guarded"),
        (progress.after(Batch()), "running, guarded"),
        (progress.after(Batch(entries=[climbed])), "running"),
    ):
        bar.tell(session, now)
        assert f"<b>{word}</b>" in bar._lamp.text()


def test_a_change_of_rung_has_something_to_say() -> None:
    """Old journals, which name no frame, can be read too."""
    line = {"guard": "Ladder", "was": "full", "now": "guarded", "cause": "3 of 5", "t_ns": 7}
    entry = entry_of("shift", line | {"frame": 12})
    assert entry == Entry("shift", 12, "guarded, was full", "Ladder: 3 of 5", rung="guarded")
    old = entry_of("shift", line)
    assert old is not None
    assert (old.frame, old.rung) == (-1, "guarded")
