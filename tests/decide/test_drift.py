"""Drift: where it puts the watch, what it believes, and what it does not."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from decide_cases import seen
from hypothesis import given
from hypothesis import strategies as st

from saccade.core import Action, Decision, NeedsError, Observation, ProtocolError, Refusal, Stand
from saccade.decide import Drift

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PLANNED_UM = (30.0, -20.0)


def shifted(x_um: float, y_um: float, at_um: tuple[float, float], t_s: float = 0.0, **values):
    """Return what `Shift` says of a picture that has moved by so much."""
    measured = {"x_um": x_um, "y_um": y_um, "likeness": values.pop("likeness", 0.9)}
    return seen(0.1, t_s=t_s, at_um=(*at_um, 0.0), measurements=measured, **values)


@dataclass
class Bench:
    """Plays a plan at one position of a slide that wanders."""

    policy: Drift
    drift_um: Callable[[float], tuple[float, float]] = lambda t_s: (0.0, 0.0)
    offset_um: tuple[float, float] = (0.0, 0.0)
    likeness: Callable[[float], float] = lambda t_s: 0.9
    error_um: list[float] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)
    obeys: bool = True

    def look(self, t_s: float) -> Observation:
        """Return what is seen now."""
        at_um = PLANNED_UM[0] + self.offset_um[0], PLANNED_UM[1] + self.offset_um[1]
        true = self.drift_um(t_s)
        left_um = true[0] - self.offset_um[0], true[1] - self.offset_um[1]
        self.error_um.append(math.hypot(*left_um))
        return shifted(*left_um, at_um, t_s, likeness=self.likeness(t_s))

    def watch(self, times_s: Iterable[float]) -> Bench:
        """Take a frame at each time, and do what is decided on it."""
        for t_s in times_s:
            decision = self.policy(self.look(t_s))
            self.rules.append(decision.rule)
            for action in decision.actions:
                if self.obeys:
                    self.offset_um = action.correction.x_um, action.correction.y_um
                else:
                    self.policy.refused(Refusal(action, "Ladder", "no"))
        return self


def every(step_s: float, until_s: float) -> list[float]:
    """Return times of a plan."""
    return [number * step_s for number in range(int(until_s / step_s))]


def wanders(t_s: float) -> tuple[float, float]:
    """Return a drift that is steady in x, and swings."""
    swing = math.sin(2 * math.pi * t_s / 5400)
    return 2 * t_s / 3600 + swing, 0.5 * swing


def test_the_stage_goes_after_what_it_shows() -> None:
    """Over a day it never falls behind by more than what it is not moved for, and a bit."""
    bench = Bench(Drift(least_um=0.2), wanders).watch(every(30, 24 * 3600))
    assert max(bench.error_um) < 0.3
    assert bench.rules.count("follows") < 0.3 * len(bench.rules)


def test_what_lies_still_is_left_alone() -> None:
    """Without a drift the stage is never moved."""
    assert set(Bench(Drift()).watch(every(30, 3600)).rules) == {"quiet"}


def test_a_jump_is_believed_when_it_is_seen_twice() -> None:
    """Somebody touched the slide: the second picture there moves the stage, the first does not."""
    bench = Bench(Drift(), lambda t_s: (8.0, 0.0) if t_s >= 300 else (0.0, 0.0))
    bench.watch(every(30, 450))
    assert bench.rules[10:13] == ["doubts", "follows", "quiet"]
    assert bench.error_um[12] < 0.1


def test_a_single_odd_picture_moves_nothing() -> None:
    """A bubble that passes is no drift."""
    bench = Bench(Drift(), lambda t_s: (8.0, 0.0) if t_s == 300 else (0.0, 0.0))
    bench.watch(every(30, 900))
    assert set(bench.rules) == {"quiet", "doubts"}
    assert bench.rules.count("doubts") <= 2


def test_a_picture_unlike_the_first_tells_nothing() -> None:
    """The stage stays while nothing can be told, and catches up afterwards."""
    bench = Bench(
        Drift(),
        lambda t_s: (t_s / 900, 0.0),
        likeness=lambda t_s: 0.1 if 1800 < t_s < 2700 else 0.9,
    )
    bench.watch(every(30, 5400))
    assert set(bench.rules[61:90]) == {"doubts"}
    assert max(bench.error_um[-30:]) < 0.5


def test_it_goes_no_farther_than_it_may() -> None:
    """Beyond the largest correction the picture is not believed, and the stage stays."""
    bench = Bench(Drift(most_um=3.0), lambda t_s: (t_s / 360, 0.0)).watch(every(30, 3600))
    assert math.hypot(*bench.offset_um) <= 3.5
    assert bench.rules[-1] == "doubts"


def test_a_refused_correction_is_asked_for_again() -> None:
    """What a guard refused is not taken for done."""
    bench = Bench(Drift(), lambda t_s: (t_s / 360, 0.0), obeys=False).watch(every(30, 600))
    assert bench.rules[-5:] == ["follows"] * 5
    assert Drift().refused(Refusal(Action(label="burst"), "Dose", "no")).rule == "idle"


def test_each_position_drifts_by_itself() -> None:
    """A correction is about the position and tile that was seen."""
    policy, corrections = Drift(), []
    for position, way_um in ((0, 3.0), (1, -3.0)):
        for t_s, x_um in enumerate((0.0, way_um, way_um)):
            place = {"position": position, "tile": 4}
            decision: Decision = policy(shifted(x_um, 0.0, PLANNED_UM, 60.0 * t_s, **place))
        corrections += [action.correction for action in decision.actions]
    assert [(each.position, each.tile, each.z_um) for each in corrections] == [
        (0, 4, None),
        (1, 4, None),
    ]
    assert [each.x_um for each in corrections] == pytest.approx([3.0, -3.0], abs=0.5)


def test_it_must_hear_of_shifts() -> None:
    """Behind a detector that measures something else it fails, and says what it needs."""
    with pytest.raises(ValueError, match=r"saccade\.detect:Shift"):
        Drift()(seen(0.5, at_um=(0.0, 0.0, 0.0)))
    assert Drift()(seen(0.5, verdict="invalid")).rule == "invalid"


_STEPS = st.lists(
    st.tuples(st.floats(0, 900), st.floats(-80, 80), st.floats(-80, 80), st.floats(0, 1)),
    max_size=40,
)


@given(_STEPS)
def test_whatever_is_seen_the_stage_stays_near_the_plan(steps: list) -> None:
    """Wild shifts, long pauses, pictures of nothing: no correction is beyond the largest."""
    policy, again, t_s = Drift(most_um=50.0), Drift(most_um=50.0), 0.0
    for dt_s, x_um, y_um, likeness in steps:
        t_s += dt_s
        news = shifted(x_um, y_um, PLANNED_UM, t_s, likeness=likeness)
        decision = policy(news)
        assert decision == again(news)
        for action in decision.actions:
            assert math.hypot(action.correction.x_um, action.correction.y_um) <= 50.0 + 1e-6


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        pytest.param({"least_um": 0.0}, "Drift.least_um", id="no least"),
        pytest.param({"drift_um_per_h": -1.0}, "Drift.drift_um_per_h", id="negative drift"),
        pytest.param({"most_um": math.nan}, "Drift.most_um", id="NaN"),
        pytest.param({"likeness": 1.5}, "Drift.likeness", id="more than alike"),
        pytest.param({"label": "watch"}, "Drift.label", id="the plan's label"),
    ],
)
def test_a_wrong_setting_is_named(settings: dict, word: str) -> None:
    """A setting that can't be used is refused at once, by name, with what to do."""
    with pytest.raises(ProtocolError, match=word) as caught:
        Drift(**settings)
    assert caught.value.do


def test_a_stand_without_a_stage_is_refused() -> None:
    """Before the light comes on it says that there is nothing to correct."""
    with pytest.raises(NeedsError, match="isn't there"):
        Drift().learn(Stand("s", has_xy=False))
    Drift().learn(Stand("s", modifiable=("xy",)))


def test_it_says_what_kind_it_is() -> None:
    """It is quality-driven, and hears the watch alone."""
    assert Drift.kind == "quality-driven"
    assert Drift.streams == {"watch"}
    assert repr(Drift().fresh()) == repr(Drift())
