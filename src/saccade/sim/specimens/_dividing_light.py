"""What light does to dividing cells: it bleaches, and above a dose of its own it harms each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._dividing_chance import uniform
from ._dividing_cycle import held_from_s, parted_s

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from saccade.sim.world import Channel, Doses

    from ._dividing_cells import Cells
    from ._dividing_settings import Settings

_TOLERANCE = 50
BLEBBING_S = 1500.0
"""How long it takes until blebs are full-grown."""
DYING_S = 1800.0
"""How long a dying nucleus shrinks."""
DETACHING_S = 9000.0
"""How long after that it is gone."""
_LEAVE_S = 2400.0


def tolerance_j_per_cm2(cells: Cells, settings: Settings) -> NDArray[np.float64]:
    """Return the dose that arrests each cell, (n,).

    The share of cells that a dose D arrests is log-logistic (a Hill curve),
    1 / (1 + (ED50 / D)^slope) (Ritz et al., PLoS ONE 10, e0146021, 2015). A cell's place in
    that distribution is drawn by its founder: sisters tolerate the same.

    Parameters
    ----------
    cells : table
        The cells.
    settings : Settings
        With ED50 and slope.
    """
    share = uniform(cells["founder"], _TOLERANCE)
    odds = share / (1 - share)
    return settings.arrest_ed50_j_per_cm2 * odds ** (1 / settings.arrest_slope)


def absorb(cells: Cells, doses: Doses, channel: Channel, t_s: float, settings: Settings) -> None:
    """Let the light of one exposure act on the cells present, in place.

    Parameters
    ----------
    cells : table
        Those present.
    doses : array, (n,)
        In J/cm².
    channel : Channel
        What was lit; its `harm` weighs the dose.
    t_s : float
        When.
    settings : Settings
        Of the specimen.
    """
    lit = np.flatnonzero(doses)
    felt = doses[lit]
    dye = "dye0" if channel.name == "FITC" else "dye1"
    for name, share in (("dose", 1.0), (dye, 1.0), ("harm", channel.harm)):
        cells[name][lit] += felt * share
    harmed = lit[cells["harm"][lit] >= cells["tolerance"][lit]]
    if len(harmed):
        _harm(cells, harmed, t_s, settings)


def _harm(cells: Cells, rows: NDArray[np.intp], t_s: float, settings: Settings) -> None:
    """Arrest cells that have had their dose, and more where they have had a multiple of it."""
    some = cells[rows]
    # What is parting goes on parting; whatever befalls its nuclei comes afterwards.
    free_s = np.maximum(t_s, parted_s(some))
    for name, times, since_s in (
        ("hold_s", 1.0, held_from_s(some, t_s)),
        ("blebs_s", settings.blebbing_at, free_s),
        ("dies_s", settings.death_at, free_s),
    ):
        struck = (some["harm"] >= times * some["tolerance"]) & np.isinf(some[name])
        cells[name][rows[struck]] = since_s[struck]


def blebbing(cells: Cells, t_s: float) -> NDArray[np.float64]:
    """Return how far blebs have grown, (n,), 0 to 1."""
    return np.clip((t_s - cells["blebs_s"]) / BLEBBING_S, 0, 1)


def dying(cells: Cells, t_s: float) -> NDArray[np.float64]:
    """Return how far dead nuclei have shrunk, (n,), 0 to 1."""
    return np.clip((t_s - cells["dies_s"]) / DYING_S, 0, 1)


def attached(cells: Cells, t_s: float) -> NDArray[np.float64]:
    """Return how much of each cell is still on the slide, (n,), 1 down to 0."""
    floats_s = t_s - cells["dies_s"] - DETACHING_S
    return 1 - np.clip(floats_s / _LEAVE_S, 0, 1)
