"""Frames and recordings for the tests of detectors."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from useq import MDAEvent

from saccade.core import Frame

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from saccade.core import Observation

DATA = Path(os.environ.get("SACCADE_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))

needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"no recordings at {DATA}")


def frame_of(pixels: NDArray[Any], index: int = 0, **values: Any) -> Frame:
    """Return a frame of the watch; ``p``, ``g`` and ``z`` go into the event's index."""
    where = {axis: values.pop(axis) for axis in ("p", "g", "z") if axis in values}
    event = MDAEvent(index={"t": index, **where})
    return Frame(
        pixels,
        index=index,
        stream=values.pop("stream", "watch"),
        event=event,
        exposure_ms=10.0,
        t_ns=index * 7_000_000_000,
        **values,
    )


def with_spots(
    places: list[tuple[float, float]],
    shape: tuple[int, int] = (128, 160),
    sigma_px: float = 2.0,
    height: float = 400.0,
    seed: int = 0,
) -> NDArray[np.uint16]:
    """Return Gaussian spots on a noisy ground: offset 100, noise 5 grey levels."""
    rows, cols = np.mgrid[: shape[0], : shape[1]]
    picture = np.random.default_rng(seed).normal(100.0, 5.0, shape)
    for y, x in places:
        distance = (rows - y) ** 2 + (cols - x) ** 2
        picture += height * np.exp(-distance / (2 * sigma_px**2))
    return picture.clip(0).astype(np.uint16)


def is_silent(seen: Observation) -> bool:
    """Return whether a frame was seen as one that can't be judged."""
    return seen.verdict == "invalid" and seen.score == 0.0 and not seen.points
