"""One exposure, as it really was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ._field import Field
from ._lighting import lighting

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._imaging import Imaging
    from ._optics import Optics
    from ._specimen import Specimen
    from ._values import Light, View


@dataclass(frozen=True, slots=True, eq=False)
class Exposure:
    """Where the camera really looked and when, through what, and what light there really was."""

    specimen: Specimen
    imaging: Imaging
    t_s: float
    view: View
    """In the coordinates of the specimen: drift and faults of the stage are in it."""
    exposure_ms: float
    light: Light | None
    """None is darkness."""

    @property
    def optics(self) -> Optics:
        """The objective that it was taken through."""
        return self.view.optics or self.imaging.optics

    @property
    def collected(self) -> float:
        """Light that the objective collects of what glows, in units of the imaging's own."""
        if self.view.optics is None:
            return 1.0
        return self.view.optics.collected / self.imaging.optics.collected

    @property
    def transmitted(self) -> bool:
        """Whether the light that makes the picture passes through the specimen."""
        channel = self.specimen.channels.get(self.view.channel)
        return channel is not None and channel.transmitted

    @property
    def dose_j_per_cm2(self) -> float:
        """Dose at full illumination of the light that makes the picture, 0 in the dark."""
        if self.light is None or self.light.channel != self.view.channel:
            return 0.0
        return self.light.dose_j_per_cm2(self.exposure_ms)

    def lighting(self) -> NDArray[np.float32]:
        """Return the share of that light at each pixel of the view, (y, x)."""
        view = self.view
        if self.light is None or self.light.channel != view.channel:
            return np.zeros(view.shape_px, np.float32)
        return lighting(self.optics, view, self.light, Field(view, view.corner_px, 1))
