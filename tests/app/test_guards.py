"""Guards by name, as a protocol has them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from saccade import guard
from saccade.app import build, check
from saccade.app._protocol import protocol_of
from saccade.core import LightSource, ProtocolError, Stand

LAMP = LightSource("lamp", 10.0, 0.01)
STAND = Stand("bench", (LAMP,), channels=("FITC",), shape_px=(512, 512))
PLAN = {"time_plan": {"interval": 10, "loops": 100}, "channels": [{"config": "FITC"}]}


@pytest.mark.parametrize(
    ("name", "settings", "made"),
    [
        ("Step", {"z_um": 5, "within_s": 1}, guard.Step(z_um=5.0, within_s=1.0)),
        ("Duty", {"share": 0.5}, guard.Duty(share=0.5)),
        ("Budget", {"frames": 9, "disk_mb": 5}, guard.Budget(frames=9, disk_mb=5.0)),
        (
            "Dose",
            {"limit_j_per_cm2": 5, "run_limit_j_per_cm2": 9, "hangs": True},
            guard.Dose(limit_j_per_cm2=5.0, run_limit_j_per_cm2=9.0, hangs=True),
        ),
        (
            "Ladder",
            {"top": "guarded", "alarms": 2, "recover_s": None},
            guard.Ladder(top="guarded", alarms=2, recover_s=None),
        ),
    ],
)
def test_a_protocol_can_name_every_guard(name: str, settings: dict, made: Any) -> None:
    """Settings are the arguments of the class, as plain data."""
    assert repr(build(f"saccade.guard:{name}", settings, "guard.0")) == repr(made)


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("Ladder", {"top": "half"}, "guard.0.top"),
        ("Ladder", {"recover": 5}, "Did you mean 'recover_s'?"),
        ("Budget", {"frames": 1.5}, "guard.0.frames"),
        ("Budget", {}, "told what to limit"),
        ("Duty", {"share": 2}, "Duty.share is 2"),
        ("Step", {"z_um": float("nan")}, "guard.0.z_um"),
    ],
)
def test_a_wrong_setting_is_named(name: str, settings: dict, said: str) -> None:
    """A setting that can't be used is refused where it stands."""
    with pytest.raises(ProtocolError, match=said.replace("?", r"\?")):
        build(f"saccade.guard:{name}", settings, "guard.0")


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({"use": "saccade.guard:Budget", "frames": 99}, "Budget refuses 1 events"),
        ({"use": "saccade.guard:Budget", "time_s": 500}, "Budget refuses 49 events"),
        ({"use": "saccade.guard:Budget", "disk_mb": 50}, "Budget refuses 5 events"),
        ({"use": "saccade.guard:Duty", "share": 0.0001}, "Duty refuses 100 events"),
        ({"use": "saccade.guard:Duty", "share": 0.001}, ""),
        ({"use": "saccade.guard:Dose", "limit_j_per_cm2": 0.5}, "Dose refuses 50 events"),
        ({"use": "saccade.guard:Ladder"}, ""),
    ],
)
def test_a_check_finds_a_plan_that_its_guards_would_refuse(part: dict, said: str) -> None:
    """What the plan itself exceeds is told before the run, and nothing that it doesn't."""
    document = {"saccade": 1, "name": "n", "scope": "demo", "watch": PLAN, "guard": [part]}
    found = [each.text for each in check(protocol_of(document), STAND) if each.level == "error"]
    assert len(found) == bool(said)
    assert all(said in text for text in found)


@pytest.mark.parametrize(
    ("hangs", "within_s", "said"),
    [
        (False, 2.0, ["may add up to 2 J/cm² to the budget", "hangs: true"]),
        (True, 2.0, ["Room for 2 J/cm² is kept"]),
        (True, 0.0, []),
    ],
)
def test_a_check_tells_what_a_hang_may_cost(hangs: bool, within_s: float, said: list[str]) -> None:
    """Whoever gives a dose is told what a device that hangs in the light can add to it."""
    dose = {"use": "saccade.guard:Dose", "limit_j_per_cm2": 5, "hangs": hangs}
    document = {"saccade": 1, "name": "n", "scope": "demo", "watch": PLAN, "guard": [dose]}
    stand = replace(STAND, dark_within_s=within_s)
    told = [each.text for each in check(protocol_of(document), stand) if "hang" in each.text]
    assert len(told) == bool(said)
    assert all(text in told[0] for text in said)
