"""A protocol file is data: all of it is understood, or one error says what isn't."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from useq import MDASequence

from saccade.app import Protocol, load_protocol
from saccade.app._protocol import protocol_of
from saccade.core import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]

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


@pytest.fixture
def protocol_in(tmp_path: Path) -> Callable[[Any], Protocol]:
    return lambda document: load_protocol(write(tmp_path, document))


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


@pytest.mark.parametrize(
    ("watch", "frames"),
    [
        pytest.param({"channels": ["A", "B"], "z_plan": {"range": 4, "step": 1}}, 10, id="stack"),
        pytest.param({"stage_positions": [[1, 2], [3, 4, 5]]}, 2, id="positions as lists"),
        pytest.param({"stage_positions": [{"x": 1, "y": 2}]}, 1, id="positions by name"),
        pytest.param({"grid_plan": {"rows": 2, "columns": 3}}, 6, id="grid"),
        pytest.param(
            {"time_plan": [{"interval": 1, "loops": 3}, {"interval": 5, "loops": 3}]},
            5,
            id="phases",
        ),
        pytest.param(
            {"time_plan": {"interval": {"minutes": 1}, "duration": {"minutes": 9}}}, 10, id="units"
        ),
        pytest.param({"time_plan": {"interval": "0:00:02", "loops": 3}}, 3, id="duration as text"),
        pytest.param(
            {
                "channels": [{"config": "A", "acquire_every": 2}, "B"],
                "time_plan": {"interval": 1, "loops": 4},
            },
            6,
            id="a channel that skips",
        ),
        pytest.param(
            {
                "channels": ["A"],
                "stage_positions": [
                    {"x": 0, "y": 0, "sequence": {"z_plan": {"range": 2, "step": 1}}},
                    {"x": 1, "y": 1},
                ],
            },
            4,
            id="a position with its own stack",
        ),
        pytest.param(
            {
                "channels": ["A"],
                "stage_positions": [{"x": 0, "y": 0}, {"x": 1, "y": 1}],
                "autofocus_plan": {"axes": ["p"]},
            },
            2,
            id="autofocus takes no picture",
        ),
        pytest.param(
            {
                "stage_positions": {
                    "plate": 96,
                    "a1_center_xy": [0, 0],
                    "selected_wells": [[0, 1], [2, 3]],
                }
            },
            2,
            id="wells",
        ),
    ],
)
def test_a_plan_is_that_of_useq(
    protocol_in: Callable[[Any], Protocol], watch: Any, frames: int
) -> None:
    """Plans mean what useq makes of them, and their pictures are counted."""
    protocol = protocol_in(watching(**watch))
    taken = [event for event in protocol.watch if event.action.type == "acquire_image"]
    assert protocol.planned == len(taken) == frames


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
    pytest.param(changed("mode", to="stream"), "'stream' is not available", "README", id="stream"),
    pytest.param(changed("mode", to="inlin"), 'mode is "inlin"', "README", id="mode"),
    pytest.param(
        changed("mode", to="inline"),
        "deadline_ms is for the mode 'lagged'",
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


BAD_PLANS = [
    pytest.param(
        {
            "stage_positions": [{"x": 0, "sequence": {"z_plan": {"range": 2, "step": 1}}}, [1]],
            "keep_shutter_open_across": ["p"],
        },
        "watch can't be used: KeyError",
        id="useq fails on it midway",
    ),
    pytest.param(
        {
            "stage_positions": [
                [0],
                {"x": 0, "sequence": {"z_plan": {"range": 4e11, "step": -0.01}}},
            ]
        },
        "more than 3,000,000",
        id="a plan inside is endless",
    ),
    pytest.param({}, "watch is empty: it plans no frame", id="empty"),
    pytest.param({"metadata": {"a": 1}}, "watch is empty", id="only metadata"),
    pytest.param({"channels": []}, "watch is empty", id="no channel"),
    pytest.param({"channels": ["A"], "axis_order": ""}, "watch is empty", id="no axis"),
    pytest.param({"z_plan": {"range": 4, "step": -1}}, "watch is empty", id="step away"),
    pytest.param({"chanels": ["A"]}, "no key 'watch.chanels' (Did you mean 'channels'?)", id="key"),
    pytest.param(
        {"channels": [{"confg": "A"}]},
        "'watch.channels.0.confg' (Did you mean 'config'?)",
        id="deep",
    ),
    pytest.param({"channels": [{"group": "A"}]}, "watch.channels.0.config is missing", id="config"),
    pytest.param({"channels": 5}, "watch.channels: channels must be a sequence", id="no list"),
    pytest.param(
        {"channels": [{"config": "A", "exposure": -3}]},
        "watch.channels.0.exposure is -3",
        id="light",
    ),
    pytest.param(
        {"time_plan": {"interval": 1, "loop": 5}},
        "'watch.time_plan.loop' (Did you mean 'loops'?)",
        id="key of a union",
    ),
    pytest.param(
        {"time_plan": {"interval": 1, "loops": 0}}, "watch.time_plan.loops is 0", id="no loop"
    ),
    pytest.param(
        {"time_plan": {"interval": "soon", "loops": 5}},
        'watch.time_plan.interval is "soon"',
        id="when",
    ),
    pytest.param(
        {"time_plan": [{"interval": 1, "loops": 3}, {"interval": 1, "loopz": 3}]},
        "'watch.time_plan.phases.1.loopz' (Did you mean 'loops'?)",
        id="key of a phase",
    ),
    pytest.param(
        {"time_plan": {"interval": -1, "loops": 3}}, "watch.time_plan goes back in time", id="back"
    ),
    pytest.param(
        {"time_plan": {"interval": 0, "duration": 9}}, "divides by zero", id="no interval"
    ),
    pytest.param(
        {"time_plan": {"duration": 9, "loops": 1}}, "divides by zero", id="useq's own slip"
    ),
    pytest.param(
        {"time_plan": {"interval": 1, "loops": 10**12}}, "more than 3,000,000", id="loops"
    ),
    pytest.param(
        {"time_plan": {"interval": 1e-3, "duration": 1e9}},
        "more than 3,000,000",
        id="too fine a time",
    ),
    pytest.param(
        {"z_plan": {"range": 4, "step": 1e-12}}, "more than 3,000,000", id="too fine a step"
    ),
    pytest.param(
        {"z_plan": {"range": 4, "step": 1e-3}, "time_plan": {"interval": 0, "loops": 1000}},
        "more than 3,000,000",
        id="too many together",
    ),
    pytest.param({"grid_plan": {"rows": 10**9, "columns": 2}}, "more than 1,000", id="rows"),
    pytest.param(
        {"grid_plan": {"width": 9, "height": 9}}, "watch.grid_plan needs fov_width", id="no field"
    ),
    pytest.param(
        {"grid_plan": {"rows": "a", "columns": 2}},
        'watch.grid_plan.rows is "a"',
        id="useq would take another plan",
    ),
    pytest.param(
        {
            "grid_plan": {
                "width": 9,
                "height": 9,
                "fov_width": 1,
                "fov_height": 1,
                "overlap": 100,
            }
        },
        "overlap by less than 100 %",
        id="never gets on",
    ),
    pytest.param({"stage_positions": [[1e300, 0]]}, "more than 1,000,000,000,000", id="too far"),
    pytest.param({"stage_positions": [{"x": 1, "yy": 2}]}, "'watch.stage_positions.0.yy'", id="yy"),
    pytest.param(
        {"stage_positions": [{"x": "left", "y": 2}]}, 'stage_positions.0.x is "left"', id="left"
    ),
    pytest.param(
        {"stage_positions": [{"sequence": {"z_plan": {"range": 2, "stp": 1}}}]},
        "'watch.stage_positions.0.sequence.z_plan.stp' (Did you mean 'step'?)",
        id="key of a plan inside",
    ),
    pytest.param(
        {"stage_positions": {"plate": "96-wel", "a1_center_xy": [0, 0]}},
        "watch.stage_positions.plate: Unknown plate name '96-wel'",
        id="plate",
    ),
    pytest.param({"axis_order": "tpx", "channels": ["A"]}, "watch.axis_order: ", id="axis"),
    pytest.param(
        {
            "channels": [{"config": "A", "do_stack": False}],
            "z_plan": {"range": 4, "step": 1},
            "axis_order": "c",
        },
        "watch can't be used: KeyError",
        id="useq fails on it",
    ),
]


@pytest.mark.parametrize(("watch", "message"), BAD_PLANS)
def test_a_plan_that_cannot_be_played_is_named(
    protocol_in: Callable[[Any], Protocol], watch: Any, message: str
) -> None:
    """Unlike useq, nothing is dropped without a word, and nothing fills the memory."""
    with pytest.raises(ProtocolError) as error:
        protocol_in(watching(**watch))
    assert message in str(error.value)


@pytest.mark.parametrize("watch", [pytest.param([1], id="list"), pytest.param("FITC", id="text")])
def test_a_plan_is_a_mapping(protocol_in: Callable[[Any], Protocol], watch: Any) -> None:
    """Anything else is told what it should look like."""
    with pytest.raises(ProtocolError, match="watch is not a mapping, such as"):
        protocol_in({**LEAST, "watch": watch})


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
        assert protocol_of(yaml_of(example)).planned


@pytest.mark.parametrize("path", sorted((ROOT / "hardware_configs" / "protocols").glob("*.yaml")))
def test_the_protocols_that_ship_are_whole(path: Path) -> None:
    """Each loads as it stands, and nothing in it is probably not meant."""
    assert load_protocol(path).warnings() == ()


def yaml_of(text: str) -> Any:
    from saccade.core._yaml import parse_yaml

    return parse_yaml(text)


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["saccade.detect:Spots", "beads", "FITC", "1e9", 0, 1, 0.5, -1])
)
keys = (
    st.sampled_from([*WHOLE, *WHOLE["decide"][0], *MDASequence.model_fields])
    | st.sampled_from(["x", "y", "z", "config", "interval", "loops", "duration", "range", "step"])
    | st.sampled_from(["rows", "columns", "fov_width", "fov_height", "overlap", "width", "height"])
    | st.sampled_from(["sequence", "top", "bottom", "num_points", "phases", "axes", "plate"])
    | st.text(max_size=8)
)


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3)


values = st.recursive(scalars, nested, max_leaves=12)


numbers = (
    st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-(2**40), 2**40)
    | st.integers(0, 20)
    | st.sampled_from([0.0, -0.0, 1e-300, 1e300, 0.5, -1])
)


def entries(*required: str, **optional: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw mappings with numbers under some keys, and perhaps more under others."""
    return st.fixed_dictionaries(dict.fromkeys(required, numbers), optional=optional)


