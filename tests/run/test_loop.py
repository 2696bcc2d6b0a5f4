"""What comes next: the plan, decided actions, and the door."""

from __future__ import annotations

from dataclasses import replace

import pytest
from run_cases import S, plan
from useq import CustomAction, HardwareAutofocus, MDAEvent

from saccade.core import Action, Decision, Refusal, Stand
from saccade.run import Do, Done, Door, Loop, Refused, Wait
from saccade.testing import frame_of


def loop_of(watch, *guards, stand=None) -> Loop:
    loop = Loop(watch, Door(guards))
    loop.learn(stand or Stand("s", channel_group="Channel", channel="DAPI", exposure_ms=7.0))
    return loop


def decide(loop: Loop, *actions: Action, base: MDAEvent | None = None, now_s: float = 0.0):
    return loop.apply([Decision(actions, frame=0)], base, round(now_s * S))


def burst(*starts_s: float, priority: int = 0, label: str = "burst", **known) -> Action:
    """Return an action with one event for each start time."""
    events = tuple(MDAEvent(min_start_time=start_s, **known) for start_s in starts_s)
    return Action(events, label=label, priority=priority)


def go(loop: Loop, until_s: float = 1e6, frame_s: float = 0.0) -> list[tuple[float, str, int]]:
    """Return when each order came, its stream and index, if each takes so long."""
    now_ns, orders = 0, []
    while now_ns <= until_s * S:
        match loop.step(now_ns):
            case Do(what):
                orders += [(now_ns / S, order.stream, order.index) for order in what]
                now_ns += round(frame_s * S) * len(what)
            case Wait(until_ns):
                assert until_ns > now_ns
                now_ns = until_ns
            case Refused():
                continue
            case Done():
                break
    return orders


def one(loop: Loop, now_s: float = 0.0) -> MDAEvent:
    """Return the event that is due now."""
    step = loop.step(round(now_s * S))
    assert isinstance(step, Do)
    return step.orders[0].event


def wall(action: Action) -> Refusal:
    return Refusal(action, "wall", "never")


def decided_only(action: Action) -> Action | Refusal:
    return action if action.planned else wall(action)


def test_the_plan_comes_out_when_it_is_due():
    """Without decisions a run is its plan."""
    assert go(loop_of(plan(3, 2.0))) == [(0, "watch", 0), (2, "watch", 1), (4, "watch", 2)]


def test_an_empty_plan_is_done_at_once():
    """A story's run has nothing to wait for."""
    loop = loop_of([])
    assert loop.unplanned
    assert loop.step(0) == Done()


def test_actions_go_before_the_plan():
    """What was decided is not late for what was planned."""
    loop = loop_of(plan(2, 1.0))
    decide(loop, burst(0, 0.5))
    assert [(t, s) for t, s, _ in go(loop)] == [
        *[(0, "burst"), (0.5, "burst")],
        *[(0.5, "watch"), (1.5, "watch")],
    ]


def test_the_higher_priority_goes_first_then_the_older():
    """Equal actions are played in the order of their decisions."""
    loop = loop_of([])
    decide(loop, burst(0, label="a"), burst(0, label="b", priority=1), burst(0, label="c"))
    assert [stream for _, stream, _ in go(loop)] == ["b", "a", "c"]


def test_an_action_delays_the_plan_and_never_rushes_it():
    """After a burst longer than the interval the plan goes on at its own pace."""
    loop = loop_of(plan(4, 1.0))
    assert one(loop).index["t"] == 0
    decide(loop, burst(0, 5))
    assert go(loop) == [
        *[(0, "burst", 1), (5, "burst", 2)],
        *[(5, "watch", 3), (6, "watch", 4), (7, "watch", 5)],
    ]


def test_a_short_action_leaves_the_plan_where_it_was():
    """A burst that fits between two time points delays nothing."""
    loop = loop_of(plan(3, 10.0))
    one(loop)
    decide(loop, burst(0, 5))
    assert [t for t, *_ in go(loop)] == [0, 5, 10, 20]


def test_an_interrupted_action_resumes_its_own_timeline():
    """The rest of a burst keeps its intervals after a more urgent action."""
    loop = loop_of([])
    decide(loop, burst(0, 2, 4, label="slow"))
    assert one(loop).min_start_time == 0
    decide(loop, burst(0, 7, label="urgent", priority=1), now_s=1)
    assert loop.step(1 * S).orders[0].stream == "urgent"
    times = [(t, stream) for t, stream, _ in go(loop)]
    # It was interrupted 0 s after its last event, and goes on 2 s after the urgent one ended.
    assert times == [(8, "urgent"), (10, "slow"), (12, "slow")]


