"""Cells that follow light: how fast, how differently, and only where they are lit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from saccade.core import ProtocolError
from saccade.sim.specimens import LightDrivenCells


def lit(cells: LightDrivenCells, dose: float | np.ndarray) -> None:
    """Let a dose act on all cells, or one on each."""
    cells.absorb(np.broadcast_to(np.asarray(dose, float), (len(cells.places_um()),)), "Stim")


def test_a_flash_is_answered_as_the_equations_say() -> None:
    """What is activated decays, and the reporter rises and falls by its own time."""
    cells = LightDrivenCells(3, spread=0.0, gain=2.0, active_s=60.0, reporter_s=300.0)
    lit(cells, 0.05)
    active = 1 - math.exp(-1)
    for t_s in (1.0, 30.0, 121.0, 1000.0):
        cells.advance(t_s)
        made = 60 / (60 - 300) * (math.exp(-t_s / 60) - math.exp(-t_s / 300))
        assert cells.brightness == pytest.approx(0.3 + 2.0 * active * made, rel=1e-9)


def test_equal_times_are_no_special_case() -> None:
    """The solution is continuous where both time constants are the same."""
    same, near = (
        LightDrivenCells(3, active_s=100.0, reporter_s=100.0 * factor) for factor in (1, 1 + 1e-6)
    )
    for cells in (same, near):
        lit(cells, 0.1)
        cells.advance(70.0)
    assert same.brightness == pytest.approx(near.brightness, rel=1e-4)


def test_only_what_is_lit_answers_and_each_by_its_own_measure() -> None:
    """Cells in the dark stay exactly as they were; the others differ as their gains do."""
    cells = LightDrivenCells(5, spread=0.35)
    half = np.arange(len(cells.places_um())) % 2
    lit(cells, 0.1 * half)
    cells.advance(200.0)
    risen = cells.brightness - 0.3
    assert (risen[half == 0] == 0).all()
    assert np.log(risen[half == 1]).std() == pytest.approx(0.35, abs=0.08)


def test_too_much_light_ends_the_answer_and_imaging_bleaches() -> None:
    """Harmed cells don't answer any more; light for the reporter costs dye, not health."""
    cells = LightDrivenCells(1)
    lit(cells, 200.0)
    assert cells.health.harmed == len(cells.places_um())
    before = cells._active.copy()
    lit(cells, 1.0)
    assert (cells._active == before).all()
    cells.absorb(np.full(len(before), 2000.0), "mCherry")
    assert cells.health.dye_left == pytest.approx(math.exp(-1))
    assert cells.occurrences == ()


@pytest.mark.parametrize(
    "settings",
    [{"spacing_um": 0.0}, {"spread": -1.0}, {"active_s": math.nan}, {"size_um": (1.0, 1.0)}],
    ids=str,
)
def test_impossible_values_are_refused(settings: dict[str, Any]) -> None:
    """Each is a named error."""
    with pytest.raises(ProtocolError, match="light-driven-cells"):
        LightDrivenCells(**settings)
