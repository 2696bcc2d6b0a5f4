"""Recordings to play: the real ones where they are, and small ones made here."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile

from saccade.sim import Recording, open_recording, playback_core

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="session")
def data() -> Path:
    default = Path(__file__).resolve().parents[3].parent / "shared" / "data"
    folder = Path(os.environ.get("SACCADE_DATA", default))
    if not folder.is_dir():
        pytest.skip(f"the real recordings are not here: {folder}")
    return folder


def coded(*shape: int, dtype: str = "uint16") -> np.ndarray[Any, Any]:
    """Return planes of 12 x 16 pixels, each unlike every other and every crop of itself."""
    count = int(np.prod(shape))
    pixels = np.arange(12 * 16).reshape(12, 16)
    planes = (np.arange(count)[:, None, None] * 7 + pixels) % np.iinfo(dtype).max
    return planes.astype(dtype).reshape(*shape, 12, 16)


@pytest.fixture(scope="session")
def coded_planes() -> Callable[..., np.ndarray[Any, Any]]:
    return coded


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """Two positions, five times, three channels."""
    path = tmp_path_factory.mktemp("small") / "small.tif"
    tifffile.imwrite(path, coded(2, 5, 3), photometric="minisblack", metadata={"axes": "PTCYX"})
    return open_recording(path)


@pytest.fixture
def play() -> Iterator[Callable[..., Any]]:
    """Make playback cores that are unloaded when the test is over."""
    cores: list[Any] = []

    def make(recording: Recording, **settings: Any) -> Any:
        cores.append(playback_core(recording, **settings))
        return cores[-1]

    yield make
    for core in cores:
        core.unloadAllDevices()
