"""Drafts are judged while they are written, beside the window's thread."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from saccade.app import Finding, findings_of_text
from saccade.core import SaccadeError

from ._qt import QtCore, Signal

if TYPE_CHECKING:
    from pathlib import Path

    from saccade.core import Stand
    from saccade.scope import MicroManagerScope

_PAUSE_MS = 250
"""Of typing, after which it is judged."""
_JOIN_S = 30.0


class Checker(QtCore.QObject):
    """Judges the newest text; those that came between are left out.

    Parts are made for that, and a network takes its time to be read.
    """

    judged = Signal(object, str)
    """Findings, and against what the draft was held."""

    def __init__(self) -> None:
        super().__init__()
        self._asked: tuple[str, Path, MicroManagerScope | None] | None = None
        self._thread: threading.Thread | None = None
        self._timer = QtCore.QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._begin)
        self._done.connect(self._finished)

    _done = Signal(object, str)

    @property
    def busy(self) -> bool:
        """Whether a text waits to be judged, or is."""
        return self._asked is not None or self._thread is not None

    def ask(self, text: str, source: Path, scope: MicroManagerScope | None) -> None:
        """Ask for the judgement of a text.

        Parameters
        ----------
        text : str
            YAML.
        source : Path
            Its file.
        scope : MicroManagerScope or None
            The microscope that it is held against, if one is open and free.
        """
        self._asked = (text, source, scope)
        self._timer.start(_PAUSE_MS)

    def close(self) -> None:
        """Ask no more, and wait for what is being judged."""
        self._timer.stop()
        self._asked = None
        if self._thread is not None:
            self._thread.join(_JOIN_S)
            self._thread = None

    def _begin(self) -> None:
        if self._asked is None or self._thread is not None:
            return
        asked, self._asked = self._asked, None
        self._thread = threading.Thread(
            target=self._judge, args=asked, name="saccade-gui-draft", daemon=True
        )
        self._thread.start()

    def _judge(self, text: str, source: Path, scope: MicroManagerScope | None) -> None:
        try:
            stand: Stand | None = None if scope is None else scope.stand()
            found = findings_of_text(text, source, stand)
            against = "" if stand is None else stand.name
        except SaccadeError as error:
            found, against = (Finding("error", error.what, error.do),), ""
        except Exception as error:  # noqa: BLE001 - a driver or somebody's part may raise anything
            found, against = (Finding("error", f"{type(error).__name__}: {error}"),), ""
        self._done.emit(found, against)

    def _finished(self, found: object, against: str) -> None:
        if self._thread is not None:
            self._thread.join(_JOIN_S)
            self._thread = None
        if self._asked is not None:
            self._timer.start(0)
        else:
            self.judged.emit(found, against)
