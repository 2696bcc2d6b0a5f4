"""Expose: what exposure it settles at, how it gets there, and where it stops."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
from decide_cases import seen
from hypothesis import given
from hypothesis import strategies as st

from saccade.core import (
    Action,
    Dimmer,
    LightSource,
    NeedsError,
    Observation,
    ProtocolError,
    Refusal,
    Span,
    Stand,
)
from saccade.decide import Expose

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LIMITS_MS = (0.1, 1000.0)


@dataclass
class Bench:
    """Plays a plan at one position, whose signal grows with the exposure."""

    policy: Expose
    planned_ms: float = 10.0
    a_ms: Callable[[int], float] = lambda t: 5.0
    slope: float = 1.0
    full_ms: float = math.inf
    times: float = 1.0
    exposures_ms: list[float] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)

    def look(self, t: int, noise: float = 0.0, **values: Any) -> Observation:
        """Return what is seen with the present exposure."""
        ms = self.planned_ms * self.times
        signal = self.a_ms(t) * ms**self.slope * math.exp(noise)
        measured = {"signal": signal, "exposure_ms": ms, "saturated": float(ms > self.full_ms)}
        return seen(0.5, t, measurements=measured, channel="FITC", **values)

    def watch(self, count: int, noise: Sequence[float] = (0.0,)) -> Bench:
        """Take so many frames, and do what is decided on them."""
        for t in range(count):
            self.exposures_ms.append(self.planned_ms * self.times)
            decision = self.policy(self.look(t, noise[t % len(noise)]))
            self.rules.append(decision.rule)
            for action in decision.actions:
                self.times = action.correction.exposure_times
        return self

    @property
    def changes(self) -> list[float]:
        """Factors by which the exposure was changed, one after the other."""
        pairs = zip(self.exposures_ms, self.exposures_ms[1:], strict=False)
        return [after / before for before, after in pairs if after != before]


def expose(aim: float, **settings: Any) -> Expose:
    """Return a policy that aims at a signal."""
    return Expose(aim, of="signal", **{"exposure_ms": LIMITS_MS, **settings})


@pytest.mark.parametrize(
    ("aim", "ms"),
    [pytest.param(200.0, 40.0, id="longer"), pytest.param(5.0, 1.0, id="shorter")],
)
def test_it_settles_at_what_the_signal_needs(aim: float, ms: float) -> None:
    """Far off, it gets there in bounded steps, and stays."""
    bench = Bench(expose(aim)).watch(40)
    assert bench.exposures_ms[-1] == pytest.approx(ms, rel=0.15)
    assert all(1 / 2 - 1e-9 <= change <= 2 + 1e-9 for change in bench.changes)
    assert set(bench.rules[20:]) <= {"quiet"}


def test_what_is_near_enough_is_left_alone() -> None:
    """Within the tolerance nothing is changed."""
    assert not Bench(expose(55.0)).watch(20).changes


def test_a_dye_that_bleaches_is_exposed_for_longer_up_to_the_limit() -> None:
    """The signal is held while it can be; then the exposure stays at the longest."""
    bench = Bench(expose(50.0, exposure_ms=(1, 25)), a_ms=lambda t: 5.0 * 0.99**t).watch(300)
    signals = [5.0 * 0.99**t * ms for t, ms in enumerate(bench.exposures_ms)]
    assert min(signals[:80]) > 50 * 0.75
    assert 25 / 1.15 <= bench.exposures_ms[-1] <= 25
    assert all(change > 1 for change in bench.changes)


@given(
    st.floats(0.3, 1.0),
    st.floats(0.5, 500),
    st.floats(0.05, 50),
    st.floats(1, 5000),
    st.lists(st.floats(-0.04, 0.04), min_size=1, max_size=30),
)
def test_it_never_oscillates(
    slope: float, planned_ms: float, a_ms: float, aim: float, noise: list[float]
) -> None:
    """Whatever grows, however it grows, in noise: it goes one way only, and comes to rest."""
    bench = Bench(expose(aim), planned_ms, lambda _: a_ms, slope).watch(200, noise)
    assert all(change > 1 for change in bench.changes) or all(c < 1 for c in bench.changes)
    assert set(bench.rules[150:]) <= {"quiet"}
    assert all(LIMITS_MS[0] - 1e-9 <= ms <= LIMITS_MS[1] + 1e-9 for ms in bench.exposures_ms)


def test_a_single_odd_frame_changes_nothing() -> None:
    """A bubble that passes is neither dimness nor light."""
    bench = Bench(expose(50.0), a_ms=lambda t: 0.01 if t == 10 else 500.0 if t == 20 else 5.0)
    assert not bench.watch(40).changes


def test_a_full_camera_asks_for_less_and_is_not_tried_again() -> None:
    """Where the aim is beyond what the camera can hold, it stays below that, without a swing."""
    bench = Bench(expose(5000.0), full_ms=100.0).watch(60)
    assert max(bench.exposures_ms) == pytest.approx(160)
    assert bench.exposures_ms[-1] == pytest.approx(80)
    assert [change > 1 for change in bench.changes] == [True] * 4 + [False]


def test_each_channel_and_position_is_exposed_by_itself() -> None:
    """A correction is about the position, tile and channel that was seen, and times the plan's."""
    policy, corrections = expose(100.0), []
    for position, channel, ms in ((0, "FITC", 10.0), (0, "DAPI", 50.0), (1, "FITC", 10.0)):
        for t in range(3):
            measured = {"signal": 80.0, "exposure_ms": ms}
            place = {"position": position, "channel": channel, "measurements": measured}
            decision = policy(seen(0.5, t, **place))
        corrections += [action.correction for action in decision.actions]
    about = [(each.position, each.tile, each.channel) for each in corrections]
    assert about == [(0, 0, "FITC"), (0, 0, "DAPI"), (1, 0, "FITC")]
    assert [each.exposure_times for each in corrections] == pytest.approx([1.25] * 3)


