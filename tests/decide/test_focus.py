"""Focus: when it probes, where it puts the watch, and what it makes of what goes wrong."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from decide_cases import seen
from hypothesis import given
from hypothesis import strategies as st

from saccade.core import (
    Action,
    Decision,
    Gap,
    NeedsError,
    Observation,
    ProtocolError,
    Refusal,
    Span,
    Stand,
)
from saccade.decide import Focus
from saccade.testing import frame_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from useq import MDAEvent


@dataclass
class Bench:
    """Plays a plan of one frame a time point on a stand whose focus goes where it is told."""

    policy: Focus
    focus_um: Callable[[float], float] = lambda t_s: 0.0
    planned_um: float = 0.0
    peak: Callable[[float], float] = lambda t_s: 0.02
    lost: Callable[[MDAEvent], bool] = lambda event: False
    offset_um: float = 0.0
    t_s: float = 0.0
    probed_s: list[float] = field(default_factory=list)
    planes: int = 0
    rules: list[str] = field(default_factory=list)
    error_um: list[float] = field(default_factory=list)

    def look(self, z_um: float, stream: str) -> Observation:
        """Return what is seen at a height."""
        off_um = z_um - self.focus_um(self.t_s)
        sharpness = self.peak(self.t_s) / (1 + (off_um / 1.5) ** 2)
        at_um = (0.0, 0.0, z_um)
        return seen(
            0.5, t_s=self.t_s, stream=stream, at_um=at_um, measurements={"sharpness": sharpness}
        )

    def watch(self, times_s: Iterable[float]) -> Bench:
        """Take a frame at each time, and all that is decided on it."""
        for self.t_s in times_s:
            z_um = self.planned_um + self.offset_um
            self.error_um.append(z_um - self.focus_um(self.t_s))
            self.do(self.policy(self.look(z_um, "watch")))
        return self

    def do(self, decision: Decision) -> None:
        """Do what was decided, and what is decided on that."""
        self.rules.append(decision.rule)
        for action in decision.actions:
            if action.correction is not None:
                self.offset_um = action.correction.z_um
            if action.events:
                self.probed_s.append(self.t_s)
            for event in action.events:
                self.planes += 1
                if self.lost(event):
                    gap = Gap(0, action.label, event.replace(index={"p": 0}), "lost")
                    self.do(self.policy.missed(gap))
                else:
                    self.do(self.policy(self.look(event.z_pos, action.label)))


def every(step_s: float, until_s: float) -> list[float]:
    """Return times of a plan."""
    return [number * step_s for number in range(int(until_s / step_s))]


def test_it_finds_the_focus_at_the_beginning() -> None:
    """The first frame of a position is followed by a probe, and the next one is sharp."""
    bench = Bench(Focus(600, 1.0), lambda _: 12.3, planned_um=11.0).watch([0, 10])
    assert bench.rules[0] == "probes"
    assert bench.planes == 5
    assert bench.error_um == pytest.approx([-1.3, 0.0], abs=0.01)


@pytest.mark.parametrize("off_um", [-20.0, -4.0, 4.0, 20.0])
def test_it_goes_on_to_look_where_the_focus_lies(off_um: float) -> None:
    """A start far out of focus costs a few more planes, on the right side only."""
    bench = Bench(Focus(600, 1.0), lambda _: off_um).watch([0, 10])
    assert "searches" in bench.rules
    assert bench.error_um[-1] == pytest.approx(0.0, abs=0.05)
    assert bench.planes <= 30


def test_it_goes_no_farther_than_it_may() -> None:
    """What lies beyond the largest correction is not searched for, and the plan stays."""
    bench = Bench(Focus(600, 1.0, most_um=5.0), lambda _: 20.0).watch([0, 10])
    assert bench.rules[-2] == "lost"
    assert bench.offset_um == 0


def test_it_probes_when_it_is_time() -> None:
    """The second probe comes after a third of the time, because no drift is known before."""
    bench = Bench(Focus(600, 1.0)).watch(every(30, 3600))
    assert bench.probed_s == [0, 210, 810, 1410, 2010, 2610, 3210]


def drifts(t_s: float) -> float:
    """Return a focus that drifts by a µm in an hour and swings by one in an hour and a half."""
    return t_s / 3600 + math.sin(2 * math.pi * t_s / 5400)


def test_it_keeps_up_with_a_drift_between_its_probes() -> None:
    """The watch is moved ahead of what was learned: its error is a fraction of the way drifted."""
    bench = Bench(Focus(240, 1.0), drifts).watch(every(30, 12 * 3600))
    assert max(map(abs, bench.error_um)) < 0.3
    assert bench.planes < 5 * 12 * 3600 / 230
    assert "predicts" in bench.rules


def test_each_position_has_a_focus_of_its_own() -> None:
    """A correction is about the position and tile that were probed."""
    policy, corrections = Focus(600, 1.0), []
    for position, focus_um in ((0, 0.5), (1, -0.5)):
        place = {"position": position, "tile": 3}
        first = seen(0.5, at_um=(0, 0, 0.0), measurements={"sharpness": 0.01}, **place)
        (probe,) = policy(first).actions
        for event in probe.events:
            sharpness = 0.02 / (1 + (event.z_pos - focus_um) ** 2)
            known = {"at_um": (0, 0, event.z_pos), "measurements": {"sharpness": sharpness}}
            decision = policy(seen(0.5, stream="focus", **known, **place))
        corrections += [action.correction for action in decision.actions]
    assert [(each.position, each.tile) for each in corrections] == [(0, 3), (1, 3)]
    assert [each.z_um for each in corrections] == pytest.approx([0.5, -0.5], abs=0.01)


def test_a_loss_of_sharpness_is_looked_into() -> None:
    """When the watch is clearly blurred, two frames in a row, it does not wait."""
    bench = Bench(Focus(3600, 1.0), lambda t_s: 2.0 if t_s > 2000 else 0.0)
    bench.watch(every(100, 2400))
    assert bench.probed_s == [0, 1200, 2400 - 200]
    assert bench.error_um[-1] == pytest.approx(0.0, abs=0.05)


def test_what_changes_for_another_reason_is_probed_once() -> None:
    """A specimen that grows smooth for good is the usual one after a look at the focus."""
    bench = Bench(Focus(3600, 1.0), peak=lambda t_s: 0.005 if t_s > 2000 else 0.02)
    bench.watch(every(100, 4700))
    assert bench.probed_s == [0, 1200, 2200, 3400], "the last is the second after a jump"
    assert bench.offset_um == pytest.approx(0.0, abs=0.01)


def test_planes_that_tell_nothing_leave_the_drift_as_it_was_learned() -> None:
    """While nothing is to be seen the watch drifts on for a while, and no probe is hurried."""
    bench = Bench(
        Focus(600, 1.0),
        lambda t_s: t_s / 3600,
        peak=lambda t_s: 0.0 if 7000 < t_s < 10000 else 0.02,
    )
    bench.watch(every(30, 12000))
    assert "lost" in bench.rules
    assert len(bench.probed_s) <= 23
    assert max(map(abs, bench.error_um[: 8500 // 30])) < 0.1, "half an hour from the last"
    assert bench.offset_um == pytest.approx(12000 / 3600, abs=0.05), "found again"


def test_a_plane_that_does_not_come_is_not_waited_for() -> None:
    """The others tell where the focus is; without any of them the next probe comes in time."""
    one = Bench(Focus(600, 1.0), lambda _: 0.4, lost=lambda event: event.z_pos == 1.0)
    assert one.watch([0, 10]).error_um[-1] == pytest.approx(0.0, abs=0.01)
    none = Bench(Focus(600, 1.0), lambda _: 0.4, lost=lambda event: True)
    none.watch(every(100, 1400))
    assert none.rules.count("lost") == 3
    assert none.probed_s == [0, 600, 1200]


def test_of_a_stack_the_first_plane_is_kept() -> None:
    """The other planes of it ask for nothing, and move with the first."""
    bench = Bench(Focus(60, 1.0, above_focus_um=-2.0), lambda _: 0.0, planned_um=-2.5)
    bench.watch([0, 10])
    assert bench.error_um[-1] == pytest.approx(-2.0, abs=0.01)
    bench.t_s = 100
    assert bench.policy(bench.look(0.0, "watch")).rule == "quiet"
    assert bench.policy(bench.look(-2.0, "watch")).rule == "probes"


def test_what_is_not_named_stays_as_in_the_watch() -> None:
    """A probe names its height, and what it is told to; it rests on the frame of the watch."""
    first = Bench(Focus(60, 1.0)).look(3.0, "watch")
    (plain,) = Focus(60, 1.0, planes=3)(first).actions
    assert [event.z_pos for event in plain.events] == [2, 3, 4]
    assert all(event.exposure is None and event.channel is None for event in plain.events)
    (dim,) = Focus(60, 1.0, exposure=0.5, channel="Cy5", label="look", priority=3)(first).actions
    assert (dim.label, dim.priority, dim.share) == ("look", 3, False)
    assert {(event.exposure, event.channel.config) for event in dim.events} == {(0.5, "Cy5")}


def test_a_refused_probe_is_over() -> None:
    """It is not waited for, and the next one comes in its time."""
    bench = Bench(Focus(600, 1.0))
    (action,) = bench.policy(bench.look(0.0, "watch")).actions
    for _ in range(2):
        assert bench.policy.refused(Refusal(action, "Dose", "too much")).rule == "refused"
    assert bench.policy.refused(Refusal(Action(label="burst"), "Dose", "no")).rule == "idle"
    assert bench.watch([500, 700]).rules[:2] == ["quiet", "probes"]


def test_a_probe_that_is_always_refused_is_not_asked_for_at_every_frame() -> None:
    """Where the light is spent, a watch that grows blurred asks now and then, and no more."""
    bench, asked = Bench(Focus(3600, 1.0), lambda t_s: t_s / 1000), []
    for bench.t_s in every(30, 3600):
        decision = bench.policy(bench.look(0.0, "watch"))
        for action in decision.actions:
            asked.append(bench.t_s)
            bench.policy.refused(Refusal(action, "Dose", "too much"))
    assert 2 <= len(asked) <= 12


def test_a_refused_correction_is_not_reckoned_with() -> None:
    """Where a guard keeps the watch where it is, the next correction starts from there."""
    bench = Bench(Focus(600, 1.0), lambda _: 1.0).watch([0])
    assert bench.offset_um == pytest.approx(1.0, abs=0.01)
    bench.offset_um = 0.0
    (place,) = bench.policy._places.values()
    decision = bench.policy._correct(0, place, "finds", "again")
    bench.policy.refused(Refusal(decision.actions[0], "Ladder", "no"))
    bench.policy.refused(Refusal(decision.actions[0], "Ladder", "no"))
    bench.offset_um = place.offset_um
    assert bench.watch([10, 20]).rules[-2:] == ["quiet", "quiet"]


def test_an_invalid_frame_is_no_reason() -> None:
    """What can't be judged neither begins a probe nor counts as blurred."""
    decision = Focus(60, 1.0)(seen(0.0, verdict="invalid"))
    assert (decision.rule, decision.actions) == ("invalid", ())


