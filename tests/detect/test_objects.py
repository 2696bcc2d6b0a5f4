"""Objects: what is above a threshold, split where it touches, measured as scikit-image does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
from detect_frames import frame_of
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_objects import large_parts, pieces
from scipy import ndimage
from skimage import draw, io, measure

from saccade.core import ProtocolError
from saccade.detect import Objects
from saccade.detect._pixels import picture as pixels_of
from saccade.detect._regions import regions
from saccade.detect._split import _AROUND, _ascent, connected, split

if TYPE_CHECKING:
    from pathlib import Path

DISCS = [(40, 30, 8), (40, 90, 8), (90, 50, 12), (100, 120, 6)]


def discs(
    places: list[tuple[float, float, float]] = DISCS,
    shape: tuple[int, int] = (128, 160),
    height: float = 300.0,
    noise: float = 5.0,
) -> np.ndarray:
    """Return bright discs (row, column, radius) on a noisy ground of 100 grey levels."""
    picture = np.random.default_rng(1).normal(100.0, noise, shape)
    mask = np.zeros(shape, bool)
    for y, x, radius in places:
        mask[draw.disk((y, x), radius, shape=shape)] = True
    return (picture + height * mask).clip(0, 65535).astype(np.uint16)


@settings(max_examples=40)
@given(seed=st.integers(0, 10**6), threshold=st.floats(0.3, 2.0))
def test_regions_are_measured_as_by_scikit_image(seed: int, threshold: float) -> None:
    """Area, centre, brightness, eccentricity and box are those of ``regionprops``."""
    rng = np.random.default_rng(seed)
    field = measure.block_reduce(rng.normal(size=(80, 96)), (2, 2), np.sum) / 2
    picture = rng.uniform(0, 100, field.shape).astype(np.float32)
    parts = connected(field > threshold, 1)
    ours = regions(parts, picture.ravel()[parts.at])
    theirs = measure.regionprops(parts.image(), picture)
    assert ours.label.tolist() == [each.label for each in theirs]
    for number, each in enumerate(theirs):
        assert ours.area_px[number] == each.area
        assert (ours.y_px[number], ours.x_px[number]) == pytest.approx(each.centroid)
        assert ours.mean[number] == pytest.approx(each.intensity_mean, rel=1e-5)
        assert ours.total[number] == pytest.approx(each.image_intensity.sum(), rel=1e-5)
        assert ours.eccentricity[number] == pytest.approx(each.eccentricity, abs=1e-6)
    assert ours.box.tolist() == [list(each.bbox) for each in theirs]


@settings(max_examples=30)
@given(seed=st.integers(0, 10**6), least=st.integers(1, 9), radius=st.floats(1, 6))
def test_splitting_leaves_the_mask_as_it_is(seed: int, least: int, radius: float) -> None:
    """Large enough parts are those of scikit-image; split, they cover just the same pixels."""
    field = np.random.default_rng(seed).normal(size=(40, 48))
    mask = (field + np.roll(field, 1, 0) + np.roll(field, 1, 1)) > 0.8
    parts = connected(mask, least)
    theirs = measure.label(mask, connectivity=2)
    sizes = [each.area for each in measure.regionprops(theirs)]
    assert parts.number == sum(size >= least for size in sizes)
    pieces = split(parts, radius)
    assert np.array_equal(pieces.image() > 0, parts.image() > 0)
    assert pieces.number >= parts.number
    assert set(np.unique(pieces.of)) == set(range(1, pieces.number + 1))
    for label in range(1, pieces.number + 1):
        assert len(np.unique(parts.of[pieces.of == label])) == 1


@settings(max_examples=40)
@given(seed=st.integers(0, 10**6), levels=st.integers(1, 40))
def test_the_way_up_is_to_the_deepest_neighbour(seed: int, levels: int) -> None:
    """As pixel by pixel: strictly deeper, of equals the first, never out of the picture."""
    rng = np.random.default_rng(seed)
    depth = (rng.integers(0, levels + 1, (9, 11)) / levels).astype(np.float32)
    at = np.flatnonzero(depth > 0)
    highest = ndimage.grey_dilation(depth, (3, 3), mode="nearest")
    expected = np.arange(depth.size)
    for pixel in at:
        row, col = divmod(int(pixel), depth.shape[1])
        deepest = depth[row, col]
        for dy, dx in _AROUND:
            y, x = row + dy, col + dx
            inside = 0 <= y < depth.shape[0] and 0 <= x < depth.shape[1]
            if inside and depth[y, x] > deepest:
                deepest, expected[pixel] = depth[y, x], y * depth.shape[1] + x
    np.testing.assert_array_equal(_ascent(at, depth, highest), expected[at])


@pytest.mark.parametrize("threshold", ["otsu", "local", 250.0])
def test_discs_are_where_and_as_large_as_they_were_drawn(threshold: Any) -> None:
    """Each disc is found once: its place to half a pixel, its area to a few per cent."""
    seen = Objects(sigma=5, threshold=threshold)(frame_of(discs(), pixel_size_um=0.5))
    assert seen.measurements["count"] == len(DISCS)
    found = {(round(p.y_px), round(p.x_px)) for p in seen.points}
    assert found == {(y, x) for y, x, _ in DISCS}
    labels = seen.labels
    assert labels is not None
    for y, x, radius in DISCS:
        area = np.count_nonzero(labels == labels[y, x])
        most = 1.1 if threshold == 250.0 else 1.6  # lower thresholds take in the blurred edge
        assert 0.9 < area / (np.pi * radius**2) < most
    assert seen.measurements["area_um2"] == seen.measurements["area_px"] / 4


def test_boxes_and_labels_go_with_the_points() -> None:
    """The first box is around the first point, whose label is 1, and so on."""
    seen = Objects(sigma=5)(frame_of(discs()))
    assert seen.labels is not None
    for number, (point, box) in enumerate(zip(seen.points, seen.boxes, strict=True)):
        assert seen.labels[round(point.y_px), round(point.x_px)] == number + 1
        rows, cols = np.nonzero(seen.labels == number + 1)
        assert box == (rows.min(), cols.min(), rows.max() + 1, cols.max() + 1)


@pytest.mark.parametrize(
    ("places", "whole", "pieces"),
    [
        pytest.param([(60, 60, 10), (60, 76, 10)], 1, 2, id="two discs that touch"),
        pytest.param([(60, 60, 10), (60, 79, 10), (60, 98, 10)], 1, 3, id="three"),
        pytest.param([(60, 60, 12), (60, 65, 12)], 1, 1, id="two that are one"),
        pytest.param([(60, 60, 20)], 1, 1, id="one large disc"),
        pytest.param([(0, 60, 10), (60, 159, 10)], 2, 2, id="cut by the edge"),
    ],
)
def test_objects_that_touch_are_split(
    places: list[tuple[float, float, float]], whole: int, pieces: int
) -> None:
    """What touches is split into as many as there are; what is one stays one."""
    frame = frame_of(discs(places))
    assert Objects(sigma=6, split=False)(frame).measurements["count"] == whole
    assert Objects(sigma=6)(frame).measurements["count"] == pieces


@pytest.mark.parametrize(
    ("given", "score"),
    [
        pytest.param({"expected": 8.0}, 0.5, id="count"),
        pytest.param({"expected": 2.0}, 1.0, id="more than expected"),
        pytest.param({"by": "mean", "expected": 600.0}, 0.5, id="brightness over the ground"),
        pytest.param({"by": "area_px", "expected": 904.0}, 0.5, id="the largest"),
        pytest.param({"by": "area_um2", "expected": 226.0}, 0.5, id="the largest, in µm²"),
    ],
)
def test_the_score_is_a_share_of_what_is_expected(given: dict[str, Any], score: float) -> None:
    """The score is the count, or the largest measurement, over what was expected, at most 1."""
    detector = Objects(sigma=5, threshold=250.0, **given)
    seen = detector(frame_of(discs(), pixel_size_um=0.5))
    assert seen.score == pytest.approx(score, rel=0.08)
    strengths = [point.strength for point in seen.points]
    assert strengths == sorted(strengths, reverse=True)


def test_the_total_depends_less_on_the_threshold_than_the_mean() -> None:
    """Of a blurred disc: what a lower one takes in is dim, and there is little of it."""
    frame = frame_of(ndimage.gaussian_filter(discs([(60, 60, 10)]), 2.0))

    def change(by: Any) -> float:
        low, high = (Objects(sigma=5, threshold=level, by=by)(frame) for level in (140.0, 220.0))
        return abs(np.log(low.points[0].strength / high.points[0].strength))

    assert change("total") < 0.6 * change("mean")


def test_by_eccentricity_the_longest_comes_first() -> None:
    """A bar is stronger than a disc where the score is of eccentricity."""
    picture = discs([(40, 40, 9)])
    picture[80:90, 40:120] += 300
    seen = Objects(sigma=5, by="eccentricity", split=False)(frame_of(picture))
    assert (round(seen.points[0].y_px), round(seen.points[0].x_px)) == (84, 80)
    assert seen.score > 0.95
    assert seen.points[1].strength < 0.3


def test_noise_alone_has_no_object() -> None:
    """In pictures of pure noise nothing stands out, by either automatic threshold."""
    for seed in range(10):
        picture = np.random.default_rng(seed).normal(100, 5, (256, 256)).astype(np.uint16)
        assert Objects()(frame_of(picture)).measurements["count"] == 0
        assert Objects(threshold="local")(frame_of(picture)).measurements["count"] == 0


def test_a_hot_pixel_does_not_hide_dim_objects() -> None:
    """Otsu's threshold finds the same discs whether or not one pixel is saturated."""
    picture = discs(height=150.0)
    hot = picture.copy()
    hot[5, 5] = 65535
    assert Objects(sigma=5)(frame_of(hot)).measurements["count"] == len(DISCS)


