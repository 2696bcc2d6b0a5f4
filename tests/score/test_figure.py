"""The figure of captured share against dose."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from test_summary import score

from saccade.core import UsageError
from saccade.score import draw
from saccade.score._figure import _COLOURS, _MARKERS

if TYPE_CHECKING:
    from pathlib import Path


def test_a_figure_is_drawn_without_a_window(tmp_path: Path) -> None:
    """A PNG that holds more than an empty frame; runs without dose or truth are left out."""
    import cv2

    names = ["protocol", "fixed-slow", "fixed-fast", "random", "oracle"]
    scores = {
        name: [
            score(name, seed, 10.0, 1.0 + n + seed, watched_captured_s=10.0 * n)
            for seed in range(3)
        ]
        for n, name in enumerate(names)
    }
    scores["nothing"] = [score("nothing", 0, 0.0, 0.0, watched_s=0.0)]
    draw(scores, "a title", tmp_path / "full.png")
    draw({"nothing": scores["nothing"]}, "a title", tmp_path / "empty.png")
    full, empty = (
        cv2.imdecode(np.fromfile(tmp_path / f"{name}.png", "u1"), cv2.IMREAD_COLOR)
        for name in ("full", "empty")
    )

    def coloured(picture: np.ndarray) -> int:
        return int((np.ptp(picture.astype(int), axis=2) > 60).sum())

    assert coloured(full) > 1000
    assert coloured(empty) == 0


def test_no_two_contenders_look_alike() -> None:
    """Colours and markers are all different, so that neither alone must tell them apart."""
    assert len(set(_COLOURS)) == len(_COLOURS)
    assert len(set(_MARKERS)) == len(_MARKERS)
    assert len(_COLOURS) == len(_MARKERS) == 12


def test_without_matplotlib_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A named error, and no file."""
    monkeypatch.setattr("saccade.score._figure.can_draw", lambda: False)
    with pytest.raises(UsageError, match=r"saccade\[figures\]"):
        draw({}, "a title", tmp_path / "none.png")
    assert list(tmp_path.iterdir()) == []
