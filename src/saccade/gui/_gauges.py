"""What a run has used up: light, time, disk and plan, a bar each."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from saccade.app import Pace, told_bytes, told_duration
from saccade.core import State

from ._colours import LAMPS, ground
from ._qt import QtGui, QtWidgets

if TYPE_CHECKING:
    from saccade.app import Protocol, Spent
    from saccade.store import DiskUse

    from ._news import Progress
    from ._session import Session

_STEPS = 1000
_HIGH = 0.9
"""Share of a budget from which on its bar warns."""
_EVERY_S = 0.25
_GOES = (State.ARMED, State.RUNNING)


class Gauges(QtWidgets.QWidget):
    """Four bars: how much light, time and disk a run has used up, and how far its plan is.

    A bar that is nearly full says so by a sign and another colour.
    """

    def __init__(self) -> None:
        super().__init__()
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.bars: dict[str, QtWidgets.QProgressBar] = {}
        for name, tip in (
            ("dose", "Light that was given, of the budget of which least is left."),
            ("time", "How long the run has gone on, of how long it will by its pace so far."),
            ("disk", "What the run has written, and what is left on its disk."),
            ("plan", "Planned frames that were taken, and those that were decided on."),
        ):
            bar = QtWidgets.QProgressBar()
            bar.setToolTip(tip)
            bar.setAccessibleName(name)
            bar.setRange(0, _STEPS)
            # However much there is to say, the window stays as wide as it is.
            bar.setMinimumWidth(100)
            layout.addWidget(bar, 1)
            self.bars[name] = bar
        self._protocol: Protocol | None = None
        self._pace, self._told_s = Pace(), -math.inf
        self._allowed_bytes: float | None = None
        self._warned: dict[str, bool] = {}
        self.begin(None)

    def begin(self, protocol: Protocol | None) -> None:
        """Measure another run.

        Parameters
        ----------
        protocol : Protocol or None
            That it follows; None before there is any, or where it is not known.
        """
        self._pace = Pace() if protocol is None else Pace(protocol.planned, protocol.last_due_s)
        self._protocol = protocol
        self._allowed_bytes = None if protocol is None else protocol.allowed_bytes
        self._told_s = -math.inf
        for name in self.bars:
            self._show(name, 0.0, name)

    def tell(self, session: Session, progress: Progress) -> None:
        """Show how much is used up; now and then, since reading takes longer.

        Parameters
        ----------
        session : Session
            Asked for its light and its disk.
        progress : Progress
            How far its run has come.
        """
        if session.protocol is not self._protocol:
            self.begin(session.protocol)
        now_s, state = time.monotonic(), session.state
        if session.gone_s is None:
            self._pace.tick(now_s, goes=state in _GOES)
        else:
            self._pace.elapsed_s = session.gone_s
        self._pace.note(progress.planned, progress.due_s)
        self._show_plan(
            progress.planned, progress.frames, goes=progress.frames > 0 and not state.ended
        )
        if now_s - self._told_s < _EVERY_S or session.folder is None:
            return
        self._told_s = now_s
        self._show_dose(session.spent)
        self._show_time(ended=state.ended)
        self._show_disk(session.disk, progress.planned, ended=state.ended)

    def recolour(self) -> None:
        """Draw in the colours of now."""
        for name, warns in self._warned.items():
            self._colour(name, warns)

    def _show_dose(self, spent: Spent | None) -> None:
        if spent is None:
            self._show("dose", 0.0, "dose not counted here")
        else:
            self._show("dose", spent.share, f"dose {spent}", warns=spent.share >= _HIGH)

    def _show_time(self, *, ended: bool) -> None:
        gone_s, left_s = self._pace.elapsed_s, self._pace.left_s
        gone = f"time {told_duration(gone_s)}"
        if ended or left_s is None:
            self._show("time", float(ended), gone)
        else:
            whole_s = gone_s + left_s
            share = gone_s / whole_s if whole_s > 0 else 0.0
            self._show("time", share, f"{gone} of about {told_duration(whole_s)}")

    def _show_disk(self, disk: DiskUse | None, planned: int, *, ended: bool) -> None:
        if disk is None:
            self._show("disk", 0.0, "disk")
            return
        written, free = disk
        may = math.inf if self._allowed_bytes is None else self._allowed_bytes
        left = min(free, may - written)
        more = 0.0
        if planned and self._pace.of and not ended:
            more = written * (max(self._pace.of - planned, 0) / planned)
        needed = f", {told_bytes(more)} needed" if more > left else ""
        allowed = "" if math.isinf(may) else f" of {told_bytes(may)} allowed"
        text = f"disk {told_bytes(written)}{allowed}, {told_bytes(free)} free{needed}"
        self._show("disk", written / max(written + left, 1), text, warns=more > left)

    def _show_plan(self, planned: int, frames: int, *, goes: bool) -> None:
        of = self._pace.of
        more = f" + {frames - planned}" if frames > planned else ""
        left_s = self._pace.left_s if goes else None
        left = "" if left_s is None else f", {told_duration(left_s)} left"
        if of:
            self._show("plan", planned / of, f"{planned} of {of} frames{more}{left}")
        elif frames:
            self._show("plan", 0.0, f"{frames} frames")

    def _show(self, name: str, share: float, text: str, *, warns: bool = False) -> None:
        bar = self.bars[name]
        bar.setValue(round(min(max(share, 0.0), 1.0) * _STEPS))
        bar.setFormat(f"\N{WARNING SIGN} {text}" if warns else text)
        if warns is not self._warned.get(name):
            self._warned[name] = warns
            self._colour(name, warns)

    def _colour(self, name: str, warns: bool) -> None:
        palette = self.palette()
        colour = LAMPS["held"] if warns else ground().chosen
        palette.setColor(QtGui.QPalette.ColorRole.Highlight, QtGui.QColor(colour))
        self.bars[name].setPalette(palette)