def test_the_limits_of_the_profile_narrow_its_own() -> None:
    """It does not ask for what the guard would refuse."""
    policy = expose(5000.0)
    policy.learn(Stand("s", limits={"exposure_ms": Span(5.0, 30.0)}))
    assert Bench(policy).watch(40).exposures_ms[-1] == 30
    with pytest.raises(ProtocolError, match=r"allows 5 to 30"):
        expose(1.0, exposure_ms=(50, 60)).learn(Stand("s", limits={"exposure_ms": Span(5.0, 30.0)}))
    with pytest.raises(NeedsError, match="may not be changed"):
        expose(1.0).learn(Stand("s", modifiable=("z",)))


LASER = LightSource("laser", 2.0, 0.01, dimmer=Dimmer("Laser", "Power", 50.0))


def test_it_sets_the_power_where_that_is_what_may_be_set() -> None:
    """It settles by bounded steps of the light's power, and leaves the exposure alone."""
    policy = Expose(150.0, of="signal", light_mw=(0.1, 1.5))
    policy.learn(Stand("s", lights=(LASER,)))
    times, told = 1.0, []
    for t in range(30):
        measured = {"signal": 300.0 * times, "exposure_ms": 10.0, "light_mw": 2.0 * times}
        decision = policy(seen(0.5, t, measurements=measured, channel="FITC"))
        told.append(decision.rule)
        for action in decision.actions:
            assert action.correction.exposure_times is None
            times = action.correction.light_times
    assert 2.0 * times == pytest.approx(1.0, rel=0.15)
    assert set(told) == {"waits", "dims", "quiet"}
    assert policy.claims == ("light", "Laser.Power")
    assert policy.fresh().claims == ("light",), "which property that is, it has yet to learn"
    assert expose(1.0).claims == ("exposure",)


