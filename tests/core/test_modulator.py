"""Light modulators: where a pixel of a frame lies on one, and what a mask lets through."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from useq import MDAEvent, SLMImage

from saccade.core import (
    Action,
    Correction,
    Grid,
    Modulator,
    Refusal,
    Stand,
    lit,
    plain,
    refusal_from_plain,
    stand_from_plain,
    to_modulator,
)

TURNED = ((0.0, -2.0, 300.0), (2.0, 0.0, 10.0))


@given(
    col=st.floats(0, 255),
    row=st.floats(0, 255),
    left=st.integers(0, 100),
    top=st.integers(0, 100),
    binning=st.sampled_from([1, 2, 4]),
)
def test_a_pixel_is_found_wherever_its_region_lies(
    col: float, row: float, left: int, top: int, binning: int
) -> None:
    """Region and binning of a frame do not move what it shows on the modulator."""
    modulator = Modulator("SLM", (256, 256), TURNED, sensor_px=(512, 512))
    sensor = np.array(TURNED) @ (col, row, 1)
    binned = (sensor - (binning - 1) / 2) / binning
    grid = Grid((left, top, 64, 64), (512 // binning, 512 // binning))
    back = to_modulator(modulator, grid) @ (binned[0] - left, binned[1] - top, 1)
    assert back == pytest.approx((col, row), abs=1e-6)


@pytest.mark.parametrize(
    ("modulator", "why"),
    [
        pytest.param(Modulator("SLM", (4, 4)), "never calibrated", id="uncalibrated"),
        pytest.param(Modulator("SLM", (4, 4), TURNED, (512, 256)), "512 x 256", id="other sensor"),
    ],
)
def test_what_was_not_calibrated_here_is_refused(modulator: Modulator, why: str) -> None:
    """Nothing is aimed by a calibration that isn't there, or is of another sensor."""
    with pytest.raises(ValueError, match=why):
        to_modulator(modulator, Grid((0, 0, 512, 512), (512, 512)))


HALF = np.array([[0, 255], [0, 255]], np.uint8)


@pytest.mark.parametrize(
    ("data", "through"),
    [
        pytest.param(None, (1, 1, 1), id="no mask"),
        pytest.param(HALF, (1, 0.5, 0.5), id="half"),
        pytest.param(HALF // 5, (0.2, 0.1, 0.5), id="grey"),
        pytest.param(HALF > 0, (1, 0.5, 0.5), id="bool"),
        pytest.param(HALF.astype(np.uint16), (1, 0.5, 0.5), id="not 8 bit"),
        pytest.param(51, (0.2, 0.2, 1), id="one level"),
        pytest.param(0, (0, 0, 0), id="dark"),
        pytest.param(1000, (1, 1, 1), id="a level beyond"),
        pytest.param(np.zeros((0, 3), np.uint8), (1, 1, 1), id="empty"),
    ],
)
def test_a_mask_lets_through_what_it_shows(data: object, through: tuple[float, ...]) -> None:
    """What can't be known counts as open; a level counts as its share of 255."""
    image = None if data is None else SLMImage(data=data)
    assert tuple(lit(image)) == pytest.approx(through)


def test_stands_and_corrections_come_back_from_the_journal() -> None:
    """A calibrated modulator, a mask and a region are the same after they were written."""
    stand = Stand("bench", modulator=Modulator("SLM", (2, 2), TURNED, (8, 8), 0))
    assert stand_from_plain(plain(stand)) == stand
    assert "modulator" not in plain(Stand("bench"))
    correction = Correction(mask=SLMImage(data=HALF, device="SLM"), region=(1, 2, 3, 4))
    refusal = Refusal(Action((MDAEvent(),), correction=correction, frame=1), "Dose", "too much")
    assert refusal_from_plain(plain(refusal)).action.correction == correction
