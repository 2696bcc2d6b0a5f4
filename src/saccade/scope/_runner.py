"""The runner of pymmcore-plus, with one owner at a time and listeners that can't break it."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from psygnal import EmitLoopError
from pymmcore_plus.mda import FinishReason, MDARunner, RunState

from saccade.core import ScopeBusyError

from ._shield import Relayed, is_heard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pymmcore_plus import CMMCorePlus
    from pymmcore_plus.mda import PMDAEngine
    from pymmcore_plus.mda.events import PMDASignaler
    from useq import MDASequence

    from saccade.core import Source

_CANCELLED = "cancelled through the core's runner"
_MOST_COMPLAINTS = 100


class StrictRunner(MDARunner):
    """A runner that refuses to interleave two acquisitions.

    It stands in for the core's own, keeps its signals and its engine, and hence all that
    windows and scripts connected to it. Their pause and cancel reach the run that plays.
    """

    def __init__(self, replaced: MDARunner) -> None:
        super().__init__()
        self._open_signals = self._signals = replaced.events
        self._engine = replaced.engine
        self._running = threading.Lock()
        self._owner_lock = threading.Lock()
        self._owner: str | None = None
        self._player: int | None = None
        self._source: Source | None = None
        self._on_cancel: Callable[[], None] | None = None
        self._cancelled = self._held = False
        self._complaints = 0

    @property
    def events(self) -> PMDASignaler:
        """The signals, as every tool knows them."""
        return self._open_signals

    def own(self, owner: str) -> None:
        """Reserve the microscope for one run; raise `ScopeBusyError` if it is taken."""
        with self._owner_lock:
            if self.is_running():
                raise self._busy("Wait for it to end, or stop it.")
            self._owner = owner
            self._cancelled = self._held = False
            self._complaints = 0

    def disown(self) -> None:
        """Let others have the microscope."""
        with self._owner_lock:
            self._owner = None

    @contextmanager
    def playing(
        self, engine: PMDAEngine, source: Source, on_cancel: Callable[[], None]
    ) -> Iterator[None]:
        """Put an engine in, and let pause and cancel reach a source, for a while.

        Parameters
        ----------
        engine : PMDAEngine
            Takes the place of the one that is there; only this thread can run it.
        source : Source
            Of the run that owns the microscope.
        on_cancel : callable
            Called, in the thread that cancels, after the source was told.
        """
        stock = self._engine
        with self._owner_lock:
            self._player, self._source, self._on_cancel = threading.get_ident(), source, on_cancel
        self._engine, self._signals = engine, Relayed(self._open_signals, self._emit)
        if self._cancelled:  # between arming and now
            source.cancelled(_CANCELLED)
        if self._held:
            source.paused(True)
        try:
            yield
        finally:
            self._engine, self._signals = stock, self._open_signals
            with self._owner_lock:
                self._player = self._source = self._on_cancel = None
                self._held = False

    def run(self, events: Any, **options: Any) -> None:
        """Run as the stock runner does, unless one runs already or a run owns the microscope."""
        with self._owner_lock:
            foreign = self._owner is not None and self._player != threading.get_ident()
            if foreign or not self._running.acquire(blocking=False):
                raise self._busy("Wait for it to end.")
        try:
            super().run(events, **options)
        finally:
            self._running.release()

    def is_running(self) -> bool:
        """Return whether the microscope is taken, also by a run that is armed or stopping."""
        return self._owner is not None or super().is_running() or self._running.locked()

    def cancel(self) -> None:
        """Stop; a run of ours ends by its own way, through SAFE."""
        with self._owner_lock:
            owned, source, on_cancel = self._owner is not None, self._source, self._on_cancel
            self._cancelled = owned
        if not owned:
            super().cancel()
        if source is not None and on_cancel is not None:
            source.cancelled(_CANCELLED)
            on_cancel()

    def set_paused(self, paused: bool) -> None:
        """Pause or go on; a run of ours is held, by its own clock."""
        with self._owner_lock:
            owned, source, changes = self._owner is not None, self._source, paused != self._held
            self._held = owned and paused
        if not owned:
            super().set_paused(paused)
        elif changes:
            if source is not None:
                source.paused(paused)
            self._open_signals.sequencePauseToggled.emit(paused)

    def is_paused(self) -> bool:
        """Return whether it was asked to pause."""
        return self._held or super().is_paused()

    def complain(self, text: str) -> None:
        """Let the journal of the run that plays know of a listener that raised."""
        self._complaints += 1
        if self._complaints > _MOST_COMPLAINTS:
            return
        if (source := self._source) is not None:
            source.noted("listener", {"text": text})
        else:
            logging.getLogger(__name__).warning(text)

    def _emit(self, name: str, signal: Any, values: tuple[Any, ...]) -> None:
        if not is_heard(signal):
            return  # between a frame and what answers it, every microsecond counts
        try:
            signal.emit(*values)
        except EmitLoopError as error:
            self.complain(f"A listener of {name!r} raised {error.__cause__ or error!r}.")

    def _finish_run(self, sequence: MDASequence) -> None:
        # Our generator just ends when a run is stopped, which the stock runner calls completed.
        stopped = self._source is not None and self._source.stopping()
        if stopped and self._finish_reason is not FinishReason.ERRORED:
            self._finish_reason = FinishReason.CANCELED
        super()._finish_run(sequence)

    def _busy(self, do: str) -> ScopeBusyError:
        holder = self._owner or "another acquisition"
        return ScopeBusyError(f"The microscope is held by {holder}.", do)


def strict_runner(core: CMMCorePlus) -> StrictRunner:
    """Return the core's runner, after making it a strict one if it isn't.

    Parameters
    ----------
    core : CMMCorePlus
        There is no public way to replace its runner.

    Raises
    ------
    ScopeBusyError
        If the core's own runner is at work.
    """
    if not isinstance(core.mda, StrictRunner):
        if core.mda.status.phase is not RunState.IDLE:
            raise ScopeBusyError(
                "The microscope is held by another acquisition.", "Wait for it to end, or stop it."
            )
        core._mda_runner = StrictRunner(core.mda)  # noqa: SLF001
    runner = core.mda
    assert isinstance(runner, StrictRunner)  # noqa: S101 - set above
    return runner
