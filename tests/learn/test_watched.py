"""What is found in worlds that are watched from beginning to end, each occurrence once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from learn_samples import discs

from saccade.core import UsageError
from saccade.learn import Found, Occurred, Worlds, by_occurrence, watch_worlds, world_samples
from saccade.models import Architecture, Input, PatchNet

NET = Architecture(classes=("division",), width=4, dilations=(1,))
SMALL = Worlds(
    specimen="dividing-nuclei",
    classes=("division",),
    settings={"size_um": (150.0, 150.0), "division_rate": 6.0, "density_per_mm2": 4000.0},
    fields=2,
    hours=0.5,
    side_px=96,
    interval_s=(120.0, 120.0),
)


def movie() -> list:
    """Return ten frames of one field, in which nothing is marked."""
    empty = discs(0, count=0)
    return [replace(empty, group="world 7") for _ in range(10)]


@pytest.mark.parametrize(
    ("found", "logits", "hits"),
    [
        ([], [], []),
        ([(4, 20, 20), (5, 20, 20)], [3.0], [True]),  # one occurrence, by its surest frame
        ([(2, 20, 20)], [1.0], [True]),  # a little before
        ([(8, 20, 20)], [1.0], [False]),  # long after
        ([(4, 50, 50), (5, 50, 51), (9, 50, 50)], [3.0, 9.0], [False, False]),  # two alarms
        ([(4, 20, 20), (4, 50, 50)], [3.0, 1.0], [True, False]),
    ],
)
def test_each_occurrence_and_each_alarm_counts_once(
    found: list[tuple[int, float, float]], logits: list[float], hits: list[bool]
) -> None:
    """By the surest of its frames, hits and alarms in one order."""
    sure = {(2, 20): 1.0, (4, 20): 3.0, (5, 20): 2.0, (8, 20): 1.0}
    sure |= {(4, 50): 1.0, (5, 50): 3.0, (9, 50): 9.0}
    places = [Found(*each) for each in found]
    given = np.array([sure[each.frame, int(each.y_px)] for each in places])
    there = [Occurred(4, 5, 20.0, 20.0, 6.0)]
    seen = by_occurrence(places, given, there, movie())
    assert seen.truth == 1
    assert sorted(zip(seen.logits, seen.hits, strict=True)) == sorted(
        zip(logits, hits, strict=True)
    )
    assert list(seen.logits) == sorted(seen.logits, reverse=True)


def test_worlds_are_watched_whole() -> None:
    """All that happens in them counts, and how rare it is; what finds nothing has found nothing."""
    torch.manual_seed(0)
    net = PatchNet(NET).eval()
    told = watch_worlds(net, Input(), SMALL, range(40, 42), least=100.0)
    every = list(world_samples(replace(SMALL, empty=1.0, most=10**9), range(40, 42)))
    assert len(every) == 2 * 2 * 15
    assert told.prevalence == np.mean([len(each.kinds) > 0 for each in every])
    places = {
        (each.group, each.name.split(",")[1], *place)
        for each in every
        for place in each.places_px.round(3).tolist()
    }
    assert 0 < told.occurrences <= len(places)
    assert (told.worlds, told.hours) == (2, 2.0)
    assert (told.recall.value, told.false_alarms_per_h.value) == (0.0, 0.0)


def test_a_single_world_is_too_few() -> None:
    """Nothing is told that has no interval."""
    with pytest.raises(UsageError, match="single world"):
        watch_worlds(PatchNet(NET).eval(), Input(), SMALL, range(1))
