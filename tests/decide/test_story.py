"""Stories: what they ask for, what they hear, and how they end."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from decide_cases import seen
from useq import CustomAction, MDAEvent, MDASequence

from saccade.core import Action, Due, End, Gap, Observation, PolicyError, ProtocolError, Refusal
from saccade.decide import (
    Story,
    burst,
    from_story,
    snap,
    story,
    wait_frames,
    wait_s,
    wait_score,
)

S = 1_000_000_000

HEARD: list[object] = []
BURST = MDASequence(channels=["FITC"], time_plan={"interval": 0, "loops": 3})


@pytest.fixture(autouse=True)
def _silence() -> None:
    HEARD.clear()


@story
def look_closer(first: Observation):
    """Overview, then three fast frames on the brightest cell, then back."""
    HEARD.append(first)
    one = yield snap(channel="FITC", exposure=20)
    HEARD.append(one)
    if one.score > 0.8:
        many = yield from burst(at=one.brightest, interval=0.1, loops=3)
        HEARD.append(many)


def of_story(score: float, frame: int, stream: str = "story") -> Observation:
    """Return an observation of a frame that a story asked for."""
    return seen(score, frame, stream=stream)


def test_a_story_is_followed_line_by_line() -> None:
    """It begins with a watch frame, hears each frame that it asked for, and ends idle."""
    policy = look_closer.fresh()
    (one,) = policy(seen(0.5, 0)).actions
    assert one.events[0].channel is not None
    assert (one.events[0].channel.config, one.events[0].exposure) == ("FITC", 20)
    assert (one.label, one.frame, one.t_ns) == ("story", 0, 0)
    close = of_story(0.9, 1)
    (three,) = policy(close).actions
    assert type(three) is Action
    assert [event.min_start_time for event in three.events] == [0, 0.1, 0.2]
    assert (three.events[0].x_pos, three.events[0].y_pos) == close.brightest
    assert three.frame == 1
    frames = tuple(of_story(0.1 * index, 2 + index) for index in range(3))
    decisions = [policy(frame) for frame in frames]
    assert [decision.rule for decision in decisions] == ["waits", "waits", "ended"]
    assert not any(decision.actions for decision in decisions)
    assert [seen(0.5, 0), close, frames] == HEARD
    assert policy(seen(0.5, 9)).actions


def test_the_watch_passes_a_story_by() -> None:
    """While a story waits for its frame, the watch neither begins nor answers it."""
    policy = look_closer.fresh()
    policy(seen(0.5, 0))
    decision = policy(seen(0.9, 1))
    assert not decision.actions
    assert "waits for 1 frame in 'story'" in decision.reason
    assert [seen(0.5, 0)] == HEARD


def test_idle_stories_hear_only_the_watch() -> None:
    """A story begins with a frame of the watch that can be judged, and with no other."""
    policy = look_closer.fresh()
    assert policy(seen(0.9, 0, stream="burst")).rule == "idle"
    assert policy(seen(0.0, 1, verdict="invalid")).rule == "invalid"
    assert HEARD == []


@pytest.mark.parametrize(
    "step",
    [
        pytest.param(BURST, id="sequence"),
        pytest.param(tuple(BURST), id="tuple"),
        pytest.param(list(BURST), id="list"),
        pytest.param(Action(tuple(BURST), label="story"), id="action"),
    ],
)
def test_of_several_events_the_last_is_heard(step: object) -> None:
    """Of an action with several events, the story receives the last frame's observation."""

    def tell(first: Observation):
        HEARD.append((yield step))

    policy = from_story(tell)
    (action,) = policy(seen(0.5, 0)).actions
    assert action.events == tuple(BURST)
    for frame in (1, 2, 3):
        policy(of_story(0.1 * frame, frame))
    assert [of_story(0.1 * 3, 3)] == HEARD


def test_a_single_event_may_be_yielded() -> None:
    """A bare event is an action of one frame."""

    def tell(first: Observation):
        HEARD.append((yield MDAEvent(z_pos=3)))

    policy = from_story(tell)
    (action,) = policy(seen(0.5, 0)).actions
    assert action.events == (MDAEvent(z_pos=3),)
    policy(of_story(0.2, 1))
    assert [of_story(0.2, 1)] == HEARD


