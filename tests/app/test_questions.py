"""Protocols that ask: a policy within a policy, checked, recorded, run and decided again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from saccade import app
from saccade.app._parts import build_parts
from saccade.app._protocol import protocol_of
from saccade.core import ProtocolError

if TYPE_CHECKING:
    from pathlib import Path

BURST = {
    "use": "saccade.decide:Burst",
    "above": 0.3,
    "below": 0.1,
    "do": {"channels": ["FITC"], "time_plan": {"interval": 1, "loops": 2}},
}


def document(**ask: Any) -> dict[str, Any]:
    """Return a protocol that asks before a burst."""
    return {
        "saccade": 1,
        "name": "asks",
        "scope": "sim:beads?clock=virtual&seed=1",
        "watch": {"channels": ["FITC"], "time_plan": {"interval": 10, "loops": 4}},
        "detect": {"beads": {"use": "saccade.detect:Spots", "sigma_um": 0.5, "expected": 2}},
        "decide": [{"use": "saccade.decide:Ask", "policy": BURST, "within_s": 15, **ask}],
    }


@pytest.mark.parametrize("default", [True, False])
def test_a_protocol_asks_and_decides_again_alike(tmp_path: Path, default: bool) -> None:
    """Nobody answers in virtual time: it is as the protocol says, and so is the replay."""
    protocol = protocol_of(document(default=default))
    scope = app.open_scope(protocol.scope)
    findings = app.check(protocol, scope.stand())
    assert not [each for each in findings if each.level == "error"]
    run = app.assemble(protocol, scope, out=tmp_path / "run").run
    assert run.start().wait(120).name == "completed"
    from saccade.store import RunFolder

    streams = [frame.stream for frame in RunFolder(tmp_path / "run").frames()]
    assert streams.count("burst") == (2 if default else 0)
    assert app.replay_run(tmp_path / "run").same


def test_a_nested_policy_is_described_and_made_again() -> None:
    """What a run's record holds of it is what a protocol would."""
    from saccade.app._describe import describe

    parts = build_parts(protocol_of(document(name="careful")).spec())
    (told,) = describe(dict(parts.eyes), parts.rules, ())["decide"]
    assert (told["use"], told["name"]) == ("saccade.decide:Ask", "careful")
    assert told["policy"]["use"] == "saccade.decide:Burst"
    assert build_parts({"decide": [told]}).rules[0].policy.do == parts.rules[0].policy.do  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("policy", "what"),
    [
        pytest.param(3, "no policy", id="a number"),
        pytest.param({"above": 0.5}, "no policy", id="no name"),
        pytest.param(
            {"use": "saccade.decide:Brust"}, "Did you mean 'saccade.decide:Burst'", id="typo"
        ),
        pytest.param(
            {"use": "saccade.detect:Spots", "sigma": 1}, "not for 'decide'", id="a detector"
        ),
        pytest.param(BURST | {"above_": 1}, "Did you mean 'above'", id="key"),
    ],
)
def test_a_nested_policy_that_can_not_be_is_named(policy: Any, what: str) -> None:
    """With the path to it, as any other part."""
    with pytest.raises(ProtocolError, match=what) as caught:
        protocol_of(document(policy=policy))
    assert "decide.0.policy" in str(caught.value)
