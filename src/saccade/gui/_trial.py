"""A draft is tried on the simulator before any light is spent: score, progress, cancel."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from saccade.sim.specimens import SPECIMENS

from ._qt import QtCore, QtWidgets, Signal

if TYPE_CHECKING:
    from ._draft import Draft

_ENDED_MS = 5000
_FIRST_HOURS = 1.0


class Trial(QtWidgets.QWidget):
    """Scores a draft in a few worlds, in a process of its own."""

    asked = Signal()
    """A person wants it; `begin` is told of what."""
    told = Signal(str, str)
    """Level and text, once there is a score or a reason why there is none."""

    def __init__(self) -> None:
        super().__init__()
        self._process: QtCore.QProcess | None = None
        self._said = b""
        self._board: dict[str, Any] | None = None
        self._error = ""
        self.specimen = QtWidgets.QComboBox()
        self.specimen.addItem("as its scope says", None)
        for name in sorted(SPECIMENS):
            self.specimen.addItem(name, name)
        self.worlds = QtWidgets.QSpinBox()
        self.worlds.setRange(1, 20)
        self.worlds.setValue(2)
        self.hours = QtWidgets.QDoubleSpinBox()
        self.hours.setRange(0.05, 24.0)
        self.hours.setDecimals(2)
        self.hours.setValue(_FIRST_HOURS)
        self.hours.setSuffix(" h")
        self.begins = QtWidgets.QPushButton("&Try on the simulator")
        self.begins.clicked.connect(self.asked)
        self.cancels = QtWidgets.QPushButton("Ca&ncel")
        self.cancels.clicked.connect(self.cancel)
        self.progress = QtWidgets.QProgressBar()
        self.progress.setFormat("%v of %m")
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for label, widget in (
            ("Specimen", self.specimen), ("Worlds", self.worlds), ("at most", self.hours),
        ):  # fmt: skip
            row.addWidget(QtWidgets.QLabel(label))
            row.addWidget(widget)
        row.addWidget(self.begins)
        row.addWidget(self.progress, 1)
        row.addWidget(self.cancels)
        row.addStretch(1)
        self._tell_going()

    @property
    def going(self) -> bool:
        """Whether one is under way."""
        return self._process is not None

    def begin(self, draft: Draft) -> None:
        """Score a draft as it is now.

        Parameters
        ----------
        draft : Draft
            It may be changed meanwhile.
        """
        if self.going:
            return
        self._said, self._board, self._error = b"", None, ""
        job = {
            "text": draft.text,
            "source": str(draft.source),
            "specimen": self.specimen.currentData(),
            "worlds": self.worlds.value(),
            "hours": _hours(draft, self.hours.value()),
        }
        process = QtCore.QProcess(self)
        process.readyReadStandardOutput.connect(self._read)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._failed)
        self._process = process
        self.progress.setRange(0, 0)
        self._tell_going()
        process.start(sys.executable, ["-m", "saccade.gui._trial_job"])
        process.write(json.dumps(job).encode())  # an argument may not be as long everywhere
        process.closeWriteChannel()

    def cancel(self) -> None:
        """End it at once; what it was to tell is not told."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.waitForFinished(_ENDED_MS)
            process.deleteLater()
        self._tell_going()

    def _read(self) -> None:
        if self._process is None:
            return
        self._said += bytes(self._process.readAllStandardOutput().data())
        *lines, self._said = self._said.split(b"\n")
        for line in lines:
            if line.startswith(b"{"):
                self._take(json.loads(line))

    def _take(self, line: dict[str, Any]) -> None:
        if "of" in line:
            self.progress.setRange(0, line["of"])
            self.progress.setValue(line["done"])
        self._board = line.get("board", self._board)
        if "error" in line:
            self._error = f"{line['error']} {line['do']}".strip()

    def _finished(self, *_: object) -> None:
        process = self._process
        if process is None:
            return
        self._read()
        last = bytes(process.readAllStandardError().data()).decode("utf-8", "replace").strip()
        self._process = None
        process.deleteLater()
        self._tell_going()
        if self._board is not None:
            self.told.emit("fact", told_board(self._board))
        else:
            why = self._error or f"It ended without a score. {last.rpartition(chr(10))[2]}"
            self.told.emit("error", f"Not tried: {why}")

    def _failed(self, error: QtCore.QProcess.ProcessError) -> None:
        if error == QtCore.QProcess.ProcessError.FailedToStart:
            self._finished()

    def _tell_going(self) -> None:
        self.begins.setEnabled(not self.going)
        self.progress.setVisible(self.going)
        self.cancels.setVisible(self.going)


def told_board(board: dict[str, Any]) -> str:
    """Return what a scoreboard says to somebody who is about to arm.

    Parameters
    ----------
    board : dict
        As `saccade.app.Scoreboard.plain` returns it.
    """
    of = next(each for each in board["rows"] if each["contender"] == "protocol")
    scores = [each for each in board["scores"] if each["contender"] == "protocol"]
    there, caught = (sum(each[name] for each in scores) for name in ("watched", "watched_caught"))
    text = (
        f"{board['specimen']}, worlds {board['seeds'][0]} to {board['seeds'][-1]}, "
        f"{board['hours']:.3g} h each: caught "
        f"{caught} of {there} occurrences in view; "
        f"{of['false_alarms_per_h'] or 0:.3g} false alarms an hour; "
        f"{of['dose_max_j_per_cm2']:.3g} J/cm² at most."
    )
    merit = board["merit"]
    over = merit and merit["over_fixed"]["value"]
    if over is not None:
        text += f" {over:.1f} times the best fixed rate ({merit['best_fixed']}) per light."
    return " ".join([text, *board["notes"]])


def _hours(draft: Draft, most: float) -> float | None:
    """Return how long a world is played: as long as the plan, and no longer than asked for."""
    plan = draft.get(("watch", "time_plan"), {})
    try:
        planned = plan["interval"] * plan["loops"] / 3600
    except (LookupError, TypeError):
        return most
    return most if planned > most else None
