"""What it takes to open all of the window on a machine without a network."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import Any

from saccade.core import UsageError

_TIMES, _PATIENCE_S = 3, 120.0
_CALLS = ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.gethostbyname")
_HERE = "import sys; from saccade.gui._bench_whole import open_all; sys.exit(open_all())"


def whole_window_s() -> tuple[float, ...]:
    """Return the CPU seconds of processes that open all docks and dialogs, and call nobody.

    Raises
    ------
    UsageError
        If one of them can't, or tries to call somebody.
    """
    seconds = []
    for _ in range(_TIMES):
        done = subprocess.run(  # noqa: S603 - Saccade itself
            [sys.executable, "-c", _HERE],
            check=False,
            timeout=_PATIENCE_S,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise UsageError(
                f"The whole window can't be opened: {done.stderr[-2000:]}", "See what it says."
            )
        seconds.append(float(done.stdout.split()[-1]))
    return tuple(seconds)


def open_all() -> int:
    """Open the window with everything, on the demo configuration; print CPU seconds since start.

    Calls to other machines are refused from here on. To be run in a process of its own.
    """
    sys.addaudithook(_refuse)
    from ._bench_opened import until
    from ._borrowed import DIALOGS
    from ._qt import QtWidgets
    from ._session import Session
    from ._window import Window

    application = QtWidgets.QApplication.instance() or QtWidgets.QApplication(sys.argv[:1])
    window = Window(Session("demo"))
    window.show()
    window.session.open()
    until(lambda: not window.session.busy, _PATIENCE_S)
    for dock in window.docks.docks.values():
        dock.show()
        dock.raise_()
        until(lambda dock=dock: dock.filled, _PATIENCE_S)  # type: ignore[misc]
    for pane in DIALOGS:
        window.docks.open_dialog(pane)
    window.editing.edit()
    window.looks.show_keys()
    application.processEvents()
    sys.stdout.write(f"{time.process_time():.3f}\n")
    sys.stdout.flush()
    os._exit(0)  # what it takes to let go of it all is not asked


def _refuse(event: str, _: tuple[Any, ...]) -> None:
    if event in _CALLS:
        raise ConnectionError(f"{event}: there is no network")
