"""What is found in movies that were not learned from, counted by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from learn_samples import discs
from net_models import net_model

from saccade.core import LabelError
from saccade.learn import (
    Found,
    Mark,
    Occurred,
    Recipe,
    Sample,
    Timing,
    Unsure,
    Variety,
    leave_one_out,
    matched,
    occurrences_of,
    watch_movies,
)
from saccade.learn._movies import movie_of
from saccade.models import Input, build_net

if TYPE_CHECKING:
    from pathlib import Path


def movie(*marks: Mark, name: str = "m", timing: Timing | None = None) -> tuple[Sample, ...]:
    """Return a movie of twelve frames in which discs flash where and when they are marked."""
    rng = np.random.default_rng(len(name))
    timing = timing or Timing()
    stack = 100 + 5 * rng.standard_normal((12, 64, 64))
    y, x = np.indices((64, 64))
    for each in marks:
        disc = np.hypot(y - each.y_px, x - each.x_px) <= 5
        stack[each.frame : each.frame + timing.lasts, disc] += 80
    return movie_of(name, list(stack), marks, timing).samples


def test_a_mark_that_goes_on_is_one_occurrence() -> None:
    """Three frames in a row are one, from the first to the last; the same place later another."""
    told = movie(Mark(2, 20, 20, 0, 0), Mark(8, 20, 20, 0, 0), timing=Timing(lasts=3))
    assert occurrences_of(told) == [Occurred(2, 4, 20, 20, 6), Occurred(8, 10, 20, 20, 6)]
    wide = movie(Mark(2, 20, 20, 24, 0))
    assert occurrences_of(wide)[0].reach_px == 12
    assert occurrences_of(told, kind=1) == []


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([], (0, 0)),
        ([(5, 20, 20)], (1, 0)),
        ([(3, 20, 24)], (1, 0)),  # two frames before
        ([(7, 20, 20)], (1, 0)),
        ([(8, 20, 20)], (0, 1)),  # three after: late, and an alarm
        ([(5, 40, 40)], (0, 1)),
        ([(5, 40, 40), (6, 40, 41), (7, 41, 41)], (0, 1)),  # one that goes on
        ([(1, 40, 40), (9, 40, 40)], (0, 2)),
        ([(3, 20, 20), (5, 20, 20), (6, 21, 20)], (1, 0)),  # found thrice is found
        ([(0, 20, 20), (5, 20, 20)], (1, 1)),
        ([(6, 20, 20), (7, 20, 25), (8, 20, 30), (10, 20, 35)], (1, 0)),  # it moves away
        ([(6, 20, 20), (7, 20, 35)], (1, 1)),  # too far at once
        ([(6, 20, 20), (7, 20, 25), (10, 20, 30)], (1, 1)),  # after too long a pause
        ([(4, 20, 30), (5, 20, 20)], (1, 1)),  # what comes before is no trail
    ],
)
def test_occurrences_are_found_in_time_or_not(
    found: list[tuple[int, int, int]], expected: tuple[int, int]
) -> None:
    """One occurrence, in frame 5: within two frames it is found, all else are false alarms."""
    told = movie(Mark(5, 20, 20, 0, 0))
    assert matched([Found(*each) for each in found], occurrences_of(told), told) == expected


def test_what_is_found_in_unsure_frames_is_no_false_alarm() -> None:
    """Four frames on each side are unsure: the third frame after is neither found nor wrong."""
    told = movie(Mark(5, 20, 20, 0, 0), timing=Timing(unsure=4))
    there = occurrences_of(told)
    assert matched([Found(8, 20, 20)], there, told) == (0, 0)
    assert matched([Found(10, 20, 20)], there, told) == (0, 1)


def test_flashes_are_found_in_movies_that_were_left_out() -> None:
    """Two movies of flashing discs, and pictures of discs beside them: each flash is found."""
    movies = [
        *movie(Mark(3, 20, 30, 0, 0), name="one"),
        *movie(Mark(7, 40, 20, 0, 0), name="other"),
    ]
    also = [replace(discs(seed), labels=None) for seed in range(8)]
    plain = Variety(scale=(0.9, 1.1))
    recipe = Recipe(epochs=12, crops=96, side_px=64, batch=8, rate=1e-2, variety=plain)
    told: list[str] = []
    # Of rings nobody knows in the movies; what is beside them has one.
    rings = Unsure(np.zeros((1, 2)), np.ones(1, np.intp), np.full(1, np.inf))
    movies = [replace(each, unsure=rings) for each in movies]
    also[0] = replace(also[0], kinds=np.append(also[0].kinds[1:], 1))
    folds = leave_one_out(movies, also, ("disc", "ring"), Input(), recipe, tell=told.append)
    assert {each.class_name for each in folds} == {"disc"}
    assert [(each.movie, each.frames, each.marked, each.found) for each in folds] == [
        ("one", 12, 1, 1),
        ("other", 12, 1, 1),
    ]
    assert told[0].startswith("without one: 18 samples to learn from, 2 to calibrate on")


def test_too_little_to_learn_from_is_told() -> None:
    """A single movie with nothing beside it leaves nothing."""
    with pytest.raises(LabelError, match="nothing beside"):
        leave_one_out(movie(Mark(3, 20, 30, 0, 0)), [], ("disc",), Input(), Recipe())


def test_a_network_is_tried_on_movies(tmp_path: Path) -> None:
    """What it finds is counted for each movie by itself; a high threshold finds nothing."""
    net = build_net(net_model(tmp_path / "m", classes=("disc",)))
    two = [*movie(Mark(3, 20, 30, 0, 0), name="one"), *movie(name="other")]
    every = watch_movies(net, Input(), two, "disc", least=-100.0, least_px=200.0)
    assert [(each.movie, each.frames, each.marked) for each in every] == [
        ("one", 12, 1),
        ("other", 12, 0),
    ]
    assert every[0].found == 1, "something is found in every frame, and all of it reaches the mark"
    assert every[1].false_alarms > 0
    none = watch_movies(net, Input(), two, "disc", least=100.0)
    assert [(each.found, each.false_alarms) for each in none] == [(0, 0), (0, 0)]
