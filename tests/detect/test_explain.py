"""What a score rests on is where it comes from, and telling it changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from detect_frames import frame_of, with_spots
from test_network import made

from saccade.core import Past, explained, past_of
from saccade.detect import Any, Change, Crop, Network, Novelty, Rescale, Spots, Tracker

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from saccade.core import Detector, Frame

EVEN = np.random.default_rng(0).normal(1000, 10, (128, 128))


def changed(index: int = 60) -> Frame:
    """Return a frame in which something has come at row 96, column 32."""
    pixels = EVEN.copy()
    pixels[88:104, 24:40] += 400
    return frame_of(pixels.astype(np.uint16), index)


def before() -> list[Frame]:
    rng = np.random.default_rng(1)
    return [frame_of((EVEN + rng.normal(0, 5, EVEN.shape)).astype(np.uint16), n) for n in range(40)]


CASES: dict[str, Callable[[], Detector]] = {
    "change": lambda: Change(sigma=2),
    "novelty": lambda: Novelty(frames=15, patch_px=16),
    "tracked": lambda: Tracker(Change(sigma=2)),
    "a part": lambda: Crop(Change(sigma=2), px=(0, 64, 64, 64)),
    "smaller": lambda: Rescale(Change(sigma=2), pixel_size_um=2.0),
    "one of two": lambda: Any((Spots(sigma=2), Change(sigma=2))),
}


@pytest.mark.parametrize("name", CASES)
def test_the_heat_is_where_it_happened_and_the_look_is_the_same(name: str) -> None:
    """Cells cover the frame; the hottest is where the change is."""
    one, other = CASES[name](), CASES[name]()
    assert explained(one, before()[0]).heat is None  # it knows nothing yet
    other(before()[0])
    for frame in before()[1:]:
        one(frame)
        other(frame)
    seen, heat = explained(one, changed())
    assert seen == other(changed())
    assert heat is not None
    assert 0 <= heat.min() <= heat.max() <= 1
    hottest = np.array(np.unravel_index(heat.argmax(), heat.shape))
    assert (hottest + 0.5) * 128 / heat.shape == pytest.approx([96, 32], abs=12)
    assert np.median(heat) < heat.max()


def test_the_hottest_place_of_change_and_network_is_the_score(tmp_path: Path) -> None:
    """What each place scores by itself, so that the greatest is what was told."""
    change = Change(sigma=2)
    for frame in before():
        change(frame)
    seen, heat = explained(change, changed())
    assert heat is not None
    assert heat.max() == pytest.approx(seen.score)
    made(tmp_path)
    network = Network(str(tmp_path / "bright"))
    seen, heat = explained(network, with_spot())
    assert heat is not None
    assert heat.shape == (32, 32)
    assert heat.max() == pytest.approx(seen.score, abs=1e-6)
    assert np.unravel_index(heat.argmax(), heat.shape) == (16, 8)


def with_spot() -> Frame:
    pixels = np.full((128, 128), 100, np.uint16)
    pixels[64:68, 32:36] = 900
    return frame_of(pixels, pixel_size_um=0.5)


def test_who_remembers_nothing_needs_nothing_before(tmp_path: Path) -> None:
    """And who does says how much, through whatever is around it."""
    assert past_of(Spots(sigma=2)) == past_of(lambda frame: None) == Past()  # type: ignore[arg-type, return-value]
    assert past_of(Change(alpha=0.1)) == Past(last=50)
    assert past_of(Novelty(frames=15)) == Past(first=30)
    both = Any((Novelty(frames=15), Tracker(Change(alpha=0.5))))
    assert past_of(both) == Past(first=30, last=10)
    made(tmp_path, frames=3)
    assert past_of(Network(str(tmp_path / "bright"))) == Past(here=2)


def test_a_function_is_looked_with_as_it_is() -> None:
    """It has a look, and nothing more to tell."""
    spots = Spots(sigma=2)
    frame = frame_of(with_spots([(20, 20)], (64, 64)))
    assert explained(lambda each: spots(each), frame) == (spots(frame), None)
