"""Protocols for the tests of protocols."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from pathlib import Path

WHOLE: dict[str, Any] = {
    "saccade": 1,
    "name": "watch-beads",
    "scope": "demo",
    "mode": "lagged",
    "watch": {
        "channels": [{"config": "FITC", "exposure": 20}],
        "time_plan": {"interval": 1, "loops": 240},
    },
    "detect": {
        "beads": {"use": "saccade.detect:Spots", "sigma": 2, "expected": 16},
        "motion": {"use": "saccade.detect:Change", "channel": "FITC"},
    },
    "decide": [
        {
            "use": "saccade.decide:Burst",
            "on": "beads",
            "above": 0.8,
            "below": 0.3,
            "do": {"channels": ["FITC"], "time_plan": {"interval": 0.05, "loops": 40}},
        },
        {"use": "saccade.decide:Pace", "on": "motion", "slow_s": 10, "fast_s": 1},
    ],
    "guard": [
        {"use": "saccade.guard:Limits", "x_um": [-100, 100]},
        {"use": "saccade.guard:Dose", "limit_j_per_cm2": 5},
    ],
    "deadline_ms": 200,
    "record": {"queue_mb": 256, "overload": "gap"},
}
LEAST: dict[str, Any] = {
    "saccade": 1,
    "name": "a",
    "scope": "demo",
    "watch": {"channels": ["FITC"]},
}


def write(folder: Path, document: Any) -> Path:
    path = folder / "night.yaml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return path


def changed(*path: Any, to: Any) -> dict[str, Any]:
    """Return the whole document with one value replaced, or added."""
    document = copy.deepcopy(WHOLE)
    at: Any = document
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = to
    return document


def without(*path: Any) -> dict[str, Any]:
    """Return the whole document with one value taken out."""
    document = copy.deepcopy(WHOLE)
    at: Any = document
    for step in path[:-1]:
        at = at[step]
    del at[path[-1]]
    return document


def watching(**watch: Any) -> dict[str, Any]:
    """Return the smallest document with another plan."""
    return {**LEAST, "watch": watch}
