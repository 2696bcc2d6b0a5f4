"""Calibration of a light modulator on the virtual microscope, whose truth is known."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from saccade.app import CalibrationPlan, calibrate
from saccade.core import CalibrationError, NeedsError, ProfileError, ProtocolError
from saccade.scope import load, read_calibration, write_calibration

if TYPE_CHECKING:
    from pathlib import Path

PLAN = CalibrationPlan(exposure_ms=20, side=3)
SLIDE = {"background": 1e5, "sensor_px": [256, 256]}


def bench(glow: float = 1e5, **mechanics: Any) -> Any:
    """Return a microscope over a slide that glows."""
    sim = {**SLIDE, "background": glow, "mechanics": mechanics}
    return load("sim:beads?clock=virtual", sim=sim)


@pytest.mark.parametrize(
    "mechanics",
    [
        pytest.param({}, id="as it comes"),
        pytest.param(
            {"slm_turn_deg": 12.0, "slm_cover": 0.8, "slm_shift_px": (15.0, -10.0)},
            id="small, turned",
        ),
        pytest.param(
            {"slm_turn_deg": -33.0, "slm_cover": 1.2, "slm_px": (300, 400)}, id="large, oblong"
        ),
    ],
)
def test_it_is_found_to_within_a_fraction_of_a_pixel(tmp_path: Path, mechanics: Any) -> None:
    """Turned, scaled and shifted: wherever a spot is aimed at, it falls within half a pixel."""
    scope = bench(**mechanics)
    found = calibrate(scope, CalibrationPlan(exposure_ms=20, side=4), out=tmp_path / "run")
    height, width = found.shape_px
    corners = np.array(((0, 0, 1), (width, 0, 1), (0, height, 1), (width, height, 1))).T
    off = (np.array(scope.core.slm_to_camera) - np.array(found.to_sensor)) @ corners
    assert np.hypot(*off).max() < 0.5
    assert found.error_px < 0.5


def test_what_was_written_is_read_by_a_profile(tmp_path: Path) -> None:
    """The file comes back as it was, and a profile that names it aims by it."""
    found = calibrate(bench(), PLAN, out=tmp_path / "run")
    write_calibration(found, tmp_path / "slm.json")
    assert read_calibration(tmp_path / "slm.json") == found
    profile = tmp_path / "stand.yaml"
    text = "name: bench\nsim: {use: beads, clock: virtual, sensor_px: [256, 256]}\n"
    profile.write_text(text + "modulator: {calibration: slm.json, rest: 200}\n", encoding="utf-8")
    modulator = load(profile).stand().modulator
    assert (modulator.to_sensor, modulator.rest) == (found.to_sensor, 200)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param({"device": "DMD"}, "is of 'DMD'", id="another device"),
        pytest.param({"shape_px": [9, 9]}, "Calibrate this one", id="another size"),
        pytest.param({"to_sensor": [[1, 0, 0], [2, 0, 0]]}, "to one line", id="degenerate"),
        pytest.param({"to_sensor": [[1, 0], [2, 0]]}, "to_sensor", id="no affine"),
        pytest.param({"error": 1}, "error_px", id="unknown key"),
        pytest.param(None, "no calibration", id="no JSON"),
    ],
)
def test_a_calibration_that_does_not_fit_is_refused(tmp_path: Path, change: Any, why: str) -> None:
    """One of another device, or a file that can't be used, is one named error."""
    known = {
        "device": "SLM",
        "shape_px": [256, 256],
        "to_sensor": [[2, 0, 0], [0, 2, 0]],
        "sensor_px": [256, 256],
        "error_px": 0.1,
        "spots": 9,
    }
    text = "{" if change is None else json.dumps({**known, **change})
    (tmp_path / "slm.json").write_text(text, encoding="utf-8")
    with pytest.raises(ProfileError, match="There is no calibration"):
        read_calibration(tmp_path / "other.json")
    profile = tmp_path / "stand.yaml"
    profile.write_text("name: b\nsim: {use: beads}\nmodulator: {calibration: slm.json}\n", "utf-8")
    with pytest.raises(ProfileError, match=why):
        load(profile)


def test_without_a_glowing_slide_it_says_what_is_missing(tmp_path: Path) -> None:
    """In the dark nothing is found, and nothing is written."""
    with pytest.raises(CalibrationError, match="0 spots"):
        calibrate(bench(glow=0.0), PLAN, out=tmp_path / "run")
    plan = CalibrationPlan(exposure_ms=20, side=3, at_most_px=1e-6)
    with pytest.raises(CalibrationError, match="px off, more than"):
        calibrate(bench(), plan, out=tmp_path / "other")
    with pytest.raises(NeedsError, match="no light modulator"):
        calibrate(load("demo"), PLAN)


@pytest.mark.parametrize(
    "settings", [{"side": 2}, {"radius_px": 0}, {"at_most_px": 0.0}, {"side": "many"}], ids=str
)
def test_a_plan_that_makes_no_sense_is_refused(settings: dict[str, Any]) -> None:
    """Each is a named error."""
    with pytest.raises(ProtocolError, match=next(iter(settings))):
        CalibrationPlan(**settings)
