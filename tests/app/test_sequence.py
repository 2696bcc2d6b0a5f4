"""A plan in a protocol is useq's, and nothing of it is dropped without a word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from protocol_cases import LEAST, watching

from saccade.core import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable

    from saccade.app import Protocol


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


@pytest.mark.parametrize(
    "watch",
    [
        pytest.param({"time_plan": {"interval": 600, "loops": 7}}, id="an interval"),
        pytest.param({"time_plan": {"interval": 7, "duration": 60}}, id="a duration"),
        pytest.param({"time_plan": {"duration": 60, "loops": 7}}, id="so many in it"),
        pytest.param(
            {"time_plan": [{"interval": 60, "loops": 3}, {"interval": 10, "loops": 4}]}, id="phases"
        ),
        pytest.param(
            {"time_plan": {"interval": 10, "loops": 3}, "stage_positions": [[0, 0], [9, 9]]},
            id="at several positions",
        ),
        pytest.param({"time_plan": {"interval": 0, "loops": 3}}, id="as fast as it can"),
    ],
)
def test_when_the_last_picture_is_due(protocol_in: Callable[[Any], Protocol], watch: Any) -> None:
    """As useq plays the plan, without playing it."""
    protocol = protocol_in(watching(**watch))
    assert protocol.last_due_s == max(event.min_start_time or 0.0 for event in protocol.watch)


@pytest.mark.parametrize(
    "watch",
    [
        pytest.param({"channels": ["FITC"]}, id="no times"),
        pytest.param(
            {
                "axis_order": "ptc",
                "time_plan": {"interval": 10, "loops": 3},
                "stage_positions": [[0, 0], [9, 9]],
            },
            id="once through at each position",
        ),
        pytest.param(
            {
                "stage_positions": [
                    {"x": 0, "sequence": {"time_plan": {"interval": 10, "loops": 3}}},
                    [9, 9],
                ]
            },
            id="times of a position",
        ),
    ],
)
def test_plans_whose_times_do_not_tell_how_far_they_are(
    protocol_in: Callable[[Any], Protocol], watch: Any
) -> None:
    """They have no last time: how far they are is told by their pictures."""
    assert protocol_in(watching(**watch)).last_due_s == 0


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
