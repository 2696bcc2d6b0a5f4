"""How soon the window is there, and how soon it is dark after a person wants it so."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

from saccade.app import Assembled, Run
from saccade.testing import HoggingDetector

from ._bench_loop import demo_protocol
from ._bench_opened import Opened
from ._qt import QtCore, QtWidgets
from ._session import Session

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from saccade.app import Protocol
    from saccade.scope import MicroManagerScope

_SIZE_PX, _FRAMES = 512, 2000
_STARTS, _START_S = 3, 60.0
_AFTER_S, _END_S = 0.25, 30.0


def first_paint(folder: Path) -> tuple[float, ...]:
    """Return how long the command takes until its window is painted and gone again, in s.

    Parameters
    ----------
    folder : Path
        Where the protocol is written that the window shows.
    """
    protocol = demo_protocol(folder, _SIZE_PX, _FRAMES)
    command = [sys.executable, "-m", "saccade.cli", "gui", str(protocol), "--until-painted"]
    seconds = []
    for _ in range(_STARTS):
        begun_s = time.perf_counter()
        subprocess.run(  # noqa: S603 - Saccade itself
            command, check=True, timeout=_START_S, capture_output=True
        )
        seconds.append(time.perf_counter() - begun_s)
    return tuple(seconds)


def stops_ms(folder: Path, count: int) -> dict[str, list[float]]:
    """Return how long after a key or a button SAFE was reached, each in ms.

    A detector that hogs a core and Python itself looks at every frame of the demo camera.

    Parameters
    ----------
    folder : Path
        Where runs are recorded.
    count : int
        Of stops, by key and by button in turn.
    """
    protocol = demo_protocol(folder, _SIZE_PX, _FRAMES)
    found: dict[str, list[float]] = {"key": [], "button": []}
    for number in range(count):
        way = ("key", "button")[number % 2]
        session = _Stamped(out=folder / f"stop-{number}")
        opened = Opened(protocol, session)
        opened.arm()
        opened.begin()
        # Any moment of a look is as likely as any other.
        opened.until(_after(_AFTER_S * (1 + number / count)), _END_S)
        session.safe_s.clear()
        asked_s = time.perf_counter()
        (_press if way == "key" else _click)(opened)
        opened.until(lambda session=session: session.state.ended, _END_S)  # type: ignore[misc]
        found[way].append(1e3 * (session.safe_s[0] - asked_s))
        opened.close()
    return found


class _Stamped(Session):
    """A session with a hog for a detector, which notes when SAFE was reached and read back."""

    def __init__(self, out: Path) -> None:
        super().__init__(out=out)
        self._folder = out
        self.safe_s: list[float] = []

    def _assemble(self, protocol: Protocol, scope: MicroManagerScope) -> Assembled:
        safe = scope.safe

        def stamped() -> object:
            told = safe()
            self.safe_s.append(time.perf_counter())
            return told

        scope.safe = stamped  # type: ignore[method-assign, assignment]
        hog = HoggingDetector()
        return Assembled(Run(scope, protocol.watch, detect=hog, out=self._folder), None)


def _after(seconds: float) -> Callable[[], bool]:
    until_s = time.monotonic() + seconds
    return lambda: time.monotonic() > until_s


def _press(opened: Opened) -> None:
    from qtpy.QtTest import QTest  # a module of its own, which the window has no use for

    opened.window.activateWindow()
    QTest.keyClick(opened.window, QtCore.Qt.Key.Key_Escape)


def _click(opened: Opened) -> None:
    from qtpy.QtTest import QTest  # a module of its own, which the window has no use for

    for button in opened.window.bar.findChildren(QtWidgets.QPushButton):
        if button.text() == "STOP":
            QTest.mouseClick(button, QtCore.Qt.MouseButton.LeftButton)
