"""The microscope of a window: opened once, and kept open from one run to the next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from saccade import app

if TYPE_CHECKING:
    from saccade.app import Protocol
    from saccade.scope import MicroManagerScope


_PLAYBACK = "playback:"
_opened_ever: list[object] = []
"""Cores of this process. The destructor of one waits for the thread of its log, which now and then
never ends (pymmcore 12.5.1.75.0): a window must not be what waits. Devices are unloaded all the
same."""


class Microscope:
    """What is open, so that a person sets up by hand what the run then runs on.

    A driver can't be opened twice, and is slow to. A simulation and a recording are opened anew
    after a run: each run is to begin where the last one did.

    Parameters
    ----------
    name : str, optional
        Goes before that of the protocols.
    """

    def __init__(self, name: str | None = None) -> None:
        self.name = name
        self.used = False
        """Whether a run has been on it since it was opened."""
        self.scope: MicroManagerScope | None = None
        """What is open now, if anything is."""
        self._opened_as: object = None
        self._begins_anew = False

    def opened(self, protocol: Protocol | None) -> MicroManagerScope:
        """Return the microscope of a protocol; it is opened unless it is open.

        Parameters
        ----------
        protocol : Protocol or None
            None where `name` says which.

        Raises
        ------
        SaccadeError
            If it can't be opened; then none is open.
        """
        name = self.name or (protocol.scope if protocol else "demo")
        beside = protocol.folder if protocol else None
        sim = protocol.sim if protocol else None
        opened_as = (name, beside, sim, _age(name, beside))
        is_spent = self.used and self._begins_anew
        if self.scope is None or opened_as != self._opened_as or is_spent:
            self.let_go()
            self.scope = app.open_scope(name, beside, sim)
            _opened_ever.append(self.scope.core)
            self._begins_anew = self.scope.world is not None or name.startswith(_PLAYBACK)
            self._opened_as, self.used = opened_as, False
        return self.scope

    def let_go(self) -> None:
        """Close what is open."""
        scope, self.scope = self.scope, None
        if scope is not None and not self._begins_anew:
            scope.core.unloadAllDevices()


def _age(name: str, beside: Path | None) -> int | None:
    """Return when a profile was written, None for a name that is no file."""
    for path in (*([] if beside is None else [beside / name]), Path(name)):
        if path.suffix and path.is_file():
            return path.stat().st_mtime_ns
    return None
