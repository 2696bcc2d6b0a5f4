"""Errors that tell what happened, why, and what to do."""

from __future__ import annotations

import pickle

import pytest

from saccade import core
from saccade.core import SaccadeError, UsageError, did_you_mean


@pytest.mark.parametrize(
    ("word", "known", "expected"),
    [
        pytest.param("exposre", ["exposure", "gain"], "Did you mean 'exposure'?", id="typo"),
        pytest.param("DPI", ["FITC", "DAPI"], "Did you mean 'DAPI'?", id="letter missing"),
        pytest.param("zzz", ["b", "a", "b"], "Known: a, b.", id="nothing like it"),
        pytest.param("zzz", [], "Known: nothing.", id="nothing known"),
    ],
)
def test_a_hint_names_what_was_meant_or_all_that_is_known(word, known, expected):
    """Whoever mistypes learns what would have been understood."""
    assert did_you_mean(word, known) == expected


def test_an_error_says_what_happened_and_what_to_do():
    """The message is both sentences; each can be had alone."""
    error = UsageError("It broke.", "Mend it.")
    assert str(error) == "It broke. Mend it."
    assert (error.what, error.do) == ("It broke.", "Mend it.")
    assert str(UsageError("It broke.")) == "It broke."


def test_an_error_survives_pickling():
    """A process can hand an error to another."""
    assert str(pickle.loads(pickle.dumps(UsageError("It broke.", "Mend it.")))) == (  # noqa: S301
        "It broke. Mend it."
    )


@pytest.mark.parametrize(
    "name", [name for name in core.__all__ if name.endswith("Error") and name != "SaccadeError"]
)
def test_every_error_is_one_of_ours(name):
    """One except clause catches all that is raised on purpose."""
    assert issubclass(getattr(core, name), SaccadeError)


def test_a_message_can_be_printed():
    """What a file says in it can neither rewrite the terminal nor fail there."""
    error = UsageError("A\x1b[2J \u202eB \ud800 C\n\tµ×é", "D\x85\u2028")
    assert str(error) == "A\\u001b[2J \\u202eB \\ud800 C\n\tµ×é D\\u0085\\u2028"
    assert str(error).encode("utf-8")
