"""Frames go out to be labelled, and come back as they were labelled."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
from learn_runs import STRANGE, UNSURE, disc_run, masks_of
from learn_samples import discs

from saccade.core import FolderError, LabelError
from saccade.learn import choose, label_run, read_folder

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return disc_run(tmp_path_factory.mktemp("runs") / "discs")


def table(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def fill(folder: Path, words: dict[str, str]) -> None:
    """Write words into the column ``label``, as a person would."""
    rows = table(folder / "frames.csv")
    with (folder / "frames.csv").open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, rows[0])
        writer.writeheader()
        writer.writerows({**row, "label": words.get(row["image"], "")} for row in rows)


def test_uncertain_novel_and_random_frames_are_written_and_told(run: Path, tmp_path: Path) -> None:
    """Those near one half are uncertain, those with stripes novel; pixels are those of the run."""
    told = label_run(run, tmp_path / "f", 12)
    why = {each.frame: each.why for each in told.chosen}
    assert {frame for frame in why if why[frame] == "uncertain"} == set(UNSURE)
    assert {frame for frame in STRANGE if why.get(frame) == "novel"} == set(STRANGE)
    assert list(why.values()).count("random") >= 4
    assert len(why) == 12
    rows = table(tmp_path / "f/frames.csv")
    assert [int(row["frame"]) for row in rows] == sorted(why)
    assert all(row["why"] == why[int(row["frame"])] and row["detail"] for row in rows)
    for row in rows:
        pixels = tifffile.imread(tmp_path / "f/images" / row["image"])
        assert pixels.dtype == np.uint16
        if (frame := int(row["frame"])) not in STRANGE:
            expected = discs(frame, side_px=96, count=2).pictures[0].astype(np.uint16)
            assert np.array_equal(pixels, expected)
    assert "napari" in (tmp_path / "f/README.txt").read_text(encoding="utf-8")
    assert not list((tmp_path / "f").rglob("*.part"))


def test_masks_come_back_and_what_nobody_labelled_does_not(run: Path, tmp_path: Path) -> None:
    """Masks of five of twelve pictures are five samples, at the pixel size of the run."""
    label_run(run, tmp_path, 12)
    rows = table(tmp_path / "frames.csv")
    for row in rows[:5]:
        tifffile.imwrite(tmp_path / "labels" / row["image"], masks_of(int(row["frame"])))
    fill(tmp_path, {rows[5]["image"]: "nothing"})
    samples, classes = read_folder(tmp_path)
    assert classes == ("object",)
    assert len(samples) == 6
    for row, sample in zip(rows[:5], samples, strict=False):
        truth = discs(int(row["frame"]), side_px=96, count=2)
        np.testing.assert_allclose(sample.places_px, truth.places_px)
        assert sample.pixel_size_um == 0.5
    assert len(samples[5].places_px) == 0
    groups = {row["image"]: row["group"] for row in table(tmp_path / "groups.csv")}
    assert [each.group for each in samples] == [groups[row["image"]] for row in rows[:6]]
    assert len(set(groups.values())) >= 3


def test_a_stack_of_masks_from_napari_comes_back(run: Path, tmp_path: Path) -> None:
    """One file for all pictures: planes that hold nothing were not labelled."""
    label_run(run, tmp_path, 6)
    rows = table(tmp_path / "frames.csv")
    stack = np.zeros((6, 96, 96), np.uint16)
    for number in (1, 4):
        stack[number] = masks_of(int(rows[number]["frame"]))
    tifffile.imwrite(tmp_path / "labels.tif", stack, photometric="minisblack")
    samples, _ = read_folder(tmp_path)
    assert [f"{each.name}.tif" for each in samples] == [rows[1]["image"], rows[4]["image"]]
    tifffile.imwrite(tmp_path / "labels.tif", stack[:4], photometric="minisblack")
    with pytest.raises(LabelError, match="there are 6 pictures"):
        read_folder(tmp_path)
    with pytest.raises(LabelError, match="as one stack"):
        label_run(run, tmp_path, 2)


def test_places_from_napari_come_back(run: Path, tmp_path: Path) -> None:
    """Its own columns, the first axis being the number of the picture; or a file a picture."""
    label_run(run, tmp_path, 6)
    text = "index,axis-0,axis-1,axis-2\n0,2.0,30.5,40.25\n1,2.0,60,61\n2,5.0,10,11\n"
    (tmp_path / "points.csv").write_text(text, encoding="utf-8")
    names = [row["image"].removesuffix(".tif") for row in table(tmp_path / "frames.csv")]
    samples, _ = read_folder(tmp_path)
    assert [each.name for each in samples] == [names[2], names[5]]
    assert samples[0].places_px.tolist() == [[30.5, 40.25], [60.0, 61.0]]
    (tmp_path / "points.csv").unlink()
    (tmp_path / "points").mkdir()
    lines = "index,axis-0,axis-1\n0,7,8\n"
    (tmp_path / f"points/{names[1]}.csv").write_text(lines, encoding="utf-8")
    samples, _ = read_folder(tmp_path)
    assert [(each.name, each.places_px.tolist()) for each in samples] == [(names[1], [[7.0, 8.0]])]


def test_words_for_whole_frames_come_back(run: Path, tmp_path: Path) -> None:
    """A word a frame, 'nothing' for those without; no places are made up."""
    label_run(run, tmp_path, 6)
    images = [row["image"] for row in table(tmp_path / "frames.csv")]
    fill(tmp_path, {images[0]: "division", images[2]: "nothing", images[3]: "None"})
    samples, classes = read_folder(tmp_path)
    assert classes == ("division",)
    assert [each.whole for each in samples] == [True] * 3
    assert [len(each.places_px) for each in samples] == [1, 0, 0]


def test_frames_of_another_run_are_added(run: Path, tmp_path: Path) -> None:
    """What was labelled stays, also words and columns of one's own; the same frame never twice."""
    label_run(run, tmp_path, 4)
    images = [row["image"] for row in table(tmp_path / "frames.csv")]
    fill(tmp_path, {images[0]: "division"})
    other = disc_run(tmp_path / "runs/other", 12, first_seed=100)
    told = label_run(other, tmp_path, 4)
    again = label_run(run, tmp_path, 4)
    assert not {f"discs_{each.frame:06d}.tif" for each in again.chosen} & set(images)
    rows = {row["image"]: row["label"] for row in table(tmp_path / "frames.csv")}
    assert len(rows) == 12
    assert rows[images[0]] == "division"
    assert told.groups >= 6
    assert sorted(rows) == sorted(file.name for file in (tmp_path / "images").iterdir())


