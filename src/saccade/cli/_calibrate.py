"""The command that finds where a light modulator's picture falls on the camera."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._console import answer, err, named_errors, say

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def calibrate(
    scope: str, target: Path, plan: Mapping[str, Any], out: Path | None, as_json: bool
) -> None:
    """Show spots one by one, find them on the camera, and write what follows."""
    from saccade import app
    from saccade.scope import load, write_calibration

    with named_errors(as_json), err.status("showing spots ..."):
        settings = app.CalibrationPlan(**plan)
        found = app.calibrate(load(scope), settings, out=out)
        write_calibration(found, target)
    if as_json:
        answer(found.model_dump())
        return
    say(f"{found.device}: {found.spots} spots found; others were {found.error_px:.2f} px off.")
    say(f"It is in {target}. In the profile: modulator: {{calibration: {target.name}}}")
