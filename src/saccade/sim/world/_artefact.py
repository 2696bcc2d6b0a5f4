"""What goes wrong with pictures, on request and with its truth: the shape of an artefact."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ._exposure import Exposure
    from ._values import Light, Photons, View

Counts: TypeAlias = NDArray[np.uint8] | NDArray[np.uint16]
"""What a camera hands out, (y, x)."""


class Artefact(Protocol):
    """Something that spoils pictures; each hook returns what it was given, or it changed.

    The same time and seed give the same artefact, whoever looks and however often.
    """

    @property
    def kind(self) -> str:
        """What it is called."""

    def active(self, t_s: float) -> bool:
        """Return whether it is there at a time; the other hooks are asked only then."""

    def shows(self, exposure: Exposure) -> bool:
        """Return whether it spoils the picture of an exposure, of whatever length and light."""

    def view(self, view: View, t_s: float) -> View:
        """Return where the camera really looks."""

    def light(self, light: Light, t_s: float) -> Light:
        """Return the light that really shines."""

    def photons(self, photons: Photons, exposure: Exposure) -> Photons:
        """Return what really reaches the sensor; may change it in place."""

    def counts(self, counts: Counts, before: Counts | None, exposure: Exposure) -> Counts:
        """Return what the camera really hands out, given what it handed out before."""
