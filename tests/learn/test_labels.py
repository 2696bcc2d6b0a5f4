"""What a person marks is on disk at once, and is what training reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from learn_runs import disc_run, masks_of

from saccade.core import LabelError
from saccade.learn import Labels, Place, label_run, read_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return disc_run(tmp_path_factory.mktemp("runs") / "discs")


@pytest.fixture
def labels(run: Path, tmp_path: Path) -> Labels:
    """Give twelve frames that nobody has labelled."""
    label_run(run, tmp_path / "f", 12)
    return Labels(tmp_path / "f")


def test_nothing_is_marked_at_first(labels: Labels) -> None:
    """Twelve pictures, none of them done; each tells why it was chosen."""
    assert len(labels.images) == 12
    assert labels.done == 0
    image = labels.images[0]
    assert labels.places(image) == ()
    assert not labels.mask(image).any()
    assert labels.told(image)["why"] in ("uncertain", "novel", "random")


def test_places_masks_and_words_come_back_and_are_learned_from(labels: Labels) -> None:
    """Another look at the folder finds them, and so does training, which leaves out the rest."""
    first, second, third = labels.images[:3]
    labels.set_places(first, (Place(20.5, 30.25, 12.0, "cell"), Place(50, 60)))
    mask = masks_of(int(labels.told(second)["frame"])).astype(np.uint16)
    labels.set_mask(second, mask)
    labels.set_word(third, "nothing")
    again = Labels(labels.folder)
    assert again.places(first) == (Place(20.5, 30.25, 12.0, "cell"), Place(50, 60))
    assert np.array_equal(again.mask(second), mask)
    assert (again.word(third), again.done) == ("nothing", 3)
    samples, classes = read_folder(labels.folder)
    assert len(samples) == 3
    assert set(classes) == {"cell", "object"}


def test_what_is_taken_back_is_gone(labels: Labels) -> None:
    """An empty mask, no places and no word: as if nobody had looked."""
    image = labels.images[4]
    labels.set_places(image, (Place(1, 2),))
    labels.set_mask(image, np.ones_like(labels.mask(image)))
    labels.set_word(image, "nothing")
    assert Labels(labels.folder).is_done(image)
    labels.set_places(image, ())
    labels.set_mask(image, np.zeros_like(labels.mask(image)))
    labels.set_word(image, "")
    again = Labels(labels.folder)
    assert not again.is_done(image)
    assert not list(labels.folder.rglob("*.part"))


def test_marks_of_others_stay(labels: Labels) -> None:
    """What an editor has written of other pictures is still there after a change here."""
    first, second = labels.images[:2]
    text = f"image,y,x,class,size\n{second},3,4,cell,5\n"
    (labels.folder / "points.csv").write_text(text, encoding="utf-8")
    again = Labels(labels.folder)
    again.set_places(first, (Place(1, 1),))
    assert Labels(labels.folder).places(second) == (Place(3, 4, 5, "cell"),)


def stacked(labels: Labels) -> Path:
    (labels.folder / "labels.tif").write_bytes(b"")
    return labels.folder


def torn(labels: Labels) -> Path:
    (labels.folder / "images" / labels.images[0]).write_bytes(b"no picture")
    Labels(labels.folder).picture(labels.images[0])
    return labels.folder


def misfit(labels: Labels) -> Path:
    labels.set_mask(labels.images[0], np.ones((3, 3), np.uint16))
    return labels.folder


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda labels: labels.folder / "images", "no frames to be labelled"),
        (stacked, "as one stack"),
        (torn, "can't be read"),
        (misfit, "does not fit"),
    ],
)
def test_what_can_not_be_labelled_is_named(
    labels: Labels, spoil: Callable[[Labels], Path], said: str
) -> None:
    """One error each, of the folder's own words."""
    with pytest.raises(LabelError, match=said):
        Labels(spoil(labels))
