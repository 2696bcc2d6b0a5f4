"""Look-back: what is around an occurrence is kept, what is thinned out is counted."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from run_cases import act_above, play
from useq import MDAEvent

from saccade.core import Action, Decision, Observation, ProtocolError, Thinned, VirtualClock
from saccade.run import Chain, Eye, Keep, history, replay
from saccade.testing import FakeScope, MemorySink, StubDetector

MS = 10.0
"""A frame takes so long."""


def again(count: int) -> list[MDAEvent]:
    return [MDAEvent(index={"t": t}, min_start_time=0.0, exposure=MS) for t in range(count)]


def streamed(count: int, keep: Keep | None, *, takes_ms: float = 0.0, **parts: Any) -> Any:
    scope = FakeScope(clock=VirtualClock(lockstep=True), gaps=parts.pop("gaps", ()))
    scores = parts.pop("scores", {})
    parts.setdefault("decide", act_above(2.0))
    eyes = {"stub": Eye(StubDetector(scores), takes_ms=takes_ms)}
    return play(again(count), scope=scope, mode="stream", detect=eyes, keep=keep, **parts)


def in_order(sink: MemorySink) -> list[int]:
    """Return every index that the journal tells of, in its order."""
    told: list[int] = []
    for record in sink.records:
        if record.kind in ("frame", "gap"):
            told.append(record.value.index)  # type: ignore[attr-defined]
        elif isinstance(record.value, Thinned):
            told += range(record.value.first, record.value.last + 1)
    return told


def kept(sink: MemorySink) -> dict[int, str]:
    return {frame.index: frame.kept for frame in sink.frames}


def test_where_nothing_occurs_one_frame_in_so_many_is_kept():
    """The others are counted, by a line for each row of them; none of it is a gap."""
    ran = streamed(100, Keep(every=10, before_s=0.1))
    assert kept(ran.sink) == dict.fromkeys(range(0, 100, 10), "every")
    assert ran.sink.of("thinned")[0] == Thinned(1, 9, "watch", ran.sink.of("thinned")[0].t_ns)
    assert in_order(ran.sink) == list(range(100))
    assert (ran.verdict.name, ran.verdict.committed, ran.verdict.thinned) == ("completed", 10, 90)


def test_what_is_around_an_occurrence_is_kept():
    """Every frame from so long before the score has crossed to so long after it, marked so."""
    ran = streamed(200, Keep(every=50, before_s=0.2, after_s=0.1, above=0.8), scores={100: 0.9})
    whole = [index for index, why in kept(ran.sink).items() if why == "occurrence"]
    assert whole == list(range(80, 111))
    assert in_order(ran.sink) == list(range(200))


def test_an_action_is_an_occurrence_and_its_own_frames_are_kept():
    """Without a score, what a policy asks pictures on is kept, and so is what it asks for."""
    decide = act_above(0.5, (MDAEvent(exposure=1.0),) * 3, label="closer")
    keep = Keep(every=50, before_s=0.05, after_s=0.0)
    ran = streamed(120, keep, scores={60: 0.9}, decide=decide)
    marks = kept(ran.sink)
    assert [index for index, why in marks.items() if why == "occurrence"] == list(range(55, 61))
    assert [index for index, why in marks.items() if why == "action"] == [61, 62, 63]
    assert {frame.stream for frame in ran.sink.frames if frame.kept == "action"} == {"closer"}
    assert in_order(ran.sink) == list(range(123))


def test_a_frame_of_an_action_does_not_hurry_those_before_it():
    """What is still being looked at is kept, though nobody looks at the picture after it."""

    def answer(seen: Observation) -> Decision:
        wants = seen.frame == 0
        return Decision((Action((MDAEvent(exposure=1.0),), "closer"),) if wants else ())

    keep = Keep(every=50, before_s=0.0, after_s=0.0, above=0.8)
    ran = streamed(20, keep, scores={0: 1.0, 1: 1.0}, takes_ms=4.0, decide=answer)
    assert [frame.index for frame in ran.sink.frames if frame.stream == "closer"] == [2]
    assert kept(ran.sink)[1] == "occurrence"


def test_what_can_not_be_trusted_is_no_occurrence():
    """A score that a monitor doubts keeps nothing."""

    def doubt(frame: Any, seen: Observation) -> Observation:
        from dataclasses import replace

        return replace(seen, verdict="doubtful")

    ran = streamed(50, Keep(every=100, above=0.5), scores={20: 1.0}, monitors=[doubt])
    assert kept(ran.sink) == {0: "every"}


def test_a_ring_that_is_too_small_says_so():
    """Frames leave it early, and the journal tells for how long it lasts."""
    one = streamed(1, None).sink.frames[0].pixels.nbytes
    keep = Keep(every=1000, before_s=1.0, above=0.5, memory_mb=10.5 * one / 2**20)
    ran = streamed(100, keep, scores={50: 1.0})
    assert min(index for index, why in kept(ran.sink).items() if why == "occurrence") > 38
    (told,) = ran.sink.of("ring")
    assert 0 < told["held_s"] < 1.0
    assert in_order(ran.sink) == list(range(100))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"every": 0}, "Keep.every"),
        ({"every": 2.5}, "Keep.every"),
        ({"before_s": -1}, "Keep.before_s"),
        ({"after_s": float("nan")}, "Keep.after_s"),
        ({"above": 1.5}, "Keep.above"),
        ({"memory_mb": 0}, "Keep.memory_mb"),
    ],
)
def test_what_can_not_be_kept_is_refused(given, told):
    """Each setting by its name."""
    with pytest.raises(ProtocolError, match=told):
        Keep(**given)


def test_keeping_fits_the_run_or_is_refused():
    """It is for streams, and for a detector that is there."""
    with pytest.raises(ProtocolError, match="in the mode 'stream' only"):
        play(again(3), scope=FakeScope(), mode="lagged", keep=Keep())
    with pytest.raises(ProtocolError, match=r"keep\.on is 'stubb', no detector"):
        streamed(3, Keep(above=0.5, on="stubb"))


@settings(max_examples=80, deadline=None)
@given(
    occurrences=st.sets(st.integers(0, 149), max_size=6),
    acts=st.sets(st.integers(0, 149), max_size=2),
    gaps=st.sets(st.integers(0, 149), max_size=8),
    takes_ms=st.sampled_from([0.0, 4.0, 17.0, 95.0]),
    every=st.integers(1, 40),
    before=st.integers(0, 60),
    after=st.integers(0, 30),
)
def test_the_time_before_each_occurrence_that_was_seen_is_on_disk(
    occurrences, acts, gaps, takes_ms, every, before, after
):
    """In every case, however late it was seen; and each index is told of once, in order."""

    def answer(seen: Observation) -> Decision:
        wants = seen.stream == "watch" and seen.frame in acts
        return Decision((Action((MDAEvent(exposure=1.0),), "act"),) if wants else ())

    frames: dict[int, int] = {}
    keep = Keep(every=every, before_s=before * MS / 1e3, after_s=after * MS / 1e3, above=0.8)
    scores = dict.fromkeys(occurrences, 1.0)
    ran = streamed(150, keep, scores=scores, gaps=gaps, takes_ms=takes_ms, decide=answer)
    assert in_order(ran.sink) == list(range(ran.verdict.planned))
    assert not ran.sink.of("ring")
    everything = streamed(150, None, scores=scores, gaps=gaps, takes_ms=takes_ms, decide=answer)
    taken = {frame.index: frame for frame in everything.sink.frames}
    frames = {index: frame.t_ns for index, frame in taken.items() if frame.stream == "watch"}
    stored = kept(ran.sink)
    for seen in ran.sink.of("observation"):
        if seen.score >= 0.8 and seen.stream == "watch":
            first, last = seen.t_ns - before * 10**7, seen.t_ns + after * 10**7
            around = {index for index, t_ns in frames.items() if first <= t_ns <= last}
            late = {index for index in around if index > seen.frame and index not in stored}
            assert around - late <= stored.keys()
            assert not late
    counts = Counter({"frame": len(stored), "thinned": ran.verdict.thinned})
    assert counts.total() + len(ran.sink.of("gap")) == ran.verdict.planned


def test_a_thinned_run_is_decided_again_from_what_was_seen():
    """Where looked-at frames are gone, policies hear what the journal says was seen in them."""
    decide = act_above(0.5, (MDAEvent(exposure=1.0),), label="closer")
    ran = streamed(80, Keep(every=7, before_s=0.03, after_s=0.0), scores={40: 0.9}, decide=decide)
    lines = [(record.kind, record.value) for record in ran.sink.records]

    def again_by(policy: Any) -> Any:
        return replay(history(lines, lambda _: None), Chain({"stub": StubDetector()}, policy))

    told = again_by(decide)
    assert told.same
    assert told.recalled == told.looks > 70
    assert not again_by(act_above(0.95, (MDAEvent(exposure=1.0),), label="closer")).same
