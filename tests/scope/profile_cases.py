"""A profile that says all that one can say, in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from saccade.scope import Profile, load_profile

if TYPE_CHECKING:
    from pathlib import Path

WHOLE: dict[str, Any] = {
    "name": "stand",
    "micromanager": {"cfg": "stand.cfg", "adapters": "adapters"},
    "roles": {"camera": "Cam", "xy": "XY", "z": "Z", "shutter": "S", "channel_group": "Channel"},
    "settings": [{"device": "Cam", "property": "Gain", "value": 2.5}],
    "focus_direction": -1,
    "lights": [
        {"name": "488", "power_mw": 2, "area_mm2": 0.5, "channels": ["GFP"]},
        {"name": "lamp", "power_mw": 0.1, "area_um2": 20000},
    ],
    "limits": {"x_um": [-1, 1], "y_um": [0, 0], "z_um": [0, 4000], "exposure_ms": [1, 100]},
    "tolerances": {"xy_um": 1, "z_um": 0.2, "exposure_rel": 0.1},
    "timeouts": {"settle_s": 3, "frame_margin_s": 4, "first_frame_s": 5},
    "retries": {"setting": 0, "snap": 7},
    "record_properties": ["Cam.CCD.Temperature"],
    "modifiable": ["xy", "channel"],
    "safe": [{"device": "Laser", "property": "Power", "value": 0}],
}


def profile_in(folder: Path, document: Any) -> Profile:
    """Return the profile that a document is when it is read from a file."""
    path = folder / "stand.yaml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return load_profile(path)