fields = {"fov_width": numbers, "fov_height": numbers, "overlap": numbers}
times = (
    entries("interval", "loops") | entries("interval", "duration") | entries("duration", "loops")
)
places = st.lists(
    st.lists(numbers, min_size=1, max_size=4)
    | entries(
        "x", "y", z=numbers, sequence=st.fixed_dictionaries({"z_plan": entries("range", "step")})
    ),
    max_size=3,
)
plans = st.fixed_dictionaries(
    {},
    optional={
        "channels": st.lists(
            st.sampled_from(["FITC", "DAPI"])
            | st.fixed_dictionaries(
                {"config": st.just("Cy5")},
                optional={"exposure": numbers, "acquire_every": numbers, "do_stack": st.booleans()},
            ),
            max_size=3,
        ),
        "time_plan": times | st.lists(times, max_size=3),
        "z_plan": entries("range", "step")
        | entries("top", "bottom", "step")
        | entries("above", "below", "step")
        | st.fixed_dictionaries({"relative": st.lists(numbers, max_size=4)}),
        "grid_plan": entries("rows", "columns", **fields)
        | entries("width", "height", **fields)
        | entries("top", "left", "bottom", "right", **fields)
        | entries("num_points", max_width=numbers, random_seed=numbers, **fields)
        | st.fixed_dictionaries(
            {"vertices": st.lists(st.lists(numbers, min_size=2, max_size=2), max_size=5)},
            optional={**fields, "offset": numbers, "convex_hull": st.booleans()},
        ),
        "stage_positions": places
        | st.fixed_dictionaries(
            {
                "plate": st.sampled_from([6, 96, "24-well", 5]),
                "a1_center_xy": st.lists(numbers, min_size=2, max_size=2),
                "selected_wells": st.lists(st.lists(st.integers(-1, 9), max_size=3), max_size=3),
            },
            optional={"rotation": numbers, "well_points_plan": entries("rows", "columns")},
        ),
        "axis_order": st.text("tpgcz", max_size=5),
        "autofocus_plan": st.fixed_dictionaries({"axes": st.lists(st.sampled_from("tpgcz"))}),
        "keep_shutter_open_across": st.lists(st.sampled_from("tpgcz"), max_size=2),
    },
)


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, Any]:
    """Draw the whole document with another plan and up to two values changed."""
    document = copy.deepcopy(WHOLE)
    document["watch"] = draw(plans)
    for _ in range(draw(st.integers(0, 2))):
        at: Any = document
        while isinstance(at, (dict, list)) and at:
            step = draw(st.sampled_from(list(at) if isinstance(at, dict) else range(len(at))))
            if draw(st.booleans()) or not isinstance(at[step], (dict, list)):
                break
            at = at[step]
        if not (isinstance(at, (dict, list)) and at):
            continue
        if draw(st.booleans()):
            at[step] = draw(values)
        else:
            del at[step]
        if isinstance(at, dict) and draw(st.booleans()):
            at[draw(keys)] = draw(values)
    return document


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(document=damaged() | st.dictionaries(keys, values, max_size=6) | values)
def test_no_document_breaks_the_reader(
    document: Any, protocol_in: Callable[[Any], Protocol]
) -> None:
    """Whatever a file holds, it is a protocol that loads back equal, or a ProtocolError."""
    try:
        protocol = protocol_in(document)
    except ProtocolError as error:
        assert error.what  # noqa: PT017
        return
    assert protocol.planned is None or protocol.planned > 0
    assert protocol_of(json.loads(json.dumps(protocol.resolved()))) == protocol
