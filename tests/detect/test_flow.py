"""What flows, how fast, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from detect_frames import frame_of, is_silent, with_spots

from saccade.core import NeedsError, ProtocolError, Stand
from saccade.detect import Flow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from saccade.core import Observation

SHAPE = (256, 256)
PLACES = np.random.default_rng(0).uniform(24, 232, (40, 2))


def spots(places: NDArray[np.float64], seed: int) -> np.ndarray:
    return with_spots([tuple(each) for each in places], SHAPE, sigma_px=4.0, seed=seed)


def look(moved: NDArray[np.float64], **settings: Any) -> Observation:
    """Return what is seen of spots that have moved, under other noise."""
    flow = Flow(**settings)
    first = flow(frame_of(spots(PLACES, 1), 0, pixel_size_um=0.5))
    assert first.score == 0.0
    return flow(frame_of(spots(moved, 2), 1, pixel_size_um=0.5))


def quarter(places: NDArray[np.float64]) -> NDArray[np.bool_]:
    return (places < 128).all(axis=1)


def test_a_part_that_moves_is_as_fast_as_it_is() -> None:
    """The speed is right within a tenth, in pixels and µm, and points lie in the part."""
    seen = look(PLACES + np.where(quarter(PLACES), 4.0, 0.0)[:, None] * [[0.6, 0.8]])
    assert seen.measurements["speed_px"] == pytest.approx(4.0, rel=0.12)
    assert seen.measurements["speed_um"] == pytest.approx(seen.measurements["speed_px"] / 2)
    assert seen.score == pytest.approx(seen.measurements["speed_px"] / 5)
    assert seen.points
    assert all(point.y_px < 150 and point.x_px < 150 for point in seen.points[:3])


def test_what_stands_still_does_not_flow() -> None:
    """Noise alone is no motion, with spots or without."""
    assert look(PLACES).score < 0.05
    flow = Flow()
    seen = [flow(frame_of(with_spots([], SHAPE, seed=n), n)).score for n in range(4)]
    assert max(seen) == 0.0


def test_drift_of_everything_is_left_out_and_told() -> None:
    """A stage that moves five pixels both ways makes no flow; the drift is measured."""
    seen = look(PLACES + 5.0)
    assert seen.score < 0.15
    assert seen.measurements["drift_px"] == pytest.approx(np.hypot(5, 5), rel=0.05)


@pytest.mark.parametrize(("by", "factor"), [("spreading", 1.04), ("gathering", 0.96)])
def test_moving_apart_and_together_are_told_apart(by: str, factor: float) -> None:
    """Divergence has the sign and size of the expansion; the other direction scores little."""
    moved = 128 + factor * (PLACES - 128)
    seen = look(moved, by=by)
    other = look(moved, by="gathering" if by == "spreading" else "spreading")
    assert abs(seen.measurements[by]) > 2 * abs(factor - 1) * 0.7
    assert seen.score > 1.5 * other.score


def test_places_are_compared_with_themselves() -> None:
    """Positions keep apart, and a stage that went elsewhere starts anew."""
    flow = Flow()
    flow(frame_of(spots(PLACES, 1), 0, p=0, x_um=0.0, y_um=0.0))
    assert flow(frame_of(spots(PLACES + 9, 2), 1, p=1, x_um=900.0, y_um=0.0)).score == 0.0
    assert flow(frame_of(spots(PLACES * 0.9, 2), 2, p=0, x_um=500.0, y_um=0.0)).score == 0.0


def test_motion_in_um_needs_a_pixel_size() -> None:
    """Expected in µm, half as many pixels of twice the size are as much."""
    moved = PLACES + np.where(quarter(PLACES), 4.0, 0.0)[:, None]
    assert look(moved, expected_um=5.0).score == pytest.approx(look(moved, expected=10).score)
    with pytest.raises(NeedsError, match="size of a pixel"):
        Flow(expected_um=1.0).learn(Stand("bench", pixel_size_um=0.0))
    assert is_silent(Flow()(frame_of(spots(PLACES, 0), pixel_size_um=0.0)))


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"sigma": 0}, "Flow.sigma"),
        ({"expected": -1}, "Flow.expected"),
        ({"expected_um": np.nan}, "Flow.expected_um"),
        ({"expected": 1, "expected_um": 1}, "one of them"),
        ({"by": "speeds"}, "Flow.by"),
        ({"max_points": 0}, "Flow.max_points"),
    ],
    ids=lambda value: str(value),
)
def test_a_wrong_setting_is_named(settings: dict[str, Any], word: str) -> None:
    """Refused at once, with what to do."""
    with pytest.raises(ProtocolError, match=word) as caught:
        Flow(**settings)
    assert caught.value.do
