"""What in a picture a score rests on, told to whoever looks at the picture again."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ._interfaces import Detector
    from ._values import Frame, Observation


class Explained(NamedTuple):
    """A look, and what its score rests on."""

    seen: Observation
    heat: NDArray[np.float32] | None = None
    """Of each cell of a grid over the whole frame, (y, x), how much it speaks for the score, from
    0 to 1; as coarse as the detector looks. None if it can't tell."""


class Past(NamedTuple):
    """Frames that a detector must have seen for a look at another one to be what it was."""

    first: int = 0
    """Of the stream and channel, from the beginning of the run."""
    last: int = 0
    """Of the same place and stream, right before."""
    here: int = 0
    """Of the same place, whatever their stream, right before."""
    here_s: float = 0.0
    """And all of the same place since so long before."""


@runtime_checkable
class Explains(Protocol):
    """A detector that can tell what in a picture its score rests on."""

    @property
    def past(self) -> Past:
        """What it must have seen before."""

    def explain(self, frame: Frame) -> Explained:
        """Look at the next frame, as a call does, and tell what the score rests on."""


def explained(detector: Detector, frame: Frame) -> Explained:
    """Return what a detector sees in the next frame, and where, as far as it tells.

    A run never asks for this; it is for a detector of one's own, with memory of its own.

    Parameters
    ----------
    detector : Detector
        Any.
    frame : Frame
        The next one.
    """
    if isinstance(detector, Explains):
        return detector.explain(frame)
    return Explained(detector(frame))


def past_of(detector: Detector) -> Past:
    """Return what a detector must have seen before; nothing if it does not say."""
    found = getattr(detector, "past", None)
    return found if isinstance(found, Past) else Past()
