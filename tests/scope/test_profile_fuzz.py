"""No document breaks the reader of profiles."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from profile_cases import WHOLE, profile_in

from saccade.core import ProfileError

if TYPE_CHECKING:
    from pathlib import Path

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["demo", "Cam", "xy", "Device.Property", -1, 1, 0.5])
)
keys = st.sampled_from([*WHOLE, *WHOLE["roles"], *WHOLE["lights"][0], "x_um", "cfg"]) | st.text(
    max_size=8
)


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3)


values = st.recursive(scalars, nested, max_leaves=12)


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, Any]:
    """Draw the whole document with up to three values replaced, added or taken out."""
    document = copy.deepcopy(WHOLE)
    for _ in range(draw(st.integers(1, 3))):
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


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=damaged() | st.dictionaries(keys, values, max_size=6) | values)
def test_no_document_breaks_the_reader(document: Any, tmp_path: Path) -> None:
    """Whatever a file holds, it is a profile whose numbers are usable, or a ProfileError."""
    try:
        profile = profile_in(tmp_path, document)
    except ProfileError as error:
        assert error.what  # noqa: PT017
        return
    for light in profile.light_sources():
        assert 0 < light.power_mw < float("inf")
        assert 0 < light.area_cm2 < float("inf")
    for span in profile.spans().values():
        assert span.low <= span.high
    profile.manners()
