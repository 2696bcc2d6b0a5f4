"""Notify: of what somebody is told, and how often."""

from __future__ import annotations

from typing import Any

import pytest
from decide_cases import play

from saccade.core import ProtocolError
from saccade.decide import Notify


def test_somebody_is_told_once_for_each_rise() -> None:
    """A score that stays high is told once; after it was low, and the time is over, again."""
    decisions = play(Notify("lab", refractory_s=4), [0.1, 0.9, 0.9, 0.1, 0.9, 0.1, 0.9])
    told = [each.frame for each in decisions if each.rule == "tells"]
    assert told == [1, 6]
    assert all(each.actions == () for each in decisions)
    assert decisions[1].reason == "score 0.9 >= 0.8 for 1 frame at position 0"


def test_each_position_is_told_of_by_itself() -> None:
    """What one position has told does not silence another."""
    policy = Notify("lab")
    rules = [play(policy, [0.9], position=p, tile=p)[0] for p in (0, 1, 0)]
    assert [each.rule for each in rules] == ["tells", "tells", "spent"]
    assert rules[1].reason.endswith("at position 1, tile 1")


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        pytest.param({"to": "https://chat.example.org/secret"}, "Notify.to", id="an address"),
        pytest.param({"to": ""}, "Notify.to", id="nobody"),
        pytest.param({"above": 2}, "Notify.above", id="score"),
        pytest.param({"dwell": 0}, "Notify.dwell", id="dwell"),
        pytest.param({"refractory_s": -1}, "Notify.refractory_s", id="time"),
    ],
)
def test_bad_settings_are_named(settings: dict[str, Any], told: str) -> None:
    """An address is refused in a protocol as well: it may be a secret."""
    with pytest.raises(ProtocolError, match=told):
        Notify(**{"to": "lab", **settings})
