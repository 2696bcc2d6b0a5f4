"""Phase contrast: from what delays the light to what the camera sees."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from saccade.sim.world import Canvas

if TYPE_CHECKING:
    from numpy.typing import NDArray


_PAD_SIGMAS, _KERNEL_SIGMAS = 2.5, 3.0
_STRIP_PX = 64


@dataclass(frozen=True, slots=True)
class PhaseContrast:
    """Positive phase contrast: denser is darker, with halo and shade-off.

    The ring in the objective can't tell direct light from light that is scattered by little, so
    that it compares the delay at a place with the blurred delay around it: to first order the
    sensor sees ``1 - contrast (φ - ring * φ)``, where the kernel of the ring is wide (Yin et al.,
    Medical Image Analysis 16, 2012). Strong delays saturate, as interference does.

    Parameters
    ----------
    contrast : float
        Share of light that is lost for a radian.
    halo_um, shade_um : float
        Standard deviations of the narrow and the wide part of the ring's kernel.
    shade : float
        Share of the wide part.
    dark, bright : float
        How far from 1 the light can come, below and above.
    """

    contrast: float = 4.4
    halo_um: float = 2.0
    shade_um: float = 5.0
    shade: float = 0.5
    dark: float = 0.8
    bright: float = 1.6

    def pass_on(
        self,
        phase_rad: NDArray[np.float32],
        wide: Canvas,
        canvas: Canvas,
        into: NDArray[np.float32],
    ) -> None:
        """Darken a canvas by what a padded one holds.

        Parameters
        ----------
        phase_rad : array of float32, (y, x)
            Delay of the light, in radians, on the padded canvas.
        wide, canvas : Canvas
            The padded one, and the one inside.
        into : array of float32, (y, x)
            Memory to work in, as large as the padded canvas: fresh memory costs more than the
            arithmetic.
        """
        rows, cols = _inside(wide, canvas)
        light = self._around(phase_rad, wide.pixel_size_um, into)[rows, cols]
        delay, layer = phase_rad[rows, cols], canvas.layer(0.0)
        # Strip by strip, because what stays in the processor's cache is several times faster.
        for first in range(0, len(light), _STRIP_PX):
            strip = slice(first, first + _STRIP_PX)
            more, part = light[strip], layer[strip]
            self._compare(more, delay[strip])
            cv2.multiply(more, part, dst=more)
            cv2.add(part, more, dst=part)

    def _compare(self, light: NDArray[np.float32], phase_rad: NDArray[np.float32]) -> None:
        """Turn what a place is compared with into the light that it sends, less 1."""
        cv2.addWeighted(light, self.contrast, phase_rad, -self.contrast, 0.0, dst=light)
        # x / (1 + |x| / limit): slope 1 at nothing, and never beyond the limit of its side.
        above, below = 1 / self.bright, 1 / self.dark
        brake = np.abs(light)
        mean, half = (above + below) / 2, (above - below) / 2
        cv2.addWeighted(brake, mean, light, half, 1.0, dst=brake)
        cv2.divide(light, brake, dst=light)

    def shrink(self, pixel_size_um: float) -> int:
        """Return by how much a picture can be shrunk before it is blurred to a halo."""
        return max(int(self.halo_um / pixel_size_um), 1)

    def padded(self, canvas: Canvas) -> Canvas:
        """Return a canvas without layers around another, from which halos come in.

        All such canvases of one sensor lie on one coarse grid, so that a region of the sensor
        shows what the whole would show there.

        Parameters
        ----------
        canvas : Canvas
            Of a transmitted channel.
        """
        pixel_um = canvas.pixel_size_um
        unit, pad_px = self.shrink(pixel_um), math.ceil(_PAD_SIGMAS * self.shade_um / pixel_um)
        view, beyond = canvas.view, (pad_px + canvas.margin_px + 1) * self.shrink(pixel_um)
        starts, sizes = [], []
        for corner, size in zip(view.corner_px, view.shape_px, strict=True):
            reach = pad_px + canvas.margin_px
            starts.append((corner - reach) // unit * unit)
            sizes.append(-(-(corner + size + reach) // unit) * unit - starts[-1])
        whole = view.sensor_px[0] + 2 * beyond, view.sensor_px[1] + 2 * beyond
        roi = starts[1] + beyond, starts[0] + beyond, sizes[1], sizes[0]
        return Canvas(replace(view, sensor_px=whole, roi=roi), 0, ())

    def _around(
        self,
        phase_rad: NDArray[np.float32],
        pixel_size_um: float,
        into: NDArray[np.float32],
    ) -> NDArray[np.float32]:
        """Return what the ring takes a place's surroundings to be."""
        height, width = phase_rad.shape
        shrink = self.shrink(pixel_size_um)
        coarse: NDArray[np.float32] = cv2.resize(  # type: ignore[assignment]
            phase_rad, (width // shrink, height // shrink), interpolation=cv2.INTER_AREA
        )
        sigma_px = self.halo_um / pixel_size_um / shrink
        # Making it small blurs by a box of `shrink` pixels already.
        near = _blur(coarse, math.sqrt(max(sigma_px**2 - 1 / 12, 0.04)))
        far = _blur(coarse, self.shade_um / pixel_size_um / shrink)
        mixed = cv2.addWeighted(near, 1 - self.shade, far, self.shade, 0.0)
        return cv2.resize(mixed, (width, height), into, interpolation=cv2.INTER_LINEAR)  # type: ignore[return-value]


def _inside(wide: Canvas, canvas: Canvas) -> tuple[slice, slice]:
    """Return the rows and columns of a padded canvas that the canvas inside shows."""
    (row, col), (top, left) = canvas.view.corner_px, wide.view.corner_px
    beyond = (wide.view.sensor_px[0] - canvas.view.sensor_px[0]) // 2
    row, col = row + beyond - canvas.margin_px - top, col + beyond - canvas.margin_px - left
    height, width = canvas.shape_px
    return slice(row, row + height), slice(col, col + width)


def _blur(picture: NDArray[np.float32], sigma_px: float) -> NDArray[np.float32]:
    side = 2 * math.ceil(_KERNEL_SIGMAS * sigma_px) + 1
    return cv2.GaussianBlur(picture, (side, side), sigma_px, borderType=cv2.BORDER_REFLECT)  # type: ignore[return-value]
