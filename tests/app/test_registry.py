"""A protocol makes parts by registered names, and can't import anything else."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from useq import MDAEvent, MDASequence

from saccade import decide, detect, guard
from saccade.app import build, parts
from saccade.app._registry import problems_of
from saccade.core import ProtocolError, plain

DO = {"channels": ["FITC"], "time_plan": {"interval": 0.05, "loops": 3}}


def test_parts_are_the_public_classes() -> None:
    """What detect, decide and guard export can be named, stories and functions excepted."""
    names = {
        f"saccade.{home.__name__.rpartition('.')[2]}:{name}"
        for home in (detect, decide, guard)
        for name in home.__all__
    }
    assert set(parts()) < names
    assert set(parts()) >= {
        "saccade.detect:Spots",
        "saccade.detect:Change",
        "saccade.detect:Focus",
        "saccade.decide:Burst",
        "saccade.decide:Pace",
        "saccade.guard:Limits",
        "saccade.guard:Dose",
        *(f"saccade.guard:{name}" for name in ("Budget", "Duty", "Ladder", "Rate", "Step")),
    }
    assert not {name for name in parts() if "tory" in name or "snap" in name}


@pytest.mark.parametrize(
    ("use", "settings", "where", "expected"),
    [
        pytest.param("saccade.detect:Spots", {}, "detect.a", detect.Spots(), id="no setting"),
        pytest.param(
            "saccade.detect:Spots",
            {"sigma": 2, "expected": 16},
            "detect.a",
            detect.Spots(sigma=2.0, expected=16),
            id="numbers",
        ),
        pytest.param(
            "saccade.detect:Spots", {"sigma": None}, "detect.a", detect.Spots(), id="nothing"
        ),
        pytest.param(
            "saccade.guard:Limits",
            {"x_um": [-1, 1]},
            "guard.0",
            guard.Limits(x_um=(-1.0, 1.0)),
            id="pair as a list",
        ),
        pytest.param(
            "saccade.decide:Burst",
            {"do": DO, "triggered": True, "label": "close"},
            "decide.0",
            decide.Burst(MDASequence(**DO), triggered=True, label="close"),
            id="plan",
        ),
        pytest.param(
            "saccade.decide:Burst",
            {"do": [{"exposure": 5.0, "channel": {"config": "FITC"}}]},
            "decide.0",
            decide.Burst((MDAEvent(exposure=5.0, channel="FITC"),)),
            id="events, as a journal holds them",
        ),
        pytest.param(
            "saccade.decide:Burst",
            {"do": MDASequence(**DO)},
            "decide.0",
            decide.Burst(MDASequence(**DO)),
            id="plan made in Python",
        ),
    ],
)
def test_settings_reach_the_part(
    use: str, settings: dict[str, Any], where: str, expected: object
) -> None:
    """A part from a protocol is the part that the same arguments make in Python."""
    part = build(use, settings, where)
    assert type(part) is type(expected)
    given = [each.name for each in fields(part) if each.init]
    assert plain({name: getattr(part, name) for name in given}) == plain(
        {name: getattr(expected, name) for name in given}
    )


BAD = [
    pytest.param(
        "saccade.detect:Spot",
        {},
        "detect.a",
        "detect.a.use is 'saccade.detect:Spot', no known part",
        "Did you mean 'saccade.detect:Spots'?",
        id="misspelt",
    ),
    pytest.param(
        "spots", {}, "detect.a", "no known part", "Did you mean 'saccade.detect:Spots'?", id="short"
    ),
    pytest.param(
        "os:system", {}, "detect.a", "no known part", "Known: saccade.detect", id="import"
    ),
    pytest.param(
        "saccade.detect._spots:Spots",
        {},
        "detect.a",
        "no known part",
        "Did you mean 'saccade.detect:Spots'?",
        id="private",
    ),
    pytest.param(
        "saccade.decide:Story", {}, "decide.0", "no known part", "saccade.decide", id="needs code"
    ),
    pytest.param(
        "saccade.guard:Dose",
        {"limit_j_per_cm2": 1},
        "detect.a",
        "detect.a.use is 'saccade.guard:Dose', not for 'detect'",
        "saccade.detect",
        id="another kind",
    ),
    pytest.param(
        "saccade.detect:Spots",
        {"sgima": 2},
        "detect.a",
        "no key 'detect.a.sgima'",
        "Did you mean 'sigma'?",
        id="setting",
    ),
    pytest.param(
        "saccade.decide:Burst",
        {"_events": []},
        "decide.0",
        "no key 'decide.0._events'",
        "",
        id="own",
    ),
    pytest.param(
        "saccade.detect:Spots",
        {"sigma": "2"},
        "detect.a",
        'detect.a.sigma is "2", which should be a valid number',
        "",
        id="text for a number",
    ),
    pytest.param(
        "saccade.detect:Spots",
        {"sigma": True},
        "detect.a",
        "detect.a.sigma is true, which should be a valid number",
        "",
        id="truth for a number",
    ),
    pytest.param(
        "saccade.detect:Spots",
        {"max_points": 1.5},
        "detect.a",
        "detect.a.max_points is 1.5, which should be a valid integer",
        "",
        id="half a spot",
    ),
    pytest.param(
        "saccade.detect:Spots",
        {"threshold": float("nan")},
        "detect.a",
        "which should be a finite number",
        "",
        id="nan",
    ),
    pytest.param(
        "saccade.detect:Spots",
        {"threshold": -1},
        "detect.a",
        "detect.a: Spots.threshold is -1",
        "5 lets noise",
        id="the part's own rule",
    ),
    pytest.param(
        "saccade.detect:Spots",
        {"sigma": {1, 2}},
        "detect.a",
        "which no file could hold",
        "",
        id="not plain",
    ),
    pytest.param(
        "saccade.guard:Dose", {}, "guard.0", "guard.0.limit_j_per_cm2 is missing", "", id="no"
    ),
    pytest.param(
        "saccade.guard:Limits", {"x_um": [1]}, "guard.0", "guard.0.x_um.1 is missing", "", id="half"
    ),
    pytest.param(
        "saccade.guard:Limits", {"x_um": [2, 1]}, "guard.0", "guard.0: Limits.x_um", "", id="order"
    ),
    pytest.param(
        "saccade.decide:Burst",
        {"do": {"chanels": ["FITC"]}},
        "decide.0",
        "no key 'decide.0.do.chanels'",
        "Did you mean 'channels'?",
        id="plan",
    ),
    pytest.param(
        "saccade.decide:Burst", {"do": {}}, "decide.0", "decide.0.do is empty", "", id="empty"
    ),
    pytest.param(
        "saccade.decide:Burst",
        {"do": [{"exposure": "x"}]},
        "decide.0",
        "no list of events",
        "",
        id="ev",
    ),
    pytest.param(["a"], {}, "detect.a", "no known part", "", id="list for a name"),
]


@pytest.mark.parametrize(("use", "settings", "where", "message", "do"), BAD)
def test_what_cannot_be_made_is_named(
    use: Any, settings: dict[str, Any], where: str, message: str, do: str
) -> None:
    """One error tells where, what is wrong, and the nearest that there is."""
    with pytest.raises(ProtocolError) as error:
        build(use, settings, where)
    assert message in error.value.what
    assert do in error.value.do


def test_problems_are_found_without_making_anything() -> None:
    """A protocol can be looked through before any part takes memory."""
    problems = problems_of("saccade.detect:Spots", {"sgima": 1, "expected": "5"}, "detect.a")
    assert [str(each) for each in problems] == [
        "there is no key 'detect.a.sgima' (Did you mean 'sigma'?)",
        'detect.a.expected is "5", which should be a valid integer',
    ]


values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
settings_of = st.dictionaries(
    st.sampled_from(
        ["sigma", "above", "below", "do", "x_um", "limit_j_per_cm2", "slow_s", "fast_s"]
    )
    | st.text(max_size=5),
    values
    | st.lists(values, max_size=3)
    | st.dictionaries(st.text(max_size=5), values, max_size=2),
    max_size=4,
)


@given(st.sampled_from(sorted(parts())) | st.text(max_size=20), settings_of)
def test_no_setting_breaks_the_registry(use: str, settings: dict[str, Any]) -> None:
    """Whatever is asked for, it is a part or a ProtocolError."""
    kind = use.rpartition(":")[0].rpartition(".")[2]
    try:
        part = build(use, settings, f"{kind}.0")
    except ProtocolError as error:
        assert error.what  # noqa: PT017
    else:
        assert type(part) is parts()[use]
