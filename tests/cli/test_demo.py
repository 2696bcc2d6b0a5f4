"""The demonstrations, as a newcomer runs them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from saccade.app import demo_file, replay_run
from saccade.store import RunFolder, verify

if TYPE_CHECKING:
    from conftest import Saccade

_LEAST_BURSTS = 3


@pytest.mark.parametrize("flags", [(), ("--camera",)], ids=["virtual microscope", "demo camera"])
def test_the_demo_reacts_verifies_and_says_what_to_do_next(
    saccade: Saccade, flags: tuple[str, ...]
) -> None:
    """Either demo triggers at least three bursts, and its last lines are commands to type."""
    code, output, errors = saccade("demo", *flags, "--out", "first")
    assert code == 0, errors
    assert verify("first").ok
    lines = RunFolder("first").lines()
    fired = [x for x in lines if x.kind == "decision" and x.value["actions"]]
    assert len(fired) >= _LEAST_BURSTS
    assert replay_run("first").same
    assert "verified" in output
    assert "saccade replay first" in output
    assert str(demo_file(camera=bool(flags))) in output


def test_the_demo_says_what_it_was_worth_and_draws_it(saccade: Saccade) -> None:
    """It ends with its score beside a fixed rate of the same light, and a picture of a catch."""
    code, output, errors = saccade("demo", "--out", "first", "--json")
    assert code == 0, errors
    summary = json.loads(output)
    run, fixed = summary["worth"]["run"], summary["worth"]["fixed"]
    assert run["watched_caught"] >= 1
    assert run["watched_captured_s"] > fixed["watched_captured_s"]
    assert fixed["dose_j_per_cm2"] == pytest.approx(run["dose_j_per_cm2"], rel=0.03)
    assert run["frames"] == summary["verdict"]["committed"]
    picture = cv2.imread(summary["montage"], cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    assert len(np.unique(picture)) > 50
