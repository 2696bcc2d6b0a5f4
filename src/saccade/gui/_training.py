"""A training, started from a window, in a process of its own."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ._qt import QtCore, QtWidgets

if TYPE_CHECKING:
    from pathlib import Path

_END_MS = 3000
_MOST_LINES = 2000


class Training(QtWidgets.QWidget):
    """Trains a detector from a folder of labels, and shows what the training says.

    Parameters
    ----------
    folder : Path
        Of the labels.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self.name = QtWidgets.QLineEdit("my-detector")
        self.name.setToolTip("Folder of the model, beside that of the labels.")
        self.begin = QtWidgets.QPushButton("&Train")
        self.begin.setToolTip("As saccade train does, in a process of its own.")
        self.log = QtWidgets.QPlainTextEdit()
        self.log.setReadOnly(True)
        self.log.setMaximumBlockCount(_MOST_LINES)
        self.log.setPlaceholderText("What is trained is decided by how much is labelled.")
        self.process = QtCore.QProcess(self)
        self.process.setProcessChannelMode(QtCore.QProcess.ProcessChannelMode.MergedChannels)
        self.process.readyRead.connect(self._read)
        self.process.finished.connect(self._ended)
        self.process.errorOccurred.connect(lambda _: self._ended(1))
        self.begin.clicked.connect(self._clicked)
        line = QtWidgets.QHBoxLayout()
        line.addWidget(self.name, 1)
        line.addWidget(self.begin)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(line)
        layout.addWidget(self.log)

    @property
    def model(self) -> Path:
        """Folder of the model."""
        return self._folder.parent / (self.name.text().strip() or "my-detector")

    @property
    def going(self) -> bool:
        """Whether a training goes on."""
        return bool(self.process.state() != QtCore.QProcess.ProcessState.NotRunning)

    def start(self) -> None:
        """Begin."""
        self.log.clear()
        self.begin.setText("S&top training")
        self.process.start(
            sys.executable,
            ["-m", "saccade.cli", "train", str(self._folder), str(self.model)],
        )

    def stop(self) -> None:
        """End it, if it goes on; nothing half-written is left."""
        if self.going:
            self.process.terminate()
            if not self.process.waitForFinished(_END_MS):
                self.process.kill()
                self.process.waitForFinished(_END_MS)

    def _clicked(self) -> None:
        (self.stop if self.going else self.start)()

    def _read(self) -> None:
        text = bytes(self.process.readAll().data()).decode("utf-8", "replace")
        self.log.appendPlainText(text.rstrip())

    def _ended(self, status: int, _: object = None) -> None:
        self.begin.setText("&Train")
        if status == 0:
            self.log.appendPlainText(
                f"{self.model} can be used in a protocol:\n"
                f"  {{use: saccade.detect:Network, model: {self.model}}}\n"
                f"and tells what it is worth: saccade model show {self.model}"
            )
        else:
            self.log.appendPlainText("No model was made; the reason is above.")
