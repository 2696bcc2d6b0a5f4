"""A detector that is shown another picture than the frame's: a part of it, or another scale."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import cv2
import numpy as np

from saccade.core import (
    ANY_SIZE,
    Detector,
    Explained,
    Needs,
    NeedsError,
    Observation,
    ProtocolError,
    explained,
    needs_of,
    require,
)

from ._parts import Wrapper
from ._pixels import not_a_picture, picture
from ._settings import is_positive

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from saccade.core import Frame, Pixels, Stand

_MOST_PX = 2**26
"""Pixels of a picture that was made larger: 8192²."""


class Window(NamedTuple):
    """How a pixel of the inner picture lies in the frame: edge = scale x inner edge + shift."""

    scale_y: float
    scale_x: float
    top: float
    left: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Windowed(Wrapper):
    """What shows its detector another picture, and says where in the frame things are."""

    def __call__(self, frame: Frame) -> Observation:
        """Return what the detector sees, in pixels of the frame.

        Parameters
        ----------
        frame : Frame
            Of any real dtype.
        """
        inner = self.inner_frame(frame)
        if inner is None:
            seen = self.detector(replace(frame, pixels=frame.pixels[:0]))
            return not_a_picture(self.said_by(seen))
        return self._outside(frame, self.detector(inner), self.window(frame, inner))

    def explain(self, frame: Frame) -> Explained:
        """Return the same, and what the detector's score rests on, over the whole frame."""
        inner = self.inner_frame(frame)
        if inner is None:
            return Explained(self(frame))
        seen, heat = explained(self.detector, inner)
        window = self.window(frame, inner)
        if heat is not None:
            rows, columns = inner.pixels.shape
            fine = cv2.resize(heat, (columns, rows), interpolation=cv2.INTER_NEAREST)
            heat = cast("NDArray[np.float32]", self.outer(fine, frame, window))
        return Explained(self._outside(frame, seen, window), heat)

    def _outside(self, frame: Frame, seen: Observation, window: Window) -> Observation:
        """Return what was seen in the inner picture, in pixels of the frame."""
        return replace(
            seen,
            points=_points(frame, seen, window),
            boxes=tuple(_box(each, window) for each in seen.boxes),
            labels=None if seen.labels is None else self.outer(seen.labels, frame, window),
            detector=self.said_by(seen),
        )

    @abstractmethod
    def window(self, frame: Frame, inner: Frame) -> Window:
        """Return where the inner picture lies in the frame."""

    @abstractmethod
    def outer(self, labels: Pixels, frame: Frame, window: Window) -> Pixels:
        """Return an image of the inner picture, such as labels, as one of the frame."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Crop(Windowed):
    """Shows a detector only a part of each frame.

    Parameters
    ----------
    detector : Detector
        The one; in a protocol a mapping with ``use``.
    px : tuple of int, optional
        Left, top, width and height of the part, in pixels of the frame.
    um : tuple of float, optional
        The same in µm from the frame's left upper corner, in place of ``px``.

    Raises
    ------
    ProtocolError
        If the part is not given once, or can't be one.

    Notes
    -----
    What lies beyond the frame is left out; a part that lies wholly beyond it is invalid. Points,
    boxes and labels are in pixels of the frame. A part that a full frame doesn't have is refused
    before the run.
    """

    detector: Detector = field(kw_only=False)
    px: tuple[int, int, int, int] | None = None
    um: tuple[float, float, float, float] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.px is None) == (self.um is None):
            raise ProtocolError(
                f"Crop has px={self.px!r} and um={self.um!r}, not one of them.",
                "Give left, top, width and height, in pixels or in µm.",
            )
        part = self.px or self.um or ()
        whole = self.um is not None or all(type(each) is int for each in part)
        ok = len(part) == 4 and whole and all(map(is_positive, part[2:]))
        ok = ok and all(each == 0 or is_positive(each) for each in part[:2])
        must = "left, top (0 or more), width and height (above 0)"
        name = "Crop.px" if self.um is None else "Crop.um"
        require(ok, name, part, must, "Pixels are whole numbers, µm need not be.")

    @property
    def needs(self) -> tuple[Needs, ...]:
        """What the detector can't do without, and the size of a pixel for a part in µm."""
        own = () if self.um is None else (Needs(pixel_size_um=ANY_SIZE),)
        return (*own, *super().needs)

    def inner_stand(self, stand: Stand) -> Stand:
        """Return the microscope with frames as large as the part."""
        height, width = stand.shape_px
        part = self._part(stand.pixel_size_um)
        if height and (part is None or part[0] + part[2] > width or part[1] + part[3] > height):
            raise NeedsError(
                f"Crop needs left, top, width and height {part} in pixels, but a frame of"
                f" {stand.name!r} has {width} x {height}.",
                "Give a part that lies within a full frame.",
            )
        return stand if part is None else replace(stand, shape_px=(part[3], part[2]))

    def inner_frame(self, frame: Frame) -> Frame | None:
        """Return the part as a frame, None if the frame has nothing of it."""
        part = self._part(frame.pixel_size_um)
        if part is None or frame.pixels.ndim != 2:
            return None
        height, width = frame.pixels.shape
        left, top = min(part[0], width), min(part[1], height)
        right, bottom = min(part[0] + part[2], width), min(part[1] + part[3], height)
        if right <= left or bottom <= top:
            return None
        roi = frame.roi or (0, 0, width, height)
        return replace(
            frame,
            pixels=frame.pixels[top:bottom, left:right],
            roi=(roi[0] + left, roi[1] + top, right - left, bottom - top),
            sensor_px=frame.sensor_px or (width, height),
        )

    def window(self, frame: Frame, inner: Frame) -> Window:  # noqa: ARG002 - of another shape
        """Return where the part begins."""
        left, top, *_ = self._part(frame.pixel_size_um) or (0, 0)
        return Window(1.0, 1.0, float(top), float(left))

    def outer(self, labels: Pixels, frame: Frame, window: Window) -> Pixels:
        """Return the labels in a picture as large as the frame, 0 around the part."""
        whole = np.zeros(frame.pixels.shape, labels.dtype)
        top, left = int(window.top), int(window.left)
        whole[top : top + labels.shape[0], left : left + labels.shape[1]] = labels
        return whole

    def _part(self, pixel_size_um: float) -> tuple[int, int, int, int] | None:
        """Return left, top, width and height in pixels, None if nobody knows."""
        if self.um is None:
            return self.px
        if not is_positive(pixel_size_um):
            return None
        left, top, width, height = (round(each / pixel_size_um) for each in self.um)
        return left, top, max(1, width), max(1, height)


