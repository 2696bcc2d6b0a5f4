"""Which axis is which."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saccade.core import RecordingError
from saccade.sim.playback._axes import leading_axes, suffix_axes


@pytest.mark.parametrize(
    ("name", "axes"),
    [
        pytest.param("movie_PTCYX.tif", "PTCYX", id="five"),
        pytest.param("a_b_TYX.ome.tiff", "TYX", id="ome-tiff"),
        pytest.param("m_tzyx.TIF", "TZYX", id="lower-case"),
        pytest.param("m_YX.tif", "YX", id="still"),
        pytest.param("movieTYX.tif", None, id="no-underscore"),
        pytest.param("m_TTYX.tif", None, id="twice"),
        pytest.param("m_TXY.tif", None, id="turned"),
        pytest.param("m_TYX_2.tif", None, id="not-at-the-end"),
    ],
)
def test_suffix_of_a_name(name: str, axes: str | None) -> None:
    """Only letters of known axes, once each, right before the ending, are taken for axes."""
    assert suffix_axes(name) == axes


@pytest.mark.parametrize(
    ("axes", "shape", "order", "sizes"),
    [
        pytest.param("RTCYX", (2, 3, 4, 5, 6), "PTC", (2, 3, 4), id="micro-manager-regions"),
        pytest.param("TZCYXS", (3, 1, 2, 5, 6, 1), "TC", (3, 2), id="ones-are-dropped"),
        pytest.param("TYX", (3, 1, 1), "T", (3,), id="one-pixel"),
        pytest.param("ICYX", (3, 2, 5, 6), "TC", (3, 2), id="unstated-beside-stated"),
        pytest.param("QTYX", (1, 3, 5, 6), "T", (3,), id="unstated-one"),
    ],
)
def test_leading_axes(
    axes: str, shape: tuple[int, ...], order: str, sizes: tuple[int, ...]
) -> None:
    """Stated axes keep their names, ones are dropped, and one unstated axis is time."""
    assert leading_axes(Path("m.tif"), axes, shape)[:2] == (order, sizes)


@pytest.mark.parametrize(
    ("axes", "shape"),
    [
        pytest.param("QTYX", (2, 3, 5, 6), id="time-is-taken"),
        pytest.param("TTYX", (2, 3, 5, 6), id="twice"),
        pytest.param("TXY", (3, 5, 6), id="turned"),
        pytest.param("MYX", (3, 5, 6), id="mosaic"),
        pytest.param("YXS", (5, 6, 3), id="colour"),
    ],
)
def test_unsafe_axes_are_refused(axes: str, shape: tuple[int, ...]) -> None:
    """Where a guess could be wrong, or nothing could show the axis, there is an error."""
    with pytest.raises(RecordingError) as caught:
        leading_axes(Path("m.tif"), axes, shape)
    assert caught.value.do


@given(
    axes=st.text("PTCZQISMRYX", max_size=7),
    data=st.data(),
)
def test_axes_make_an_order_or_one_error(axes: str, data: st.DataObject) -> None:
    """Any letters give distinct known axes of the sizes that were longer than one, or one error."""
    shape = data.draw(st.tuples(*(st.integers(1, 3) for _ in axes)))
    try:
        order, sizes, _ = leading_axes(Path("m.tif"), axes, shape)
    except RecordingError:
        return
    assert len(set(order)) == len(order) == len(sizes)
    assert set(order) <= set("PTCZ")
    longer = [n for a, n in zip(axes, shape, strict=True) if a not in "YXS" and n > 1]
    assert list(sizes) == longer
