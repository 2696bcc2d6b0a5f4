"""Pictures of every view, from a real run of the simulator; nobody need watch."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from saccade.core import State, UsageError

from ._bench_opened import Opened, until
from ._label_window import LabelWindow, labels_of
from ._look_back import LookBack
from ._qt import QtCore, QtGui
from ._recall import Recall
from ._session import Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._about import About
    from ._qt import QtWidgets

SIZE_PX = (1366, 768)
"""The smallest screens that are about."""
_PATIENCE_S = 300.0
_LABELS = 6
_COLUMNS, _GAP_PX, _QUALITY = 2, 8, 70


def pictures(
    folder: Path,
    protocol: Path,
    *,
    scope: str | None = None,
    frames: int = 200,
    progress: Callable[[str], object] = lambda _: None,
) -> tuple[Path, ...]:
    """Run a protocol for a while, and write what each view looks like.

    Parameters
    ----------
    folder : Path
        Where the pictures are written; made if need be.
    protocol : Path
        That is run, looked back at and edited.
    scope : str, optional
        Goes before that of the protocol.
    frames : int
        After which the run is stopped.
    progress : callable
        Is told what is drawn.

    Returns
    -------
    tuple of Path
        The files.

    Raises
    ------
    SaccadeError
        What keeps the protocol from running, or a picture from being written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="saccade-", ignore_cleanup_errors=True) as name:
        out = Path(name) / "run"
        drawn = _Drawn(folder, progress)
        _live(drawn, protocol, Session(scope, out), frames)
        _back(drawn, out)
        _labels(drawn, out, Path(name) / "labels")
        drawn.sheet("views")
    return tuple(drawn.files)


class _Drawn:
    """Writes pictures, and remembers which."""

    def __init__(self, folder: Path, progress: Callable[[str], object]) -> None:
        self._folder, self._progress = folder, progress
        self.files: list[Path] = []

    def draw(self, widget: QtWidgets.QWidget, name: str, opened: Opened | None = None) -> None:
        """Write what a widget looks like, as soon as it is painted."""
        self._progress(name)
        if opened is not None:
            opened.application.processEvents()
        file = self._folder / f"{name}.png"
        if not widget.grab().save(str(file)):
            raise UsageError(f"{file} can't be written.", "Name a folder that can be.")
        self.files.append(file)

    def sheet(self, name: str) -> None:
        """Write all of them at half the size in one picture, two in a row."""
        width, height = (side // 2 for side in SIZE_PX)
        rows = -(-len(self.files) // _COLUMNS)
        sheet = QtGui.QPixmap(_COLUMNS * (width + _GAP_PX), rows * (height + _GAP_PX))
        sheet.fill(QtGui.QColor("white"))
        painter = QtGui.QPainter(sheet)
        for number, file in enumerate(self.files):
            row, column = divmod(number, _COLUMNS)
            small = QtGui.QPixmap(str(file)).scaled(
                width,
                height,
                QtCore.Qt.AspectRatioMode.KeepAspectRatio,
                QtCore.Qt.TransformationMode.SmoothTransformation,
            )
            painter.drawPixmap(column * (width + _GAP_PX), row * (height + _GAP_PX), small)
        painter.end()
        file = self._folder / f"{name}.jpg"
        if not sheet.save(str(file), "JPG", _QUALITY):
            raise UsageError(f"{file} can't be written.", "Name a folder that can be.")
        self.files.append(file)


def _live(drawn: _Drawn, protocol: Path, session: Session, frames: int) -> None:
    """Draw the window in both themes, its docks, and the editor."""
    opened = Opened(protocol, session)
    window = opened.window
    window.resize(*SIZE_PX)
    try:
        opened.arm()
        opened.begin()
        opened.until(lambda: session.stored >= frames or session.state.ended, _PATIENCE_S)
        session.hold()
        opened.until(lambda: session.state is not State.RUNNING, _PATIENCE_S)
        window.alerts.hide()  # it tells of folders, which are nobody's business
        for theme in ("light", "dark"):
            window.looks.use_theme(theme)
            drawn.draw(window, f"window-{theme}", opened)
        window.looks.use_theme("light")
        window.table.setCurrentCell(0, 0)
        opened.until(lambda: _told(window.about), _PATIENCE_S)
        drawn.draw(window, "window-clicked", opened)
        window.return_to_live()
        session.stop("the picture was taken")
        opened.until(lambda: session.state.ended, _PATIENCE_S)
        window.alerts.hide()
        if (editor := window.editing.edit()) is not None:
            editor.resize(*SIZE_PX)
            drawn.draw(editor, "editor", opened)
            editor.close()
        window.docks.docks["stage"].show()
        opened.until(lambda: not session.busy, _PATIENCE_S)
        window.alerts.hide()
        drawn.draw(window, "docks", opened)
    finally:
        opened.close()


def _back(drawn: _Drawn, run: Path) -> None:
    window = LookBack(Recall(run))
    window.resize(*SIZE_PX)
    window.show()
    window.slider.setValue(window.slider.maximum() // 2)
    until(lambda: _told(window.about), _PATIENCE_S)
    window.alerts.hide()
    drawn.draw(window, "look-back")
    window.table.setCurrentCell(0, 0)  # a frame on which something was decided, if there is any
    window.live.overlays.switch(dict.fromkeys(window.live.overlays.states, True))
    until(lambda: window.again.is_done and _told(window.about), _PATIENCE_S)
    window.alerts.hide()
    drawn.draw(window, "overlays")
    window.close()


def _told(about: About) -> bool:
    """Return whether a frame is told of, as far as one is shown that can be."""
    return about.isHidden() or about.is_told


def _labels(drawn: _Drawn, run: Path, folder: Path) -> None:
    from saccade.learn import label_run

    label_run(run, folder, _LABELS)
    window = LabelWindow(labels_of(folder))
    window.resize(*SIZE_PX)
    window.show()
    drawn.draw(window, "labels")
    window.close()
