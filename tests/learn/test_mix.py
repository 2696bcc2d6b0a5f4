"""Several sources as one: classes, groups, pixel sizes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
from learn_runs import disc_run
from learn_samples import discs

from saccade.core import LabelError, UsageError
from saccade.learn import (
    Named,
    Sample,
    Source,
    is_in_order,
    mixed,
    read_source,
    rescaled,
    source_of,
)

if TYPE_CHECKING:
    from pathlib import Path

USUAL = Source(path="", lasts=2)


def of_kinds(*kinds: int) -> Sample:
    count = len(kinds)
    return Sample(
        "s",
        "one",
        (np.zeros((16, 16), np.float32),),
        np.zeros((count, 2)),
        np.array(kinds, np.intp),
        np.zeros(count),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("folder", replace(USUAL, path="folder")),
        ("C:\\data", replace(USUAL, path="C:\\data")),
        ("C:\\data:channel=1", replace(USUAL, path="C:\\data", channel=1)),
        (
            "run:labels=a.csv,lasts=3,pixel_size_um=0.2",
            Source(path="run", labels="a.csv", lasts=3, pixel_size_um=0.2),
        ),
        ("m.tif:labels=t.tif,every=6", replace(USUAL, path="m.tif", labels="t.tif", every=6)),
    ],
)
def test_a_source_tells_its_own_settings(text: str, expected: Source) -> None:
    """After a colon; what it does not tell holds for all."""
    assert source_of(text, USUAL) == expected


@pytest.mark.parametrize("text", ["a:chanel=1", "a:channel=x"])
def test_bad_settings_of_a_source_are_told(text: str) -> None:
    """By name and value."""
    with pytest.raises(UsageError):
        source_of(text, USUAL)


def test_classes_of_sources_become_one_list() -> None:
    """Kinds are counted anew; a class that a source does not know is unsure all over it."""
    one = Named([of_kinds(0, 1)], ("plate", "split"))
    other = Named([of_kinds(0)], ("onset",))
    samples, classes = mixed([one, other], ("split", "plate"), {"onset": "split"})
    assert classes == ("split", "plate")
    assert samples[0].kinds.tolist() == [1, 0]
    assert samples[1].kinds.tolist() == [0]
    assert samples[1].unsure.kinds.tolist() == [1]
    assert np.isinf(samples[1].unsure.sizes_px).all()
    assert len(samples[0].unsure.kinds) == 0


def test_what_is_not_wanted_is_ground() -> None:
    """Kinds that nobody asked for are left out, and their places with them."""
    samples, _ = mixed([Named([of_kinds(0, 1, 1)], ("plate", "split"))], ("plate",))
    assert samples[0].kinds.tolist() == [0]
    assert len(samples[0].places_px) == 1
    with pytest.raises(LabelError, match="--classes other=plate"):
        mixed([Named([of_kinds(0)], ("plate",))], ("other",))


def test_groups_of_sources_stay_apart_and_the_small_one_is_drawn_more_often() -> None:
    """Two groups of one name are two; one sample beside nine weighs as three."""
    many, few = Named([of_kinds(0)] * 9, ("a",)), Named([of_kinds(0)], ("a",))
    samples, _ = mixed([many, few])
    assert len({each.group for each in samples}) == 2
    assert samples[0].weight == 1.0
    assert samples[-1].weight == pytest.approx(3.0)


def test_pictures_are_rescaled_with_their_places() -> None:
    """Half as many pixels of twice the size; centres of masks stay where they are."""
    sample = replace(discs(3), pixel_size_um=0.2)
    half = rescaled(sample, 0.4)
    assert half.shape_px == (32, 32)
    assert half.labels is not None
    for number, (y, x) in enumerate(half.places_px, 1):
        rows, cols = np.nonzero(half.labels == number)
        assert (rows.mean(), cols.mean()) == pytest.approx((y, x), abs=0.6)
    assert half.sizes_px == pytest.approx(sample.sizes_px / 2)
    assert rescaled(sample, 0.2) is sample
    unknown = replace(sample, pixel_size_um=None)
    assert rescaled(unknown, 0.4) is unknown


def test_each_kind_of_source_is_read_as_what_it_is(tmp_path: Path) -> None:
    """Pictures, movies, a run with its labels; only the latter two know what comes after what."""
    (tmp_path / "stills").mkdir()
    for seed in range(3):
        sample = discs(seed)
        assert sample.labels is not None
        masks = sample.labels.astype(np.uint8)
        tifffile.imwrite(tmp_path / f"stills/{seed}_image.tif", sample.pictures[0])
        tifffile.imwrite(tmp_path / f"stills/{seed}_labels.tif", masks)
    (tmp_path / "movies").mkdir()
    tifffile.imwrite(tmp_path / "movies/a.tif", np.zeros((6, 32, 32), np.uint8))
    table = tmp_path / "movies/events.csv"
    table.write_text("frame,y,x,event\n1,9,9,split\n", encoding="utf-8")
    run = str(disc_run(tmp_path / "run", frames=9))
    sources = [
        Source(path=str(tmp_path / "stills")),
        Source(path=str(tmp_path / "movies")),
        Source(path=run, labels=str(table)),
    ]
    read = [read_source(each) for each in sources]
    assert [len(each.samples) for each in read] == [3, 6, 3]
    assert [each.classes for each in read] == [("object",), ("split",), ("split",)]
    assert [is_in_order(each) for each in sources] == [False, True, True]
    with pytest.raises(LabelError, match="single pictures"):
        read_source(sources[0], frames=2)
    with pytest.raises(LabelError, match="--labels"):
        read_source(Source(path=run))