def test_a_hold_moves_the_action_under_way_and_the_plan():
    """What is held is not made up for."""
    loop = loop_of(plan(3, 1.0))
    decide(loop, burst(0, 2, 4))
    one(loop)
    loop.delay(100 * S)
    assert [t for t, *_ in go(loop)] == [102, 104, 104, 105, 106]


def test_a_hold_is_not_counted_twice_for_an_interrupted_action():
    """Who waits behind a more urgent action waits for the hold only once."""
    loop = loop_of([])
    decide(loop, burst(0, 2, label="slow"))
    one(loop)
    decide(loop, burst(0, 1, label="urgent", priority=1))
    assert one(loop, 0).min_start_time == 0
    loop.delay(50 * S)
    assert [(t, stream) for t, stream, _ in go(loop)] == [(51, "urgent"), (53, "slow")]


def test_a_hold_before_an_interruption_is_counted_once_too():
    """Who was held, and then has to wait, resumes where it was when the hold ended."""
    loop = loop_of([])
    decide(loop, burst(0, 2, label="slow"))
    one(loop)
    loop.delay(50 * S)
    decide(loop, burst(0, label="urgent", priority=1), now_s=50)
    assert loop.step(50 * S).orders[0].stream == "urgent"
    assert loop.step(50 * S) == Wait(52 * S)


def shared(*starts_s: float, **known) -> Action:
    """Return an action that lets others go on in its pauses."""
    return replace(burst(*starts_s, **known), share=True)


def begun(watch, frame_s: float = 0.1) -> Loop:
    """Return a loop after the first planned event, which took so long."""
    loop = loop_of(watch)
    one(loop)
    loop.step(round(frame_s * S))
    return loop


def test_the_plan_goes_on_in_the_pauses_of_an_action_that_shares():
    """Staying with one place does not blind the run to the others."""
    loop = begun(plan(4, 2.0))
    decide(loop, shared(0, 3, 6), now_s=1)
    assert [(t, stream) for t, stream, _ in go(loop)] == [
        *[(0, "burst"), (2, "watch"), (3, "burst"), (4, "watch"), (6, "burst"), (6, "watch")]
    ]


def test_a_shared_frame_may_be_asked_for_later():
    """Its start time counts from when it was asked for; the plan goes on until then."""
    loop = begun(plan(4, 2.0))
    decide(loop, shared(3.0), now_s=0)
    assert [(t, stream) for t, stream, _ in go(loop)] == [
        *[(2, "watch"), (3, "burst"), (4, "watch"), (6, "watch")]
    ]


def test_a_pause_that_is_too_short_is_left_alone():
    """What would not be over in time, there and back, waits; and the plan is delayed by it."""
    loop = begun(plan(3, 2.0), frame_s=0.6)
    decide(loop, shared(0, 3, 4), now_s=1)
    assert go(loop) == [
        (0, "burst", 1),
        (3, "burst", 2),
        (4, "burst", 3),
        (4, "watch", 4),
        (6, "watch", 5),
    ]


def test_before_the_plan_has_taken_any_time_it_is_not_known_to_fit():
    """A first planned event waits until there is room for any."""
    loop = loop_of(plan(2, 1.0))
    decide(loop, shared(0, 5))
    assert [(t, stream) for t, stream, _ in go(loop)] == [
        *[(0, "burst"), (5, "burst"), (5, "watch"), (6, "watch")]
    ]


def test_actions_that_share_take_turns():
    """Two places are followed at once, each at its own pace."""
    loop = loop_of([])
    decide(loop, shared(0, 5, 10, label="a"), shared(0, 3, 6, label="b"))
    assert [(t, stream) for t, stream, _ in go(loop, frame_s=0.5)] == [
        *[(0, "a"), (0.5, "b"), (3.5, "b"), (5, "a"), (6.5, "b"), (10, "a")]
    ]


def test_an_action_that_shares_is_delayed_and_never_rushed():
    """What came late moves the rest of its own timeline, as it does the plan's."""
    loop = loop_of([])
    decide(loop, shared(0, 1, 2))
    one(loop)
    assert one(loop, now_s=5).min_start_time == 1
    assert loop.step(5 * S) == Wait(6 * S)


