"""The microscope's own controls: borrowed, offline, in the window's thread, and never in a run."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest
from qtpy.QtCore import Qt, QThread
from qtpy.QtWidgets import QDoubleSpinBox, QPushButton, QWizard

from saccade.core import SaccadeError, UsageError
from saccade.gui import Session
from saccade.gui._borrowed import DIALOGS
from saccade.gui._core import WindowCore
from saccade.gui._dock import CLOSED, RUNNING
from saccade.gui._mishaps import mishaps_told
from saccade.gui._window import Window

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

PATIENCE_MS = 60_000
ALL = ("stage", "camera", "presets", "region", "log")


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Window:
    """Give a window of Micro-Manager's demo microscope, not open yet."""
    made = Window(Session("demo", out=tmp_path / "run"))
    qtbot.addWidget(made, before_close_func=lambda each: each.session.close())
    made.resize(1366, 768)
    made.show()
    return made


def opened(window: Window, qtbot: QtBot, *names: str) -> None:
    window.session.open()
    qtbot.waitUntil(lambda: not window.session.busy, timeout=PATIENCE_MS)
    assert window.session.take_error() is None
    for name in names:
        filled(window, qtbot, name)


def filled(window: Window, qtbot: QtBot, name: str) -> None:
    dock = window.docks.docks[name]
    dock.show()
    dock.raise_()
    qtbot.waitUntil(lambda: dock.filled, timeout=PATIENCE_MS)


OFFLINE = """
import os, sys, time
os.environ.pop("PYMM_SIGNALS_BACKEND", None)
os.environ["QT_QPA_PLATFORM"] = "offscreen"
calls = []
sys.addaudithook(lambda event, args: calls.append(event) if event in (
    "socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.gethostbyname") else None)
from saccade.gui._qt import QtWidgets
application = QtWidgets.QApplication([])
from saccade.gui import Session
from saccade.gui._borrowed import DIALOGS
from saccade.gui._window import Window
window = Window(Session("demo"))
window.show()
assert "pymmcore_widgets" not in sys.modules
window.session.open()
def until(so):
    while not so():
        application.processEvents()
        time.sleep(0.01)
until(lambda: not window.session.busy)
for dock in window.docks.docks.values():
    dock.show(), dock.raise_()
    until(lambda: dock.filled)
for pane in DIALOGS:
    window.docks.open_dialog(pane)
    application.processEvents()
assert set(window.docks.dialogs) == {pane.name for pane in DIALOGS}
assert "pymmcore_widgets" in sys.modules
core = window.session.microscope.scope.core
print(os.environ["PYMM_SIGNALS_BACKEND"], type(core.events).__name__,
      type(core.mda.events).__name__, sorted(set(calls)))
window.close()
"""


def test_no_call_leaves_the_machine_and_no_signal_its_thread() -> None:
    """All docks open: nobody was asked for an icon, and the core's signals are as without a window.

    In a process of its own, where nothing has set the signals' backend before; before a dock is
    opened, nothing of pymmcore-widgets is imported.
    """
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["psygnal", "CMMCoreSignaler", "MDASignaler", "[]"]


def test_a_dock_is_filled_once_the_microscope_is_open(window: Window, qtbot: QtBot) -> None:
    """Before, it says so, and its button opens the microscope."""
    dock = window.docks.docks["stage"]
    assert not dock.isVisible()
    dock.show()
    qtbot.waitUntil(lambda: dock._reason.text() == CLOSED, timeout=PATIENCE_MS)
    dock._open.click()
    qtbot.waitUntil(lambda: dock.filled, timeout=PATIENCE_MS)
    assert not dock._reason.isVisible()
    hidden = window.docks.docks["camera"]
    assert not hidden.filled  # nobody has looked at it


@pytest.mark.parametrize("name", ALL)
def test_nothing_is_clipped_on_a_small_screen(window: Window, qtbot: QtBot, name: str) -> None:
    """At 1366 by 768 the window keeps its size, and each dock shows all of its widget's width."""
    opened(window, qtbot, name)
    qtbot.wait(50)
    assert (window.width(), window.height()) == (1366, 768)
    content = window.docks.docks[name].content
    assert content is not None
    assert content.visibleRegion().boundingRect().width() == content.width()
    assert content.width() >= content.minimumSizeHint().width()
    assert content.height() <= 768


def test_what_happens_in_other_threads_is_shown_in_the_windows(
    window: Window, qtbot: QtBot
) -> None:
    """A driver's signal and a script's reach widgets through the event loop alone."""
    opened(window, qtbot, "stage", "camera")
    scope = window.session.microscope.scope
    assert scope is not None
    core, threads = scope.core, set()
    assert isinstance(window.docks._core, WindowCore)
    window.docks._core.events.exposureChanged.connect(
        lambda *_: threads.add(QThread.currentThread())
    )
    script = threading.Thread(target=lambda: core.setExposure(33.0))
    script.start()
    script.join()
    core.setXYPosition(5.0, 5.0)
    camera, stage = (window.docks.docks[each].content for each in ("camera", "stage"))
    assert camera is not None
    assert stage is not None
    qtbot.waitUntil(lambda: 33.0 in values(camera), timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: 5.0 in values(stage), timeout=PATIENCE_MS)
    assert threads == {window.thread()}


def values(widget: object) -> list[float]:
    return [each.value() for each in widget.findChildren(QDoubleSpinBox)]  # type: ignore[attr-defined]


