"""What is strange, is strange for a reason, and no more often than it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from detect_frames import frame_of, with_spots

from saccade.core import ProtocolError
from saccade.detect import Novelty, patch_features
from saccade.models import save_model

if TYPE_CHECKING:
    from pathlib import Path


def spots(seed: int) -> np.ndarray:
    """Return a frame of the same kind as all others: six spots anywhere."""
    places = np.random.default_rng(seed).uniform(10, 118, (6, 2))
    return with_spots([tuple(each) for each in places], (128, 128), seed=seed)


def learned(frames: int = 20) -> Novelty:
    novelty = Novelty(frames=frames, patch_px=16)
    for seed in range(2 * frames):
        seen = novelty(frame_of(spots(seed), seed))
        assert seen.score == 0.0
        assert seen.measurements["learning"] == 1.0
    return novelty


def test_more_of_the_same_is_as_strange_as_chance_has_it() -> None:
    """Scores above 0.9 come in about a tenth of the frames as long as nothing changes.

    One memory decides all of them, so that the share varies more than that of independent frames.
    """
    shares = []
    for start in range(0, 6000, 1500):
        novelty = Novelty(frames=30, patch_px=16)
        scores = [novelty(frame_of(spots(start + n), n)).score for n in range(160)][60:]
        shares.append(np.mean(np.array(scores) > 0.9))
    assert 0.02 < float(np.mean(shares)) < 0.2


def _blurred() -> np.ndarray:
    import cv2

    return cv2.GaussianBlur(spots(900), (0, 0), 4.0)


def _large_thing() -> np.ndarray:
    y, x = np.indices((128, 128))
    return spots(901) + 300 * (np.hypot(y - 90, x - 40) < 14)


def _dark() -> np.ndarray:
    return np.full((128, 128), 3, np.uint16)


def _stripes() -> np.ndarray:
    return spots(902) + 60 * (np.arange(128) % 4 < 2)[None, :]


@pytest.mark.parametrize("strange", [_blurred, _large_thing, _dark, _stripes])
def test_what_was_never_seen_scores_highest(strange) -> None:
    """Out of focus, a thing of another size, no light, interference: all beyond every frame."""
    novelty = learned()
    seen = novelty(frame_of(strange(), 50))
    assert seen.score == pytest.approx(20 / 21)
    assert seen.measurements["distance"] > 1.5
    assert seen.points


def test_points_tell_where_it_is_strange() -> None:
    """The strangest patch is that of the thing that was never seen."""
    first = learned()(frame_of(_large_thing(), 50)).points[0]
    assert np.hypot(first.y_px - 90, first.x_px - 40) < 24


def test_channels_are_learned_apart() -> None:
    """What is usual in one channel is not held against another."""
    novelty = learned()
    other = novelty(frame_of(_dark(), 50, channel="DAPI"))
    assert other.measurements["learning"] == 1.0
    assert novelty(frame_of(spots(77), 51)).measurements["learning"] == 0.0


def test_features_have_a_row_a_patch() -> None:
    """Six finite numbers for each, of any shape of picture, large ones halved."""
    for shape, count in (((128, 128), (4, 4)), ((1, 900), (1, 28)), ((2048, 2048), (64, 64))):
        told = patch_features(np.zeros(shape, np.float32), 32)
        assert told.shape == (*count, 6)
        assert np.isfinite(told).all()


def test_wrong_settings_are_named() -> None:
    """Too few frames, too small patches, no points: refused with what to do."""
    for setting in ({"frames": 1}, {"patch_px": 4}, {"max_points": 0}, {"frames": 2.5}):
        with pytest.raises(ProtocolError, match=f"Novelty.{next(iter(setting))}"):
            Novelty(**setting)  # type: ignore[arg-type]


def test_a_model_that_does_not_tell_of_its_pictures_is_refused(tmp_path: Path) -> None:
    """Without feature statistics on its card there is nothing to compare with."""
    from saccade.models import Architecture, PatchNet, tensors_of

    made = Architecture(classes=("thing",), width=4, dilations=(1,))
    figure = {"value": 0.5, "low": 0.0, "high": 1.0}
    names = ("f1", "average_precision", "mcc", "false_alarms")
    told = {"objects": 1, **dict.fromkeys(names, figure)}
    card = {
        "name": "thing", "about": "x", "architecture": made.model_dump(), "limits": (),
        "calibration": {"thing": {}},
        "metrics": {"test_groups": 1, "test_pictures": 1, "classes": {"thing": told}},
        "training": {
            "command": "c", "data": ("d",), "licence": "l", "split": "s", "seed": 0,
            "pictures": 1, "objects": 1, "epochs": 1, "saccade": "0",
        },
    }  # fmt: skip
    path = save_model(tmp_path / "m", card, tensors_of(PatchNet(made))).path
    with pytest.raises(ProtocolError, match=r"Novelty\.model"):
        Novelty(model=str(path))
