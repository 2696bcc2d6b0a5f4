"""A window that a measurement opens, arms and runs, as a person would."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from saccade.core import UsageError

from ._qt import QtCore, QtWidgets
from ._window import Window

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from saccade.app import Run

    from ._session import Session

_BEGIN_S = 60.0
_EVERY_MS = 50


class Opened:
    """A window that shows a protocol, and whose events are seen to meanwhile.

    Parameters
    ----------
    path : Path
        The protocol.
    session : Session
        What the window shows and commands.
    """

    def __init__(self, path: Path, session: Session) -> None:
        made = QtWidgets.QApplication.instance() or QtWidgets.QApplication([])
        self.application, self.session = made, session
        self.window = Window(session)
        self.window.show()
        session.load(path)

    def arm(self) -> Run:
        """Arm the protocol, and return its run."""
        self.session.arm()
        self.until(lambda: self.session.armed, _BEGIN_S)
        if self.session.assembled is None:
            raise UsageError("Nothing was armed.", "Please report this.")
        return self.session.assembled.run

    def begin(self) -> None:
        """Let it go, and return as soon as the first frame is shown."""
        self.session.run()
        self.until(lambda: self.window.live.frame is not None, _BEGIN_S)

    def until(self, done: Callable[[], bool], within_s: float) -> None:
        """See to the window's events, as its program does, until something is so.

        Parameters
        ----------
        done : callable
            Says whether it is.
        within_s : float
            How long to wait.

        Raises
        ------
        TimeoutError
            If it is not so in time.
        SaccadeError
            If the run has failed.
        """
        found = None

        def ended() -> bool:
            nonlocal found
            found = found or self.session.take_error()
            return found is not None or done()

        until(ended, within_s)
        if found is not None:
            raise found

    def close(self) -> None:
        """Close the window; what goes on is stopped."""
        self.session.close()
        self.window.close()
        self.window.deleteLater()
        self.application.processEvents()


def until(done: Callable[[], bool], within_s: float) -> None:
    """See to the events of all windows until something is so.

    Parameters
    ----------
    done : callable
        Says whether it is.
    within_s : float
        How long to wait.

    Raises
    ------
    TimeoutError
        If it is not so in time.
    """
    loop, timer = QtCore.QEventLoop(), QtCore.QTimer()
    deadline_s = time.monotonic() + within_s
    timer.timeout.connect(lambda: loop.quit() if done() or time.monotonic() > deadline_s else None)
    timer.start(_EVERY_MS)
    loop.exec()
    timer.stop()
    if not done():
        raise TimeoutError(f"The window was not done within {within_s:g} s.")
