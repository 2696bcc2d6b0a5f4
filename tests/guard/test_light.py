"""How much light some events mean, and what a frame really had."""

from __future__ import annotations

from typing import Any

import pytest
from guard_cases import event, stand, taken

from saccade.guard import light_of
from saccade.guard._light import true_dose

AT = {"x_pos": 0.0, "y_pos": 0.0}


@pytest.mark.parametrize(
    ("asked", "settings", "dose"),
    [
        pytest.param([AT], {}, 0.01, id="10 ms of FITC, as found"),
        pytest.param([AT], {"exposure_ms": 100.0}, 0.1, id="an exposure that holds"),
        pytest.param([AT], {"channel": "Cy5"}, 0.03, id="a channel that holds"),
        pytest.param([AT, {**AT, "exposure": 100.0}], {"channel": "Cy5"}, 0.33, id="named later"),
        pytest.param([{**AT, "exposure": 100.0}], {"exposure_ms": 5.0}, 0.1, id="its own"),
        pytest.param([], {}, 0.0, id="nothing"),
        pytest.param([AT], {"channel": "DAPI"}, None, id="no light is declared"),
        pytest.param([{**AT, "keep_shutter_open": True}], {}, None, id="a shutter left open"),
        pytest.param(
            [{**AT, "keep_shutter_open": True}], {"channel": "DAPI"}, None, id="neither is known"
        ),
    ],
)
def test_the_light_of_events_is_told_beforehand(
    asked: list[dict[str, Any]], settings: dict[str, Any], dose: float | None
) -> None:
    """What is not named is as it holds, else as it was found; None where nobody can know."""
    told = light_of(stand(), [event(**each) for each in asked], **settings)
    assert told == (None if dose is None else pytest.approx(dose))


def test_a_frame_had_all_its_light_unless_a_mask_was_in_the_way() -> None:
    """10 ms of 1 W/cm², and a half of it behind half a mask."""
    assert true_dose(stand(), taken()) == pytest.approx(0.01)
    assert true_dose(stand(), taken(), 0.5) == pytest.approx(0.005)
