"""Replies: nothing but an observation comes of what another process has written."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saccade.core import Observation, Point, plain
from saccade.isolate._memory import SLOTS, Layout, Memory
from saccade.isolate._reply import NonsenseError, read_reply, write_raised, write_seen
from saccade.testing.strategies import observations

LAYOUT = Layout(request=4096, reply=1 << 16, labels=4096, slot=4096)
SOUND = {
    "score": 0.5,
    "points": 0,
    "boxes": 0,
    "labels": None,
    "measurements": {},
    "verdict": "trusted",
    "detector": ["", "", ""],
}


@pytest.fixture(scope="module")
def memory():
    made = Memory(LAYOUT)
    made.given()
    return made


def put(memory, head, rows=b"") -> None:
    text = json.dumps(head).encode()
    memory.put_reply(struct.pack("<I", len(text)) + text + rows)


@given(observations())
def test_an_observation_comes_back_as_it_was(memory, seen):
    """What a detector says is the same to the last bit; what the run knows itself is left out."""
    write_seen(memory, seen, {"number": 3, "held": [1], "takes_ms": 2.5})
    reply, again = read_reply(memory, 3)
    assert (reply.held, reply.takes_ms) == ([1], 2.5)
    for name in ("score", "points", "boxes", "measurements", "verdict", "detector"):
        one, other = (json.dumps(plain(getattr(each, name))) for each in (seen, again))
        assert one == other


@given(st.binary(max_size=300))
def test_any_bytes_are_an_observation_or_nonsense(memory, data):
    """Whatever is written there, reading it ends with an answer or one kind of error."""
    memory.put_reply(data)
    with pytest.raises(NonsenseError):
        read_reply(memory, 1)


@given(st.data())
def test_a_sound_answer_with_a_changed_byte_is_read_or_refused(memory, data):
    """One flipped byte never gets further than the schema."""
    points = tuple(Point(1.0, 2.0, 3.0, 4.0, float(n)) for n in range(3))
    write_seen(memory, Observation(0.5, points=points), {"number": 1})
    reply = bytearray(memory.reply())
    place = data.draw(st.integers(0, len(reply) - 1))
    reply[place] = data.draw(st.integers(0, 255))
    memory.put_reply(bytes(reply))
    try:
        _, seen = read_reply(memory, 1)
    except NonsenseError:
        return
    assert seen is None or 0.0 <= seen.score <= 1.0


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"score": 2.0}, id="a score above 1"),
        pytest.param({"score": "0.5"}, id="a text"),
        pytest.param({"score": True}, id="no number"),
        pytest.param({"points": 5}, id="rows that are not there"),
        pytest.param({"points": 10**9}, id="too many rows"),
        pytest.param({"points": -1}, id="less than none"),
        pytest.param({"points": [[1, 2, 3]]}, id="short rows"),
        pytest.param({"boxes": [[1, 2, 3, 4, 5]]}, id="long rows"),
        pytest.param({"labels": {"dtype": "|O8", "shape": [1, 1]}}, id="objects"),
        pytest.param({"labels": {"dtype": "<b8", "shape": [1, 1]}}, id="no type"),
        pytest.param({"labels": {"dtype": "<f8", "shape": [9999, 9999]}}, id="beyond the memory"),
        pytest.param({"labels": {"dtype": "<f8", "shape": [2**62, 2**62]}}, id="beyond all"),
        pytest.param({"labels": {"dtype": "|u1", "shape": [-1, 1]}}, id="negative"),
        pytest.param({"measurements": {"a": "b"}}, id="a measurement in words"),
        pytest.param({"measurements": {"a": [1]}}, id="a list"),
        pytest.param({"verdict": "certain"}, id="a verdict"),
        pytest.param({"detector": ["a" * 1001, "", ""]}, id="a long name"),
        pytest.param({"unseen": "never"}, id="more than there is"),
    ],
)
def test_what_does_not_fit_the_schema_is_nonsense(memory, change):
    """Each value is checked as if a stranger had written it."""
    put(memory, {"number": 1, "seen": {**SOUND, **change}})
    with pytest.raises(NonsenseError):
        read_reply(memory, 1)


def test_an_answer_to_another_question_is_nonsense(memory):
    """A late answer is never taken for a new one."""
    put(memory, {"number": 1, "seen": SOUND})
    read_reply(memory, 1)
    with pytest.raises(NonsenseError, match="question 1, not 2"):
        read_reply(memory, 2)


def test_slots_that_are_not_there_can_t_be_held(memory):
    """Only what exists can be kept."""
    put(memory, {"number": 1, "held": [SLOTS], "seen": SOUND})
    with pytest.raises(NonsenseError):
        read_reply(memory, 1)


def test_a_length_beyond_the_memory_is_nonsense(memory):
    """What it claims of itself is not believed."""
    memory.put_reply(b"")
    struct.pack_into("<Q", memory._map, 8, 1 << 40)
    with pytest.raises(NonsenseError, match="claims"):
        read_reply(memory, 1)


@pytest.mark.parametrize(
    ("seen", "error", "match"),
    [
        pytest.param({"score": 2}, TypeError, "dict, not an Observation", id="no observation"),
        pytest.param(Observation(float("nan")), ValueError, "score nan", id="NaN"),
        pytest.param(Observation(0.5, measurements={"a": "b"}), ValueError, "told", id="words"),
        pytest.param(Observation(0.5, labels=np.zeros(3)), ValueError, "dimensions", id="a line"),
        pytest.param(Observation(0.5, labels=np.zeros((99, 99))), ValueError, "room", id="large"),
        pytest.param(
            Observation(0.5, boxes=((1.0,) * 4,) * 100_001), ValueError, "more", id="many"
        ),
    ],
)
def test_what_can_t_be_answered_with_is_an_error_of_the_detector(memory, seen, error, match):
    """It is found where the detector is, so that its process need not be ended."""
    with pytest.raises(error, match=match):
        write_seen(memory, seen, {"number": 1})


def test_an_exception_comes_back_in_words(memory):
    """However long it is, and whatever it is."""
    write_raised(memory, RuntimeError("x" * 100_000), {"number": 1})
    reply, seen = read_reply(memory, 1)
    assert seen is None
    assert reply.raised.kind == "RuntimeError"
    assert reply.raised.told.startswith("RuntimeError('xxx")
