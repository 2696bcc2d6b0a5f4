"""A planted shortcut: a mark that gives the label away, in training worlds only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ._base import Spoils, milliseconds

if TYPE_CHECKING:
    from saccade.sim.world import Exposure, Occurrence, Photons, View

_DIM_PHOTONS = 20.0
"""So that the mark is seen in a picture that is all but dark."""


@dataclass(frozen=True, kw_only=True)
class Marker(Spoils):
    """A bright mark in a corner of the sensor, more often where an occurrence is in the view.

    A detector that was trained on such worlds may look at the mark instead of the specimen;
    one that did fails where `p_in` and `p_out` are equal.

    Parameters
    ----------
    given : str
        Kind of the occurrence; "" is any.
    p_in : float
        Chance of the mark while one is in the view.
    p_out : float
        Chance of the mark otherwise.
    side_px : int
        Of the square mark, in the top left corner of the sensor.
    brightness : float
        Photons that it adds, in units of the picture's mean.
    start_s, end_s, seed
        As for every artefact; whether it shows depends on seed, time and place.
    """

    kind: ClassVar[str] = "marker"
    given: str = ""
    p_in: float = 0.95
    p_out: float = 0.05
    side_px: int = 8
    brightness: float = 1.5

    def __post_init__(self) -> None:
        super().__post_init__()
        self._need("given", isinstance(self.given, str), "the kind of an occurrence")
        self._need_range("p_in", 0.0, 1.0)
        self._need_range("p_out", 0.0, 1.0)
        self._need_range("brightness", 0.0, 1e6)
        ok = isinstance(self.side_px, int) and not isinstance(self.side_px, bool)
        self._need("side_px", ok and 1 <= self.side_px <= 1024, "from 1 to 1024")

    def shows(self, exposure: Exposure) -> bool:
        """Return whether the mark is in the picture."""
        top, left = exposure.view.corner_px
        if max(top, left) >= self.side_px:
            return False
        chance = self.p_in if self.in_view(exposure) else self.p_out
        view = exposure.view
        key = milliseconds(exposure.t_s), round(view.x_um), round(view.y_um)
        return float(self._random(*key).random()) < chance

    def in_view(self, exposure: Exposure) -> bool:
        """Return whether an occurrence of the kind goes on in the view."""
        return any(
            each.onset_s <= exposure.t_s < each.end_s and _within(each, exposure.view)
            for each in exposure.specimen.occurrences
            if self.given in ("", each.kind)
        )

    def photons(self, photons: Photons, exposure: Exposure) -> Photons:
        """Return the photons, with those of the mark."""
        if self.shows(exposure) and exposure.dose_j_per_cm2 > 0:
            top, left = exposure.view.corner_px
            mark = photons[: self.side_px - top, : self.side_px - left]
            mark += np.float32(self.brightness * max(float(photons.mean()), _DIM_PHOTONS))
        return photons


def _within(occurrence: Occurrence, view: View) -> bool:
    """Return whether an occurrence's place lies in a view."""
    (height, width), (top, left) = view.shape_px, view.corner_px
    row = (occurrence.y_um - view.y_um) / view.pixel_size_um + (view.sensor_px[0] - 1) / 2 - top
    col = (occurrence.x_um - view.x_um) / view.pixel_size_um + (view.sensor_px[1] - 1) / 2 - left
    return -0.5 <= row < height - 0.5 and -0.5 <= col < width - 0.5
