"""Rounds of the watch: when policies hear that one is over, and what comes then."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from run_cases import plan, play
from useq import MDAEvent

from saccade.core import Action, Decision, Observation, Point, Round
from saccade.decide import Overview
from saccade.guard import Budget
from saccade.run import Chain, replay
from saccade.testing import FakeScope, StubDetector

if TYPE_CHECKING:
    from saccade.core import Frame

FIELDS = (0.0, 200.0, 400.0)


def rounds(count: int, fields: tuple[float, ...] = FIELDS) -> list[MDAEvent]:
    """Return a watch that goes round some fields, a round a minute."""
    return [
        MDAEvent(
            index={"t": t, "p": p}, min_start_time=60.0 * t, exposure=5.0, x_pos=x_um, y_pos=0.0
        )
        for t in range(count)
        for p, x_um in enumerate(fields)
    ]


class Counts:
    """A policy that notes the rounds, and asks for a picture after each if it is to."""

    def __init__(self, acts: bool = False) -> None:
        self.acts = acts
        self.heard: list[Any] = []

    def __call__(self, seen: Observation) -> Decision:
        self.heard.append(seen.frame)
        return Decision()

    def rounded(self, over: Round) -> Decision:
        self.heard.append(f"over after {over.frame}")
        actions = (Action((MDAEvent(exposure=1.0),), label="more"),) if self.acts else ()
        return Decision(actions, "round")


def test_a_round_is_over_after_its_last_picture() -> None:
    """Each time point ends with its last field, the last one with the plan."""
    policy = Counts()
    play(rounds(2), [0.5], decide=policy)
    assert policy.heard == [0, 1, 2, "over after 2", 3, 4, 5, "over after 5"]


def test_a_round_ends_though_its_last_picture_is_a_gap() -> None:
    """Whether the last field was taken, missed or refused, the round is over then."""
    policy = Counts()
    play(rounds(2), scope=FakeScope([0.5], gaps={2}), decide=policy)
    assert policy.heard == [0, 1, "over after 1", 3, 4, 5, "over after 5"]
    policy = Counts()
    play(rounds(1), [0.5], decide=policy, guards=Budget(frames=2))
    assert policy.heard == [0, 1, "over after 1"]


def test_what_follows_a_round_comes_before_the_next() -> None:
    """Actions after a round are played at once, also after the last."""
    ran = play(rounds(2), [0.5], decide=Counts(acts=True))
    roles = [frame.stream for frame in ran.sink.frames]
    assert roles == [*["watch"] * 3, "more", *["watch"] * 3, "more"]


def test_a_lagged_run_hears_of_rounds_as_well() -> None:
    """Where frames may be dropped, the end of a round never is."""
    policy = Counts()
    play(rounds(3), [0.5], decide=policy, mode="lagged")
    over = [each for each in policy.heard if isinstance(each, str)]
    assert over == ["over after 2", "over after 5", "over after 8"]


def test_events_without_an_index_are_rounds_by_themselves() -> None:
    """A plan of bare events has no rounds of several fields."""
    policy = Counts()
    play([MDAEvent(), MDAEvent()], [0.5], decide=policy)
    assert policy.heard == [0, "over after 0", 1, "over after 1"]


def cells(frame: Frame) -> Observation:
    """Return an observation with a cell 30 µm to the right of the field's middle."""
    x_um = (frame.x_um or 0.0) + 30.0
    return replace(StubDetector()(frame), points=(Point(0.0, 0.0, 1.0, x_um, 0.0),))


@pytest.mark.parametrize("mode", ["inline", "lagged"])
def test_a_morning_of_overview_and_detail(mode: Any) -> None:
    """The middle one of three fields has a rare cell: it is visited, and the overview goes on."""
    detail = tuple(MDAEvent(exposure=50.0, index={"c": n}) for n in range(2))
    policy = Overview(detail, best=1, above=0.8, again_s=150)
    scores = [0.1, 0.9, 0.2] * 4
    ran = play(rounds(4), scores, detect=cells, decide=policy, mode=mode)
    went = [(frame.stream, frame.x_um) for frame in ran.sink.frames]
    look = [("watch", 0.0), ("watch", 200.0), ("watch", 400.0)]
    visit = [("detail", 230.0)] * 2
    if mode == "inline":
        assert went == [*look, *visit, *look, *look, *look, *visit]
    assert [frame.exposure_ms for frame in ran.sink.frames if frame.stream == "watch"] == [5.0] * 12
    assert replay(ran.sink.history(), Chain(cells, policy.fresh())).same


def test_a_plan_that_nobody_goes_round_is_played_as_ever() -> None:
    """Without such a policy the journal knows nothing of rounds."""
    ran = play(plan(3), [0.5])
    assert ran.sink.of("heard") == []