def test_a_more_urgent_action_that_does_not_share_is_alone():
    """Nothing comes between the frames of one that has the microscope for itself."""
    loop = begun(plan(3, 1.0))
    decide(loop, shared(0, 4), burst(0, 3, label="urgent", priority=1))
    assert [(t, stream) for t, stream, _ in go(loop)] == [
        *[(0, "urgent"), (3, "urgent"), (3, "burst"), (3, "watch"), (4, "watch"), (7, "burst")]
    ]


def test_a_hold_moves_every_action_that_shares():
    """What is held is not made up for, at whichever place."""
    loop = loop_of([])
    decide(loop, shared(0, 2, label="a"), shared(0, 3, label="b"))
    go(loop, until_s=1)
    loop.delay(100 * S)
    assert [(t, stream) for t, stream, _ in go(loop)] == [(102, "a"), (103, "b")]


def test_an_action_that_shares_can_expire_too():
    """One that comes too late to begin is given up, and the others go on."""
    loop = loop_of([])
    decide(loop, shared(0, 2, label="a"), replace(shared(0, label="b"), expires_ns=0))
    assert one(loop).min_start_time == 0
    assert isinstance(loop.step(1), Refused)
    assert loop.step(1) == Wait(2 * S)


def test_a_triggered_action_comes_out_at_once():
    """One hardware-timed sequence is one step."""
    loop = loop_of([])
    decide(loop, replace(burst(0, 0.1, 0.2), triggered=True))
    step = loop.step(0)
    assert isinstance(step, Do)
    assert [order.index for order in step.orders] == [0, 1, 2]


@pytest.mark.parametrize(
    ("now_ns", "plays"),
    [pytest.param(10, True, id="in time"), pytest.param(11, False, id="too late")],
)
def test_an_expired_action_does_not_play(now_ns, plays):
    """An action that is no longer worth doing is refused by its deadline."""
    loop = loop_of([])
    decide(loop, replace(burst(0), expires_ns=10))
    step = loop.step(now_ns)
    assert isinstance(step, Do) is plays
    if not plays:
        assert isinstance(step, Refused)
        assert (step.refusal.guard, step.order) == ("deadline", None)
        assert loop.step(now_ns) == Done()


def test_an_action_that_has_begun_does_not_expire():
    """A burst is not cut short because it takes its time."""
    loop = loop_of([])
    decide(loop, replace(burst(0, 100), expires_ns=10))
    assert [t for t, *_ in go(loop)] == [0, 100]


def test_a_refused_planned_event_keeps_its_index():
    """A gap has a number, so that nothing after it shifts."""
    loop = loop_of(
        plan(2), lambda action: wall(action) if action.events[0].index["t"] == 0 else action
    )
    step = loop.step(0)
    assert isinstance(step, Refused)
    assert step.order is not None
    assert step.order.index == 0
    assert go(loop)[0][2] == 1
    assert loop.issued == 2


def test_a_refused_decision_changes_nothing():
    """Neither its events nor its pace reach the run."""
    loop = loop_of(plan(3, 1.0), decided_only)
    one(loop)
    (answer,) = decide(loop, replace(burst(0), interval_s=30))
    assert isinstance(answer, Refusal)
    assert loop.interval_s is None
    assert [t for t, *_ in go(loop)] == [1, 2]


def test_a_decided_action_cannot_pass_as_planned():
    """A policy that forgets the frame gets no privilege of the plan."""
    seen = []
    loop = loop_of([], lambda action: seen.append(action) or action)
    decide(loop, Action((MDAEvent(),)))
    assert [action.planned for action in seen] == [False]


def test_a_decided_action_cannot_take_the_label_of_the_plan():
    """Frames of the watch are only those of the plan."""
    loop = loop_of([])
    (answer,) = decide(loop, Action((MDAEvent(),), label="watch"))
    assert isinstance(answer, Refusal)
    assert loop.step(0) == Done()


@pytest.mark.parametrize("interval_s", [-1.0, float("nan"), float("inf")])
def test_an_impossible_pace_is_refused(interval_s):
    """A pace that no clock can keep does not end the run."""
    loop = loop_of(plan(2))
    (answer,) = decide(loop, Action(interval_s=interval_s, label="pace"))
    assert isinstance(answer, Refusal)


def test_a_pace_changes_the_plan():
    """An action without events only sets the interval."""
    loop = loop_of(plan(4, 1.0))
    one(loop)
    decide(loop, Action(interval_s=5.0, label="pace"))
    assert [t for t, *_ in go(loop)] == [5, 10, 15]