def test_a_picture_without_any_ground_is_one_object() -> None:
    """A lamp too bright, or a threshold too low, must not cost more than a look may."""
    seen = Objects(sigma=4, threshold=10)(frame_of(np.full((512, 512), 900, np.uint16)))
    assert seen.measurements["count"] == 1
    assert seen.measurements["covered"] == 1


def test_a_sloping_ground_is_no_object() -> None:
    """A local threshold finds objects on a ground that varies more than they stand out."""
    slope = np.linspace(0, 600, 160)[None]
    picture = (discs(height=200.0) + slope).astype(np.uint16)
    seen = Objects(sigma=6, threshold="local")(frame_of(picture))
    assert {(round(p.y_px), round(p.x_px)) for p in seen.points} >= {(40, 30), (40, 90), (100, 120)}
    assert seen.measurements["count"] == len(DISCS)


def test_all_are_counted_and_the_strongest_told() -> None:
    """max_points limits what is reported, not what is counted and labelled."""
    seen = Objects(sigma=5, max_points=2, by="area_px")(frame_of(discs()))
    assert seen.measurements["count"] == len(DISCS)
    assert [round(p.y_px) for p in seen.points[:1]] == [90]
    assert len(seen.points) == len(seen.boxes) == 2
    assert seen.labels is not None
    assert seen.labels.max() == len(DISCS)


