"""One demo microscope a test, small and quick."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from mm_test_adapters import device_adapter_path

from saccade.scope import import_quietly

import_quietly()

from scope_rig import Rig, ended, wait_until  # noqa: E402

from saccade.testing import FaultyCore  # noqa: E402 - only after a quiet import

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def core() -> Iterator[FaultyCore]:
    """Give the demo configuration with a sensor of 64 by 48 pixels."""
    core = FaultyCore(mm_path=str(device_adapter_path()))
    core.loadSystemConfiguration()
    core.setCircularBufferMemoryFootprint(4)
    core.setProperty("Camera", "OnCameraCCDXSize", 64)
    core.setProperty("Camera", "OnCameraCCDYSize", 48)
    core.setProperty("Camera", "FastImage", 1)
    core.setExposure(1.0)
    for shutter in ("White Light Shutter", "LED Shutter"):
        core.setShutterOpen(shutter, False)  # a demo shutter begins as it likes
    core.updateSystemStateCache()
    core.calls.clear()
    yield core
    core.heal()
    core.unloadAllDevices()


@pytest.fixture
def rig(core: FaultyCore) -> Iterator[Rig]:
    """Give a scope on that core, without a run left behind."""
    rig = Rig(core)
    yield rig
    core.heal()
    for run in rig.runs:
        run.stop("the test is over")
    wait_until(lambda: all(ended(run) or run._thread is None for run in rig.runs))
