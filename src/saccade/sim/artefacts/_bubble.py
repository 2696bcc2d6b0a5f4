"""A bubble in the immersion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import cv2
import numpy as np

from ._base import Spoils

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from saccade.sim.world import Exposure, Photons, View


@dataclass(frozen=True, kw_only=True)
class Bubble(Spoils):
    """A bubble in the immersion: it stays on the sensor, wherever the stage goes.

    Behind it the picture is dim and blurred, and its rim is dark.

    Parameters
    ----------
    x_share, y_share : float
        Its middle, as a share of the sensor's width and height.
    radius_share : float
        Its radius, as a share of the sensor's shorter side.
    passes : float
        Share of the light that passes through it.
    blur_share : float
        Standard deviation of its blur, as a share of its radius.
    start_s, end_s, seed
        As for every artefact.
    """

    kind: ClassVar[str] = "bubble"
    x_share: float = 0.6
    y_share: float = 0.4
    radius_share: float = 0.3
    passes: float = 0.6
    blur_share: float = 0.06

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("x_share", "y_share"):
            self._need_range(name, -1.0, 2.0)
        self._need_range("radius_share", 0.01, 2.0)
        self._need_range("passes", 0.0, 1.0)
        self._need_range("blur_share", 0.0, 1.0)

    def shows(self, exposure: Exposure) -> bool:
        """Return whether it lies in the view's part of the sensor."""
        return bool(self._depth_px(exposure.view).max() > 0)

    def photons(self, photons: Photons, exposure: Exposure) -> Photons:
        """Return the photons that find their way through or past it."""
        depth_px = self._depth_px(exposure.view)
        radius_px = self._radius_px(exposure.view)
        blurred = photons
        if self.blur_share * radius_px > 0.2:
            blurred = cv2.GaussianBlur(photons, (0, 0), self.blur_share * radius_px)  # type: ignore[assignment]
        inside = np.clip(depth_px + 0.5, 0, 1)
        photons = photons + inside * (self.passes * blurred - photons)
        rim = np.exp(-((depth_px / (0.05 * radius_px)) ** 2))
        photons *= 1 - 0.8 * rim
        return photons

    def _radius_px(self, view: View) -> float:
        return self.radius_share * min(view.sensor_px)

    def _depth_px(self, view: View) -> NDArray[np.float32]:
        """Return how far inside of it each pixel lies."""
        (height, width), (top, left) = view.sensor_px, view.corner_px
        rows = np.arange(view.shape_px[0], dtype=np.float32) + top - self.y_share * (height - 1)
        cols = np.arange(view.shape_px[1], dtype=np.float32) + left - self.x_share * (width - 1)
        away: NDArray[np.float32] = np.hypot(rows[:, None], cols[None, :])
        return np.float32(self._radius_px(view)) - away
