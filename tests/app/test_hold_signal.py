"""The shipped protocol that exposes by the signal, on the virtual microscope, whose dye bleaches.

``SACCADE_KEEP_HOURS=12 python -m pytest tests/app/test_hold_signal.py -s`` is the long form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from hold_cases import HOURS, played, shipped, tell

from saccade.detect import Signal

if TYPE_CHECKING:
    from saccade.core import Frame

AIM = 150.0
_SETTLED = 12
"""Frames in which the exposure is found."""


def bleaching() -> dict[str, Any]:
    """Return the protocol's simulation, which in the short form bleaches as much as in 12 h."""
    sim = dict(shipped("hold-signal").resolved()["sim"])
    return sim | {"specimen": {**sim["specimen"], "bleach_j_per_cm2": 25 * HOURS / 12}}


def test_the_signal_is_held_by_the_power_of_the_light() -> None:
    """At an exposure that stays, light is dimmed to what is needed, and raised as dye is lost."""
    by_power = {"use": "saccade.decide:Expose", "on": "signal", "of": "signal", "aim": AIM}
    watch = dict(shipped("hold-signal").resolved()["watch"])
    watch["channels"] = [{"config": "FITC", "exposure": 30.0}]
    decide = [{**by_power, "light_mw": [1e-3, 1e3]}]
    protocol = shipped("hold-signal", sim=bleaching(), watch=watch, decide=decide)
    held, look = [], Signal(quantile=0.99)

    def keep(frame: Frame) -> None:
        power_mw = frame.light_mw["FITC"]
        held.append((frame.exposure_ms, power_mw, look(frame).measurements["signal"]))

    left = played(protocol, 5, keep).world.health.dye_left
    exposure_ms, power_mw, signal = np.array(held).T
    tell(f"{left:.0%} of the dye left, lit with {power_mw[_SETTLED]:.2f} to {power_mw[-1]:.2f} mW")
    assert left < 0.75
    assert set(exposure_ms) == {30.0}
    assert np.all(np.abs(signal[_SETTLED:] / AIM - 1) < 0.2)
    assert power_mw[0] > 1.5 * power_mw[_SETTLED], "the plan's light was far too much"
    assert np.all(np.diff(power_mw[_SETTLED:]) >= 0), "it never went back and forth"
    assert power_mw[-1] > 1.2 * power_mw[_SETTLED]


def test_the_signal_is_held_while_the_dye_bleaches() -> None:
    """In a few frames it is as bright as was asked for, and stays so at the least exposure."""
    held, look = [], Signal(quantile=0.99)

    def keep(frame: Frame) -> None:
        held.append((frame.exposure_ms, look(frame).measurements["signal"]))

    left = played(shipped("hold-signal", sim=bleaching()), 5, keep).world.health.dye_left
    exposure_ms, signal = np.array(held[_SETTLED:]).T
    tell(
        f"{len(signal)} frames with a signal of {signal.min():.0f} to {signal.max():.0f}, aim "
        f"{AIM:.0f}; {left:.0%} of the dye left, exposed for {exposure_ms[0]:.1f} to "
        f"{exposure_ms[-1]:.1f} ms"
    )
    assert left < 0.75
    assert np.all(np.abs(signal / AIM - 1) < 0.2)
    assert np.all(np.diff(exposure_ms) >= 0), "it never went back and forth"
    assert exposure_ms[-1] > 1.2 * exposure_ms[0]
