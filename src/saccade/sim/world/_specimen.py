"""What lives in a world, as the world needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from ._canvas import Canvas
    from ._values import Channel, Doses, Health, Occurrence


class Specimen(Protocol):
    """Living things on a slide, with a time of their own.

    The same seed gives the same biology, whoever looks and however often: what happens is
    drawn by random numbers whose key is the seed with the object or the step, never by the
    order of the questions. Only light changes it.
    """

    @property
    def name(self) -> str:
        """What it is called in a protocol."""

    @property
    def channels(self) -> Mapping[str, Channel]:
        """By name; the first is the one to watch."""

    @property
    def size_um(self) -> tuple[float, float]:
        """Width and height; it lies around (0, 0) of the stage."""

    @property
    def layers_um(self) -> tuple[float, ...]:
        """Heights at which it is painted; (0.0,) for a thin one."""

    def advance(self, t_s: float) -> None:
        """Live on until a time, in s since the start; never back."""

    def places_um(self) -> NDArray[np.float64]:
        """Return where its objects are, (n, 2), x and y, in the order that `absorb` takes."""

    def paint(self, canvas: Canvas, channel: str) -> None:
        """Add what glows, or for a transmitted channel what darkens, to the canvas.

        It is asked once for each plane of focus; what lies where the canvas holds nothing need
        not be worked out.
        """

    def absorb(self, doses: Doses, channel: str) -> None:
        """Take the light of one exposure: bleach, and be harmed or stimulated by it."""

    @property
    def occurrences(self) -> tuple[Occurrence, ...]:
        """What has begun until now, in order of onset; one that goes on has its end foretold."""

    @property
    def health(self) -> Health:
        """How it fares."""