@dataclass(frozen=True, kw_only=True, eq=False)
class Rescale(Windowed):
    """Shows a detector each frame as if it had been taken with pixels of another size.

    Smaller pictures are means over areas, larger ones are interpolated in straight lines.

    Parameters
    ----------
    detector : Detector
        The one; in a protocol a mapping with ``use``.
    pixel_size_um : float
        Size of a pixel of the picture that the detector is shown.

    Raises
    ------
    ProtocolError
        If that is no size, or none that the detector can work with.

    Notes
    -----
    Points, boxes and labels are in pixels of the frame.
    """

    detector: Detector = field(kw_only=False)
    pixel_size_um: float

    def __post_init__(self) -> None:
        super().__post_init__()
        size_um, name = self.pixel_size_um, "Rescale.pixel_size_um"
        require(is_positive(size_um), name, size_um, "a number above 0", "Give a size in µm.")
        for needs in needs_of(self.detector):
            span = needs.pixel_size_um
            ok = span is None or size_um in span
            require(ok, name, size_um, f"{span} for its detector", "Give a size within that.")

    @property
    def needs(self) -> tuple[Needs, ...]:
        """What the detector can't do without; but of pixels only that their size is known."""
        inner = (replace(needs, pixel_size_um=None) for needs in super().needs)
        return (Needs(pixel_size_um=ANY_SIZE), *inner)

    def inner_stand(self, stand: Stand) -> Stand:
        """Return the microscope with pixels of that size."""
        shape = self._shape(stand.shape_px, stand.pixel_size_um)
        if stand.shape_px[0] and shape is None:
            raise NeedsError(
                f"Rescale to {self.pixel_size_um:g} µm makes too large a picture of a frame of"
                f" {stand.name!r}, with pixels of {stand.pixel_size_um:g} µm.",
                f"It may have {_MOST_PX} pixels; put a Crop around it.",
            )
        return replace(stand, shape_px=shape or (0, 0), pixel_size_um=self.pixel_size_um)

    def inner_frame(self, frame: Frame) -> Frame | None:
        """Return the frame with pixels of that size, None if it is no picture."""
        seen = picture(frame)
        shape = None if seen is None else self._shape(seen.pixels.shape, frame.pixel_size_um)
        if seen is None or shape is None:
            return None
        smaller = shape[0] <= seen.pixels.shape[0]
        how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
        pixels = cv2.resize(seen.pixels, (shape[1], shape[0]), interpolation=how)
        height, width = seen.pixels.shape
        x_um, y_um = frame.to_um((height - 1) / 2, (width - 1) / 2)
        return replace(
            frame,
            pixels=pixels,
            pixel_size_um=self.pixel_size_um,
            x_um=None if frame.x_um is None else x_um,
            y_um=None if frame.y_um is None else y_um,
            roi=None,
            sensor_px=None,
        )

    def window(self, frame: Frame, inner: Frame) -> Window:
        """Return how large a pixel of that size is in pixels of the frame."""
        (height, width), (rows, columns) = frame.pixels.shape, inner.pixels.shape
        return Window(height / rows, width / columns, 0.0, 0.0)

    def outer(self, labels: Pixels, frame: Frame, window: Window) -> Pixels:
        """Return the labels in a picture as large as the frame, each pixel that of its place."""
        rows, columns = (
            np.minimum(((np.arange(size) + 0.5) / scale).astype(np.intp), inner - 1)
            for size, scale, inner in zip(
                frame.pixels.shape, (window.scale_y, window.scale_x), labels.shape, strict=True
            )
        )
        return cast("Pixels", labels[rows[:, None], columns])

    def _shape(self, shape: tuple[int, ...], pixel_size_um: float) -> tuple[int, int] | None:
        """Return height and width in the new pixels, None if nobody knows, or too large."""
        if not is_positive(pixel_size_um):
            return None
        factor = pixel_size_um / self.pixel_size_um
        sides = [max(1.0, side * factor) for side in shape]
        return (round(sides[0]), round(sides[1])) if sides[0] * sides[1] <= _MOST_PX else None


def _points(frame: Frame, seen: Observation, window: Window) -> tuple[Any, ...]:
    if not seen.points:
        return ()
    # Of a pixel the middle is half a pixel from its edge, on either side.
    inner = np.array([(point.y_px, point.x_px) for point in seen.points])
    y_px = (inner[:, 0] + 0.5) * window.scale_y + window.top - 0.5
    x_px = (inner[:, 1] + 0.5) * window.scale_x + window.left - 0.5
    x_um, y_um = frame.to_um(cast("Any", y_px), cast("Any", x_px))
    columns = (np.broadcast_to(each, y_px.shape).tolist() for each in (y_px, x_px, x_um, y_um))
    return tuple(
        replace(point, y_px=y, x_px=x, x_um=at_x_um, y_um=at_y_um)
        for point, y, x, at_x_um, at_y_um in zip(seen.points, *columns, strict=True)
    )


def _box(
    box: tuple[float, float, float, float], window: Window
) -> tuple[float, float, float, float]:
    top, left, bottom, right = box
    return (
        top * window.scale_y + window.top,
        left * window.scale_x + window.left,
        bottom * window.scale_y + window.top,
        right * window.scale_x + window.left,
    )
