"""What Qt prints: all of it but one line, which says nothing and comes with every window."""

from __future__ import annotations

import sys
from typing import Any

from ._qt import QtCore

_SAYS_NOTHING = "This plugin does not support propagateSizeHints()"
"""Of the platform ``offscreen``, each time a window is shown."""


def hush() -> None:
    """Leave that line out from now on; everything else goes where it went before."""
    before: Any = None

    def tell(mode: Any, context: Any, message: str) -> None:
        if message == _SAYS_NOTHING:
            return
        if before is not None:
            before(mode, context, message)
        else:
            sys.stderr.write(QtCore.qFormatLogMessage(mode, context, message) + "\n")

    before = QtCore.qInstallMessageHandler(tell)