def test_the_stage_is_moved_by_keys(window: Window, qtbot: QtBot) -> None:
    """Each of its buttons can be reached with Tab, and pressed with Space."""
    opened(window, qtbot, "stage")
    stage, scope = window.docks.docks["stage"].content, window.session.microscope.scope
    assert stage is not None
    assert scope is not None
    buttons = stage.findChildren(QPushButton)
    assert all(each.focusPolicy() & Qt.FocusPolicy.TabFocus for each in buttons)
    right = next(each for each in buttons if each.accessibleName() == "XY: x +1 steps")
    qtbot.keyClick(right, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: max(map(abs, scope.core.getXYPosition())) > 9, timeout=PATIENCE_MS)


def test_what_is_set_in_a_dock_is_what_the_run_finds(window: Window, qtbot: QtBot) -> None:
    """The same core: it is opened once, and kept when the protocol is armed."""
    opened(window, qtbot, "camera")
    scope = window.session.microscope.scope
    assert scope is not None
    camera = window.docks.docks["camera"].content
    assert camera is not None
    camera.findChildren(QDoubleSpinBox)[0].setValue(41.0)
    assert scope.core.getExposure() == 41.0


def test_a_run_has_the_microscope_for_itself(
    window: Window, qtbot: QtBot, long_protocol: Path
) -> None:
    """While it goes on docks are empty and say why, nothing listens; after it they are back."""
    window.session.microscope.name = None
    window.load(long_protocol)
    opened(window, qtbot, "stage")
    window.docks.open_dialog(DIALOGS[0])
    scope = window.session.microscope.scope
    assert scope is not None
    events = scope.core.events
    window.begin()
    qtbot.waitUntil(lambda: window.session.going, timeout=PATIENCE_MS)
    dock = window.docks.docks["stage"]
    qtbot.waitUntil(lambda: dock._reason.text() == RUNNING, timeout=PATIENCE_MS)
    assert not dock.filled
    assert not window.docks.dialogs
    assert window.session.microscope.scope is scope
    for name in ("propertyChanged", "XYStagePositionChanged", "imageSnapped"):
        assert len(getattr(events, name)) == 0
    with pytest.raises(UsageError, match="going on"):
        window.session.open()
    window.docks._wizard()
    assert "going on" in window.alerts.text()
    assert not window.findChildren(QWizard)
    window.session.stop()
    qtbot.waitUntil(lambda: dock.filled, timeout=PATIENCE_MS)


def test_the_wizard_has_a_core_of_its_own(window: Window, qtbot: QtBot) -> None:
    """The window's microscope is closed before: no two programs can have the same devices."""
    opened(window, qtbot, "stage")
    scope = window.session.microscope.scope
    assert scope is not None
    window.docks._wizard()
    qtbot.waitUntil(lambda: not window.session.busy, timeout=PATIENCE_MS)
    wizard = window.findChild(QWizard)
    assert wizard.isVisible()
    assert window.session.microscope.scope is None
    assert len(scope.core.getLoadedDevices()) == 1  # the core itself
    qtbot.waitUntil(lambda: not window.docks.docks["stage"].filled, timeout=PATIENCE_MS)
    wizard.reject()


def test_pictures_are_taken_by_hand(window: Window, qtbot: QtBot) -> None:
    """One, or one after another; they are shown, and belong to no run."""
    opened(window, qtbot, "camera")
    window.docks._snap()
    qtbot.waitUntil(lambda: window.live.frame is not None, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: not window.session.busy, timeout=PATIENCE_MS)
    camera = window.docks.docks["camera"].content
    assert camera is not None
    live = next(each for each in camera.findChildren(QPushButton) if each.text() == "Live")
    qtbot.waitUntil(live.isEnabled, timeout=PATIENCE_MS)  # the window looks now and then
    live.click()
    qtbot.waitUntil(lambda: window.live.frame.index > 5, timeout=PATIENCE_MS)
    assert window.live.frame is not None
    assert window.live.frame.stream == "by hand"
    window.docks.let_go()
    scope = window.session.microscope.scope
    assert scope is not None
    assert not scope.core.isSequenceRunning()
    assert window.session.folder is None


def test_hardware_stays_open_and_worlds_begin_anew(
    window: Window, qtbot: QtBot, protocol: Path, tmp_path: Path
) -> None:
    """A driver can't be opened twice; a simulated run is to be the same when it is run again."""
    opened(window, qtbot)
    before = window.session.microscope.scope
    assert window.session.microscope.opened(None) is before
    window.session.microscope.used = True
    assert window.session.microscope.opened(None) is before
    window.session.microscope.name = None
    window.load(protocol)
    virtual = window.session.microscope.opened(window.session.protocol)
    assert virtual is not before
    assert before is not None
    assert len(before.core.getLoadedDevices()) == 1  # the core itself
    assert window.session.microscope.opened(window.session.protocol) is virtual
    window.session.microscope.used = True
    assert window.session.microscope.opened(window.session.protocol) is not virtual


def test_what_a_borrowed_button_raises_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """And does not end the process; whoever listened before is told as well."""
    told: list[SaccadeError] = []
    printed: list[object] = []
    monkeypatch.setattr(sys, "excepthook", lambda *each: printed.append(each))
    with mishaps_told(told.append):
        hook: Callable[..., None] = sys.excepthook
        for error in (RuntimeError("Stage is busy"), UsageError("No.", "Yes.")):
            hook(type(error), error, None)
    assert "Stage is busy" in str(told[0])
    assert told[1].do == "Yes."
    assert len(printed) == 2
    assert sys.excepthook is not hook
