"""A protocol file is data: all of it is understood, or one error says what isn't."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from protocol_cases import LEAST, WHOLE, changed, watching, without, write
from useq import MDASequence

from saccade.app import Protocol, check, load_protocol, open_scope
from saccade.app._protocol import protocol_of
from saccade.core import ProtocolError
from saccade.core._yaml import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]


def test_all_that_a_protocol_says_is_understood(
    protocol_in: Callable[[Any], Protocol], tmp_path: Path
) -> None:
    """Every entry reaches the run."""
    protocol = protocol_in(WHOLE)
    assert protocol.watch == MDASequence(**WHOLE["watch"])
    assert protocol.planned == 240
    assert (protocol.name, protocol.scope, protocol.mode) == ("watch-beads", "demo", "lagged")
    assert protocol.deadline_ms == 200
    assert (protocol.record.queue_mb, protocol.record.overload) == (256, "gap")
    assert protocol.detect["beads"].settings == {"sigma": 2, "expected": 16}
    assert protocol.detect["motion"].channel == "FITC"
    assert [part.on for part in protocol.decide] == ["beads", "motion"]
    assert protocol.guard[1].settings == {"limit_j_per_cm2": 5}
    assert protocol.folder == tmp_path
    assert protocol.warnings() == ()


def test_what_is_left_out_is_default(protocol_in: Callable[[Any], Protocol]) -> None:
    """A name, a scope and a plan are enough."""
    protocol = protocol_in(LEAST)
    assert protocol.mode == "inline"
    assert protocol.deadline_ms is None
    assert (protocol.record.queue_mb, protocol.record.overload) == (1024, "wait")
    assert protocol.spec() == {"detect": {}, "decide": [], "guard": []}
    assert protocol.planned == 1


@pytest.mark.parametrize(
    "document", [pytest.param(WHOLE, id="all"), pytest.param(LEAST, id="least")]
)
def test_what_was_resolved_loads_back_equal(
    protocol_in: Callable[[Any], Protocol], document: Any
) -> None:
    """The protocol in run.json is the protocol that ran, defaults written out."""
    protocol = protocol_in(document)
    plain = json.loads(json.dumps(protocol.resolved()))
    assert list(plain) == list(Protocol.model_fields)
    again = protocol_of(plain)
    assert again == protocol
    assert again.resolved() == plain
    assert again != protocol_in({**document, "name": "other"})


def test_the_key_on_is_no_truth_value(tmp_path: Path) -> None:
    """What PyYAML would read as true is the name of a key."""
    path = write(tmp_path, WHOLE)
    text = path.read_text(encoding="utf-8").replace("'on':", "on:")
    assert "\n  on: beads" in text
    path.write_text(text, encoding="utf-8")
    assert load_protocol(path).decide[0].on == "beads"


BAD = [
    pytest.param({**LEAST, "nmae": "a"}, "no key 'nmae'", "Did you mean 'name'?", id="key"),
    pytest.param({**LEAST, "out": "runs/a"}, "no key 'out'", "Known: ", id="no run folder in it"),
    pytest.param(without("saccade"), "saccade is missing", "saccade: 1", id="no version"),
    pytest.param(changed("saccade", to=2), "version 2; this Saccade reads 1", "newer", id="newer"),
    pytest.param(changed("saccade", to=True), "version True", "saccade: 1", id="truth as version"),
    pytest.param(changed("saccade", to="1"), "version '1'", "saccade: 1", id="text as version"),
    pytest.param(without("watch"), "watch is missing", "README", id="no plan"),
    pytest.param(without("scope"), "scope is missing", "README", id="no scope"),
    pytest.param(changed("scope", to=5), "scope is 5", "README", id="scope is no text"),
    pytest.param(changed("mode", to="inlin"), 'mode is "inlin"', "README", id="mode"),
    pytest.param(
        changed("mode", to="inline"),
        "deadline_ms is for 'lagged' and 'stream'",
        "README",
        id="deadline",
    ),
    pytest.param(changed("deadline_ms", to=0), "deadline_ms is 0", "README", id="no time"),
    pytest.param(changed("deadline_ms", to=float("nan")), "deadline_ms is nan", "finite", id="nan"),
    pytest.param(changed("record", "queue_mb", to=-1), "queue_mb is -1", "README", id="queue"),
    pytest.param(
        changed("record", "overload", to="drop"), 'overload is "drop"', "README", id="overload"
    ),
    pytest.param(
        changed("record", "queu_mb", to=1), "no key 'record.queu_mb'", "'queue_mb'", id="record key"
    ),
    *(
        pytest.param(changed("name", to=name), "can't name a folder", "README", id=f"name {name!r}")
        for name in ("", "a/b", "..", "a b", "nul", "COM1.txt", "a.", "x" * 65, "-a", "naïve")
    ),
    pytest.param(
        changed("decide", 0, "on", to="baeds"),
        "decide.0.on is 'baeds', no detector",
        "Did you mean 'beads'?",
        id="on",
    ),
    pytest.param(
        without("decide", 0, "on"),
        "decide.0.on does not say which detector",
        "Name one of: beads, motion.",
        id="no on",
    ),
    pytest.param(
        {**LEAST, "decide": [{"use": "saccade.decide:Pace", "slow_s": 2, "fast_s": 1}]},
        "decide.0.on does not say",
        "Add it under detect",
        id="no detector at all",
    ),
    pytest.param(
        changed("detect", "beads", "use", to="saccade.detect:Spot"),
        "detect.beads.use is 'saccade.detect:Spot', no known part",
        "Did you mean 'saccade.detect:Spots'?",
        id="part",
    ),
    pytest.param(
        changed("detect", "beads", "sigm", to=1),
        "no key 'detect.beads.sigm'",
        "Did you mean 'sigma'?",
        id="setting",
    ),
    pytest.param(
        changed("decide", 0, "do", "time_plan", "loop", to=1),
        "no key 'decide.0.do.time_plan.loop'",
        "Did you mean 'loops'?",
        id="key of a burst",
    ),
    pytest.param(without("guard", 1, "use"), "guard.1.use is missing", "README", id="no part"),
    pytest.param(changed("guard", to={}), "guard is {}", "README", id="mapping for a list"),
    pytest.param(changed("detect", to=[]), "detect is []", "README", id="list for a mapping"),
    pytest.param(changed("detect", "beads", to="Spots"), 'detect.beads is "Spots"', "", id="word"),
    pytest.param(["saccade"], "a list, not a mapping", "name: first", id="list"),
]


@pytest.mark.parametrize(("document", "message", "do"), BAD)
def test_what_cannot_be_meant_is_named(
    protocol_in: Callable[[Any], Protocol], document: Any, message: str, do: str
) -> None:
    """One error tells the file, the path to the value, and what to do."""
    with pytest.raises(ProtocolError) as error:
        protocol_in(document)
    assert message in error.value.what
    assert "night.yaml" in error.value.what
    assert do in error.value.do


def test_several_problems_are_one_message(protocol_in: Callable[[Any], Protocol]) -> None:
    """Problems of the parts are told together, the first three by name."""
    document = changed("decide", 0, "on", to="c")
    document["detect"]["beads"] |= {"sigm": 1, "threshold": "5"}
    document["guard"][0]["x_um"] = [1, 2, 3]
    with pytest.raises(ProtocolError, match=r"has 4 problems: .*; .*; .*; and 1 more\.") as error:
        protocol_in(document)
    assert "(Did you mean 'sigma'?)" in error.value.what


@pytest.mark.parametrize(
    ("document", "warning"),
    [
        pytest.param(
            without("decide", 1), "No policy listens to the detector 'motion'", id="unused detector"
        ),
        pytest.param(without("guard"), "No guard stands between", id="no guard"),
        pytest.param(
            watching(grid_plan={"num_points": 3, "max_width": 9, "max_height": 9}),
            "watch.grid_plan has no random_seed",
            id="another plan every time",
        ),
        pytest.param(
            watching(
                stage_positions=[{"x": 1, "y": 2}],
                grid_plan={
                    "top": 0,
                    "left": 0,
                    "bottom": 9,
                    "right": 9,
                    "fov_width": 5,
                    "fov_height": 5,
                },
            ),
            "is ignored when using a global absolute grid plan",
            id="what useq warns of",
        ),
    ],
)
def test_what_is_probably_not_meant_is_a_warning(
    protocol_in: Callable[[Any], Protocol], document: Any, warning: str
) -> None:
    """It runs, and check tells."""
    assert any(warning in each for each in protocol_in(document).warnings())


def test_a_single_detector_needs_no_name(protocol_in: Callable[[Any], Protocol]) -> None:
    """Where there is one detector, a policy listens to it and it isn't unused."""
    document = without("decide", 0, "on")
    del document["detect"]["motion"], document["decide"][1]
    assert protocol_in(document).warnings() == ()


