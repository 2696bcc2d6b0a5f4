"""Frames as a camera could have taken them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from useq import MDAEvent

from saccade.core import Frame

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import ArrayLike

    from saccade.core import Pixels

SIDE_PX = 16
_FULL = 65535


def picture_of(score: float, shape: tuple[int, int] = (SIDE_PX, SIDE_PX)) -> Pixels:
    """Return an even picture, as bright as a score.

    Parameters
    ----------
    score : float
        From 0, black, to 1, the brightest that 16 bits hold. `StubDetector` reads it back
        to within 1e-5.
    shape : tuple of int
        Rows and columns.
    """
    return np.full(shape, round(score * _FULL), dtype=np.uint16)


def score_of(pixels: Pixels) -> float:
    """Return the score that `picture_of` made a picture of, for any other its brightest pixel.

    Parameters
    ----------
    pixels : array, (y, x)
        Unsigned integers.
    """
    return float(pixels.max()) / float(256**pixels.dtype.itemsize - 1)


def frame_of(
    pixels: ArrayLike,
    index: int = 0,
    *,
    stream: str = "watch",
    event: MDAEvent | None = None,
    exposure_ms: float = 10.0,
    t_ns: int = 0,
    **known: Any,
) -> Frame:
    """Return a frame of these pixels.

    Parameters
    ----------
    pixels : array-like, (y, x)
        Copied, and made read-only. What isn't an array of numpy becomes 16 bit.
    index, stream, event, exposure_ms, t_ns
        As in `saccade.core.Frame`; the event asks for the time point ``index``.
    **known
        Its other fields, such as ``channel`` or ``x_um``.

    Examples
    --------
    >>> frame_of([[1, 2], [3, 4]], pixel_size_um=0.5, x_um=10.0, y_um=0.0).to_um(0.5, 0.5)
    (10.0, 0.0)
    """
    dtype = None if isinstance(pixels, np.ndarray) else np.uint16
    own = np.array(pixels, dtype=dtype)
    own.setflags(write=False)
    return Frame(
        own,
        index,
        stream,
        event if event is not None else MDAEvent(index={"t": index}),
        exposure_ms,
        t_ns,
        **known,
    )


def frames_of(
    what: Iterable[float | ArrayLike], interval_s: float = 1.0, **known: Any
) -> tuple[Frame, ...]:
    """Return frames of a watch, one for each score or image.

    Parameters
    ----------
    what : iterable of float or of array-like, (y, x)
        A score becomes an even picture, as `picture_of` makes it.
    interval_s : float
        Time from one frame to the next.
    **known
        Further fields that all have in common.

    Examples
    --------
    >>> [int(frame.pixels[0, 0]) for frame in frames_of([0, 1])]
    [0, 65535]
    """
    return tuple(
        frame_of(
            picture_of(item) if isinstance(item, (int, float)) else item,
            index,
            t_ns=round(index * interval_s * 1e9),
            **known,
        )
        for index, item in enumerate(what)
    )


def blob_frame(
    places_px: Sequence[tuple[float, float]] = ((32.0, 32.0),),
    *,
    shape: tuple[int, int] = (64, 64),
    sigma_px: float = 2.0,
    height: float = 1000.0,
    background: float = 100.0,
    noise: float = 0.0,
    seed: int = 0,
    **known: Any,
) -> Frame:
    """Return a frame of round Gaussian blobs.

    Parameters
    ----------
    places_px : sequence of (y, x)
        Their centres; the centre of the first pixel is (0, 0).
    shape : tuple of int
        Rows and columns.
    sigma_px : float
        Their size.
    height, background : float
        Grey levels of a blob's top, and beneath it.
    noise : float
        Standard deviation of each pixel, in grey levels.
    seed : int
        Of the noise.
    **known
        As in `frame_of`.

    Examples
    --------
    >>> frame = blob_frame([(10, 20)])
    >>> [int(place) for place in np.unravel_index(frame.pixels.argmax(), frame.pixels.shape)]
    [10, 20]
    """
    rows, cols = np.indices(shape, dtype=np.float64)
    grey = np.random.default_rng(seed).normal(background, noise, shape)
    for y_px, x_px in places_px:
        distance2 = (rows - y_px) ** 2 + (cols - x_px) ** 2
        grey += height * np.exp(-distance2 / (2 * sigma_px**2))
    return frame_of(np.clip(np.rint(grey), 0, _FULL).astype(np.uint16), **known)
