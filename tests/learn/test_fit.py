"""How a network descends: what happens where there is little time."""

from __future__ import annotations

import pytest
from learn_samples import discs

from saccade.learn import Recipe, Variety, fit_network
from saccade.learn._fit import _Descent
from saccade.models import Architecture, Input

SMALL = Architecture(classes=("disc",), width=4, dilations=(1,))
QUICK = Recipe(epochs=40, crops=8, side_px=32, batch=4, variety=Variety(scale=(1.0, 1.0)))


@pytest.mark.parametrize(("fit", "epochs"), [(10.0, 9), (100.0, 40), (0.5, 3)])
def test_where_time_is_short_it_comes_to_rest_sooner(fit: float, epochs: int) -> None:
    """The rate falls to its end within the epochs that fit; one more at least is needed for it."""
    descent = _Descent(SMALL, Input(), [discs(0)], QUICK)
    for _ in range(2):
        descent.epoch()
    descent.shorten(fit)
    assert descent.epochs == epochs
    for _ in range(epochs - 2):
        descent.epoch()
    assert descent._done == pytest.approx(1.0)


def test_no_epoch_begins_after_the_time() -> None:
    """With a thousandth of a second there is time for one look and little more."""
    hasty = Recipe(epochs=400, crops=8, side_px=32, batch=4, minutes=1e-5)
    told: list[int] = []
    fitted = fit_network(
        SMALL, Input(), [discs(0)], hasty, progress=lambda epoch, _: told.append(epoch)
    )
    assert fitted.epochs == len(told) == len(fitted.losses) <= 2


def test_a_network_that_nobody_judges_is_the_last_one() -> None:
    """Without a judge it ends after all epochs, as it is then."""
    few = Recipe(epochs=3, crops=8, side_px=32, batch=4)
    assert fit_network(SMALL, Input(), [discs(0)], few).epochs == 3
