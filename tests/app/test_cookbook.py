"""The cookbook: every recipe is played, as a protocol and as a script, and beats what is fixed."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest

from saccade.app import COOKBOOK, Recipe, cookbook, recipe_protocol
from saccade.core import ProtocolError

SCRIPTS = Path(__file__).parents[2] / "notebooks/cookbook"
SHORT = {
    "catch-divisions": 0.06,
    "light-what-divides": 0.06,
    "hold-response": 0.25,
    "follow-cells": 0.4,
    "switch-at-division": 0.06,
    "hold-focus": 0.02,
}
"""Share of the time in full. The overview is measured by tests/app/test_bench_overview.py."""


@pytest.mark.parametrize(
    "recipe", [each for each in COOKBOOK if each.protocol in SHORT], ids=lambda each: each.protocol
)
def test_each_protocol_is_worth_more_than_what_is_fixed(recipe: Recipe) -> None:
    """In a short run in one world, more of what counts comes of it than of fixed acquisition."""
    (found,) = cookbook(share=SHORT[recipe.protocol], worlds=1, only=(recipe.protocol,))
    assert found.adaptive >= found.fixed
    assert json.loads(json.dumps(found.plain()))["family"] == recipe.family


@pytest.mark.parametrize("path", sorted(SCRIPTS.glob("*.py")), ids=lambda path: path.stem)
def test_each_script_runs(path: Path, tmp_path: Path) -> None:
    """The first pictures of each are taken, and its folder says that it was completed."""
    made = runpy.run_path(str(path))
    run = made["make"](out=str(tmp_path / "run"), loops=3)
    assert run.start().wait().name == "completed"


def test_each_family_has_a_protocol_and_a_script() -> None:
    """Nothing of the cookbook is missing, and nothing is there twice."""
    families = {each.family.replace(" ", "_").replace("-", "_") for each in COOKBOOK}
    assert families == {path.stem for path in SCRIPTS.glob("*.py")}
    assert len({each.protocol for each in COOKBOOK}) == len(COOKBOOK)
    for recipe in COOKBOOK:
        assert recipe_protocol(recipe, 0.01).name == recipe.protocol


def test_what_the_cookbook_does_not_have_is_a_named_error() -> None:
    """A name that is nearly right is told; so is a share of nothing."""
    with pytest.raises(ProtocolError, match="Did you mean 'hold-focus'"):
        cookbook(only=("hold-fokus",))
    with pytest.raises(ProtocolError, match="--share"):
        cookbook(share=0.0)
    with pytest.raises(ProtocolError, match="--worlds"):
        cookbook(worlds=0)
