"""Detectors made of detectors, from a protocol to a run folder and back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from useq import MDASequence

from saccade.app import Run, build, replay_run
from saccade.app._describe import describe
from saccade.app._parts import build_parts
from saccade.app._protocol import protocol_of
from saccade.app._registry import problems_of
from saccade.core import ProtocolError
from saccade.detect import All, Crop, Ensemble, Rescale, Spots
from saccade.testing import FakeScope

if TYPE_CHECKING:
    from pathlib import Path

SPOTS = {"use": "saccade.detect:Spots", "sigma": 2}
NESTED = {
    "use": "saccade.detect:Ensemble",
    "by": "vote",
    "detectors": [
        SPOTS,
        {
            "use": "saccade.detect:Crop",
            "px": [0, 0, 16, 16],
            "detector": {
                "use": "saccade.detect:Rescale",
                "pixel_size_um": 0.5,
                "detector": {"use": "saccade.detect:Spots"},
            },
        },
    ],
}
MADE = Ensemble(
    (Spots(sigma=2.0), Crop(Rescale(Spots(), pixel_size_um=0.5), px=(0, 0, 16, 16))), by="vote"
)


def test_mappings_within_become_detectors() -> None:
    """What a protocol nests is what the same calls make in Python."""
    settings = {name: value for name, value in NESTED.items() if name != "use"}
    assert repr(build("saccade.detect:Ensemble", settings, "detect.a")) == repr(MADE)


def test_what_is_described_can_be_made_again() -> None:
    """A detector made in Python is described with all settings, and made from that as JSON."""
    spec = json.loads(json.dumps(describe(MADE, (), ())))
    assert spec["detect"]["detect"]["detectors"][0] == {
        "use": "saccade.detect:Spots",
        "sigma": 2.0,
        "sigma_um": None,
        "threshold": 5.0,
        "max_points": 500,
        "expected": None,
    }
    assert repr(build_parts(spec).eyes["detect"].detector) == repr(MADE)


@pytest.mark.parametrize(
    ("detectors", "what", "hint"),
    [
        pytest.param(
            [{"use": "saccade.detect:Spotz"}],
            "detect.a.detectors.0.use is 'saccade.detect:Spotz', no known part",
            "Did you mean 'saccade.detect:Spots'?",
            id="misspelt",
        ),
        pytest.param(
            [SPOTS, {**SPOTS, "sgima": 2}],
            "no key 'detect.a.detectors.1.sgima'",
            "Did you mean 'sigma'?",
            id="setting",
        ),
        pytest.param(
            [{"use": "saccade.guard:Limits"}],
            "detectors.0.use is",
            "not for 'detect'",
            id="a guard",
        ),
        pytest.param([{"use": "os:system"}], "no known part", "Known: saccade.detect", id="import"),
        pytest.param(
            [{"use": "saccade.detect:Crop"}],
            "detect.a.detectors.0.detector is missing",
            "",
            id="no",
        ),
        pytest.param(
            [{"sigma": 2}], "detectors.0 is {'sigma': 2}, no detector", "{use:", id="bare"
        ),
        pytest.param(SPOTS, "no list of detectors", "{use:", id="one, not a list"),
        pytest.param(
            [{**SPOTS, "sigma": "2"}], 'detectors.0.sigma is "2"', "valid number", id="text"
        ),
    ],
)
def test_what_can_not_be_nested_is_named(detectors: Any, what: str, hint: str) -> None:
    """What is wrong within is named by its place, with a hint, without making anything."""
    settings = {"detectors": detectors}
    assert any(
        what in str(each) for each in problems_of("saccade.detect:All", settings, "detect.a")
    )
    with pytest.raises(ProtocolError) as caught:
        build("saccade.detect:All", settings, "detect.a")
    assert what in str(caught.value)
    assert hint in str(caught.value)


def test_a_rule_of_a_part_within_is_named_by_its_place() -> None:
    """A setting that only the part itself can refuse is told with where the part stands."""
    with pytest.raises(ProtocolError, match=r"detect.a.detectors.1: Spots.sigma is -1"):
        build("saccade.detect:All", {"detectors": [SPOTS, {**SPOTS, "sigma": -1}]}, "detect.a")


def test_a_protocol_may_nest() -> None:
    """A protocol with detectors in detectors is read, and read again from what it resolves to."""
    document = {
        "saccade": 1,
        "name": "nested",
        "scope": "demo",
        "watch": {"channels": ["FITC"]},
        "detect": {"both": NESTED},
    }
    protocol = protocol_of(document)
    assert protocol_of(protocol.resolved()) == protocol
    assert repr(build_parts(protocol.spec()).eyes["both"].detector) == repr(MADE)
    with pytest.raises(ProtocolError, match=r"detect.both.detectors.0.use"):
        protocol_of({**document, "detect": {"both": {**NESTED, "detectors": [{"use": "Spots"}]}}})


def test_a_run_with_nested_detectors_is_replayed(tmp_path: Path) -> None:
    """The run folder describes every part, and decides the same again from that."""
    plan = MDASequence(channels=["FITC"], time_plan={"interval": 0, "loops": 4})
    run = Run(FakeScope(), plan, detect=MADE, out=tmp_path / "run")
    assert run.start().wait(60).name == "completed"
    assert replay_run(tmp_path / "run").same
    assert All((MADE,)).needs == MADE.needs
