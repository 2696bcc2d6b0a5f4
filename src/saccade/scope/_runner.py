"""The runner of pymmcore-plus, with one owner at a time and listeners that can't break it."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from psygnal import EmitLoopError
from pymmcore_plus.mda import MDARunner

from saccade.core import ScopeBusyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pymmcore_plus import CMMCorePlus
    from pymmcore_plus.mda.events import PMDASignaler

    from saccade.core import Source


class StrictRunner(MDARunner):
    """A runner that refuses to interleave two acquisitions.

    It stands in for the core's own, keeps its signals and its engine, and hence all that
    windows and scripts connected to it. Their pause and cancel reach the run that plays.
    """

    def __init__(self, replaced: MDARunner) -> None:
        super().__init__()
        self._open_signals = replaced.events
        self._signals = _Guarded(replaced.events, self._complain)
        self._engine = replaced.engine
        self._running = threading.Lock()
        self._owner_lock = threading.Lock()
        self._owner: str | None = None
        self._source: Source | None = None

    @property
    def events(self) -> PMDASignaler:
        """The signals, as every tool knows them."""
        return self._open_signals

    def own(self, owner: str) -> None:
        """Reserve the microscope for one run; raise `ScopeBusyError` if it is taken."""
        with self._owner_lock:
            if self._owner is not None or self.is_running():
                holder = self._owner or "another acquisition"
                raise ScopeBusyError(
                    f"The microscope is held by {holder}.", "Wait for it to end, or stop it."
                )
            self._owner = owner

    def disown(self) -> None:
        """Let others have the microscope."""
        with self._owner_lock:
            self._owner = None

    @contextmanager
    def playing(self, source: Source) -> Iterator[None]:
        """Let pause and cancel of this runner reach a source, for a while."""
        self._source = source
        try:
            yield
        finally:
            self._source = None

    def run(self, events: Any, **options: Any) -> None:
        """Run as the stock runner does, unless one runs already or a run owns the microscope."""
        foreign = self._owner is not None and self._source is None
        if foreign or not self._running.acquire(blocking=False):
            holder = self._owner or "another acquisition"
            raise ScopeBusyError(f"The microscope is held by {holder}.", "Wait for it to end.")
        try:
            super().run(events, **options)
        finally:
            self._running.release()

    def is_running(self) -> bool:
        """Return whether an acquisition is under way, also while a stop takes effect."""
        return super().is_running() or self._running.locked()

    def cancel(self) -> None:
        """Stop; a run of ours ends by its own way, through SAFE."""
        if (source := self._source) is not None:
            source.cancelled("cancelled through the core's runner")
        else:
            super().cancel()

    def set_paused(self, paused: bool) -> None:
        """Pause or go on; a run of ours is held, by its own clock."""
        if (source := self._source) is not None:
            source.paused(paused)
            self._open_signals.sequencePauseToggled.emit(paused)
        else:
            super().set_paused(paused)

    def _complain(self, name: str, error: BaseException) -> None:
        if self._source is None:
            raise error
        cause = error.__cause__ or error
        self._source.noted("listener", {"text": f"A listener of {name!r} raised {cause!r}."})


def strict_runner(core: CMMCorePlus) -> StrictRunner:
    """Return the core's runner, after making it a strict one if it isn't.

    Parameters
    ----------
    core : CMMCorePlus
        There is no public way to replace its runner.
    """
    if not isinstance(core.mda, StrictRunner):
        core._mda_runner = StrictRunner(core.mda)  # noqa: SLF001
    runner = core.mda
    assert isinstance(runner, StrictRunner)  # noqa: S101 - set above
    return runner


class _Guarded:
    """Signals whose listeners may raise without ending the acquisition."""

    def __init__(
        self, signals: PMDASignaler, complain: Callable[[str, BaseException], None]
    ) -> None:
        self._of = signals
        self._complain = complain

    def __getattr__(self, name: str) -> Any:
        signal = getattr(self._of, name)
        return _GuardedSignal(name, signal, self._complain) if hasattr(signal, "emit") else signal


class _GuardedSignal:
    def __init__(
        self, name: str, signal: Any, complain: Callable[[str, BaseException], None]
    ) -> None:
        self._name, self._signal, self._complain = name, signal, complain

    def emit(self, *values: Any) -> None:
        try:
            self._signal.emit(*values)
        except EmitLoopError as error:
            self._complain(self._name, error)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._signal, name)