def test_it_must_hear_of_sharpness() -> None:
    """Behind a detector that measures something else it fails, and says what it needs."""
    with pytest.raises(ValueError, match=r"saccade\.detect:Focus"):
        Focus(60, 1.0)(seen(0.5, at_um=(0, 0, 0.0)))


@given(
    st.lists(st.tuples(st.floats(0, 900), st.floats(0, 1), st.sampled_from("wfgi")), max_size=40),
    st.integers(3, 7),
)
def test_whatever_is_seen_it_stays_within_its_bounds(steps: list, planes: int) -> None:
    """Frames in any order, blurred, lost or invalid: one probe at a time, and no wild height."""
    policy, again = Focus(300, 1.0, planes=planes), Focus(300, 1.0, planes=planes)
    t_s, asked = 0.0, 0
    for dt_s, sharpness, kind in steps:
        t_s += dt_s
        values = {"at_um": (0, 0, 10 * sharpness), "measurements": {"sharpness": sharpness}}
        stream = "focus" if kind == "f" else "watch"
        verdict = "invalid" if kind == "i" else "trusted"
        news = seen(0.5, t_s=t_s, stream=stream, verdict=verdict, **values)
        if kind == "g":
            gap = Gap(1, "focus", frame_of([[1]]).event, "lost")
            decision, same = policy.missed(gap), again.missed(gap)
        else:
            decision, same = policy(news), again(news)
        assert decision == same
        asked -= asked > 0 and kind in "fg"
        for action in decision.actions:
            assert not (action.events and asked), "one probe at a time"
            asked += len(action.events)
            assert all(abs(event.z_pos) <= 70 for event in action.events)
            assert action.correction is None or abs(action.correction.z_um) <= 50


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        pytest.param({"every_s": -1.0}, "Focus.every_s", id="negative time"),
        pytest.param({"step_um": 0.0}, "Focus.step_um", id="no step"),
        pytest.param({"planes": 2}, "Focus.planes", id="too few planes"),
        pytest.param({"exposure": 0.0}, "Focus.exposure", id="no exposure"),
        pytest.param({"fall": 1.0}, "Focus.fall", id="all of it"),
        pytest.param({"drift_um_per_h": math.inf}, "Focus.drift_um_per_h", id="infinite drift"),
        pytest.param({"above_focus_um": math.nan}, "Focus.above_focus_um", id="NaN"),
        pytest.param({"most_um": -1.0}, "Focus.most_um", id="negative way"),
        pytest.param({"label": "watch"}, "Focus.label", id="the plan's label"),
        pytest.param({"priority": 0.5}, "Focus.priority", id="broken priority"),
    ],
)
def test_a_wrong_setting_is_named(settings: dict, word: str) -> None:
    """A setting that can't be used is refused at once, by name, with what to do."""
    with pytest.raises(ProtocolError, match=word) as caught:
        Focus(**{"every_s": 60.0, "step_um": 1.0, **settings})
    assert caught.value.do


@pytest.mark.parametrize(
    ("stand", "word"),
    [
        pytest.param(Stand("s", has_z=False), "isn't there", id="no focus drive"),
        pytest.param(Stand("s", modifiable=("xy",)), "may not be changed", id="not allowed"),
    ],
)
def test_a_stand_without_focus_is_refused(stand: Stand, word: str) -> None:
    """Before the light comes on it says that there is nothing to correct."""
    with pytest.raises(NeedsError, match=word):
        Focus(60, 1.0).learn(stand)
    Focus(60, 1.0).learn(Stand("s", modifiable=("z",), limits={"z_um": Span(0, 1)}))


def test_it_says_what_kind_it_is() -> None:
    """It is quality-driven, and hears the watch and its own frames."""
    assert Focus.kind == "quality-driven"
    assert Focus(60, 1.0, label="look").streams == {"watch", "look"}
    assert repr(Focus(60, 1.0).fresh()) == repr(Focus(60, 1.0))
