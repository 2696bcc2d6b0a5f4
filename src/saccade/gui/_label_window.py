"""Frames of a run, labelled by a person, and a detector trained from them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from saccade.core import LabelError, SaccadeError

from ._alerts import AlertStrip
from ._label_view import TOOLS, LabelView
from ._napari import open_in_napari
from ._panes import SIZE
from ._qt import QShortcut, QtGui, QtWidgets
from ._training import Training

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from saccade.learn import Labels, Place

_KEYS = {"points": "1", "boxes": "2", "brush": "3", "eraser": "4"}
_TIPS = {
    "points": "Click marks a thing; a click on a mark takes it away.",
    "boxes": "Drag a box around a thing: its place, and how large it is.",
    "brush": "Paint a thing; a stroke that begins on it goes on with it.",
    "eraser": "Take away what is painted.",
}
_NOTHING = "nothing"
_MOST_UNDONE = 50


class LabelWindow(QtWidgets.QMainWindow):
    """Leads through the frames that are most useful to label; every mark is on disk at once.

    Parameters
    ----------
    labels : Labels
        The folder.
    """

    def __init__(self, labels: Labels) -> None:
        super().__init__()
        self.labels = labels
        self.view, self.alerts, self.list = LabelView(), AlertStrip(), QtWidgets.QListWidget()
        self.training = Training(labels.folder)
        self.nothing = QtWidgets.QCheckBox("&Nothing in it (0)")
        self.nothing.setToolTip("It was looked at, and holds nothing that is looked for.")
        self.kind = QtWidgets.QLineEdit("object")
        self.kind.setToolTip("What the things are that are marked from now on.")
        self.radius = QtWidgets.QSpinBox()
        self.radius.setRange(1, 200)
        self.radius.setValue(6)
        self._undo: list[tuple[str, tuple[Place, ...], NDArray[np.uint16]]] = []
        self._tools: dict[str, QtWidgets.QToolButton] = {}
        self.setWindowTitle(f"{labels.folder.name}: labels - Saccade")
        self.resize(*SIZE)
        self._arrange()
        self._connect()
        self.list.addItems(labels.images)
        self._tell_all()
        self.list.setCurrentRow(self._first_undone())

    @property
    def image(self) -> str:
        """Name of the picture that is shown."""
        return self.labels.images[max(self.list.currentRow(), 0)]

    # ------------------------------------------------------------------------------ its parts

    def _arrange(self) -> None:
        left = QtWidgets.QWidget()
        column = QtWidgets.QVBoxLayout(left)
        column.setContentsMargins(4, 4, 4, 4)
        column.addWidget(self.alerts)
        column.addLayout(self._bar())
        column.addWidget(self.view, 1)
        self.why = QtWidgets.QLabel()
        self.why.setWordWrap(True)
        column.addWidget(self.why)
        right = QtWidgets.QWidget()
        column = QtWidgets.QVBoxLayout(right)
        self.count = QtWidgets.QLabel()
        napari = QtWidgets.QPushButton("Open in na&pari")
        napari.setToolTip("All of them as one stack, to be labelled there.")
        napari.clicked.connect(self.open_in_napari)
        for widget in (self.count, self.list, napari, self.training):
            column.addWidget(widget, 1 if widget is self.list else 0)
        both = QtWidgets.QSplitter()
        both.addWidget(left)
        both.addWidget(right)
        both.setStretchFactor(0, 3)
        both.setSizes([SIZE[0] * 7 // 10, SIZE[0] * 3 // 10])
        self.setCentralWidget(both)

    def _bar(self) -> QtWidgets.QHBoxLayout:
        bar = QtWidgets.QHBoxLayout()
        group = QtWidgets.QButtonGroup(self)
        for name in TOOLS:
            button = QtWidgets.QToolButton()
            button.setText(f"{name.capitalize()} ({_KEYS[name]})")
            button.setToolTip(_TIPS[name])
            button.setCheckable(True)
            button.clicked.connect(partial(self.view.choose, name))
            group.addButton(button)
            self._tools[name] = button
            bar.addWidget(button)
        self._tools["points"].setChecked(True)
        for text, widget in (("Class", self.kind), ("Brush, px", self.radius)):
            bar.addWidget(QtWidgets.QLabel(text))
            bar.addWidget(widget)
        bar.addWidget(self.nothing)
        bar.addStretch(1)
        return bar

    def _connect(self) -> None:
        self.list.currentRowChanged.connect(lambda _: self._show())
        self.view.changed.connect(self._keep)
        self.nothing.clicked.connect(self._say)
        self.kind.textChanged.connect(self._rename)
        self.radius.valueChanged.connect(self._resize)
        for key, do in {
            "N": partial(self.step, 1),
            "P": partial(self.step, -1),
            "0": self.nothing.click,
            "Ctrl+Z": self.undo,
            **{key: self._tools[name].click for name, key in _KEYS.items()},
        }.items():
            QShortcut(QtGui.QKeySequence(key), self).activated.connect(do)

    # --------------------------------------------------------------------------- by a person

    def step(self, by: int) -> None:
        """Go to the next picture, or back."""
        row = self.list.currentRow() + by
        if 0 <= row < self.list.count():
            self.list.setCurrentRow(row)

    def undo(self) -> None:
        """Take back the last change of the picture that is shown."""
        if self._undo and self._undo[-1][0] == self.image:
            _, places, mask = self._undo.pop()
            self._write(places, mask)
            self._show()

    def open_in_napari(self) -> None:
        """Open all pictures in napari, if it is installed."""
        pictures = [self.labels.folder / "images" / each for each in self.labels.images]
        self._try(lambda: open_in_napari(pictures, stack=True))

    def _rename(self, kind: str) -> None:
        self.view.kind = kind.strip() or "object"

    def _resize(self, radius_px: int) -> None:
        self.view.painting.radius_px = float(radius_px)

    def _say(self, nothing: bool) -> None:
        self._try(lambda: self.labels.set_word(self.image, _NOTHING if nothing else ""))
        self._tell_all()

    def _keep(self) -> None:
        self._undo.append((self.image, self.labels.places(self.image), self._mask_before()))
        del self._undo[:-_MOST_UNDONE]
        self._write(self.view.places, self.view.painting.mask)

    def _mask_before(self) -> NDArray[np.uint16]:
        return self.labels.mask(self.image)

    def _write(self, places: tuple[Place, ...], mask: NDArray[np.uint16]) -> None:
        def write() -> None:
            if places != self.labels.places(self.image):
                self.labels.set_places(self.image, places)
            self.labels.set_mask(self.image, mask)
            if (places or mask.any()) and self.labels.word(self.image) == _NOTHING:
                self.labels.set_word(self.image, "")

        self._try(write)
        self._tell_all()

    # ----------------------------------------------------------------------------- to be seen

    def _show(self) -> None:
        image, labels = self.image, self.labels

        def show() -> None:
            self.view.show_picture(labels.picture(image), labels.places(image), labels.mask(image))

        self._try(show)
        self._tell_all()

    def _tell_all(self) -> None:
        self.nothing.setChecked(self.labels.word(self.image) == _NOTHING)
        told = self.labels.told(self.image)
        self.why.setText(
            f"frame {told.get('frame', '?')}, chosen as {told.get('why', '?')}: "
            f"{told.get('detail', '')}   N: next, P: previous, Ctrl+Z: undo"
        )
        for row, image in enumerate(self.labels.images):
            sign = "\N{CHECK MARK}" if self.labels.is_done(image) else "\N{WHITE SQUARE}"
            self.list.item(row).setText(f"{sign} {image}")
        self.count.setText(f"{self.labels.done} of {len(self.labels.images)} labelled")

    def _first_undone(self) -> int:
        undone = (n for n, each in enumerate(self.labels.images) if not self.labels.is_done(each))
        return next(undone, 0)

    def _try(self, do: Callable[[], None]) -> None:
        self.alerts.hide()
        try:
            do()
        except SaccadeError as error:
            self.alerts.tell_error(error)

    def closeEvent(self, event: QtGui.QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """End a training that goes on, and go."""
        self.training.stop()
        super().closeEvent(event)


def labels_of(folder: Path) -> Labels:
    """Return the labels of a folder.

    Raises
    ------
    LabelError
        If there is nothing to label.
    """
    from saccade.learn import Labels

    labels = Labels(folder)
    if not labels.images:
        raise LabelError(f"{folder} holds no frame.", f"saccade label RUN -o {folder}")
    return labels
