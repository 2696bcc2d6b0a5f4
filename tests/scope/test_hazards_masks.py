"""What the user would have suffered from a light modulator that shows the wrong mask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from mm_test_adapters import device_adapter_path
from pymmcore_plus.experimental.unicore import SLMDevice, UniMMCore
from scope_rig import PATIENCE_S, QUICK, Memory, wait_until
from test_hazards_bursts import Once
from useq import MDAEvent

from saccade.run import Run
from saccade.scope import MicroManagerScope

if TYPE_CHECKING:
    from collections.abc import Iterator


class Projector(SLMDevice):
    """A modulator of 6 by 4 pixels that remembers what it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[np.ndarray[Any, Any]] = []
        self.shown: list[np.ndarray[Any, Any]] = []

    def shape(self) -> tuple[int, ...]:
        return (4, 6)

    def dtype(self) -> type[np.uint8]:
        return np.uint8

    def set_image(self, pixels: np.ndarray[Any, Any]) -> None:
        self.loaded.append(np.array(pixels))

    def get_image(self) -> np.ndarray[Any, Any]:
        return self.loaded[-1]

    def display_image(self) -> None:
        self.shown.append(self.loaded[-1])

    def set_exposure(self, interval_ms: float) -> None:
        self.exposure_ms = interval_ms

    def get_exposure(self) -> float:
        return self.exposure_ms


@pytest.fixture
def core() -> Iterator[UniMMCore]:
    """Give a demo core with a modulator."""
    core = UniMMCore(mm_path=str(device_adapter_path()))
    core.loadSystemConfiguration()
    core.setCircularBufferMemoryFootprint(4)
    core.setProperty("Camera", "FastImage", 1)
    core.setExposure(1.0)
    core.projector = Projector()
    core.loadPyDevice("SLM", core.projector)
    core.initializeDevice("SLM")
    core.setSLMDevice("SLM")
    yield core
    core.unloadAllDevices()


def play(core: UniMMCore, events: list[MDAEvent], **options: Any) -> Memory:
    sink = Memory()
    run = Run(MicroManagerScope(core, manners=QUICK), events, sink=sink, **options)
    run.start().wait(PATIENCE_S)
    return sink


def mask(value: int, shape: tuple[int, int] = (4, 6)) -> dict[str, Any]:
    return {"data": np.full(shape, value, np.uint8)}


def shown(core: UniMMCore) -> list[int]:
    """Return the levels that were shown in a run; SAFE has made the modulator dark after it."""
    *levels, last = (int(picture.max()) for picture in core.projector.shown)
    assert last == 0
    return levels


def test_a_mask_of_the_wrong_size_lights_nothing(core: UniMMCore) -> None:
    """The sample is not exposed under the mask before when the next one does not fit."""
    wrong = [mask(9, (6, 4)), mask(9, (3, 3))]
    plan = [MDAEvent(slm_image=each) for each in (mask(7), *wrong, mask(8))]
    sink = play(core, plan)
    assert sink.indices == [0, 3]
    assert "has (4, 6) pixels" in sink.gaps[1]
    assert shown(core) == [7, 8]


def test_each_frame_is_lit_through_its_own_mask(core: UniMMCore) -> None:
    """A mask is loaded when it changes, and shown for every frame that asks for it."""
    plan = [MDAEvent(slm_image=mask(value)) for value in (7, 7, 8, 7)]
    assert play(core, plan).indices == [0, 1, 2, 3]
    assert shown(core) == [7, 7, 8, 7]
    assert [picture.max() for picture in core.projector.loaded] == [7, 8, 7, 0]


@pytest.mark.parametrize(
    ("data", "level"),
    [
        pytest.param(np.array(True), 255, id="on"),
        pytest.param(np.array(False), 0, id="off"),
        pytest.param(np.array(128), 128, id="a level"),
        pytest.param(np.eye(4, 6, dtype=bool), 255, id="on and off"),
    ],
)
def test_a_mask_is_as_bright_as_it_was_asked_to_be(
    core: UniMMCore, data: np.ndarray[Any, Any], level: int
) -> None:
    """A single value fills the modulator with that level, and True is full."""
    assert play(core, [MDAEvent(slm_image={"data": data})]).indices == [0]
    assert shown(core) == [level]


def test_the_mask_of_a_burst_is_shown(core: UniMMCore) -> None:
    """A hardware-timed burst with one mask is lit through that mask, not the one before."""
    core.projector.set_image(np.full((4, 6), 3, np.uint8))
    core.projector.display_image()
    burst = [MDAEvent(slm_image=mask(7)) for _ in range(5)]
    sink = play(core, [], decide=Once(burst))
    assert sink.indices == [0, 1, 2, 3, 4]
    assert shown(core) == [3, 7]


def test_a_mask_without_a_modulator_is_a_gap(core: UniMMCore) -> None:
    """An event with a mask is not exposed where nothing can show it."""
    core.setSLMDevice("")
    assert "no spatial light modulator" in play(core, [MDAEvent(slm_image=mask(1))]).gaps[0]


def test_safe_makes_the_modulator_dark_and_resume_shows_its_mask_again(core: UniMMCore) -> None:
    """While a run is held no mask is shown; afterwards each frame is behind its own again."""
    sink = Memory()
    later = {"min_start_time": 1.0}
    plan = [MDAEvent(slm_image=mask(7)), MDAEvent(**later), MDAEvent(slm_image=mask(8), **later)]
    run = Run(MicroManagerScope(core, manners=QUICK), plan, sink=sink)
    run.start()
    wait_until(lambda: sink.frames)
    run.hold()
    wait_until(lambda: len(core.projector.shown) > 1)
    assert shown(core) == [7]
    run.resume()
    run.wait(PATIENCE_S)
    assert sink.indices == [0, 1, 2]
    assert shown(core) == [7, 0, 7, 7, 8], "again, then for the frame that names none, then its own"


def test_what_safe_has_made_dark_is_open_for_the_next_run(core: UniMMCore) -> None:
    """A run without masks after one with them is not taken in the dark."""
    scope = MicroManagerScope(core, manners=QUICK)
    for plan in ([MDAEvent(slm_image=mask(7))], [MDAEvent()]):
        Run(scope, plan, sink=Memory()).start().wait(PATIENCE_S)
    assert shown(core) == [7, 0, 255]


def test_a_run_without_masks_leaves_the_modulator_alone(core: UniMMCore) -> None:
    """Nobody who has a modulator and does not use it finds it changed."""
    assert play(core, [MDAEvent()]).indices == [0]
    assert core.projector.shown == []
