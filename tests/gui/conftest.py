"""Windows of the tests: closed after each, whatever happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from saccade import app
from saccade.gui import Session
from saccade.gui._window import Window

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

PROTOCOL = """
saccade: 1
name: look
scope: sim:migrating-cells
sim: {clock: virtual}
watch:
  axis_order: tpc
  stage_positions: [{x: 0, y: 0}]
  channels: [{config: FITC, exposure: 5}]
  time_plan: {interval: 10, loops: LOOPS}
detect:
  spots: {use: saccade.detect:Spots, sigma_um: 4}
decide:
  - {use: saccade.decide:Burst, on: spots, above: 0.2, below: 0.1,
     do: {channels: [{config: FITC, exposure: 5}], time_plan: {interval: 1, loops: 2}}}
guard:
  - {use: saccade.guard:Dose, limit_j_per_cm2: 1000}
"""


_CORES: list[object] = []


@pytest.fixture(autouse=True)
def _no_core_is_taken_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every core: its destructor hangs now and then, and would in the thread of the window."""
    opened = app.open_scope

    def kept(*args: object, **settings: object) -> object:
        scope = opened(*args, **settings)  # type: ignore[arg-type]
        _CORES.append(scope.core)
        return scope

    monkeypatch.setattr(app, "open_scope", kept)


@pytest.fixture
def protocol(tmp_path: Path) -> Path:
    """Give a protocol of twelve planned frames of cells, which decides now and then."""
    return written(tmp_path, 12)


@pytest.fixture
def long_protocol(tmp_path: Path) -> Path:
    """Give the same for hours."""
    return written(tmp_path, 3000)


def written(folder: Path, loops: int) -> Path:
    path = folder / "look.yaml"
    path.write_text(PROTOCOL.replace("LOOPS", str(loops)), encoding="utf-8")
    return path


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Window:
    """Give a window without a microscope."""
    made = Window(Session(out=tmp_path / "run"))
    # Else it would ask whether to stop a run that goes on, and wait for an answer.
    qtbot.addWidget(made, before_close_func=lambda each: each.session.close())
    made.show()
    return made
