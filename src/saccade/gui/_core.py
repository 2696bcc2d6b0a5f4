"""A microscope's core as widgets are to see it: its signals arrive in the window's thread."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ._qt import QtCore, Signal

if TYPE_CHECKING:
    from pymmcore_plus import CMMCorePlus


class WindowCore:
    """Stands for a core with widgets, that would else be called in any thread.

    Saccade's signals come in the thread that emits them, which is a driver's or a run's; a
    widget that is touched there ends the process. So widgets listen to signals of Qt here, to
    which those of the core are passed on through the window's event loop. Everything else is
    asked of the core itself.

    Parameters
    ----------
    core : CMMCorePlus
        Whose signals are passed on until `let_go`.
    """

    def __init__(self, core: CMMCorePlus) -> None:
        from pymmcore_plus.core.events import QCoreSignaler

        self.core = core
        self.events = QCoreSignaler()
        self.mda = _NoRunner()
        self.relay = _Relay(self.events)
        self._slots: list[tuple[Any, Any]] = []
        for name, signal in core.events.signals.items():  # type: ignore[attr-defined]
            slot = partial(self.relay.tell, name)
            signal.connect(slot, check_nargs=False)
            self._slots.append((signal, slot))

    def __getattr__(self, name: str) -> Any:
        """Return what the core has of this name."""
        return getattr(self.core, name)

    def setProperty(self, device: str, name: str, value: object) -> None:  # noqa: N802 - MMCore's
        """Set a property; a part that a device plays already is left as it is.

        Widgets of stages set it when they are made, which devices in Python can't take.
        """
        if device != "Core" or value != self._part(name):
            self.core.setProperty(device, name, value)  # type: ignore[arg-type]

    def _part(self, name: str) -> str | None:
        if name == "XYStage":
            return self.core.getXYStageDevice()
        return self.core.getFocusDevice() if name == "Focus" else None

    def let_go(self) -> None:
        """Listen no more."""
        for signal, slot in self._slots:
            signal.disconnect(slot, missing_ok=True)
        self._slots.clear()


class _Relay(QtCore.QObject):
    """Takes signals in any thread, and gives them in the one that made it."""

    _told = Signal(str, object)

    def __init__(self, events: Any) -> None:
        super().__init__()
        self._events = events
        self._told.connect(self._emit)

    def tell(self, name: str, *values: Any) -> None:
        """Pass a signal on, in whatever thread it comes."""
        self._told.emit(name, values)

    def _emit(self, name: str, values: tuple[Any, ...]) -> None:
        getattr(self._events, name).emit(*values)


class _NoRunner:
    """Stands for the core's own runner, which is only ever a run's."""

    def __init__(self) -> None:
        from pymmcore_plus.mda.events import QMDASignaler

        self.events = QMDASignaler()

    def is_running(self) -> bool:
        return False

    def is_paused(self) -> bool:
        return False

    def toggle_pause(self) -> None:
        """Do nothing: runs are held and stopped in the run bar."""

    def cancel(self) -> None:
        """Do nothing, as `toggle_pause`."""
