"""The live picture, with what was found in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._colours import ground
from ._names import short
from ._overlays import MOST, Overlays
from ._qt import QtWidgets, Signal, pg
from ._views import GraphicsView, Picture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from saccade.core import Explained, Frame, Observation

_LOW, _HIGH = 0.01, 0.998
"""Quantiles of a picture that become black and white."""
_SAMPLED = 4
"""Of every so many rows and columns one is looked at for the contrast."""
_BAR_SHARE = 0.2
"""Of the width of the picture, at most, that the scale bar takes."""


class LiveView(QtWidgets.QWidget):
    """Shows the newest frame, what was found in it, and how long a few micrometres are.

    The contrast is that of the first frame of a stream and camera, and stays: a picture that gets
    brighter is to look brighter. A button sets it anew.
    """

    shown = Signal()
    """Another frame, or something more that was seen in it."""

    def __init__(self) -> None:
        super().__init__()
        self._view = GraphicsView()
        self._box = pg.ViewBox(lockAspect=True, invertY=True, enableMenu=False)
        self._view.setCentralItem(self._box)
        self._picture = Picture()
        self._box.addItem(self._picture, ignoreBounds=True)
        self.overlays = Overlays(self._box)
        self.overlays.switched.connect(self._tell)
        self._bar = pg.PlotDataItem(pen=pg.mkPen("w", width=4))
        self._bar_text = pg.TextItem(color="w", anchor=(0.5, 1.0))
        for item in (self._bar, self._bar_text):
            self._box.addItem(item)
        self._levels: dict[tuple[str, str], tuple[float, float]] = {}
        self._shape: tuple[int, int] | None = None
        self._frame: Frame | None = None
        self._seen: tuple[Observation, ...] = ()
        self._caption = QtWidgets.QLabel("No picture yet.")
        self._caption.setAccessibleName("What the picture is of")
        # However much there is to say, the window stays as wide as it is.
        ignored = QtWidgets.QSizePolicy.Policy.Ignored
        self._caption.setSizePolicy(ignored, QtWidgets.QSizePolicy.Policy.Preferred)
        contrast = QtWidgets.QPushButton("Con&trast")
        contrast.setToolTip("Set black and white by the picture that is shown.")
        contrast.clicked.connect(self.set_contrast)
        self._camera = QtWidgets.QComboBox()
        self._camera.setToolTip("Which camera's pictures are shown while the run goes on.")
        self._camera.setAccessibleName("Camera that is shown")
        self._camera.hide()
        below = QtWidgets.QHBoxLayout()
        below.addWidget(self._caption, 1)
        below.addWidget(self._camera)
        below.addWidget(contrast)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._view, 1)
        layout.addLayout(below)

    @property
    def frame(self) -> Frame | None:
        """The frame that is shown."""
        return self._frame

    @property
    def seen(self) -> tuple[Observation, ...]:
        """What was seen in it."""
        return self._seen

    def chosen_of(self, newest: Sequence[Frame]) -> Frame | None:
        """Return the frame of the camera that is to be shown; a choice is offered among several.

        Parameters
        ----------
        newest : sequence of Frame
            Of each camera one.
        """
        for frame in newest:
            if self._camera.findText(frame.camera) < 0:
                self._camera.addItem(frame.camera)
        self._camera.setVisible(self._camera.count() > 1)
        chosen = self._camera.currentText()
        return next((frame for frame in newest if frame.camera == chosen), None)

    def show_frame(self, frame: Frame, seen: Sequence[Observation] = ()) -> None:
        """Show a frame and what was found in it.

        Parameters
        ----------
        frame : Frame
            Of any stream.
        seen : sequence of Observation
            Of this frame, if any detector has looked at it.
        """
        if frame is self._frame and tuple(seen) == self._seen:
            return
        self._frame, self._seen = frame, tuple(seen)
        pixels = _grey(frame)
        if (kind := (frame.stream, frame.camera)) not in self._levels:
            self._levels[kind] = levels_of(pixels)
        levels = self._levels[kind]
        self._picture.show_pixels(pixels, levels)
        if pixels.shape != self._shape:
            self._shape = pixels.shape
            self._box.setRange(xRange=(0, pixels.shape[1]), yRange=(0, pixels.shape[0]), padding=0)
            self._draw_bar(frame)
        self.overlays.show(frame, seen)
        self._tell()
        self.shown.emit()

    def show_again(self, frame: Frame, looks: Sequence[Explained]) -> None:
        """Show what a second look at a frame has told, unless another one is shown by now.

        Parameters
        ----------
        frame : Frame
            That was looked at.
        looks : sequence of Explained
            One of each detector.
        """
        self.overlays.show_again(frame, looks)
        self._tell()

    def recolour(self) -> None:
        """Stand on the ground of now."""
        self._view.setBackground(ground().window)

    def set_contrast(self) -> None:
        """Set the contrast of the stream by the frame that is shown."""
        if self._frame is not None:
            pixels = _grey(self._frame)
            levels = levels_of(pixels)
            self._levels[self._frame.stream, self._frame.camera] = levels
            self._picture.show_pixels(pixels, levels)

    def _tell(self) -> None:
        if self._frame is not None:
            told = (self.overlays.told, caption(self._frame, self._seen))
            self._caption.setText("   ".join(filter(None, told)))
            self._caption.setToolTip("\n".join(filter(None, told)))

    def _draw_bar(self, frame: Frame) -> None:
        height, width = frame.pixels.shape[:2]
        um = bar_um(width * frame.pixel_size_um)
        long_px = um / frame.pixel_size_um
        right, low = width * 0.96, height * 0.95
        self._bar.setData([right - long_px, right], [low, low])
        self._bar_text.setText(f"{um:g} µm")
        self._bar_text.setPos(right - long_px / 2, low - height * 0.01)


def _grey(frame: Frame) -> NDArray[Any]:
    """Return the pixels; of several colours the first."""
    return frame.pixels if frame.pixels.ndim == 2 else frame.pixels[..., 0]


def levels_of(pixels: NDArray[Any]) -> tuple[float, float]:
    """Return the counts that become black and white, by the camera's pixels alone."""
    low, high = np.quantile(pixels[::_SAMPLED, ::_SAMPLED], (_LOW, _HIGH))
    return float(low), float(max(high, low + 1))


def bar_um(width_um: float) -> float:
    """Return the length of a scale bar: 1, 2 or 5 times a power of ten."""
    most = width_um * _BAR_SHARE
    power = 10.0 ** np.floor(np.log10(most))
    return float(max(step * power for step in (1, 2, 5) if step * power <= most))


def caption(frame: Frame, seen: Sequence[Observation]) -> str:
    """Return what a frame is, and what was found, in a line."""
    parts = [f"frame {frame.index}", frame.stream]
    parts += [each for each in (frame.camera, frame.channel) if each]
    parts.append(f"{frame.exposure_ms:g} ms")
    where = [
        f"{name} {value:.1f}"
        for name, value in (("x", frame.x_um), ("y", frame.y_um), ("z", frame.z_um))
        if value is not None
    ]
    if where:
        parts.append(", ".join(where) + " µm")
    parts += [
        f"{short(each.detector.name)} {each.score:.2f}"
        + (f" ({each.verdict})" if each.verdict != "trusted" else "")
        for each in seen
    ]
    parts += [
        f"{MOST} of {len(each.points)} points are drawn" for each in seen if len(each.points) > MOST
    ]
    return "   ".join(parts)
