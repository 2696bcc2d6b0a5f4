"""Assertions about policies and guards."""

from __future__ import annotations

import doctest
import importlib
import subprocess
import sys

import pytest

from saccade.core import Action, Decision, Refusal
from saccade.testing import assert_decides, assert_lets_through, assert_refuses, decisions_of


def above_half(seen):
    acts = seen.score > 0.5
    return Decision((Action(),) if acts else (), "high" if acts else "low", "because")


def wall(action):
    return Refusal(action, "wall", "never on Sundays")


def test_what_is_decided_as_expected_passes():
    """Acts, or rules, can be expected, and mixed."""
    assert_decides(above_half, [0.1, 0.9, 0.1], [False, True, "low"])
    assert [decision.rule for decision in decisions_of(above_half, [0.1, 0.9])] == ["low", "high"]


def test_what_is_decided_otherwise_is_shown_line_by_line():
    """The failure shows every score and marks what is wrong."""
    with pytest.raises(AssertionError) as failure:
        assert_decides(above_half, [0.1, 0.9], [False, "low"])
    assert str(failure.value).splitlines()[1:] == [
        "  score 0.1: expected False, came False (low: because)",
        "! score 0.9: expected 'low', came 'high' (high: because)",
    ]


def test_as_many_expectations_as_scores_are_needed():
    """A forgotten expectation is not a passed one."""
    with pytest.raises(ValueError, match="shorter"):
        assert_decides(above_half, [0.1, 0.9], [False])


def test_guards_can_be_asserted_either_way():
    """The answer is returned, for further questions."""
    action = Action(label="burst")
    assert assert_lets_through(lambda action: action, action) is action
    assert assert_refuses(wall, action, "Sundays").guard == "wall"


@pytest.mark.parametrize(
    ("check", "text"),
    [
        pytest.param(
            lambda: assert_lets_through(wall, Action()), "wall refused 'burst'", id="refused"
        ),
        pytest.param(
            lambda: assert_refuses(lambda a: a, Action()), "was let through", id="let through"
        ),
        pytest.param(
            lambda: assert_refuses(wall, Action(), "Mondays"), "never on Sundays", id="other reason"
        ),
    ],
)
def test_a_wrong_answer_of_a_guard_is_told(check, text):
    """The failure says what the guard said."""
    with pytest.raises(AssertionError, match=text):
        check()


@pytest.mark.parametrize(
    "name", ["_frames", "_detectors", "_sink", "_scope", "_asserts", "strategies"]
)
def test_the_examples_in_the_documentation_work(name):
    """What a reader copies runs."""
    module = importlib.import_module(f"saccade.testing.{name}")
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


def test_importing_it_needs_neither_hypothesis_nor_a_microscope():
    """Users' tests load only what they use."""
    code = (
        "import sys, saccade.testing; "
        "print(sorted({'hypothesis', 'pymmcore', 'pytest'} & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert answer.stdout.strip() == "[]"
