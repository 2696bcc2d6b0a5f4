"""How far a command has come, where there is no terminal to draw on: a line now and then."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.status import Status

if TYPE_CHECKING:
    from rich.console import RenderableType

_EVERY_S = 10.0
"""Between two lines that differ in their numbers alone."""


class ProgressConsole(Console):
    """A console that tells of progress in plain lines where it goes to a file or a pipe."""

    def status(self, status: RenderableType, **settings: Any) -> Status:
        """Return what tells of progress, for as long as it is entered."""
        if self.is_terminal:
            return super().status(status, **settings)
        return Lines(status, console=self)


class Lines(Status):
    """Prints what is being done, each time it is something else."""

    _said = ""
    _said_s = 0.0

    def start(self) -> None:
        """Say what is done first."""
        self._say(str(self.status))

    def stop(self) -> None:
        """Nothing is left on a terminal that would have to go."""

    def update(self, status: RenderableType | None = None, **_: Any) -> None:
        """Say what is done now, if it is something else or was not said for a while."""
        if status is not None:
            self._say(str(status))

    def _say(self, text: str) -> None:
        is_new = re.sub(r"\d+", "", text) != re.sub(r"\d+", "", self._said)
        if is_new or (text != self._said and time.monotonic() - self._said_s > _EVERY_S):
            self._said, self._said_s = text, time.monotonic()
            self.console.print(text, markup=False)
