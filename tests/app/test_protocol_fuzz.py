"""No document breaks the reader of protocols."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from protocol_cases import WHOLE
from useq import MDASequence

from saccade.app._protocol import protocol_of
from saccade.core import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable

    from saccade.app import Protocol

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
