"""Marked movies and runs: which frame holds what, counted by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
from learn_runs import disc_run

from saccade.core import LabelError
from saccade.learn import Timing, label_run, read_movies, read_run

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "image,frame,y,x,event,note\n"


def write(folder: Path, text: str, *, names: tuple[str, ...] = ("a", "b"), count: int = 8) -> Path:
    """Write movies whose frames are as bright as they are late."""
    (folder / "images").mkdir(parents=True)
    for name in names:
        stack = np.ones((count, 32, 40)) * np.arange(count)[:, None, None]
        tifffile.imwrite(folder / f"images/{name}.tif", stack.astype(np.uint8))
    (folder / "events.csv").write_text(text, encoding="utf-8")
    return folder


def test_frames_hold_what_is_marked_for_as_long_as_it_lasts(tmp_path: Path) -> None:
    """Marked in frame 3 and lasting two: 3 and 4 hold it, 2 and 5 are unsure, the others not."""
    folder = write(tmp_path, HEADER + "a.tif,3,10,20,split,by eye\n")
    movies, classes = read_movies(folder, timing=Timing(frames=3, lasts=2, unsure=1))
    assert classes == ("split",)
    first, second = movies
    assert [len(each.kinds) for each in first.samples] == [0, 0, 0, 1, 1, 0, 0, 0]
    assert [len(each.unsure.kinds) for each in first.samples] == [0, 0, 1, 0, 0, 1, 0, 0]
    assert not any(len(each.kinds) for each in second.samples)
    assert first.samples[3].places_px.tolist() == [[10.0, 20.0]]
    assert {each.group for each in first.samples} != {each.group for each in second.samples}


def test_samples_are_the_last_frames_the_first_one_repeated(tmp_path: Path) -> None:
    """Three frames to a sample: 0 0 0, 0 0 1, 0 1 2, 1 2 3."""
    folder = write(tmp_path, HEADER + "a.tif,3,10,20,split,\n")
    movies, _ = read_movies(folder, timing=Timing(frames=3))
    shown = [[int(each[0, 0]) for each in one.pictures] for one in movies[0].samples[:4]]
    assert shown == [[0, 0, 0], [0, 0, 1], [0, 1, 2], [1, 2, 3]]


def test_marks_without_a_place_are_of_whole_frames(tmp_path: Path) -> None:
    """It is only known when: the frame is labelled, or unsure, as a whole."""
    folder = write(tmp_path, "frame,event\n2,peak\n", names=("only",))
    movies, _ = read_movies(folder, timing=Timing(unsure=1))
    assert all(each.whole for each in movies[0].samples)
    assert [len(each.kinds) for each in movies[0].samples] == [0, 0, 1, 0, 0, 0, 0, 0]
    assert [len(each.unsure.kinds) for each in movies[0].samples] == [0, 1, 0, 1, 0, 0, 0, 0]


def test_a_channel_is_chosen(tmp_path: Path) -> None:
    """Of a stack (t, channel, y, x); to guess which would be wrong."""
    stack = np.zeros((3, 2, 16, 16), np.uint8)
    stack[:, 1] = 7
    tifffile.imwrite(tmp_path / "movie.tif", stack)
    (tmp_path / "events.csv").write_text("frame,y,x,event\n1,2,3,split\n", encoding="utf-8")
    movies, _ = read_movies(tmp_path, channel=1)
    assert movies[0].samples[0].pictures[0].max() == 7
    with pytest.raises(LabelError, match="2 channels"):
        read_movies(tmp_path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEADER + "c.tif,3,1,1,split,\n", "names 'c.tif'"),
        (HEADER + "a.tif,9,1,1,split,\n", "no frame 9"),
        (HEADER + "a.tif,1,50,1,split,\n", "outside"),
        (HEADER + "a.tif,one,5,1,split,\n", "no numbers"),
        (HEADER + "a.tif,1,5,1,split,\na.tif,1,,,split,\n", "some none"),
        (HEADER, "what happens"),
        ("frame,event\n1,split\n", "no column 'image'"),
    ],
)
def test_marks_that_do_not_fit_are_told(tmp_path: Path, text: str, says: str) -> None:
    """The file and the line, or what is missing."""
    with pytest.raises(LabelError, match=says):
        read_movies(write(tmp_path, text))


def test_frames_of_a_run_come_from_their_own_position(tmp_path: Path) -> None:
    """Events by index in the run; the past of a frame is that of its position."""
    run = disc_run(tmp_path / "run", frames=12, positions=3)
    table = tmp_path / "events.csv"
    table.write_text("frame,y,x,event\n7,10,10,split\n", encoding="utf-8")
    samples, classes = read_run(run, table, timing=Timing(frames=2))
    assert classes == ("split",)
    assert [len(each.kinds) for each in samples] == [0, 0, 1, 0]  # frames 1, 4, 7, 10
    np.testing.assert_array_equal(samples[2].pictures[0], samples[1].pictures[1])
    table.write_text("frame,y,x,class\n7,10,10,split\n3,,,\n", encoding="utf-8")
    samples, _ = read_run(run, table)
    assert sorted(len(each.kinds) for each in samples) == [0, 1]
    assert len({each.group for each in samples}) == 2
    table.write_text("frame,y,x,event\n70,10,10,split\n", encoding="utf-8")
    with pytest.raises(LabelError, match="does not have"):
        read_run(run, table)


def test_a_labelled_folder_gets_the_frames_before_from_its_run(tmp_path: Path) -> None:
    """The newest is the labelled picture itself."""
    run = disc_run(tmp_path / "run", frames=12, positions=3)
    label_run(run, tmp_path / "labels", 6)
    images = sorted((tmp_path / "labels/images").iterdir())
    lines = ["image,y,x", *(f"{each.name},5,5" for each in images[:4])]
    (tmp_path / "labels/points.csv").write_text("\n".join(lines), encoding="utf-8")
    samples, _ = read_run(run, tmp_path / "labels", timing=Timing(frames=2))
    assert len(samples) == 4
    other = disc_run(tmp_path / "other", frames=12, positions=3)
    with pytest.raises(LabelError, match="no labelled picture of other"):
        read_run(other, tmp_path / "labels")
    for sample, image in zip(samples, images, strict=False):
        assert len(sample.pictures) == 2
        np.testing.assert_array_equal(sample.pictures[1], tifffile.imread(image))
