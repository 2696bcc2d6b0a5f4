"""Helpers for tests of what is built on Saccade; pymmcore-plus is imported only if needed.

`saccade.testing.strategies` has Hypothesis strategies for every value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._asserts import (
    assert_decides,
    assert_lets_through,
    assert_refuses,
    decisions_of,
    observations_of,
)
from ._detectors import HoggingDetector, StubDetector
from ._faults import ANY, WRONGS, Fault, Faults, Happened, faulty
from ._faulty_detector import DetectorFault, FaultyDetector
from ._faulty_disk import FaultyDisk
from ._frames import blob_frame, frame_of, frames_of, picture_of, score_of
from ._scope import DEFAULT_STAND, FakeScope, Setting
from ._sink import MemorySink

if TYPE_CHECKING:
    from ._faulty_core import Call, Exposure, FaultyCore

__all__ = [
    "ANY",
    "DEFAULT_STAND",
    "WRONGS",
    "Call",
    "DetectorFault",
    "Exposure",
    "FakeScope",
    "Fault",
    "Faults",
    "FaultyCore",
    "FaultyDetector",
    "FaultyDisk",
    "Happened",
    "HoggingDetector",
    "MemorySink",
    "Setting",
    "StubDetector",
    "assert_decides",
    "assert_lets_through",
    "assert_refuses",
    "blob_frame",
    "decisions_of",
    "faulty",
    "frame_of",
    "frames_of",
    "observations_of",
    "picture_of",
    "score_of",
]


def __getattr__(name: str) -> Any:
    if name in ("Call", "Exposure", "FaultyCore"):
        from . import _faulty_core

        return getattr(_faulty_core, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
