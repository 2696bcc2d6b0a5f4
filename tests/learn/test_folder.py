"""Labelled folders, and what is wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
from learn_samples import discs

from saccade.core import LabelError
from saccade.learn import read_folder

if TYPE_CHECKING:
    from pathlib import Path


def write(folder: Path, count: int = 4) -> Path:
    """Write pictures and masks."""
    for part in ("images", "labels"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for seed in range(count):
        sample = discs(seed)
        tifffile.imwrite(folder / f"images/{seed}.tif", sample.pictures[0].astype(np.uint16))
        assert sample.labels is not None
        tifffile.imwrite(folder / f"labels/{seed}.tif", sample.labels.astype(np.uint16))
    return folder


def test_masks_become_places(tmp_path: Path) -> None:
    """Each mask is a place at its centre of mass, with its diameter."""
    samples, classes = read_folder(write(tmp_path))
    assert classes == ("object",)
    for seed, sample in enumerate(samples):
        np.testing.assert_allclose(sample.places_px, discs(seed).places_px)
        assert sample.sizes_px == pytest.approx(discs(seed).sizes_px)
        assert sample.labels is not None


def test_points_have_classes_and_sizes(tmp_path: Path) -> None:
    """A table of places does without masks; a picture without a line has nothing in it."""
    write(tmp_path)
    text = "image,y,x,class,size\n0.tif,10,20.5,mitosis,8\n0.tif,30,31,rest,\n1.tif,5,5,rest,4\n"
    (tmp_path / "points.csv").write_text(text, encoding="utf-8")
    samples, classes = read_folder(tmp_path)
    assert classes == ("mitosis", "rest")
    assert samples[0].places_px.tolist() == [[10.0, 20.5], [30.0, 31.0]]
    assert samples[0].kinds.tolist() == [0, 1]
    assert samples[0].sizes_px.tolist() == [8.0, 0.0]
    assert len(samples[3].places_px) == 0


def test_groups_come_from_a_table_or_from_subfolders(tmp_path: Path) -> None:
    """What the user tells of movies and dishes counts more than looks."""
    write(tmp_path)
    lines = ["image,group", *(f"{n}.tif,dish {n // 2}" for n in range(4))]
    (tmp_path / "groups.csv").write_text("\n".join(lines), encoding="utf-8")
    samples, _ = read_folder(tmp_path)
    assert [each.group for each in samples] == ["dish 0", "dish 0", "dish 1", "dish 1"]
    (tmp_path / "groups.csv").unlink()
    (tmp_path / "images/run2").mkdir()
    (tmp_path / "images/3.tif").rename(tmp_path / "images/run2/3.tif")
    samples, _ = read_folder(tmp_path)
    assert [each.group for each in samples] == [".", ".", ".", "run2"]


def _three_channels(folder: Path) -> None:
    tifffile.imwrite(folder / "images/0.tif", np.zeros((64, 64, 3), np.uint8), photometric="rgb")


def _nan(folder: Path) -> None:
    tifffile.imwrite(folder / "images/0.tif", np.full((64, 64), np.nan, np.float32))


def _other_size(folder: Path) -> None:
    tifffile.imwrite(folder / "labels/0.tif", np.ones((32, 64), np.uint16))


def _no_labels(folder: Path) -> None:
    (folder / "labels/0.tif").unlink()


def _nothing_labelled(folder: Path) -> None:
    for file in (folder / "labels").iterdir():
        tifffile.imwrite(file, np.zeros((64, 64), np.uint16))


def _empty(folder: Path) -> None:
    for file in (folder / "images").iterdir():
        file.unlink()


def _torn(folder: Path) -> None:
    (folder / "images/0.tif").write_bytes((folder / "images/0.tif").read_bytes()[:300])


def _real_masks(folder: Path) -> None:
    tifffile.imwrite(folder / "labels/0.tif", np.ones((64, 64), np.float32))


def _point_outside(folder: Path) -> None:
    (folder / "points.csv").write_text("image,y,x\n0.tif,64,3\n", encoding="utf-8")


def _no_column(folder: Path) -> None:
    (folder / "points.csv").write_text("image,y\n0.tif,6\n", encoding="utf-8")


def _no_number(folder: Path) -> None:
    (folder / "points.csv").write_text("image,y,x\n0.tif,a,3\n", encoding="utf-8")


def _unknown_picture(folder: Path) -> None:
    (folder / "points.csv").write_text("image,y,x\n9.tif,6,3\n", encoding="utf-8")


def _group_missing(folder: Path) -> None:
    (folder / "groups.csv").write_text("image,group\n0.tif,a\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_three_channels, "not one grey plane"),
        (_nan, "no numbers"),
        (_other_size, "and its picture"),
        (_no_labels, "has no labels"),
        (_nothing_labelled, "Nothing is labelled"),
        (_empty, "holds no picture"),
        (_torn, "can't be read"),
        (_real_masks, "is of type float32"),
        (_point_outside, "lies outside"),
        (_no_column, "no column 'x'"),
        (_no_number, "holds no numbers"),
        (_unknown_picture, "names '9.tif'"),
        (_group_missing, "does not tell the group"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_bad_labels_are_told_by_name(tmp_path: Path, spoil, says: str) -> None:
    """One clear error each, before anything is learned."""
    spoil(write(tmp_path))
    with pytest.raises(LabelError, match=says):
        read_folder(tmp_path)


def test_pictures_and_masks_may_lie_side_by_side(tmp_path: Path) -> None:
    """NAME_image and NAME_labels, in one folder, as others publish them; looks make groups."""
    for seed in range(4):
        sample = discs(seed)
        assert sample.labels is not None
        picture, masks = sample.pictures[0].astype(np.uint16), sample.labels.astype(np.uint8)
        tifffile.imwrite(tmp_path / f"field{seed}_image.tif", picture)
        tifffile.imwrite(tmp_path / f"field{seed}_labels.tif", masks)
    samples, _ = read_folder(tmp_path)
    for seed, sample in enumerate(samples):
        np.testing.assert_allclose(sample.places_px, discs(seed).places_px)
    (tmp_path / "field2_labels.tif").unlink()
    with pytest.raises(LabelError, match="field2_image"):
        read_folder(tmp_path)
