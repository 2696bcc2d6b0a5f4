"""Overview to detail: what a round is worth, where it goes, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from decide_cases import seen
from hypothesis import given
from hypothesis import strategies as st
from useq import MDAEvent, MDASequence

from saccade.core import Decision, Point, ProtocolError, Refusal, Round, Stand, UsageError
from saccade.decide import Overview

STACK = MDASequence(
    channels=[{"config": "FITC", "exposure": 50}], z_plan={"range": 2, "step": 1}, axis_order="zc"
)
ONE = (MDAEvent(exposure=50.0),)


def cell(x_um: float, y_um: float = 0.0, strength: float = 1.0) -> Point:
    """Return a point of the stage."""
    return Point(0.0, 0.0, strength, x_um, y_um)


def go_round(
    policy: Overview, fields: list[tuple[float, list[Point]]], t_s: float = 0.0
) -> Decision:
    """Return what a round is worth: fields 200 µm apart, each with a score and its points."""
    for tile, (score, points) in enumerate(fields):
        noted = policy(
            seen(
                score,
                frame=tile,
                t_s=t_s + tile,
                points=tuple(points),
                tile=tile,
                at_um=(200.0 * tile, 0.0, 7.0),
            )
        )
        assert noted.actions == ()
    return policy.rounded(Round(round((t_s + len(fields)) * 1e9), frame=len(fields)))


def goals(decision: Decision) -> list[float]:
    """Return the x of each visit, in order."""
    return [action.events[0].x_pos for action in decision.actions]


def test_the_best_of_a_round_are_visited_by_a_short_way() -> None:
    """Of four cells the two best are visited, the one nearer to where the stage is first."""
    policy = Overview(STACK, best=2, above=0.5)
    decision = go_round(
        policy,
        [(0.9, [cell(10)]), (0.6, [cell(210)]), (0.7, [cell(410)]), (0.4, [cell(610)])],
    )
    assert goals(decision) == [410, 10]
    assert [action.frame for action in decision.actions] == [2, 0]
    assert (decision.rule, "2 of 3" in decision.reason) == ("visits", True)


def test_a_visit_takes_its_planes_about_the_focus_of_the_overview() -> None:
    """A relative stack is about the z of the picture; the place of the watch goes with it."""
    (action,) = go_round(Overview(STACK), [(0.1, []), (0.9, [cell(210, 5)])]).actions
    assert [event.z_pos for event in action.events] == [6, 7, 8]
    assert {(event.x_pos, event.y_pos) for event in action.events} == {(210, 5)}
    assert {(event.index["p"], event.index["g"]) for event in action.events} == {(0, 1)}
    assert [event.index["z"] for event in action.events] == [0, 1, 2]
    assert action.label == "detail"


def test_absolute_planes_stay_where_they_are() -> None:
    """Events with a z of their own are played as they are."""
    (action,) = go_round(Overview((MDAEvent(z_pos=3.0),)), [(0.9, [cell(0)])]).actions
    assert action.events[0].z_pos == 3.0


def test_the_same_cell_is_left_alone_for_a_while() -> None:
    """A cell that crawls is known again and not visited before its time; another one is."""
    policy = Overview(ONE, again_s=100, apart_um=20)
    assert goals(go_round(policy, [(0.9, [cell(0)])], t_s=0)) == [0]
    assert goals(go_round(policy, [(0.9, [cell(12)])], t_s=30)) == []
    assert goals(go_round(policy, [(0.9, [cell(24), cell(150)])], t_s=60)) == [150]
    assert goals(go_round(policy, [(0.9, [cell(24)])], t_s=110)) == [24]


def test_a_cell_in_two_overlapping_fields_is_one() -> None:
    """What is nearer than `apart_um` to something better is the same thing."""
    decision = go_round(Overview(ONE, apart_um=20), [(0.8, [cell(195)]), (0.9, [cell(198)])])
    assert goals(decision) == [198]


def test_places_take_turns_where_scores_are_equal() -> None:
    """Of many equal cells each round visits those whose field has waited longest."""
    policy = Overview(ONE, best=2, again_s=0)
    fields = [(1.0, [cell(200.0 * n)]) for n in range(4)]
    went = [sorted(goals(go_round(policy, fields, t_s=10.0 * n))) for n in range(4)]
    assert went == [[0, 200], [400, 600], [0, 200], [400, 600]]


def test_a_field_without_points_is_visited_as_a_whole() -> None:
    """A detector that only scores sends the visit to the middle of the field."""
    assert goals(go_round(Overview(ONE), [(0.2, []), (0.7, [])])) == [200]


def test_weak_points_beside_a_strong_one_do_not_count() -> None:
    """A point counts by the score that it would have alone."""
    points = [cell(0, strength=10), cell(50, strength=6), cell(100, strength=1)]
    assert sorted(goals(go_round(Overview(ONE, above=0.5), [(1.0, points)]))) == [0, 50]


def test_what_was_refused_may_come_in_the_next_round() -> None:
    """A visit that a guard refused counts as none; one of another policy is none of its own."""
    policy = Overview(ONE, again_s=1000)
    (action,) = go_round(policy, [(0.9, [cell(0)])]).actions
    action = replace(action, frame=0)
    other = replace(action, label="other")
    assert policy.refused(Refusal(other, "Dose", "too much")).rule == "idle"
    assert goals(go_round(policy, [(0.9, [cell(0)])], t_s=10)) == []
    assert policy.refused(Refusal(action, "Dose", "too much")).rule == "refused"
    assert goals(go_round(policy, [(0.9, [cell(0)])], t_s=20)) == [0]


def test_invalid_frames_and_quiet_rounds_lead_nowhere() -> None:
    """Frames that can't be judged add nothing, and nothing is kept for the round after."""
    policy = Overview(STACK)
    assert policy(seen(0.9, verdict="invalid", points=(cell(0),))).rule == "invalid"
    assert policy(seen(0.9, points=(cell(0),), at_um=(0.0, 0.0, None))).rule == "invalid"
    assert policy.rounded(Round()).rule == "quiet"
    assert goals(go_round(policy, [(0.9, [cell(0)])])) == [0]
    assert policy.rounded(Round()).actions == ()


