"""How long the virtual microscope takes for a picture, specimen by specimen."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from saccade.sim import SPECIMENS, Light, View, World, make_specimen

from ._bench import Bar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_SIZE_PX = 512
_AT_MOST_MS = 10.0
_STEP_S = 30.0
_EXPOSURE_MS = 20.0
_PIXEL_SIZE_UM = 0.325
_CROWDED: Mapping[str, tuple[float, Mapping[str, Any]]] = {
    "bacteria": (0.1, {"count": 3, "size_um": (40.0, 40.0), "grown_h": 4.0}),
    "beads": (0.325, {"count": 200, "size_um": (166.0, 166.0), "diameter_um": 10.0}),
    "dividing-nuclei": (0.65, {"density_per_mm2": 1550.0}),
    # As many as in a real field: these cells are large. Each has five places that feel light.
    "migrating-cells": (0.87, {}),
}
"""Pixel size and settings with which about 200 objects are in the view of 512²."""


@dataclass(frozen=True)
class RenderRow:
    """One specimen: medians in ms, on one core."""

    specimen: str
    objects: int
    """In the view."""
    picture_ms: float
    """Painting, optics and noise."""
    core_ms: float
    """The same, as time of the processor and in the mean; on a busy machine it is less."""
    advance_ms: float
    """Living on for 30 s."""


@dataclass(frozen=True)
class RenderBench:
    """A row a specimen, and the promise that each keeps or doesn't."""

    rows: tuple[RenderRow, ...]

    @property
    def bars(self) -> tuple[Bar, ...]:
        """One a specimen."""
        return tuple(
            Bar(f"{row.specimen}, {row.objects} objects: median ms", row.picture_ms, _AT_MOST_MS)
            for row in self.rows
        )

    def plain(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        bars = [{**asdict(bar), "holds": bar.holds} for bar in self.bars]
        return {"rows": [asdict(row) for row in self.rows], "bars": bars}


def run_render_bench(
    *,
    specimens: Iterable[str] = tuple(SPECIMENS),
    frames: int = 100,
    progress: Callable[[str], None] = lambda _: None,
) -> RenderBench:
    """Measure pictures of 512² of every specimen, noise included, on one core.

    Parameters
    ----------
    specimens : iterable of str
        Names; by default all that are registered.
    frames : int
        Pictures a specimen; it lives on between them.
    progress : callable
        Is told what is being measured.
    """
    rows = []
    with _one_core():
        for name in specimens:
            progress(f"{name}: {frames} pictures")
            rows.append(_row(name, frames))
    return RenderBench(tuple(rows))


def _row(name: str, frames: int) -> RenderRow:
    pixel_size_um, settings = _CROWDED.get(name, (_PIXEL_SIZE_UM, None))
    world = World(make_specimen(name, 0, settings))
    channel = next(iter(world.specimen.channels))
    view = View(channel=channel, sensor_px=(_SIZE_PX, _SIZE_PX), pixel_size_um=pixel_size_um)
    light = Light(channel, power_mw=5.0, area_cm2=0.01)
    picture_ns, core_ns, advance_ns = [], [], []
    world.picture(view, _EXPOSURE_MS, light)  # warms caches up
    for frame in range(1, frames + 1):
        start = time.perf_counter_ns()
        world.advance(frame * _STEP_S)
        lived, core = time.perf_counter_ns(), time.thread_time_ns()
        world.picture(view, _EXPOSURE_MS, light)
        core_ns.append(time.thread_time_ns() - core)
        picture_ns.append(time.perf_counter_ns() - lived)
        advance_ns.append(lived - start)
    half_um = _SIZE_PX * view.pixel_size_um / 2
    seen = (np.abs(world.specimen.places_um()) <= half_um).all(axis=1)
    return RenderRow(
        name,
        int(seen.sum()),
        picture_ms=float(np.median(picture_ns)) / 1e6,
        core_ms=float(np.mean(core_ns)) / 1e6,
        advance_ms=float(np.median(advance_ns)) / 1e6,
    )


@contextmanager
def _one_core() -> Iterator[None]:
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)