def test_sure_detectors_leave_more_to_chance(run: Path) -> None:
    """Where no score is near one half, none is called uncertain, and as many frames come."""
    from saccade.core import Observation
    from saccade.learn import candidate
    from saccade.store import RunFolder

    frames = [each for each in map(candidate, RunFolder(run).frames()) if each is not None]
    sure = [Observation(0.99, frame=each.frame) for each in frames]
    for seen in (sure, []):
        told = choose(frames, seen, 9)
        assert len(told) == 9
        assert {each.why for each in told} == {"novel", "random"}
    invalid = [Observation(0.5, verdict="invalid", frame=each.frame) for each in frames]
    assert all(each.why != "uncertain" for each in choose(frames, invalid, 9))
    assert choose(frames, [], 9, seed=1) == choose(frames, [], 9, seed=1)
    assert len(choose(frames, [], 500)) == len(frames)


def _word_without_place(folder: Path, images: list[str]) -> None:
    tifffile.imwrite(folder / "labels" / images[0], masks_of(0))
    fill(folder, {images[1]: "division"})


def _all_alike(folder: Path, images: list[str]) -> None:
    fill(folder, dict.fromkeys(images, "division"))


def _all_nothing(folder: Path, images: list[str]) -> None:
    fill(folder, dict.fromkeys(images, "nothing"))


def _not_labelled(folder: Path, images: list[str]) -> None:
    pass


def _place_beyond(folder: Path, images: list[str]) -> None:
    text = "index,axis-0,axis-1,axis-2\n0,17,3,3\n"
    (folder / "points.csv").write_text(text, encoding="utf-8")


def _table_of_no_picture(folder: Path, images: list[str]) -> None:
    (folder / "points").mkdir()
    (folder / "points/other.csv").write_text("y,x\n1,2\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_word_without_place, "nothing is marked in it"),
        (_all_alike, "labelled alike"),
        (_all_nothing, "labelled alike"),
        (_not_labelled, "No picture is labelled yet"),
        (_place_beyond, "is of picture 17"),
        (_table_of_no_picture, "is of no picture"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_labels_that_do_not_fit_are_named(run: Path, tmp_path: Path, spoil, says: str) -> None:
    """One clear error each, which says what to do."""
    label_run(run, tmp_path, 4)
    spoil(tmp_path, [row["image"] for row in table(tmp_path / "frames.csv")])
    with pytest.raises(LabelError, match=says) as caught:
        read_folder(tmp_path)
    assert caught.value.do


def test_what_cannot_be_labelled_is_refused(run: Path, tmp_path: Path) -> None:
    """No run, no frames asked for, a folder of something else: named, and nothing written."""
    (tmp_path / "other").mkdir()
    (tmp_path / "other/letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(LabelError, match="holds something else"):
        label_run(run, tmp_path / "other", 4)
    with pytest.raises(LabelError, match="is a file"):
        label_run(run, tmp_path / "other/letter.txt", 4)
    with pytest.raises(LabelError, match="can't be labelled"):
        label_run(run, tmp_path / "new", 0)
    with pytest.raises(FolderError):
        label_run(tmp_path / "nowhere", tmp_path / "new", 4)
    assert not (tmp_path / "new").exists()
    assert [file.name for file in (tmp_path / "other").iterdir()] == ["letter.txt"]
