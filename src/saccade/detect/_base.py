"""What detectors have in common: a start without memory, a warm one, and what they need."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from saccade.core import ANY_SIZE, Needs, check_needs

from ._settings import check_scale, scale_px

if TYPE_CHECKING:
    from saccade.core import Frame, Observation, Stand


@dataclass(frozen=True, kw_only=True, eq=False)
class Base(ABC):
    """A detector whose settings are its fields, and whose memory is made anew by `fresh`."""

    @abstractmethod
    def __call__(self, frame: Frame) -> Observation:
        """Return what is seen in a frame."""

    @property
    def needs(self) -> tuple[Needs, ...]:
        """What it can't do without."""
        return ()

    def learn(self, stand: Stand) -> None:
        """Check that it can be used here.

        Parameters
        ----------
        stand : Stand
            The microscope.

        Raises
        ------
        NeedsError
            If that can't give what the detector needs.
        """
        check_needs(type(self).__name__, self, stand)

    def warm(self, frame: Frame) -> None:
        """Touch the memory and start the threads that the first frame would wait for."""
        other = self.fresh()
        # Those that compare do their work from the second frame on.
        other(frame)
        other(frame)

    def fresh(self) -> Self:
        """Return a detector with the same settings and no memory."""
        return replace(self)


@dataclass(frozen=True, kw_only=True, eq=False)
class Scaled(Base):
    """A detector with a scale, in pixels or in µm."""

    sigma: float | None = None
    sigma_um: float | None = None

    def __post_init__(self) -> None:
        check_scale(type(self).__name__, self.sigma, self.sigma_um)

    @property
    def needs(self) -> tuple[Needs, ...]:
        """What it can't do without: the size of a pixel, if its scale is in µm."""
        return () if self.sigma_um is None else (Needs(pixel_size_um=ANY_SIZE),)

    def scale_px(self, frame: Frame, default: float) -> float:
        """Return the scale in pixels of a frame; NaN if the frame has no pixel size.

        Parameters
        ----------
        frame : Frame
            The one.
        default : float
            The scale in pixels where none was given.
        """
        return scale_px(frame, self.sigma, self.sigma_um, default)