@pytest.mark.parametrize(
    ("given", "word"),
    [
        pytest.param({"sigma": 0}, "Objects.sigma", id="no radius"),
        pytest.param({"threshold": "otzu"}, "Objects.threshold", id="no threshold"),
        pytest.param({"threshold": float("nan")}, "Objects.threshold", id="NaN"),
        pytest.param({"split": 1}, "Objects.split", id="a number"),
        pytest.param({"by": "size"}, "Objects.by", id="no measurement"),
        pytest.param({"expected": 0}, "Objects.expected", id="nothing expected"),
        pytest.param({"max_points": 0}, "Objects.max_points", id="no points"),
    ],
)
def test_a_wrong_setting_is_named(given: dict[str, Any], word: str) -> None:
    """A setting that can't be used is refused at once, by name, with what to do."""
    with pytest.raises(ProtocolError, match=word) as caught:
        Objects(**given)
    assert caught.value.do


def check_as_by_definition(picture: np.ndarray, radius_px: float) -> int:
    """Compare what is reported with the slow definition, and return how many objects there are."""
    detector = Objects(sigma=radius_px, max_points=10_000)
    frame = frame_of(picture, pixel_size_um=0.5)
    seen, least_px = detector(frame), max(1.0, np.pi * radius_px**2 / 2)
    ready = pixels_of(frame)
    assert ready is not None
    found = detector._mask(ready, radius_px)
    labels = pieces(large_parts(found.mask, least_px), radius_px)
    theirs = [
        each
        for each in measure.regionprops(labels, picture.astype(np.float64) - found.ground)
        if each.area >= least_px
    ]
    theirs.sort(key=lambda each: -each.intensity_mean)
    assert seen.labels is not None
    assert seen.measurements["count"] == len(theirs) == seen.labels.max()
    by_place = {(round(p.y_px, 6), round(p.x_px, 6)): n for n, p in enumerate(seen.points)}
    for each in theirs:
        number = by_place[tuple(round(value, 6) for value in each.centroid)]
        assert np.array_equal(seen.labels == number + 1, labels == each.label)
        assert seen.boxes[number] == each.bbox
        assert seen.points[number].strength == pytest.approx(each.intensity_mean, rel=1e-4)
    for name, measured in (("area_px", "area"), ("eccentricity", "eccentricity")):
        middle = np.median([getattr(each, measured) for each in theirs] or [0.0])
        assert seen.measurements[name] == pytest.approx(middle, abs=1e-6)
    return len(theirs)


