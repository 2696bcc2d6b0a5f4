"""Movies with masks of their frames, as trackers and segmentations write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile

from saccade.core import LabelError
from saccade.learn import Source, read_source

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def movie(tmp_path: Path) -> Path:
    """Two squares, of which one goes its way and keeps its number."""
    frames = np.zeros((7, 40, 48), np.uint16)
    masks = np.zeros((7, 40, 48), np.uint16)
    for t in range(7):
        for number, (y, x) in ((4, (5, 3 + 2 * t)), (9, (25, 30))):
            frames[t, y : y + 8, x : x + 8], masks[t, y : y + 8, x : x + 8] = 900, number
    tifffile.imwrite(tmp_path / "movie.tif", frames)
    tifffile.imwrite(tmp_path / "tracks.tif", masks)
    return tmp_path


def source(folder: Path, labels: str = "tracks.tif", every: int = 1) -> Source:
    return Source(path=str(folder / "movie.tif"), labels=str(folder / labels), every=every)


def test_a_movie_with_masks_is_samples_of_one_group(movie: Path) -> None:
    """One frame in so many, with the places of what is in it and its masks."""
    samples, classes = read_source(source(movie, every=3))
    assert classes == ("object",)
    assert [each.name for each in samples] == ["movie 0", "movie 3", "movie 6"]
    assert len({each.group for each in samples}) == 1
    for t, each in zip((0, 3, 6), samples, strict=True):
        assert each.labels is not None
        assert np.allclose(each.places_px, [[8.5, 6.5 + 2 * t], [28.5, 33.5]])
        assert (each.labels > 0).sum() == 128


def test_masks_that_do_not_fit_are_refused(movie: Path) -> None:
    """Of another shape, no whole numbers, or empty; or no frame in so many."""
    shape = 7, 40, 48
    tifffile.imwrite(movie / "short.tif", np.ones((6, 40, 48), np.uint8))
    tifffile.imwrite(movie / "real.tif", np.ones(shape, np.float32))
    tifffile.imwrite(movie / "empty.tif", np.zeros(shape, np.uint8))
    for labels, told in (("short", "are"), ("real", "float32"), ("empty", "marks nothing")):
        with pytest.raises(LabelError, match=told):
            read_source(source(movie, f"{labels}.tif"))
    with pytest.raises(LabelError, match="every=1"):
        read_source(source(movie, every=0))


def test_a_movie_with_masks_has_no_frames_before(movie: Path) -> None:
    """What happens from frame to frame nobody has marked in it."""
    with pytest.raises(LabelError, match="single pictures"):
        read_source(source(movie), frames=3)
