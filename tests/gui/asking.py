"""A protocol whose policy asks a person before each burst."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_ASKING = """
saccade: 1
name: ask
scope: demo
watch:
  channels: [{config: FITC, exposure: 5}]
  time_plan: {interval: 0.05, loops: 3000}
detect:
  beads: {use: saccade.detect:Spots, sigma_um: 2}
decide:
  - use: saccade.decide:Ask
    on: beads
    within_s: WITHIN
    policy:
      use: saccade.decide:Burst
      above: 0.01
      below: 0.005
      do: {channels: [{config: FITC, exposure: 5}], time_plan: {interval: 0, loops: 3}}
"""


def asking_protocol(folder: Path, within_s: float) -> Path:
    """Write it; who is asked has so long to answer."""
    path = folder / "ask.yaml"
    path.write_text(_ASKING.replace("WITHIN", str(within_s)), encoding="utf-8")
    return path
