"""How far the picture has moved: drift of the stage, or of all that it shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

import numpy as np

from saccade.core import ANY_SIZE, Identity, Needs, Observation, require

from ._base import Base
from ._pixels import binned, not_a_picture, picture, place, smooth
from ._settings import check_expected, is_positive, look_ms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from saccade.core import Frame

    from ._pixels import Image, Picture

_IDENTITY = Identity("saccade.detect:Shift", "1")
_DEFAULT_EXPECTED_PX = 10.0
_DOUBTFUL = 0.2
"""Likeness below which two pictures have hardly anything in common."""
_SIGMA_PX = 2.0


class _Reference(NamedTuple):
    spectrum: NDArray[np.complex64]
    energy: float


class _Moved(NamedTuple):
    y_px: float
    x_px: float
    likeness: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Shift(Base):
    """Measures how far a picture has moved since the first, or the one before, of its place.

    Both are smoothed over two pixels, freed of their mean, and faded towards their edges (Hann);
    the shift is where their cross-correlation is greatest, to a fraction of a pixel by a parabola.
    It is not whitened: phase correlation errs more in pictures of blobs. The score is::

        min(1, shift / expected)

    so that 0.5 means half as far as you can bear.

    Parameters
    ----------
    against : {'first', 'previous'}
        What is compared with: the first picture of a place tells drift, the one before motion.
    expected : float, optional
        Shift in pixels that makes the score 1. Default 10.
    expected_um : float, optional
        The same in µm, in place of ``expected``.

    Raises
    ------
    ProtocolError
        If a setting can't be used.

    Notes
    -----
    Measurements are ``shift_px`` and ``shift_um``, ``x_um`` and ``y_um`` (where what was shown
    has gone to, in directions of the stage: a stage that follows it moves by so much), and
    ``likeness`` (the correlation at that shift, 1 for the same picture). With a likeness below
    0.2 the observation is doubtful and the shift not to be believed. Fading draws a large
    shift towards zero, by a hundredth of it; one of more than a quarter of the picture can't be
    told. Pictures with NaN or infinity are invalid, and nothing
    is compared with them.
    """

    against: Literal["first", "previous"] = "first"
    expected: float | None = None
    expected_um: float | None = None
    _references: dict[object, _Reference] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        ok, do = self.against in ("first", "previous"), "Choose one."
        require(ok, "Shift.against", self.against, "'first' or 'previous'", do)
        check_expected("Shift", self.expected, self.expected_um)

    @property
    def needs(self) -> tuple[Needs, ...]:
        """What it can't do without: the size of a pixel, if a shift is expected in µm."""
        return () if self.expected_um is None else (Needs(pixel_size_um=ANY_SIZE),)

    def __call__(self, frame: Frame) -> Observation:
        """Return how far a frame has moved.

        Parameters
        ----------
        frame : Frame
            Of any real dtype.
        """
        seen = picture(frame)
        if seen is None or not is_positive(frame.pixel_size_um):
            return not_a_picture(_IDENTITY)
        faded, factor = _faded(seen)
        now = _reference(faded)
        key = place(frame)
        before = self._references.get(key)
        if self.against == "previous" or before is None:
            self._references[key] = now
        shift = _Moved(0, 0, 1) if before is None else _shift(before, now, faded.shape)
        return self._observed(frame, shift, factor)

    def takes_ms(self, frame: Frame) -> float:
        """Return how long a look takes, for a run in virtual time."""
        return look_ms(frame, fixed_ms=0.2, ns_a_px=4.6)

    def _observed(self, frame: Frame, shift: _Moved, factor: int) -> Observation:
        y_px, x_px = shift.y_px * factor, shift.x_px * factor
        x0_um, y0_um = frame.to_um(0.0, 0.0)
        x1_um, y1_um = frame.to_um(y_px, x_px)
        shift_px = float(np.hypot(y_px, x_px))
        shift_um = shift_px * frame.pixel_size_um
        expected_px = self.expected or _DEFAULT_EXPECTED_PX
        told = shift_um / self.expected_um if self.expected_um else shift_px / expected_px
        return Observation(
            min(1.0, told),
            measurements={
                "shift_px": shift_px,
                "shift_um": shift_um,
                "x_um": x1_um - x0_um,
                "y_um": y1_um - y0_um,
                "likeness": shift.likeness,
            },
            verdict="trusted" if shift.likeness >= _DOUBTFUL else "doubtful",
            detector=_IDENTITY,
        )


def _faded(seen: Picture) -> tuple[Image, int]:
    """Return a picture that is nothing at its edges and on average, and how it was binned."""
    small, sigma_px, factor = binned(seen.pixels, _SIGMA_PX)
    smoothed = smooth(small, sigma_px)
    risen = smoothed - np.float32(smoothed.mean(dtype=np.float64))
    if float(np.abs(risen).max()) <= seen.step:
        risen = np.zeros_like(risen)
    return risen * _window(risen.shape), factor


def _reference(faded: Image) -> _Reference:
    from scipy import fft  # slow to import, which every command would pay

    energy = float(np.vdot(faded, faded))
    return _Reference(fft.rfft2(faded), energy)


def _shift(before: _Reference, now: _Reference, shape: tuple[int, ...]) -> _Moved:
    """Return the shift from one picture to another, in their pixels."""
    from scipy import fft  # slow to import, which every command would pay

    energy = (before.energy * now.energy) ** 0.5
    if not energy > 0:
        # Nothing to see, in both or in one of them: it has not moved, or nobody knows.
        return _Moved(0.0, 0.0, 1.0 if before.energy == now.energy else 0.0)
    surface = fft.irfft2(now.spectrum * before.spectrum.conj(), s=shape)
    top, left = np.unravel_index(int(np.argmax(surface)), surface.shape)
    y_px = _vertex(surface[:, left], int(top))
    x_px = _vertex(surface[top], int(left))
    likeness = float(surface[top, left]) / energy
    return _Moved(y_px, x_px, min(max(likeness, 0.0), 1.0))


def _vertex(line: Image, at: int) -> float:
    """Return where a ring of values is greatest, as a shift to either side of its first."""
    size = len(line)
    before, here, after = (float(line[(at + step) % size]) for step in (-1, 0, 1))
    bend = 2 * here - before - after
    part = 0.5 * (after - before) / bend if bend > 0 else 0.0
    whole = at if at <= size // 2 else at - size
    return whole + min(max(part, -0.5), 0.5)


@lru_cache(maxsize=16)
def _window(shape: tuple[int, ...]) -> Image:
    rows, cols = (np.hanning(side + 2)[1:-1].astype(np.float32) for side in shape)
    return cast("Image", rows[:, None] * cols)
