"""What goes wrong with pictures, on request and with its truth: the shape of an artefact."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ._values import Light, Photons, View


class Artefact(Protocol):
    """Something that spoils pictures for a while; each hook returns what it was given, changed.

    The same time and seed give the same artefact, whoever looks and however often.
    """

    kind: str
    start_s: float
    end_s: float

    def view(self, view: View, t_s: float) -> View:
        """Return where the camera really looks."""

    def light(self, light: Light, t_s: float) -> Light:
        """Return the light that really shines."""

    def photons(self, photons: Photons, view: View, t_s: float) -> Photons:
        """Return what really reaches the sensor; may change it in place."""