def test_a_change_of_pace_is_not_waited_for() -> None:
    """Actions without a frame join the next one that has a frame, in one decision."""

    def tell(first: Observation):
        HEARD.append((yield Action(interval_s=0.5)))
        HEARD.append((yield MDAEvent(action=CustomAction(name="valve"))))
        HEARD.append((yield snap(z=1.0)))
        yield Action(interval_s=5.0)

    policy = from_story(tell)
    actions = policy(seen(0.5, 0)).actions
    assert [action.interval_s for action in actions] == [0.5, None, None]
    last = policy(of_story(0.3, 1))
    assert [action.interval_s for action in last.actions] == [5.0]
    assert last.rule == "ended"
    assert [None, None, of_story(0.3, 1)] == HEARD


def test_labels_keep_two_stories_apart() -> None:
    """Stories with labels of their own hear only their own frames."""
    one, two = from_story(look_closer, label="one"), from_story(look_closer, label="two")
    assert one(seen(0.5, 0)).actions[0].label == "one"
    assert two(seen(0.5, 0)).actions[0].label == "two"
    assert one(of_story(0.1, 1, "two")).rule == "waits"
    assert one(of_story(0.1, 2, "one")).rule == "ended"


def test_a_label_in_the_story_is_kept() -> None:
    """A frame that the story labels itself is heard under that label."""

    def tell(first: Observation):
        HEARD.append((yield snap(label="zoom")))
        HEARD.append((yield from burst(loops=1, label="zoom")))

    policy = from_story(tell)
    assert policy(seen(0.5, 0)).actions[0].label == "zoom"
    assert policy(of_story(0.2, 1, "zoom")).actions[0].label == "zoom"
    policy(of_story(0.3, 2, "zoom"))
    assert [of_story(0.2, 1, "zoom"), (of_story(0.3, 2, "zoom"),)] == HEARD


def test_a_gap_is_heard_as_an_invalid_frame() -> None:
    """A frame that will not come is received as invalid, so that no story waits for ever."""
    policy = look_closer.fresh()
    policy(seen(0.5, 0))
    event = MDAEvent(index={"p": 2, "g": 1}, channel="FITC", x_pos=1, y_pos=2, z_pos=3)
    decision = policy.missed(Gap(5, "story", event, "the stage failed", t_ns=9))
    assert (decision.rule, decision.frame) == ("ended", 5)
    heard = HEARD[-1]
    assert isinstance(heard, Observation)
    assert (heard.verdict, heard.score, heard.frame, heard.t_ns) == ("invalid", 0.0, 5, 9)
    assert (heard.place, heard.channel, heard.at_um) == ((2, 1), "FITC", (1, 2, 3))


def test_other_gaps_are_not_its_business() -> None:
    """A gap of the watch, or while no story is told, changes nothing."""
    policy = look_closer.fresh()
    assert policy.missed(Gap(0, "story", MDAEvent(), "why")).rule == "idle"
    policy(seen(0.5, 0))
    assert policy.missed(Gap(1, "watch", MDAEvent(), "why")).rule == "idle"
    assert policy(of_story(0.2, 2)).rule == "ended"


def test_a_gap_in_a_burst_is_one_of_its_observations() -> None:
    """A burst returns one observation a frame; that of a missed one is invalid."""

    def tell(first: Observation):
        HEARD.append((yield from burst(loops=3)))

    policy = from_story(tell)
    policy(seen(0.5, 0))
    policy(of_story(0.1, 1))
    policy.missed(Gap(2, "story", MDAEvent(), "why"))
    policy(of_story(0.3, 3))
    (heard,) = HEARD
    assert [one.verdict for one in heard] == ["trusted", "invalid", "trusted"]  # type: ignore[attr-defined]


def test_a_refused_action_ends_the_story() -> None:
    """What a guard refuses will never be seen: the story ends, its finally clauses run."""

    def tell(first: Observation):
        try:
            yield snap()
        finally:
            HEARD.append("finally")

    policy = from_story(tell)
    (action,) = policy(seen(0.5, 0)).actions
    other = Refusal(Action((MDAEvent(),), "burst", frame=0), "Dose", "too much")
    planned = Refusal(Action((MDAEvent(),), "story"), "Dose", "too much")
    assert policy.refused(other).rule == "idle"
    assert policy.refused(planned).rule == "idle"
    decision = policy.refused(Refusal(action, "Dose", "too much"))
    assert (decision.rule, decision.reason) == ("ended", "Dose refused it: too much")
    assert HEARD == ["finally"]
    assert policy.refused(Refusal(action, "Dose", "too much")).rule == "idle"
    assert policy(seen(0.5, 1)).actions
    policy.ended(End(2))


