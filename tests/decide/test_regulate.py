"""Regulate: each thing gets the light that it needs, and no light is wound up."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from light_cases import bench, mask_of, things
from useq import MDASequence

from saccade.core import NeedsError, Point, ProtocolError
from saccade.decide import Regulate

DO = MDASequence(channels=[{"config": "Stim", "exposure": 100}])
PLACES = ((16, 16), (16, 48), (48, 32))


def regulate(**settings: Any) -> Regulate:
    """Return a policy that knows the bench, and aims at 100."""
    policy = Regulate(DO, **{"set_point": 100.0, "integral_s": 100.0, "radius_um": 2.0, **settings})
    policy.learn(bench())
    return policy


def levels(policy: Regulate, strengths: tuple[float, ...], t: int = 0, **values: Any) -> list[int]:
    """Return how each thing is lit."""
    at = [(*place, strength) for place, strength in zip(PLACES, strengths, strict=False)]
    decision = policy(things(*at, t=t, **values))
    if not decision.actions:
        return [0] * len(at)
    return [int(mask_of(decision)[row, col]) for row, col, _ in at]


def test_what_is_far_below_gets_more_than_what_is_near() -> None:
    """At first light is in proportion to what is missing; above the set point there is none."""
    assert levels(regulate(), (0.0, 60.0, 120.0)) == [255, 102, 0]
    assert levels(regulate(gain=0.5, level_max=100), (0.0, 60.0, 120.0)) == [50, 20, 0]


def test_a_lasting_error_asks_for_more_and_more() -> None:
    """The integral grows with time, for each thing by itself."""
    policy = regulate()
    told = [levels(policy, (90.0, 100.0), t) for t in range(0, 300, 50)]
    first = [each[0] for each in told]
    assert first == sorted(first)
    assert first[-1] - first[0] == pytest.approx(255 * 0.1 * 250 / 100, abs=2)
    assert {each[1] for each in told} == {0}


@given(missing_s=st.integers(10, 100_000))
def test_light_that_there_is_none_of_is_not_asked_for_later(missing_s: int) -> None:
    """However long a thing could not be brought up, it is dark as soon as it is above."""
    policy = regulate()
    for t in range(5):
        assert levels(policy, (0.0,), t * missing_s) == [255]
    assert levels(policy, (120.0,), 5 * missing_s) == [0]


@settings(max_examples=15)
@given(
    gains=st.lists(st.floats(80, 400), min_size=3, max_size=3),
    decay=st.floats(0.85, 0.97),
)
def test_it_brings_what_follows_the_light_to_the_set_point(
    gains: list[float], decay: float
) -> None:
    """Things that answer light by different measures, first order, come to within 2 %."""
    policy, value = regulate(gain=0.7, integral_s=20.0), [20.0, 20.0, 20.0]
    reached = [gain / 1 + 20 > 110 for gain in gains]
    for t in range(0, 2000, 10):
        light = levels(policy, tuple(value), t)
        value = [
            20 + (x - 20) * decay + gain * (1 - decay) * level / 255
            for x, gain, level in zip(value, gains, light, strict=True)
        ]
    for x, can, gain in zip(value, reached, gains, strict=True):
        if can:
            assert x == pytest.approx(100, rel=0.02)
        elif gain + 20 < 95:
            assert x == pytest.approx(20 + gain, rel=0.05), "all light there is"


def test_things_are_known_again_where_they_were_or_by_their_track() -> None:
    """A thing that crawls keeps its integral; one that is new, or far off, begins at none."""
    policy = regulate(reach_um=3.0)
    levels(policy, (90.0,), 0)
    assert levels(policy, (90.0,), 400) == [pytest.approx(255 * 0.5, abs=1)]
    moved = things((16, 20, 90.0), t=400)
    assert mask_of(policy(moved))[16, 20] == pytest.approx(255 * 0.5, abs=1), "2 µm on"
    away = things((40, 40, 90.0), t=400)
    assert mask_of(policy(away))[40, 40] == pytest.approx(255 * 0.1, abs=1)

    tracked = regulate(reach_um=1.0)
    for t, (row, col) in ((0, (10, 10)), (400, (50, 50))):
        one = things((row, col, 90.0), t=t)
        one = replace(one, points=(Point(row, col, 90.0, col / 2, row / 2, track=7),))
        decision = tracked(one)
    assert mask_of(decision)[50, 50] == pytest.approx(255 * 0.5, abs=1), "far, but the same"


def test_without_need_or_sight_nothing_is_lit() -> None:
    """Nothing found, nothing below the set point, and a frame that can't be judged stay dark."""
    policy = regulate()
    assert policy(things()).rule == "rests"
    assert policy(things((16, 16, 200.0))).rule == "rests"
    assert policy(replace(things((16, 16, 0.0)), verdict="invalid")).rule == "invalid"
    assert policy.fresh()._things == {}


@pytest.mark.parametrize(
    "settings",
    [
        {"set_point": 0},
        {"gain": math.inf},
        {"integral_s": 0},
        {"reach_um": -1},
        {"level_max": 0},
        {"shape": "stars"},
        {"do": ()},
    ],
    ids=str,
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any]) -> None:
    """Each is a named error where it is given; so is a microscope without a modulator."""
    with pytest.raises(ProtocolError, match=f"Regulate.{next(iter(settings))}"):
        Regulate(**{"do": DO, "set_point": 100.0, **settings})
    with pytest.raises(NeedsError):
        Regulate(DO, set_point=1.0).learn(bench(modulator=None))
