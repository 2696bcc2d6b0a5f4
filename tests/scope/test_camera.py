"""The camera: the places of the frames of a burst."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from saccade.core import SnapError, StoppedError
from saccade.scope._camera import Camera
from saccade.scope._manners import Manners

if TYPE_CHECKING:
    from collections.abc import Callable

    from saccade.testing import FaultyCore

ROI = (0, 0, 64, 48)


def camera(core: FaultyCore, stopping: Callable[[], bool] = lambda: False) -> Camera:
    quick = Manners(first_frame_s=0.3, frame_margin_s=0.3)
    return Camera(core, quick, stopping, lambda kind, value: None)


def renumbered(core: FaultyCore, number: Callable[[int], str | None]) -> None:
    """Let the core count its frames in another way."""
    pop = core.popNextImageAndMD

    def popped() -> tuple[Any, dict[str, str]]:
        pixels, tags = pop()
        known = dict(tags)
        new = number(int(known.pop("ImageNumber")))
        return pixels, known if new is None else {**known, "ImageNumber": new}

    core.popNextImageAndMD = popped


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(lambda n: None, id="no number"),
        pytest.param(lambda n: "many", id="no number that can be read"),
    ],
)
def test_frames_without_a_number_are_counted(
    core: FaultyCore, number: Callable[[int], str | None]
) -> None:
    """Where frames carry no number they are taken to be complete, and in order."""
    renumbered(core, number)
    shots = camera(core).burst(5, 1.0, ROI, fixed=True)
    assert [shot.place for shot in shots] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("number", "good"),
    [
        pytest.param(lambda n: str(4 * n), 1, id="more than were asked for"),
        pytest.param(lambda n: str(min(n, 2)), 3, id="the same again"),
        pytest.param(lambda n: "0", 1, id="always the first"),
    ],
)
def test_frames_with_an_impossible_number_end_a_burst(
    core: FaultyCore, number: Callable[[int], str], good: int
) -> None:
    """A number that can't be is not guessed away; what came before it is good."""
    renumbered(core, number)
    shots = camera(core).burst(4, 1.0, ROI, fixed=True)
    for _ in range(good):
        next(shots)
    with pytest.raises(SnapError, match="came after"):
        next(shots)
    core.startSequenceAcquisition(1, 0, True)  # it was stopped, and works
    core.stopSequenceAcquisition()


def test_a_camera_that_waits_for_a_trigger_is_given_up_in_time(core: FaultyCore) -> None:
    """If no frame comes, the burst ends after its patience, and the camera is stopped."""
    core.fault("getRemainingImageCount", "lie", value=0, times=None)
    core.fault("isSequenceRunning", "lie", on=2, value=True, times=None)
    with pytest.raises(SnapError, match="stopped giving frames"):
        list(camera(core).burst(5, 1.0, ROI, fixed=True))
    core.heal()
    assert not core.isSequenceRunning()


def test_no_exposure_begins_after_a_stop(core: FaultyCore) -> None:
    """Neither a snap nor a burst exposes when a stop was asked for."""
    stopped = camera(core, lambda: True)
    with pytest.raises(StoppedError):
        stopped.snap((64, 48))
    with pytest.raises(StoppedError):
        list(stopped.burst(5, 1.0, ROI, fixed=True))
    assert not core.called("snapImage")
    assert not core.isSequenceRunning()