def test_simulated_objects_are_those_of_the_definition() -> None:
    """Pixel by pixel, each by itself, come the same labels, boxes, places and measurements."""
    rng = np.random.default_rng(3)
    picture = np.zeros((200, 240))
    for _ in range(40):
        at, sides = rng.uniform(0, [200, 240]), rng.uniform(4, 13, 2)
        rows, cols = draw.ellipse(*at, *sides, picture.shape, rotation=rng.uniform(0, 3))
        picture[rows, cols] = rng.uniform(100, 400)
    picture = rng.poisson(ndimage.gaussian_filter(picture, 1.5) + 100).astype(np.uint16)
    for radius_px in (2.5, 6.0):
        assert check_as_by_definition(picture, radius_px) >= 20
    assert check_as_by_definition(np.full((40, 30), 7, np.uint8), 6.0) == 0


def test_real_nuclei_are_those_of_the_definition(data: Path) -> None:
    """The same of microscope pictures, loose and crowded."""
    paths = sorted((data / "nuclei_dsb2018" / "images").glob("*.png"))[::12]
    found = [check_as_by_definition(io.imread(path)[:256, :256], 5.0) for path in paths]
    assert sum(found) > 100


def test_nuclei_of_many_kinds_are_found(data: Path) -> None:
    """Of nuclei drawn by hand, each picture with the radius of its own, most are found."""
    home = data / "nuclei_dsb2018"
    hits = truths = found = 0
    for path in sorted((home / "images").glob("*.png"))[::3]:
        picture = io.imread(path)
        drawn = tifffile.imread(home / "labels" / f"{path.stem}.tif")
        areas = np.bincount(drawn.ravel())[1:]
        radius = float(np.sqrt(np.median(areas[areas > 0]) / np.pi))
        seen = Objects(sigma=0.6 * radius, max_points=5000)(frame_of(picture))
        at = [drawn[round(p.y_px), round(p.x_px)] for p in seen.points]
        hits += len(set(at) - {0})
        truths += int((areas > 0).sum())
        found += len(at)
    assert hits / truths > 0.8
    assert hits / found > 0.9