def test_a_trimmed_action_plays_what_is_left_of_it():
    """The guards' word is the last."""
    loop = loop_of([], lambda action: replace(action, events=action.events[:2]))
    (answer,) = decide(loop, burst(0, 1, 2))
    assert len(answer.events) == 2
    assert [t for t, *_ in go(loop)] == [0, 1]


def test_what_an_action_does_not_name_is_as_in_its_frame():
    """A burst stays where its frame was, even if the watch has moved on."""
    loop = loop_of([])
    decide(loop, burst(0, exposure=1.0), base=MDAEvent(x_pos=5.0, channel="FITC", exposure=20.0))
    event = one(loop)
    assert (event.x_pos, event.channel.config, event.exposure) == (5.0, "FITC", 1.0)


def home(**known):
    return frame_of(
        [[1]],
        event=MDAEvent(),
        x_um=1.0,
        y_um=2.0,
        z_um=3.0,
        channel="DAPI",
        exposure_ms=10.0,
        **known,
    )


def test_a_watch_that_names_nothing_goes_back_after_a_burst():
    """A plan without positions stays where it was, whatever a burst did."""
    loop = loop_of(plan(3))
    one(loop)
    loop.saw(home(roi=(0, 0, 64, 64)))
    decide(loop, burst(0, x_pos=50.0, channel="FITC", roi=(1, 1, 8, 8)))
    one(loop)
    event = one(loop, 1)
    assert (event.x_pos, event.channel.config) == (1.0, "DAPI")
    assert (event.roi.width, event.roi.height) == (64, 64)
    assert event.z_pos is None, "nobody moved it"
    assert one(loop, 2).x_pos is None, "it is back already"


def test_an_action_that_names_nothing_goes_back_after_another():
    """A burst does not inherit the place of a burst that happened to go before it."""
    loop = loop_of(plan(1))
    one(loop)
    loop.saw(home())
    decide(loop, burst(0, x_pos=50.0, priority=1), burst(0, y_pos=2.5))
    assert one(loop).x_pos == 50.0
    event = one(loop)
    assert (event.x_pos, event.y_pos) == (1.0, 2.5)


def test_an_interrupted_action_goes_back_to_its_place():
    """A burst goes on where it began, after a more urgent one elsewhere."""
    loop = loop_of(plan(1))
    one(loop)
    loop.saw(home())
    decide(loop, burst(0, 1))
    assert one(loop).x_pos is None
    decide(loop, burst(0, x_pos=50.0, priority=1))
    assert one(loop).x_pos == 50.0
    assert loop.step(5 * S) == Wait(6 * S)
    assert one(loop, 6).x_pos == 1.0


def test_guards_see_what_will_be_put_back():
    """Light is counted with the exposure that will be used, not with one that came before."""
    seen = []
    loop = loop_of(plan(1), lambda action: seen.append(action) or action)
    one(loop)
    loop.saw(home())
    decide(loop, burst(0, exposure=0.1, priority=1), burst(0, x_pos=3.0))
    assert [action.events[0].exposure for action in seen[1:]] == [0.1, 10.0]
    assert [one(loop).exposure for _ in range(2)] == [0.1, 10.0]


def test_before_the_first_frame_exposure_and_channel_are_as_found():
    """What an action that led the run changed is put back for a plan that names nothing."""
    loop = loop_of([MDAEvent()])
    decide(loop, burst(0, exposure=500.0, channel="FITC"))
    one(loop)
    event = one(loop)
    assert (event.exposure, event.channel.config) == (7.0, "DAPI")


def test_only_pictures_have_an_index():
    """Focusing and custom actions leave no number unused."""
    focus = MDAEvent(action=HardwareAutofocus())
    custom = MDAEvent(action=CustomAction(name="wait"))
    assert [index for *_, index in go(loop_of([MDAEvent(), focus, custom, MDAEvent()]))] == [
        *[0, -1],
        *[-1, 1],
    ]


def test_the_frames_of_an_action_do_not_move_home():
    """Only the watch says where to go back to."""
    loop = loop_of(plan(2))
    one(loop)
    loop.saw(home())
    decide(loop, burst(0, x_pos=50.0))
    one(loop)
    loop.saw(replace(home(), stream="burst", x_um=50.0))
    assert one(loop, 1).x_pos == 1.0