def test_a_visit_may_come_too_late() -> None:
    """With `expires_s` a visit counts its time from the picture that showed it."""
    fields = [(0.1, []), (0.9, [cell(200)]), (0.1, [])]
    (action,) = go_round(Overview(ONE, expires_s=60), fields, t_s=100).actions
    assert action.expires_ns == 161 * 10**9


@given(
    fields=st.lists(
        st.tuples(st.sampled_from([0.3, 0.6, 1.0]), st.integers(0, 400)), min_size=1, max_size=8
    )
)
def test_every_cell_gets_its_turn_once(fields: list[tuple[float, int]]) -> None:
    """Whatever is seen again and again: no more than `best` a round, each cell once, then none."""
    policy = Overview(ONE, best=3, above=0.5, apart_um=20, again_s=1e6)
    shown = [(score, [cell(float(x))]) for score, x in fields]
    went = [goals(go_round(policy, shown, t_s=100.0 * number)) for number in range(4)]
    assert all(len(each) <= 3 for each in went)
    assert went[3] == []
    every = [x for each in went for x in each]
    assert all(abs(a - b) >= 20 for n, a in enumerate(every) for b in every[:n])
    wanted = [x for score, x in fields if score >= 0.5]
    assert all(min(abs(x - each) for each in every) < 20 for x in wanted)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        pytest.param({"best": 0}, "best", id="no visit"),
        pytest.param({"above": 1.5}, "above", id="no score"),
        pytest.param({"apart_um": 0}, "apart_um", id="no size"),
        pytest.param({"again_s": -1}, "again_s", id="past"),
        pytest.param({"label": "watch"}, "label", id="label"),
        pytest.param({"do": (MDAEvent(x_pos=1.0),)}, "place of its own", id="place"),
        pytest.param({"do": ()}, "do", id="nothing"),
    ],
)
def test_bad_settings_are_named(settings: dict[str, Any], told: str) -> None:
    """A setting that can't be used is one named error."""
    with pytest.raises(ProtocolError, match=told):
        Overview(**{"do": ONE, **settings})


def test_planes_need_a_focus_drive() -> None:
    """A stack about the focus is refused before the light comes on where there is no drive."""
    Overview(STACK).learn(Stand("inverted"))
    Overview(ONE).learn(Stand("flat", has_z=False))
    with pytest.raises(UsageError, match="no focus drive"):
        Overview(STACK).learn(Stand("flat", has_z=False))