def test_an_absent_file_names_its_neighbour(tmp_path: Path) -> None:
    """A misspelt file name is met with the one beside it."""
    write(tmp_path, WHOLE)
    with pytest.raises(ProtocolError, match=r"Did you mean 'night\.yaml'\?"):
        load_protocol(tmp_path / "nigth.yaml")


def test_the_example_of_the_readme_is_a_protocol() -> None:
    """What the README shows can be run as it stands."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    examples = re.findall(r"```yaml\n(saccade: 1\n.*?)```", text, re.DOTALL)
    assert examples
    for example in examples:
        assert protocol_of(parse_yaml(example)).planned


@pytest.mark.parametrize("path", sorted((ROOT / "hardware_configs" / "protocols").glob("*.yaml")))
def test_the_protocols_that_ship_are_whole(path: Path) -> None:
    """Each loads as it stands, and nothing in it is probably not meant."""
    assert load_protocol(path).warnings() == ()


@pytest.mark.parametrize("path", sorted((ROOT / "hardware_configs" / "protocols").glob("*.yaml")))
def test_the_protocols_that_ship_can_run(path: Path) -> None:
    """Each passes the check of its own microscope: whoever tries one is not refused."""
    protocol = load_protocol(path)
    scope = open_scope(protocol.scope, path.parent, protocol.sim)
    try:
        findings = check(protocol, scope.stand())
    finally:
        scope.core.unloadAllDevices()
    assert [each.text for each in findings if each.level == "error"] == []


@pytest.mark.parametrize("kind", ["detect", "decide", "guard"])
def test_the_parts_of_a_kind_are_few(protocol_in: Callable[[Any], Protocol], kind: str) -> None:
    """More than fifty are refused: each looks at every frame."""
    part = {"use": f"saccade.{kind}:Whatever"}
    parts: Any = {f"d{n}": part for n in range(51)} if kind == "detect" else [part] * 51
    with pytest.raises(ProtocolError, match=f"{kind} .*at most 50 items"):
        protocol_in({**LEAST, kind: parts})
