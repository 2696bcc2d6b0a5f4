"""A run and its supervisor, from the proof before it is armed to the farewell."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from saccade.core import Pulses, SupervisorError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from saccade.core import Scope, Supervisor

    from ._clerk import Clerk


class Supervision:
    """Starts, heeds and ends the supervisor of a run, where somebody asked for one.

    Parameters
    ----------
    supervisor : Supervisor or None
        None does nothing at all.
    scope : Scope
        Tells it when light may be on, if it can.
    clerk : Clerk
        Journals what it says.
    on_alarm : callable
        Called in another thread if it acts, dies or hangs.
    """

    def __init__(
        self,
        supervisor: Supervisor | None,
        scope: Scope,
        clerk: Clerk,
        on_alarm: Callable[[SupervisorError], None],
    ) -> None:
        self._supervisor, self._scope, self._clerk = supervisor, scope, clerk
        self._on_alarm = on_alarm
        self._proof: Mapping[str, Any] = {}

    def prove(self) -> None:
        """Start it, and let it prove its path; raise a `SupervisorError` if it can't."""
        if self._supervisor is not None:
            self._proof = self._supervisor.start()

    def begin(self, folder: Path | None) -> None:
        """Let it watch, now that the journal is open."""
        if self._supervisor is None:
            return
        pulse = self._supervisor.watch(folder, self._on_alarm)
        if isinstance(self._scope, Pulses):
            self._scope.report_to(pulse)
        else:
            pulse.lit(None)  # nobody knows better
        self._clerk.tell("supervisor", {"what": "watching", **self._proof})

    def end(self, told: Mapping[str, str] | None) -> None:
        """Take leave of it, and journal that; raise a `SupervisorError` if it was gone.

        Parameters
        ----------
        told : mapping of str to str or None
            What SAFE read back; None if that is not known.
        """
        if self._supervisor is None:
            return
        safe = told is not None and not any(each.startswith("NOT SAFE") for each in told.values())
        try:
            self._clerk.tell("supervisor", self._supervisor.end(safe=safe))
        except SupervisorError as error:
            self._clerk.tell("supervisor", {"what": "lost", "text": str(error)})
            raise
        finally:
            if isinstance(self._scope, Pulses):
                self._scope.report_to(None)

    def give_up(self) -> None:
        """End it, because the run can't be armed; why not is what counts now."""
        if self._supervisor is not None:
            with suppress(SupervisorError):
                self._supervisor.end()
