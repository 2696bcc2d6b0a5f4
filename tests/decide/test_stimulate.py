"""Stimulate: what is lit, where, when, and what is refused beforehand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from light_cases import ALIKE, GRID, SIDE, bench, mask_of, things
from useq import MDAEvent, MDASequence

from saccade.core import Grid, Modulator, NeedsError, ProtocolError
from saccade.decide import Stimulate

DO = MDASequence(
    channels=[{"config": "Stim", "exposure": 100}], time_plan={"interval": 1, "loops": 2}
)


def stimulate(**settings: Any) -> Stimulate:
    """Return a policy that knows the bench; circles have a radius of 4 px."""
    policy = Stimulate(DO, **{"radius_um": 2.0, **settings})
    policy.learn(bench())
    return policy


TWO = things((20, 20, 9.0), (40, 30, 5.0))
ROWS, COLS = np.mgrid[:SIDE, :SIDE]


def disc(row: float, col: float, radius: float) -> np.ndarray[Any, Any]:
    """Return the pixels within a radius of a place."""
    return (ROWS - row) ** 2 + (COLS - col) ** 2 <= radius**2


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        pytest.param({}, disc(20, 20, 4) | disc(40, 30, 4), id="circles"),
        pytest.param({"most": 1}, disc(20, 20, 4), id="the strongest"),
        pytest.param({"weaker_than": 6.0}, disc(40, 30, 4), id="the weak"),
        pytest.param({"shape": "instances"}, disc(20, 20, 3) | disc(40, 30, 3), id="instances"),
        pytest.param(
            {"shape": "boxes", "most": 1},
            (abs(ROWS - 20) <= 3) & (abs(COLS - 20) <= 3),
            id="boxes",
        ),
        pytest.param(
            {"shape": "boxes", "most": 1, "margin_um": 1.0},
            (abs(ROWS - 20) <= 5) & (abs(COLS - 20) <= 5),
            id="with a margin",
        ),
        pytest.param(
            {"shape": "boxes", "most": 1, "margin_um": -0.5},
            (abs(ROWS - 20) <= 2) & (abs(COLS - 20) <= 2),
            id="taken in",
        ),
        pytest.param({"most": 1, "part": "left"}, disc(20, 20, 4) & (COLS <= 20), id="left"),
        pytest.param({"most": 1, "part": "right"}, disc(20, 20, 4) & (COLS >= 20), id="right"),
        pytest.param({"most": 1, "part": "up"}, disc(20, 20, 4) & (ROWS <= 20), id="up"),
        pytest.param({"most": 1, "part": "down"}, disc(20, 20, 4) & (ROWS >= 20), id="down"),
    ],
)
def test_what_was_found_is_lit_and_nothing_else(settings: dict[str, Any], wanted: Any) -> None:
    """Each shape and part lights exactly the pixels that it names, at the level asked for."""
    mask = mask_of(stimulate(**settings, level=200)(TWO))
    assert set(np.unique(mask)) == {0, 200}
    assert np.array_equal(mask > 0, wanted)


def test_the_rim_is_lit_and_the_middle_is_not() -> None:
    """A rim goes around each thing, inside of it."""
    big = things((30, 30, 1.0))
    big = replace(big, labels=disc(30, 30, 12).astype(np.int32), boxes=((18, 18, 43, 43),))
    mask = mask_of(stimulate(shape="instances", part="rim", radius_um=1.0)(big)) > 0
    assert not (mask & disc(30, 30, 8)).any()
    assert (mask | disc(30, 30, 10)).sum() == disc(30, 30, 12).sum()


def test_instances_grow_by_a_margin() -> None:
    """A margin in µm is added on all sides of what was labelled."""
    mask = mask_of(stimulate(shape="instances", margin_um=1.0, most=1)(TWO)) > 0
    assert mask[20, 15]
    assert not mask[20, 14]
    assert disc(20, 20, 3)[mask].sum() == disc(20, 20, 3).sum()


@given(
    row=st.floats(-5, SIDE + 5),
    col=st.floats(-5, SIDE + 5),
    shape=st.sampled_from(["circles", "boxes"]),
)
def test_what_lies_at_the_edge_is_lit_as_far_as_it_is_seen(
    row: float, col: float, shape: str
) -> None:
    """Wherever a thing lies, no error comes of it, and nothing far from it is lit."""
    decision = stimulate(shape=shape)(things((row, col, 1.0)))
    mask = mask_of(decision) > 0
    assert not (mask & ~disc(row, col, 8)).any()


def test_a_region_and_a_turned_modulator_are_reckoned_with() -> None:
    """The same thing in a region of the camera is lit at the same place of the modulator."""
    policy = stimulate(most=1)
    turned = Modulator("SLM", (SIDE, SIDE), ((0, 1, 0), (1, 0, 0)), (SIDE, SIDE))
    policy.learn(bench(modulator=turned))
    part = things((12, 10, 1.0), grid=Grid((8, 16, 40, 40), (SIDE, SIDE), 0.5))
    mask = mask_of(policy(part)) > 0
    assert np.array_equal(mask, disc(10 + 8, 12 + 16, 4)), "rows and columns are exchanged"


def test_every_event_is_behind_the_mask_and_rests_on_the_frame() -> None:
    """What is to be exposed is as it was given, with the mask."""
    (action,) = stimulate(expires_s=2.0)(TWO).actions
    assert [event.channel.config for event in action.events] == ["Stim", "Stim"]
    assert all(event.slm_image is not None for event in action.events)
    assert (action.label, action.frame, action.expires_ns) == ("stimulate", 0, 2_000_000_000)


def test_when_it_lights() -> None:
    """Below the score, on an invalid frame, with nothing to light, or too soon, it stays dark."""
    policy = stimulate(above=0.5, refractory_s=3.0, weaker_than=6.0)
    strong = (20, 20, 9.0), (40, 30, 7.0)
    rules = [
        policy(each).rule
        for each in (
            replace(TWO, score=0.4),
            replace(TWO, verdict="invalid"),
            things(*strong, t=1),
            things((20, 20, 1.0), t=2),
            things((20, 20, 1.0), t=4),
            things((20, 20, 1.0), t=4, position=1),
            things((20, 20, 1.0), t=5),
        )
    ]
    assert rules == ["quiet", "invalid", "nothing", "lights", "refractory", "lights", "lights"]
    assert policy.fresh()._lit_ns == {}


@pytest.mark.parametrize(
    ("shape", "change"),
    [
        ("circles", {"grid": None}),
        ("boxes", {"boxes": ()}),
        ("instances", {"labels": None}),
    ],
)
def test_a_detector_that_can_not_tell_is_an_error(shape: str, change: dict[str, Any]) -> None:
    """Nothing is lit by guess: the policy fails, and the run tells it."""
    with pytest.raises(ValueError, match=r"need|nobody"):
        stimulate(shape=shape)(replace(TWO, **change))


@pytest.mark.parametrize(
    ("values", "why"),
    [
        pytest.param({"modulator": None}, "no light modulator", id="none"),
        pytest.param(
            {"modulator": Modulator("SLM", (9, 9))}, "saccade calibrate", id="uncalibrated"
        ),
        pytest.param({"modifiable": ("xy",)}, "List mask", id="not allowed"),
    ],
)
def test_a_microscope_that_can_not_is_refused_beforehand(values: dict[str, Any], why: str) -> None:
    """Before the light comes on, it is said what is missing, and what to do."""
    with pytest.raises(NeedsError, match=why):
        Stimulate(DO).learn(bench(**values))


@pytest.mark.parametrize(
    "settings",
    [
        {"shape": "stars"},
        {"part": "front"},
        {"radius_um": 0},
        {"margin_um": float("nan")},
        {"above": 1.5},
        {"most": 0},
        {"weaker_than": "weak"},
        {"level": 0},
        {"level": 256},
        {"refractory_s": -1},
        {"label": "watch"},
        {"do": ()},
    ],
    ids=str,
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any]) -> None:
    """Each is a named error where it is given."""
    with pytest.raises(ProtocolError, match=f"Stimulate.{next(iter(settings))}"):
        Stimulate(**{"do": (MDAEvent(),), **settings})


def test_the_bench_is_pixel_on_pixel() -> None:
    """What the other tests here rest on."""
    assert bench().modulator.to_sensor == ALIKE
    assert GRID.sensor_px == bench().modulator.sensor_px
