"""The pictures that nuclei are painted with, and how many are stamped at once."""

from __future__ import annotations

import numpy as np
import pytest

from saccade.sim.specimens._dividing_chance import mix, normal, uniform
from saccade.sim.specimens._dividing_chromatin import RADIUS_PX, blebs, halved, lump, nucleus
from saccade.sim.specimens._dividing_chromosomes import HUMAN, Karyotype, Stage, chromosomes
from saccade.sim.specimens._dividing_press import press
from saccade.sim.world import Canvas, View


@pytest.mark.parametrize("pixel_size_um", [0.3, 1.0])
def test_many_stamps_at_once_are_the_same_as_one_by_one(pixel_size_um: float) -> None:
    """Sprites of all sizes and directions, some beyond the edge: equal to a rounding error."""
    rng = np.random.default_rng(1)
    n = 40
    sprites = [nucleus(i, 1 + i / n) for i in range(n)]
    places, px_um = rng.uniform(-40, 40, (n, 2)), rng.uniform(0.1, 0.5, n)
    angles, weights = rng.uniform(-7, 7, n), rng.uniform(0.1, 5, n)
    view = View(channel="FITC", sensor_px=(200, 180), pixel_size_um=pixel_size_um)
    many, single = Canvas(view, 4), Canvas(view, 4)
    press(many, sprites, places, px_um, angles, weights)
    for i in range(n):
        x, y = places[i].tolist()
        single.stamp(
            sprites[i],
            x,
            y,
            sprite_px_um=px_um[i],
            angle_rad=angles[i],
            weight=weights[i],
            ellipse=bool(px_um[i] / pixel_size_um >= 0.5),
        )
    assert single.layers.max() > 0
    assert many.layers == pytest.approx(single.layers, abs=1e-6 * float(single.layers.max()))


@pytest.mark.parametrize("key", range(20))
def test_a_nucleus_has_its_light_and_about_its_size(key: int) -> None:
    """The sprite sums to one, covers the area of its disc, and is longer than wide."""
    sprite = nucleus(key, 1.6)
    assert sprite.sum() == pytest.approx(1, abs=2e-3)
    area = np.count_nonzero(sprite > 0.3 * np.quantile(sprite, 0.9))
    assert area == pytest.approx(np.pi * RADIUS_PX**2, rel=0.3)
    assert sprite.shape[1] > 1.2 * sprite.shape[0]


@pytest.mark.parametrize("key", range(8))
def test_a_halved_sprite_keeps_its_light_and_its_middle(key: int) -> None:
    """Shrunk once or twice, a quarter of the sum in pixels of four times the area, none moved."""
    sprite = nucleus(key, 1.1 + key / 10)
    for _ in range(2):
        small = halved(sprite)
        assert small.sum() == pytest.approx(sprite.sum() / 4, rel=1e-5)
        for axis in (0, 1):
            assert small.shape[axis] % 2 == 1
            large_px, small_px = (
                (each.sum(axis=1 - axis) * (np.arange(each.shape[axis]) - each.shape[axis] // 2))
                for each in (sprite, small)
            )
            moved_px = 2 * small_px.sum() / small.sum() - large_px.sum() / sprite.sum()
            assert abs(moved_px) < 1e-3
        sprite = small


def test_no_two_nuclei_look_alike_and_each_stays_as_it_is() -> None:
    """A key gives one look: the same again, and another for another key."""
    first, again, other = nucleus(1, 1.3), nucleus(1, 1.3), nucleus(2, 1.3)
    assert np.array_equal(first, again)
    assert first.shape != other.shape or not np.allclose(first, other)


@pytest.mark.parametrize("sprite", [blebs(3), lump(3)], ids=["blebs", "lump"])
def test_other_sprites_sum_to_one(sprite: np.ndarray) -> None:
    """So that their weight is their light."""
    assert sprite.sum() == pytest.approx(1, abs=1e-3)
    assert sprite.min() >= 0


STAGES = {
    "prophase": Stage(0.5, 0, 0, 0),
    "prometaphase": Stage(1, 0.5, 0, 0),
    "metaphase": Stage(1, 1, 0, 0),
    "anaphase": Stage(1, 1, 0.6, 0.1, -1.0),
    "telophase": Stage(1, 1, 1, 1),
}


FLY = Karyotype(count=8, arms=3.0)


@pytest.mark.parametrize("karyotype", [HUMAN, FLY], ids=["human", "fly"])
@pytest.mark.parametrize("stage", STAGES.values(), ids=STAGES)
def test_chromosomes_have_their_light_around_the_middle(stage: Stage, karyotype: Karyotype) -> None:
    """At each stage the sum is one and the centre of mass is the middle, within half a pixel."""
    picture = chromosomes(7, stage, (16.0, 12.0), 100.0, karyotype)
    rows, cols = np.indices(picture.shape) - (picture.shape[0] - 1) / 2
    assert picture.sum() == pytest.approx(1, abs=1e-5)
    assert np.abs([(picture * rows).sum(), (picture * cols).sum()]).max() < 0.5


def test_chromosomes_gather_in_a_narrow_plate() -> None:
    """Across the plate they draw together at each stage; it is longer than wide, along y."""
    widths = []
    for name in ("prophase", "prometaphase", "metaphase"):
        picture = chromosomes(7, STAGES[name], (16.0, 12.0), 0.0)
        rows, cols = np.indices(picture.shape) - (picture.shape[0] - 1) / 2
        across, along = (float(np.sqrt((picture * axis**2).sum())) for axis in (cols, rows))
        widths.append(across)
    assert widths == sorted(widths, reverse=True)
    assert widths[2] < 0.5 * widths[0]
    assert along > 1.8 * across


def test_long_arms_trail_behind_when_chromosomes_part() -> None:
    """A set that goes to +x has its light spread along x, the more the longer the arms are."""
    parting = Stage(1, 1, 0.9, 0)
    spread = []
    for arms in (1.0, 2.0, 3.0):
        pictures = [
            chromosomes(key, parting, (16.0, 12.0), 0.0, Karyotype(8, arms)) for key in range(9)
        ]
        x_px = np.arange(pictures[0].shape[1]) - (pictures[0].shape[1] - 1) / 2
        spread.append(np.mean([np.sqrt((each * x_px**2).sum()) for each in pictures]))
    assert spread[1] > 1.15 * spread[0]
    assert spread[2] > 1.15 * spread[1]


def test_random_numbers_are_even_and_belong_to_their_key() -> None:
    """Uniform and normal as they should be; a key's number is its own among any others."""
    keys = mix(np.arange(20_000), 5)
    unit, bell = uniform(keys, 1), normal(keys, 2, -3)
    assert np.histogram(unit, 10, (0, 1))[0] == pytest.approx(np.full(10, 2000), rel=0.1)
    assert (bell.mean(), bell.std()) == pytest.approx((0, 1), abs=0.03)
    assert abs(np.corrcoef(unit, uniform(keys, 2))[0, 1]) < 0.03
    assert uniform(keys[17], 1)[0] == unit[17]