def test_a_story_can_begin_a_run() -> None:
    """Where nothing is watched, the story begins with None, and its action rests on no frame."""
    policy = look_closer.fresh()
    decision = policy.begin(7)
    (action,) = decision.actions
    assert (action.frame, action.t_ns, decision.frame) == (-1, 7, -1)
    assert not action.planned
    assert HEARD == [None]
    assert policy.begin(8).rule == "waits"


def test_a_story_may_ask_for_nothing() -> None:
    """A story that returns at once asks for nothing and is idle again."""

    def tell(first: Observation):
        if first.score > 0.8:
            yield snap()

    policy = from_story(tell)
    assert policy(seen(0.5, 0)).rule == "ended"
    assert policy(seen(0.9, 1)).rule == "told"


def test_a_story_that_raises_is_named_with_its_line() -> None:
    """The error names the story, the file and the line, and the story is idle afterwards."""

    def tell(first: Observation):
        yield snap()
        raise ZeroDivisionError("no cells")

    line = tell.__code__.co_firstlineno + 2
    policy = from_story(tell)
    policy(seen(0.5, 0))
    with pytest.raises(PolicyError, match=rf"'tell' failed at {Path(__file__).name}, line {line}"):
        policy(of_story(0.5, 1))
    assert policy(seen(0.5, 2)).actions


@pytest.mark.parametrize(
    ("step", "word"),
    [
        pytest.param(3, "neither an action nor events", id="number"),
        pytest.param(None, "neither an action nor events", id="nothing"),
        pytest.param("FITC", "neither an action nor events", id="text"),
        pytest.param([1, 2], "neither an action nor events", id="list of numbers"),
        pytest.param([], "does nothing", id="empty list"),
        pytest.param(Action(), "does nothing", id="empty action"),
    ],
)
def test_a_wrong_step_is_named_with_its_line(step: object, word: str) -> None:
    """Yielding something else than actions and events is an error that names the line."""

    def tell(first: Observation):
        yield step

    policy = from_story(tell)
    line = tell.__code__.co_firstlineno + 1
    with pytest.raises(PolicyError, match=rf"line {line}.*{word}"):
        policy(seen(0.5, 0))
    assert policy(seen(0.5, 1, stream="story")).rule == "idle"


def test_an_endless_story_without_frames_is_stopped() -> None:
    """A story that asks for ever for what gives no frame does not hang the run."""

    def tell(first: Observation):
        while True:
            yield Action(interval_s=1.0)

    with pytest.raises(PolicyError, match="100 times"):
        from_story(tell)(seen(0.5, 0))


def test_a_finally_is_done_when_a_story_is_ended() -> None:
    """What it yields is asked for at once, in order, marked as what stays; pauses delay it."""

    def inner():
        try:
            HEARD.append((yield snap()))
        finally:
            HEARD.append((yield custom("inner")))

    def tell(first: Observation):
        try:
            yield from inner()
        finally:
            yield wait_s(2.5)
            HEARD.append((yield from burst(loops=2)))
            yield custom("outer")

    policy = from_story(tell)
    (action,) = policy(seen(0.5, 3)).actions
    decision = policy.refused(Refusal(action, "Dose", "too much"))
    assert (decision.rule, decision.frame) == ("ended", 3)
    names = [each.action.name for act in decision.actions for each in act.events if custom_of(each)]
    assert names == ["inner", "outer"]
    assert [action.lets_go for action in decision.actions] == [True, False, True]
    assert [each.min_start_time for each in decision.actions[1].events] == [2.5, 2.5]
    assert all(action.frame == 3 for action in decision.actions)
    one, two = HEARD
    assert one.verdict == "invalid"  # type: ignore[attr-defined]
    assert [each.verdict for each in two] == ["invalid", "invalid"]  # type: ignore[attr-defined]
    assert policy(seen(0.5, 4)).rule == "told"
    policy.ended(End(5))  # or whoever collects it would do it, some time


def custom(name: str) -> Action:
    """Return an action that takes no picture."""
    return Action((MDAEvent(action=CustomAction(name=name)),), label="story")


def custom_of(event: MDAEvent) -> bool:
    return event.action.type == "custom"