@pytest.mark.parametrize(
    ("stand", "word"),
    [
        pytest.param(Stand("s"), "hangs on", id="no light that can be dimmed"),
        pytest.param(
            Stand("s", lights=(LASER,), modifiable=("properties",)), "light", id="it may not be"
        ),
        pytest.param(
            Stand("s", lights=(replace(LASER, dimmer=replace(LASER.dimmer, presets={"A": "9"})),)),
            "channel 'A' sets Laser.Power",
            id="a channel sets it as well",
        ),
    ],
)
def test_power_that_can_not_be_set_is_refused_before_the_run(stand: Stand, word: str) -> None:
    """Who asks for light that nobody can set is told so, and why."""
    with pytest.raises(NeedsError, match=word):
        Expose(1.0, light_mw=(0.1, 1.0)).learn(stand)


def test_a_plan_outside_its_limits_is_brought_within() -> None:
    """An exposure that is longer than it may be is shortened, though the signal asks for more."""
    bench = Bench(expose(5000.0, exposure_ms=(1, 5)), planned_ms=20.0).watch(20)
    assert bench.exposures_ms[-1] == 5


def test_a_refused_correction_is_asked_for_again() -> None:
    """What a guard refused is not taken for done."""
    policy, bench = expose(80.0), Bench(expose(80.0))
    decisions = [policy(bench.look(t)) for t in range(3)]
    (action,) = decisions[-1].actions
    assert policy.refused(Refusal(action, "Ladder", "no")).rule == "refused"
    again = [policy(bench.look(t)) for t in range(3)]
    assert again[-1].actions == decisions[-1].actions
    assert policy.refused(Refusal(Action(label="burst"), "Dose", "no")).rule == "idle"


def test_it_must_hear_of_what_it_aims_at() -> None:
    """Behind a detector that measures something else it fails, and says what it needs."""
    with pytest.raises(ValueError, match="'snr'"):
        Expose(10.0, exposure_ms=LIMITS_MS)(seen(0.5, measurements={"exposure_ms": 1.0}))
    with pytest.raises(ValueError, match="'exposure_ms'"):
        Expose(10.0, exposure_ms=LIMITS_MS)(seen(0.5, measurements={"snr": 1.0}))
    assert expose(10.0)(seen(0.0, verdict="invalid")).rule == "invalid"


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_a_wild_measurement_moves_it_by_a_step_at_most(value: float) -> None:
    """Nothing seen is dimness, and no number makes an exposure that is none."""
    policy = expose(10.0)
    for t in range(3):
        measured = {"signal": value, "exposure_ms": 10.0}
        decision = policy(seen(0.5, t, measurements=measured))
    (action,) = decision.actions
    assert action.correction.exposure_times == (0.5 if value == math.inf else 2.0)


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        pytest.param({"aim": 0.0}, "Expose.aim", id="no aim"),
        pytest.param({"exposure_ms": (5, 1)}, "Expose.exposure_ms", id="wrong way round"),
        pytest.param({"exposure_ms": (0, 1)}, "Expose.exposure_ms", id="no exposure"),
        pytest.param({"exposure_ms": 5.0}, "Expose.exposure_ms", id="one number"),
        pytest.param({"light_mw": (1, 2)}, "Expose.exposure_ms", id="both"),
        pytest.param({"exposure_ms": None}, "Expose.exposure_ms", id="neither"),
        pytest.param(
            {"exposure_ms": None, "light_mw": (2, 1)},
            "Expose.light_mw",
            id="power wrong way",
        ),
        pytest.param({"tolerance": 1.0}, "Expose.tolerance", id="all of it"),
        pytest.param({"most_step": 1.1}, "Expose.most_step", id="a step within the tolerance"),
        pytest.param({"of": ""}, "Expose.of", id="no measurement"),
        pytest.param({"label": "watch"}, "Expose.label", id="the plan's label"),
    ],
)
def test_a_wrong_setting_is_named(settings: dict, word: str) -> None:
    """A setting that can't be used is refused at once, by name, with what to do."""
    with pytest.raises(ProtocolError, match=word) as caught:
        Expose(**{"aim": 10.0, "exposure_ms": LIMITS_MS, **settings})
    assert caught.value.do


def test_it_says_what_kind_it_is() -> None:
    """It is quality-driven, and hears the watch alone."""
    assert Expose.kind == "quality-driven"
    assert Expose.streams == {"watch"}
    assert repr(expose(1.0).fresh()) == repr(expose(1.0))
