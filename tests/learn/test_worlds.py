"""Samples from worlds: what the truth says is where it says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from saccade.core import ProtocolError
from saccade.learn import PLATE, Worlds, world_samples
from saccade.sim import make_specimen

LIVELY = Worlds(
    specimen="dividing-nuclei",
    classes=("division", PLATE),
    settings={"size_um": (260.0, 260.0), "division_rate": 8.0, "density_per_mm2": 1500.0},
    fields=2,
    hours=1.0,
    interval_s=(60.0, 60.0),
    side_px=192,
    exposure_ms=(20.0, 20.0),
)


def test_places_of_divisions_are_brighter_than_the_picture() -> None:
    """Condensed chromosomes are the brightest there is: truth and pixels agree in where."""
    inside = outside = 0.0
    count = 0
    for sample in world_samples(LIVELY, range(2)):
        picture = sample.pictures[-1]
        for y, x in sample.places_px:
            if 12 <= y < 180 and 12 <= x < 180:
                row, col = round(y), round(x)
                inside += float(picture[row - 9 : row + 10, col - 9 : col + 10].max())
                outside += float(np.quantile(picture, 0.98))
                count += 1
    assert count > 10
    assert inside > 1.5 * outside


def test_each_world_is_a_group_and_the_same_seed_the_same_samples() -> None:
    """Frames of one world are not independent; a world can be made again."""
    first, second = (list(world_samples(LIVELY, range(3, 4))) for _ in range(2))
    assert {each.group for each in first} == {"world 3"}
    assert len(first) == len(second) > 0
    for one, two in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.pictures[-1], two.pictures[-1])
        np.testing.assert_array_equal(one.places_px, two.places_px)


def test_what_is_varied_between_integers_is_an_integer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each world draws its own number of chromosomes, both ends included, and never a half one."""
    from saccade.learn import _worlds

    drawn: list[dict[str, object]] = []

    def noted(name: str, seed: int, settings: dict[str, object]) -> object:
        drawn.append(settings)
        return make_specimen(name, seed, settings)

    monkeypatch.setattr(_worlds, "make_specimen", noted)
    few = replace(LIVELY, hours=0.0, varied={"chromosomes": (8, 9), "arms": (1.0, 2.0)})
    list(world_samples(few, range(12)))
    assert {each["chromosomes"] for each in drawn} == {8, 9}
    assert len({each["arms"] for each in drawn}) == 12


def test_samples_of_several_frames_end_with_the_newest() -> None:
    """The frames of one field, the first one repeated until there are enough."""
    worlds = replace(LIVELY, frames=3, hours=0.1, empty=1.0)
    samples = [each for each in world_samples(worlds, range(1)) if ", field 0," in each.name]
    assert [len(each.pictures) for each in samples] == [3] * len(samples)
    np.testing.assert_array_equal(samples[0].pictures[0], samples[0].pictures[2])
    np.testing.assert_array_equal(samples[1].pictures[2], samples[2].pictures[1])


def test_few_samples_of_several_frames_are_drawn_from_all_of_the_time() -> None:
    """No more than wanted, each with its own past, and what happens is still in them."""
    worlds = replace(LIVELY, frames=3, most=10)
    samples = list(world_samples(worlds, range(1)))
    assert len(samples) == 10
    assert sum(len(each.places_px) for each in samples) > 0
    late = [each for each in samples if not each.name.endswith((", 0 s", ", 60 s"))]
    assert late
    for sample in late:
        one, other, newest = sample.pictures
        assert not np.array_equal(one, other)
        assert not np.array_equal(other, newest)


def test_unknown_specimen_is_told_by_name() -> None:
    """As everywhere: did you mean."""
    with pytest.raises(ProtocolError, match="dividing-nuclei"):
        next(world_samples(replace(LIVELY, specimen="dividing-nucleus"), range(1)))
