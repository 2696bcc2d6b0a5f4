"""Regions: what of the watch is lit or read out, when it is whole again, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from light_cases import SIDE, bench, things

from saccade.core import Action, Grid, NeedsError, ProtocolError, Refusal
from saccade.decide import Regions

if TYPE_CHECKING:
    from saccade.core import Decision, Observation

SENSOR = (512, 384)


def regions(**settings: Any) -> Regions:
    """Return a policy that knows the bench; things are 4 px, and 2 px more with the margin."""
    policy = Regions(**{"radius_um": 2.0, "margin_um": 1.0, "look_every": 5, **settings})
    policy.learn(bench())
    return policy


def mask_of(decision: Decision) -> np.ndarray[Any, Any]:
    """Return what a decision lights."""
    (action,) = decision.actions
    return np.asarray(action.correction.mask) > 0


def at(*places: tuple[float, float], t: int = 0, **values: Any) -> Observation:
    """Return things at these places."""
    return things(*((row, col, 1.0) for row, col in places), t=t, **values)


def disc(row: float, col: float, radius: float) -> np.ndarray[Any, Any]:
    """Return the pixels within a radius of a place."""
    rows, cols = np.mgrid[:SIDE, :SIDE]
    return (rows - row) ** 2 + (cols - col) ** 2 <= radius**2


def test_what_was_found_is_lit_with_its_margin_at_its_place_only() -> None:
    """The correction is about the position and tile of the frame, and keeps the rest dark."""
    decision = regions()(at((20, 20), (40, 44), position=2, tile=1))
    assert np.array_equal(mask_of(decision), disc(20, 20, 6) | disc(40, 44, 6))
    (action,) = decision.actions
    assert (action.correction.position, action.correction.tile) == (2, 1)
    assert action.correction.region is None


def test_a_limit_holds_until_something_comes_near_its_edge() -> None:
    """Small moves within the margin change nothing; a larger one moves the mask along."""
    policy = regions(look_every=100)
    rules = [policy(at((20, 20 + dx), t=t)).rule for t, dx in enumerate((0, 1, 2, 3, 4, 5))]
    assert rules == ["limits", "holds", "holds", "limits", "holds", "holds"]


def test_what_has_gone_is_no_longer_lit() -> None:
    """When much less would do, the mask is made smaller."""
    policy = regions(look_every=100)
    policy(at((20, 20), (40, 44)))
    assert np.array_equal(mask_of(policy(at((20, 20), t=1))), disc(20, 20, 6))


@given(look_every=st.integers(2, 12), count=st.integers(1, 40))
def test_one_of_so_many_pictures_is_whole(look_every: int, count: int) -> None:
    """However often it is asked, never more than so many in a row are limited."""
    policy, limited, whole = regions(look_every=look_every), False, []
    for t in range(count):
        whole.append(not limited)
        decision = policy(at((20, 20), t=t))
        limited = {"limits": True, "opens": False}.get(decision.rule, limited)
    assert whole == [t % look_every == 0 for t in range(count)]


@pytest.mark.parametrize(
    ("then", "why"),
    [
        pytest.param(at(t=1), "nothing is found", id="nothing"),
        pytest.param(at((20, 20), t=1, verdict="invalid"), "can't be judged", id="bad"),
        pytest.param(
            at(*((r, c) for r in range(4, SIDE, 8) for c in range(4, SIDE, 8)), t=1),
            "of all would be needed",
            id="everything",
        ),
    ],
)
def test_it_is_whole_where_a_limit_is_not_worth_it(then: Observation, why: str) -> None:
    """After each of these all is lit again, as at rest, and said once."""
    policy = regions()
    policy(at((20, 20)))
    opened = policy(then)
    assert (opened.rule, why in opened.reason) == ("opens", True)
    (action,) = opened.actions
    assert np.asarray(action.correction.mask) == 255
    assert policy(replace(then, frame=2)).rule == "quiet"


def far(*places: tuple[float, float], roi: tuple[int, int, int, int], t: int = 0) -> Observation:
    """Return things in a region of a larger sensor."""
    return at(*places, t=t, grid=Grid(roi, SENSOR, 0.5))


def test_a_region_holds_everything_and_changes_seldom() -> None:
    """It begins and ends at multiples of 32 pixels, follows, and is whole again in time."""
    policy = regions(by="region", look_every=4)
    whole = (0, 0, *SENSOR)

    def region(decision: Decision) -> tuple[int, ...] | None:
        return decision.actions[0].correction.region if decision.actions else None

    assert region(policy(far((100, 200), (140, 210), roi=whole))) == (192, 64, 32, 96)
    inside = (192, 64, 32, 96)
    assert region(policy(far((30, 9), (70, 14), roi=inside, t=1))) is None, "a little"
    assert region(policy(far((30, 25), (70, 29), roi=inside, t=2))) == (192, 64, 64, 96)
    assert region(policy(far((30, 25), (70, 29), roi=(192, 64, 64, 96), t=3))) == whole


def test_a_refused_limit_is_forgotten() -> None:
    """What a guard did not let through is not believed to hold."""
    policy = regions()
    (action,) = policy(at((20, 20))).actions
    assert policy.refused(Refusal(action, "Modifiable", "no")).rule == "refused"
    assert policy(at((20, 20), t=1)).rule == "limits"
    assert policy.refused(Refusal(Action(), "Dose", "no")).rule == "idle"
    assert policy.fresh()._places == {}


def test_a_microscope_that_can_not_is_refused_beforehand() -> None:
    """Masks need a calibrated modulator, regions that they may be set."""
    with pytest.raises(NeedsError, match="no light modulator"):
        Regions().learn(bench(modulator=None))
    with pytest.raises(NeedsError, match="List roi"):
        Regions(by="region").learn(bench(modifiable=("mask",)))
    Regions(by="region").learn(bench(modulator=None))


def test_what_it_sets_for_good_is_claimed() -> None:
    """Two that limit the same light would undo each other; light and region go together."""
    assert (Regions().claims, Regions(by="region").claims) == (("mask",), ("region",))


@pytest.mark.parametrize(
    "settings",
    [
        {"by": "light"},
        {"shape": "stars"},
        {"radius_um": 0},
        {"margin_um": -1},
        {"look_every": 1},
        {"most_share": 0},
        {"label": "watch"},
    ],
    ids=str,
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any]) -> None:
    """Each is a named error where it is given."""
    with pytest.raises(ProtocolError, match=f"Regions.{next(iter(settings))}"):
        Regions(**settings)
