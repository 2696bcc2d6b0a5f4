"""No plan that has the right words breaks the reader; for all other files see tests/fuzz."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from protocol_cases import WHOLE

from saccade.app._protocol import protocol_of
from saccade.core import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable

    from saccade.app import Protocol

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


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(plan=plans)
def test_no_plan_breaks_the_reader(plan: Any, protocol_in: Callable[[Any], Protocol]) -> None:
    """Whatever a plan holds, it is a protocol that loads back equal, or a ProtocolError."""
    try:
        protocol = protocol_in({**WHOLE, "watch": plan})
    except ProtocolError as error:
        assert error.what  # noqa: PT017
        return
    assert protocol.planned is None or protocol.planned > 0
    assert protocol_of(json.loads(json.dumps(protocol.resolved()))) == protocol
