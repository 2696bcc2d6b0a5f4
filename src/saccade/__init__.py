"""Saccade: a real-time controller for smart microscopy.

Frames come from a Micro-Manager microscope, light detectors look at each, and what they
see changes what the microscope does next::

    camera -> detect -> trust -> decide -> guard -> microscope

Everything heavy is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import (
        app,
        core,
        decide,
        detect,
        guard,
        isolate,
        models,
        run,
        scope,
        score,
        sim,
        store,
        testing,
    )
    from .app import Run, load_protocol, replay_run
    from .core import Action, Decision, Frame, Gap, Observation, Refusal
    from .decide import burst, from_story, snap, story, wait_frames, wait_s, wait_score

__version__ = "0.1.0"

__all__ = [
    "Action",
    "Decision",
    "Frame",
    "Gap",
    "Observation",
    "Refusal",
    "Run",
    "app",
    "burst",
    "core",
    "decide",
    "detect",
    "from_story",
    "guard",
    "isolate",
    "load_protocol",
    "models",
    "replay_run",
    "run",
    "scope",
    "score",
    "sim",
    "snap",
    "store",
    "story",
    "testing",
    "wait_frames",
    "wait_s",
    "wait_score",
]

_HOME = {
    **dict.fromkeys(("Run", "load_protocol", "replay_run"), "app"),
    **dict.fromkeys(("Action", "Decision", "Frame", "Gap", "Observation", "Refusal"), "core"),
    **dict.fromkeys(("burst", "from_story", "snap", "story"), "decide"),
    **dict.fromkeys(("wait_frames", "wait_s", "wait_score"), "decide"),
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
