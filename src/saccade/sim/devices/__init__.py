"""The virtual microscope: Micro-Manager devices over one world.

pymmcore-plus is imported only when a microscope is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._mechanics import Mechanics
from ._settings import LightSettings, Simulation, simulation_of

if TYPE_CHECKING:
    from ._core import SimCore
    from ._simulate import Simulated, simulate

__all__ = [
    "LightSettings",
    "Mechanics",
    "SimCore",
    "Simulated",
    "Simulation",
    "simulate",
    "simulation_of",
]


def __getattr__(name: str) -> Any:
    if name == "SimCore":
        from ._core import SimCore

        return SimCore
    if name in ("Simulated", "simulate"):
        from . import _simulate

        return getattr(_simulate, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
