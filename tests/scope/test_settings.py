"""Settings: what they refuse, and when two values are the same."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saccade.scope._settings import same_value


@pytest.mark.parametrize(
    ("actual", "wanted", "same"),
    [
        pytest.param("5.0000", 5, True, id="digits that say nothing"),
        pytest.param("0.1000", 0.1, True, id="fraction"),
        pytest.param("0.3333", 1 / 3, True, id="rounded to four digits"),
        pytest.param("On", "On", True, id="text"),
        pytest.param("On", "on", False, id="case"),
        pytest.param("20000", 20001, False, id="large whole numbers"),
        pytest.param("-3", "3", False, id="sign"),
        pytest.param("1e-9", 0, True, id="next to nothing"),
        pytest.param("nan", 1.0, False, id="nan"),
        pytest.param("", "0", False, id="nothing"),
        pytest.param("488.0000", 489, False, id="next wavelength"),
    ],
)
def test_two_property_values_are_the_same_if_they_mean_the_same(
    actual: str, wanted: object, same: bool
) -> None:
    """Micro-Manager's text stands for the number or word that was set."""
    assert same_value(actual, wanted) is same


@given(st.integers(-(10**9), 10**9))
def test_a_whole_number_is_the_same_as_no_other(number: int) -> None:
    """Whole numbers are compared exactly, however large."""
    assert same_value(str(number), number)
    assert not same_value(str(number), number + 1)


@given(st.floats(-1e6, 1e6))
def test_a_number_is_the_same_after_micro_manager_wrote_it(number: float) -> None:
    """Four digits after the point are what a property keeps of a number."""
    kept = f"{number:.4f}"
    assert same_value(kept, number) or abs(number) < 1
    assert math.isclose(float(kept), number, abs_tol=5.1e-5)
