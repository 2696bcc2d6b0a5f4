"""From a raster of tissue to a canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from ._calcium_tissue import FULL

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from saccade.sim.world import Canvas

    from ._calcium_tissue import Sheet

_NEAR_PX = 0.03
"""How far off a pixel of the raster may land, in its own size: 15 nm."""
_PHASES_PX = 40
"""How far beyond the canvas's edge a start is looked for."""


class Brush:
    """Paints sheets of tissue; keeps its working memory, since fresh memory costs more."""

    def __init__(self) -> None:
        self._kept: dict[str, NDArray[np.float32]] = {}

    def paint(
        self,
        canvas: Canvas,
        sheet: Sheet,
        z_um: float,
        somata: NDArray[np.float32],
        patches: NDArray[np.float32],
    ) -> None:
        """Add one depth of the tissue.

        Parameters
        ----------
        canvas : Canvas
            Its layer at this depth is painted on.
        sheet : Sheet
            The raster.
        z_um : float
            The depth.
        somata : array of float32, (rows, 256)
            How bright each cell of the sheet is, row after row.
        patches : array of float32, (rows, columns)
            How bright each patch of neuropil is.
        """
        rows, cols = (_Axis(canvas, sheet, which) for which in (0, 1))
        if rows.start >= rows.stop or cols.start >= cols.stop:
            return
        part = np.s_[rows.start : rows.stop, cols.start : cols.stop]
        shape = rows.stop - rows.start, cols.stop - cols.start
        bright = self._memory("bright", shape)
        cv2.remap(somata, sheet.labels[part], None, cv2.INTER_NEAREST, dst=bright)  # type: ignore[call-overload]
        cv2.multiply(bright, sheet.soma[part], dst=bright, scale=FULL, dtype=cv2.CV_32F)
        haze = self._memory("haze", shape)
        glow = self._patchwork(patches, sheet.patch_px, rows, cols)
        cv2.multiply(glow, sheet.neuropil[part], dst=haze, scale=FULL, dtype=cv2.CV_32F)
        cv2.add(bright, haze, dst=bright)
        self._lay(canvas.layer(z_um), bright, rows, cols)

    def _patchwork(
        self, patches: NDArray[np.float32], size_px: int, rows: _Axis, cols: _Axis
    ) -> NDArray[np.float32]:
        """Return the brightness of the neuropil in a window, patches flowing into each other."""
        top, left = (max(each.start // size_px - 1, 0) for each in (rows, cols))
        bottom, right = (each.stop // size_px + 2 for each in (rows, cols))
        few = patches[top:bottom, left:right]
        flow = self._memory("flow", (few.shape[0] * size_px, few.shape[1] * size_px))
        cv2.resize(few, flow.shape[::-1], dst=flow, interpolation=cv2.INTER_LINEAR)
        top_px, left_px = rows.start - top * size_px, cols.start - left * size_px
        return flow[
            top_px : top_px + rows.stop - rows.start, left_px : left_px + cols.stop - cols.start
        ]

    def _lay(
        self, into: NDArray[np.float32], part: NDArray[np.float32], rows: _Axis, cols: _Axis
    ) -> None:
        """Add a window of the raster to a layer, at the canvas's own pixel size."""
        scale = rows.scale
        if rows.ahead is not None and cols.ahead is not None:
            # The same as below, five times as fast.
            big = self._memory("big", (round(part.shape[0] / scale), round(part.shape[1] / scale)))
            cv2.resize(part, None, dst=big, fx=1 / scale, fy=1 / scale)
            shown = big[rows.ahead :, cols.ahead :][: into.shape[0], : into.shape[1]]
            covered = into[: shown.shape[0], : shown.shape[1]]
            cv2.add(covered, shown, dst=covered)
            return
        matrix = np.array([[scale, 0, cols.first], [0, scale, rows.first]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        big = self._memory("big", into.shape)
        cv2.warpAffine(part, matrix, into.shape[::-1], dst=big, flags=flags)
        cv2.add(into, big, dst=into)

    def _memory(self, name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
        kept = self._kept.get(name)
        if kept is None or kept.shape != shape:
            kept = self._kept[name] = np.empty(shape, np.float32)
        return kept


class _Axis:
    """Which part of the raster a canvas shows along one axis, and how its pixels lie there.

    `start` and `stop` bound the part, `scale` is the size of the canvas's pixels in pixels of
    the raster, and `first` is where its first lies, from the part's start. `ahead` is by how
    many pixels of the canvas the part begins before it, if the grids meet there; None if they
    meet nowhere near.
    """

    __slots__ = ("ahead", "first", "scale", "start", "stop")

    def __init__(self, canvas: Canvas, sheet: Sheet, axis: int) -> None:
        extent, raster = canvas.shape_px[axis], sheet.soma.shape[axis]
        self.scale = canvas.pixel_size_um / sheet.pixel_um
        at = (raster - 1) / 2 - float(canvas.to_px(0.0, 0.0)[axis]) * self.scale
        begin, self.ahead = self._begin(at)
        end = int(np.ceil(at + extent * self.scale)) + 2
        if end > raster:
            self.ahead = None
        self.start, self.stop = min(max(begin, 0), raster), min(max(end, 0), raster)
        self.first = at - self.start

    def _begin(self, at: float) -> tuple[int, int | None]:
        """Return where on the raster to begin, and how many pixels that is ahead."""
        ahead = np.arange(_PHASES_PX)
        # Resizing puts the middle of its first pixel here, from the first pixel of its source.
        begin = at - ahead * self.scale - (self.scale / 2 - 0.5)
        off = np.abs(begin - np.rint(begin))
        off[begin < -0.5] = np.inf
        best = int(np.argmin(off))
        if off[best] > _NEAR_PX:
            return int(np.floor(at)) - 1, None
        return round(float(begin[best])), best