def test_a_finally_without_end_is_cut_off_and_named() -> None:
    """A story that asks for more and more as it is ended is an error; what it asked for stays."""

    def tell(first: Observation):
        try:
            yield snap()
        finally:
            for _ in range(1000):
                yield custom("again")

    policy = from_story(tell)
    (action,) = policy(seen(0.5, 0)).actions
    with pytest.raises(PolicyError, match="does not end, though it was told to") as caught:
        policy.refused(Refusal(action, "Dose", "too much"))
    assert len(caught.value.actions) == 100
    assert policy(of_story(0.5, 1)).rule == "idle"


def fails_by(kind: str):
    """Return a story that goes wrong, with something to put back."""

    def tell(first: Observation):
        try:
            yield custom("on")
            if kind == "raises":
                raise ZeroDivisionError("no cells")
            if kind == "nonsense":
                yield 3
            while True:
                yield custom("again")
        finally:
            yield custom("off")

    return tell


@pytest.mark.parametrize("kind", ["raises", "nonsense", "endless"])
def test_a_story_that_fails_still_puts_back_what_it_changed(kind: str) -> None:
    """The error carries what its finally asks for, after what it had asked for until then."""
    with pytest.raises(PolicyError, match="failed at") as caught:
        from_story(fails_by(kind))(seen(0.5, 0))
    names = [action.events[0].action.name for action in caught.value.actions]  # type: ignore[union-attr]
    assert (names[0], names[-1]) == ("on", "off")
    assert all(action.lets_go for action in caught.value.actions)


def test_a_story_that_handles_errors_does_not_handle_its_end() -> None:
    """An `except Exception` in a story lets the end through."""

    def tell(first: Observation):
        for _ in range(3):
            try:
                yield snap()
            except Exception:  # noqa: BLE001 - it is the point
                HEARD.append("handled")

    policy = from_story(tell)
    policy(seen(0.5, 0))
    assert policy.ended(End(5, "asked to")).reason == "asked to"
    assert HEARD == []
    assert policy.ended(End(6)).rule == "idle"


# ------------------------------------------------------------------------------- pauses


def test_a_story_waits_for_frames_of_the_watch() -> None:
    """It receives as many as it asked for, also those that can't be judged."""

    def tell(first: Observation):
        HEARD.append((yield wait_frames(2)))
        yield snap()

    policy = from_story(tell)
    decision = policy(seen(0.5, 0))
    assert (decision.rule, decision.actions) == ("waits", ())
    assert "waits for 2 frames of the watch" in decision.reason
    assert policy(of_story(0.9, 7)).rule == "waits"
    assert policy.missed(Gap(8, "watch", MDAEvent(), "why")).rule == "idle"
    one, two = seen(0.1, 1), seen(0.0, 2, verdict="invalid")
    assert policy(one).rule == "waits"
    (action,) = policy(two).actions
    assert [(one, two)] == HEARD
    assert action.frame == 2


@pytest.mark.parametrize(
    ("settings", "scores", "heard"),
    [
        pytest.param({"above": 0.8}, [0.5, 0.8], 2, id="high"),
        pytest.param({"below": 0.3}, [0.5, 0.3], 2, id="low"),
        pytest.param({"above": 0.8, "below": 0.2}, [0.5, 0.1], 2, id="either"),
        pytest.param({"above": 0.8, "dwell": 2}, [0.9, 0.5, 0.9, 0.9], 4, id="in a row"),
        pytest.param({"above": 0.8, "dwell": 2}, [0.9, None, 0.9, 0.9], 4, id="an invalid one"),
        pytest.param({"above": 0.8, "at_most_s": 3}, [0.1, 0.1, 0.1], None, id="too late"),
        pytest.param({"above": 0.8, "at_most_s": 3}, [0.1, 0.1, 0.9], 3, id="just in time"),
    ],
)
def test_a_story_waits_for_a_score(settings: dict, scores: list, heard: int | None) -> None:
    """It receives the frame that had it, or None after its time, by the frame at the latest."""

    def tell(first: Observation):
        HEARD.append((yield wait_score(**settings)))

    policy = from_story(tell)
    policy(seen(0.5, 0))
    for frame, score in enumerate(scores, 1):
        assert HEARD == []
        invalid = {"verdict": "invalid"} if score is None else {}
        policy(seen(score or 0.0, frame, **invalid))
    (one,) = HEARD
    assert (None if one is None else one.frame) == heard  # type: ignore[attr-defined]


