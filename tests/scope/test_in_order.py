"""Pictures of several cameras in one burst: in the order of their exposures, whatever is lost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saccade.core import SnapError
from saccade.scope._in_order import InOrder, Shot

PIXELS = np.zeros((1, 1), np.uint16)
NAMES = ("left", "right", "top")


def shot() -> Shot:
    return Shot(PIXELS, 0, 0)


@given(data=st.data(), cameras=st.integers(1, 3), count=st.integers(1, 8))
def test_what_comes_comes_out_in_order_and_once(
    data: st.DataObject, cameras: int, count: int
) -> None:
    """Each camera's pictures come in its own order, some are lost; none of the rest is."""
    names = NAMES[:cameras]
    kept = [
        [place for place in range(count) if not data.draw(st.booleans(), label="lost")]
        for _ in names
    ]
    order, out = InOrder(count, names), []
    while any(kept):
        own = data.draw(st.sampled_from([n for n in range(cameras) if kept[n]]), label="camera")
        place = kept[own].pop(0)
        assert order.put(shot(), names[own], place) == own
        new = [(each.place, each.number) for each in order.ready()]
        out += new
        others = [place for n in range(cameras) if n != own for place in kept[n]]
        assert not new or all(at > new[0][0] - 1 for at in others)
    told = [*out, *((each.place, each.number) for each in order.rest())]
    assert told == sorted(set(told))
    assert len(told) == len(set(told))


def test_a_picture_waits_for_those_before_it() -> None:
    """That of the second camera comes out after the first's, and after the lost one's successor."""
    order = InOrder(3, ("left", "right"))
    order.put(shot(), "right", 0)
    assert list(order.ready()) == []
    order.put(shot(), "left", 1)  # its first was lost
    assert [(each.place, each.number) for each in order.ready()] == [(0, 1), (1, 0)]
    assert order.late == [0, 1]
    order.put(shot(), "left", -1)  # not counted: taken for the next
    order.put(shot(), "right", 2)
    assert order.whole
    assert [(each.place, each.number) for each in order.ready()] == [(2, 0), (2, 1)]


@pytest.mark.parametrize(
    ("names", "camera", "counted", "why"),
    [
        pytest.param(("left", "right"), "top", 0, "was not asked", id="another camera"),
        pytest.param(("left", "right"), "left", 2, "came after", id="beyond the end"),
        pytest.param(("",), "Any", 2, "came after", id="beyond the end, of one"),
    ],
)
def test_what_can_not_be_is_refused(
    names: tuple[str, ...], camera: str, counted: int, why: str
) -> None:
    """A picture that nobody has asked for ends the burst."""
    with pytest.raises(SnapError, match=why):
        InOrder(2, names).put(shot(), camera, counted)


def test_a_camera_that_is_far_behind_is_named() -> None:
    """Pictures don't pile up for one that gives none; what is there can be had."""
    order = InOrder(1000, ("left", "right"))
    for place in range(64):
        order.put(shot(), "right", place)
        assert list(order.ready()) == []
    with pytest.raises(SnapError, match="left gives no pictures"):
        order.put(shot(), "right", 64)
    assert len(list(order.rest())) == 64
