"""Guards that count light where several cameras expose together: one exposure, counted once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from guard_cases import passes, planned, stand, taken
from useq import MDAEvent, SLMImage

from saccade.core import Modulator
from saccade.guard import Budget, Dose, Duty, Stimulation

if TYPE_CHECKING:
    from collections.abc import Callable

    from saccade.core import Frame

LEFT, RIGHT = "Zyla left", "Zyla right"
BENCH = stand(
    cameras=(LEFT, RIGHT),
    tries=3,
    modulator=Modulator("SLM", (1, 1), ((1, 0, 0), (0, 1, 0)), (100, 50)),
)
OPEN = SLMImage(data=np.full((1, 1), 255, np.uint8), device="SLM")


def exposed() -> MDAEvent:
    """Return 100 ms of FITC behind an open mask: 0.1 J/cm², 1 mJ."""
    return MDAEvent(x_pos=0.0, y_pos=0.0, exposure=100, channel="FITC", slm_image=OPEN)


def of(camera: str, exposures: int) -> Frame:
    """Return what one camera has seen; the exposures go with the first."""
    return taken(camera=camera, exposures=exposures, exposure_ms=100.0)


def _doses(guard: Dose) -> float:
    return guard.spent_j_per_cm2 / 0.1


def _energies(guard: Stimulation) -> float:
    return guard._book.spent_mj


def _times(guard: Duty) -> float:
    return guard._book.known.after(0) / 1e8


@pytest.mark.parametrize(
    ("guard", "spent"),
    [
        pytest.param(Dose(limit_j_per_cm2=10), _doses, id="dose"),
        pytest.param(
            Stimulation(channels=("FITC",), most_share=1, limit_mj=10), _energies, id="stimulation"
        ),
        pytest.param(Duty(share=0.9, window_s=10), _times, id="duty"),
    ],
)
def test_two_tries_of_two_cameras_are_two_exposures(
    guard: Dose | Duty | Stimulation, spent: Callable[..., float]
) -> None:
    """The picture of the second camera costs nothing, and settles nothing."""
    guard.learn(BENCH)
    assert passes(guard, planned(exposed()))
    guard.settle(of(RIGHT, 0))
    guard.settle(of(LEFT, 2))
    assert spent(guard) == pytest.approx(2)
    guard.settle(of(RIGHT, 5))
    assert spent(guard) == pytest.approx(2)


def test_a_budget_counts_the_pictures_of_every_camera() -> None:
    """One event of two cameras is two pictures, on the disk as well."""
    guard = Budget(frames=5)
    guard.learn(BENCH)
    for _ in range(2):
        assert passes(guard, planned(exposed()))
    assert not passes(guard, planned(exposed()))