def test_frames_in_a_row_are_those_of_one_place() -> None:
    """A high score here and one there are not two of one place."""

    def tell(first: Observation):
        HEARD.append((yield wait_score(above=0.8, dwell=2)))

    policy = from_story(tell)
    policy(seen(0.5, 0))
    for frame, position in ((1, 0), (2, 1), (3, 0)):
        policy(seen(0.9, frame, position=position))
    (one,) = HEARD
    assert (one.frame, one.position) == (3, 0)  # type: ignore[attr-defined]


def test_a_story_is_woken_after_a_time() -> None:
    """It says when, and goes on when it is told so, and not before."""

    def tell(first: Observation):
        HEARD.append((yield wait_s(30)))
        yield snap()

    policy = from_story(tell)
    policy(seen(0.5, 0, t_s=10))
    assert policy.due_ns == 40 * S
    assert policy.due(Due(39 * S)).actions == ()
    (action,) = policy.due(Due(41 * S)).actions
    assert (action.t_ns, HEARD) == (41 * S, [None])
    assert policy.due_ns is None
    assert from_story(tell).due_ns is None
    assert from_story(tell).due(Due(0)).rule == "idle"


@pytest.mark.parametrize(
    "pause",
    [
        pytest.param(lambda: wait_s(0), id="no time"),
        pytest.param(lambda: wait_frames(0), id="no frames"),
        pytest.param(lambda: wait_frames(1.5), id="half a frame"),  # type: ignore[arg-type]
        pytest.param(wait_score, id="no threshold"),
        pytest.param(lambda: wait_score(above=2), id="no score"),
        pytest.param(lambda: wait_score(above=0.5, dwell=0), id="no dwell"),
        pytest.param(lambda: wait_score(above=0.5, at_most_s=-1), id="no patience"),
    ],
)
def test_a_wrong_pause_is_named(pause) -> None:
    """What can't be waited for is an error of the story."""

    def tell(first: Observation):
        yield pause()

    with pytest.raises(PolicyError, match=r"wait_.* must be"):
        from_story(tell)(seen(0.5, 0))


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"loops": 0}, id="no loops"),
        pytest.param({"interval": -1.0}, id="negative interval"),
    ],
)
def test_a_wrong_burst_is_named(settings: dict) -> None:
    """A burst that can't be is an error of the story, with its line."""

    def tell(first: Observation):
        yield from burst(**settings)

    with pytest.raises(PolicyError, match=r"burst.*must be"):
        from_story(tell)(seen(0.5, 0))


def test_a_shot_names_only_what_it_was_given() -> None:
    """What a snap or a burst isn't told stays open, to be filled in from the frame."""
    assert snap().events == (MDAEvent(),)
    (event,) = snap("FITC", 20.0, (1.0, 2.0), 3.0).events
    assert (event.x_pos, event.y_pos, event.z_pos, event.exposure) == (1, 2, 3, 20)
    played = next(burst(loops=2, interval=0.5, triggered=True))
    assert played.triggered
    assert [event.min_start_time for event in played.events] == [0, 0.5]


def plain_function(first: Observation) -> None:
    """Yield nothing."""


def no_argument():
    """Take nothing."""
    yield snap()


@pytest.mark.parametrize(
    "function", [plain_function, no_argument, None], ids=["plain", "no argument", "none"]
)
def test_only_a_generator_function_of_one_argument_is_a_story(function: object) -> None:
    """Anything else is refused where it is made, with what to write instead."""
    with pytest.raises(ProtocolError, match="generator function") as caught:
        from_story(function)  # type: ignore[arg-type]
    assert "yield" in caught.value.do


def test_a_story_may_have_settings() -> None:
    """A generator function with settings filled in is a story."""

    def tell(z: float, first: Observation):
        yield snap(z=z)

    (action,) = from_story(partial(tell, 5.0))(seen(0.5, 0)).actions
    assert action.events[0].z_pos == 5.0


@pytest.mark.parametrize("label", ["", "watch"])
def test_a_story_can_not_take_the_label_of_the_watch(label: str) -> None:
    """The plan's own label, or none, is refused."""
    with pytest.raises(ProtocolError, match="label"):
        from_story(look_closer, label=label)


def test_what_a_story_says_of_itself() -> None:
    """It sees every stream, goes by its function's name, and its repr can be pasted back."""
    assert Story.streams is None
    assert look_closer.__name__ == "look_closer"
    assert repr(look_closer) == "from_story(look_closer)"
    other = from_story(look_closer, label="two")
    assert repr(eval(repr(other))) == repr(other)  # noqa: S307 - it is our own repr
