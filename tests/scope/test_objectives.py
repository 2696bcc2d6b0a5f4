"""Objectives: pixel size and place follow, or there is no frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scope_rig import Rig, wait_until
from useq import MDAEvent, MDASequence

from saccade.core import (
    Action,
    Decision,
    LightSource,
    Needs,
    NeedsError,
    Observation,
    ProfileError,
    Span,
)
from saccade.guard import Modifiable
from saccade.scope._profile_fields import Objectives
from saccade.scope._turret import turret_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from saccade.core import Frame
    from saccade.testing import Exposure, FaultyCore

LOW, HIGH = "Nikon 10X S Fluor", "Nikon 40X Plan Fluor ELWD"
OFFSET_UM = (12.5, -4.0, 3.2)
GIVEN: dict[str, Any] = {
    "device": "Objective",
    "labels": {
        LOW: {"pixel_size_um": 0.65},
        HIGH: {"pixel_size_um": 0.16, "offset_um": OFFSET_UM},
    },
}
FITC = LightSource("blue", 2.0, 1e-4)


def through(name: str, **asked: Any) -> MDAEvent:
    """Return an event that asks for an objective."""
    return MDAEvent(properties=[("Objective", "Label", name)], **asked)


def near(*at_um: float) -> Any:
    """Return what places are compared with: the demo stage goes by 0.015 µm."""
    return pytest.approx(at_um, abs=0.03)


def rig_of(core: FaultyCore, **changes: Any) -> Rig:
    turret = turret_of(core, Objectives.model_validate({**GIVEN, **changes}))
    return Rig(core, turret=turret, lights=(FITC,))


@pytest.fixture
def rig(core: FaultyCore) -> Iterator[Rig]:
    """Give a scope with two objectives, without a run left behind."""
    made = rig_of(core)
    yield made
    core.heal()
    for run in made.runs:
        run.stop("the test is over")


def state_at(rig: Rig, frame: Frame) -> tuple[Exposure, str]:
    """Return the truth of a frame, and the objective that was in place."""
    truth = rig.truth(frame)
    place = int(truth.properties["Objective", "State"])
    return truth, rig.core.getStateLabels("Objective")[place]


def test_pixel_size_place_and_light_follow_the_objective(rig: Rig) -> None:
    """A frame tells its objective, its own pixel size, and where on the sample it is."""
    plan = [
        through(LOW, x_pos=100.0, y_pos=50.0, z_pos=7.0),
        through(HIGH, x_pos=100.0, y_pos=50.0, z_pos=7.0),
    ]
    low, high = rig.play(plan).frames
    assert (low.objective, high.objective) == (LOW, HIGH)
    assert (low.pixel_size_um, high.pixel_size_um) == (0.65, 0.16)
    for frame in (low, high):
        assert (frame.x_um, frame.y_um, frame.z_um) == near(100.0, 50.0, 7.0)
        assert state_at(rig, frame)[1] == frame.objective
    truth, _ = state_at(rig, high)
    assert (truth.x_um, truth.y_um, truth.z_um) == near(112.5, 46.0, 10.2)
    assert (low.offset_um, high.offset_um) == ((0.0, 0.0, 0.0), OFFSET_UM)
    assert high.to_um(23.5, 31.5 + 10)[0] == pytest.approx(101.6, abs=0.02)


def test_what_an_event_does_not_name_stays_on_the_sample(rig: Rig) -> None:
    """Turning the turret alone moves stage and focus by the difference of the offsets."""
    start = through(LOW, x_pos=10.0, y_pos=20.0, z_pos=1.0)
    plan = [start, through(HIGH), through(HIGH, x_pos=30.0), through(LOW)]
    frames = rig.play(plan).frames
    places = [(frame.x_um, frame.y_um, frame.z_um) for frame in frames]
    assert places == [near(10, 20, 1), near(10, 20, 1), near(30, 20, 1), near(30, 20, 1)]
    stage = [rig.truth(frame) for frame in frames]
    assert [each.z_um for each in stage] == pytest.approx([1.0, 4.2, 4.2, 1.0])


def test_a_planned_event_that_names_none_is_taken_as_the_plan_was_before(rig: Rig) -> None:
    """After an event through another objective, the plan names its own again."""
    rig.core.setStateLabel("Objective", LOW)
    plan = [MDAEvent(z_pos=1.0), through(HIGH, z_pos=1.0), MDAEvent(z_pos=1.0)]
    assert [frame.objective for frame in rig.play(plan).frames] == [LOW, HIGH, HIGH]


def test_what_names_none_is_taken_as_it_would_be_had_nobody_turned(rig: Rig) -> None:
    """The watch goes back to its objective after an action; an action keeps that of its frame."""
    rig.core.setStateLabel("Objective", LOW)
    high = through(HIGH, z_pos=1.0)
    look = Action((high, MDAEvent(exposure=2.0), high), "look")
    decided = [Decision((look,), "test")]
    sink = rig.play([MDAEvent()] * 3, decide=lambda _: decided.pop() if decided else Decision())
    assert [(frame.stream, frame.objective) for frame in sink.frames] == [
        ("watch", LOW),
        ("look", HIGH),
        ("look", LOW),
        ("look", HIGH),
        ("watch", LOW),
        ("watch", LOW),
    ]


def test_an_objective_that_does_not_come_leaves_a_gap(rig: Rig) -> None:
    """Nothing is exposed while another objective than that of the event is in place."""
    rig.core.fault("setStateLabel", "ignore", times=3)
    at = {"x_pos": 5.0, "y_pos": 5.0, "z_pos": 2.0}
    sink = rig.play([through(LOW, **at), through(HIGH, **at), through(HIGH, **at)])
    assert sink.indices == [0, 2]
    assert "the objective is" in sink.gaps[1]


def test_a_place_that_was_not_reached_is_kept_for_the_next_try(rig: Rig) -> None:
    """If the turret turned and the focus did not follow, the next event goes where it should."""
    rig.core.fault("setPosition", "ignore", on=2, times=3)
    plan = [through(LOW, z_pos=1.0), through(HIGH), through(HIGH)]
    sink = rig.play(plan)
    assert sink.indices == [0, 2]
    assert sink.frames[1].z_um == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("properties", "channel", "why"),
    [
        pytest.param([("Objective", "State", 0)], None, "would turn the turret", id="by its place"),
        pytest.param(
            [("Objective", "Label", "Objective-2")], None, "declares no", id="not declared"
        ),
        pytest.param(
            None, {"group": "Objective", "config": "40X"}, "preset '40X'", id="by a preset"
        ),
    ],
)
def test_a_turret_is_turned_by_declared_names_only(
    rig: Rig, properties: Any, channel: Any, why: str
) -> None:
    """What would turn it without anybody knowing the offset is a gap."""
    sink = rig.play([MDAEvent(), MDAEvent(properties=properties, channel=channel), MDAEvent()])
    assert sink.indices == [0, 2]
    assert why in sink.gaps[1]


def test_a_turret_that_somebody_turned_spoils_the_frame(rig: Rig) -> None:
    """An objective that changes during the exposure makes a gap."""
    rig.core.setStateLabel("Objective", LOW)
    rig.core.fault("getStateLabel", "lie", on=5, value=HIGH)
    sink = rig.play([MDAEvent(), MDAEvent()])
    assert len(sink.gaps) == 1
    assert "objective" in next(iter(sink.gaps.values()))


def test_the_objective_is_put_back_at_the_end(core: FaultyCore) -> None:
    """A run leaves turret and stage as it found them."""
    core.setStateLabel("Objective", LOW)
    core.setFocusDirection("Z", 1)
    rig = rig_of(core)
    rig.play([through(HIGH, x_pos=3.0, y_pos=4.0, z_pos=5.0)])
    assert core.getStateLabel("Objective") == LOW
    assert rig.scope.not_put_back == []
    assert (*core.getXYPosition(), core.getPosition()) == pytest.approx((0, 0, 0), abs=0.02)


def test_a_run_that_is_stopped_puts_the_objective_back_as_well(core: FaultyCore) -> None:
    """However a run ends, the turret is where it was."""
    core.setStateLabel("Objective", LOW)
    rig = rig_of(core)
    run = rig.begin([through(HIGH)] * 1000)
    wait_until(lambda: rig.sink.frames)
    run.stop("enough")
    assert run.wait(20).name == "stopped"
    assert core.getStateLabel("Objective") == LOW


def test_the_turret_turns_where_there_is_room(core: FaultyCore) -> None:
    """Before each turn the focus drive is sent away, and it comes back afterwards."""
    core.setStateLabel("Objective", LOW)
    core.setFocusDirection("Z", 1)
    rig = rig_of(core, turn_at_z_um=-50.0)
    core.calls.clear()
    frames = rig.play([through(LOW, z_pos=5.0), through(HIGH, z_pos=5.0), through(HIGH)]).frames
    assert [frame.z_um for frame in frames] == pytest.approx([5.0, 5.0, 5.0])
    moves = [(call.name, call.args[-1]) for call in core.calls if call.name in _MOVES]
    before = [moves[n - 1] for n, move in enumerate(moves) if move[0] == "setStateLabel"]
    assert len(before) == 2  # there, and back at the end
    assert set(before) == {("setPosition", -50.0)}


_MOVES = ("setPosition", "setStateLabel")


def test_a_focus_drive_that_stays_keeps_the_turret_where_it_is(core: FaultyCore) -> None:
    """Without room nothing turns; that is a gap."""
    core.setStateLabel("Objective", LOW)
    rig = rig_of(core, turn_at_z_um=-50.0)
    core.calls.clear()
    core.fault("setPosition", "ignore", times=None)
    sink = rig.play([through(HIGH)])
    assert "may turn" in sink.gaps[0]
    assert not core.called("setStateLabel")


def test_hardware_timed_planes_are_those_of_the_sample(core: FaultyCore) -> None:
    """A stack that the focus drive plays by itself is shifted as well, and labelled as asked."""
    core.setProperty("Z", "UseSequences", "Yes")
    rig = rig_of(core)
    rig.core.setStateLabel("Objective", HIGH)
    stack = tuple(through(HIGH, z_pos=float(z), exposure=1.0) for z in range(3))
    decided = [Decision((Action(stack, "stack", triggered=True),), "test")]
    watch = [through(HIGH, z_pos=0.0), through(HIGH, z_pos=0.0)]
    rig.begin(watch, decide=lambda _: decided.pop() if decided else Decision()).wait(20)
    taken = [frame for frame in rig.sink.frames if frame.stream == "stack"]
    assert [frame.z_um for frame in taken] == pytest.approx([0.0, 1.0, 2.0])
    (sent,) = rig.core.called("loadStageSequence")
    assert list(sent.args[1]) == pytest.approx([3.2, 4.2, 5.2])


ASKED = st.tuples(
    st.sampled_from([None, LOW, HIGH]),
    st.none() | st.sampled_from([0.0, 40.0]),
    st.none() | st.sampled_from([0.0, 5.0]),
)
FAULTS = st.tuples(
    st.sampled_from(["setStateLabel", "getStateLabel", "setPosition", "setXYPosition"]),
    st.sampled_from(["raise", "ignore", "wrong"]),
    st.integers(1, 12),
    st.integers(1, 4),
)


@given(asked=st.lists(ASKED, min_size=1, max_size=5), faults=st.lists(FAULTS, max_size=2))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_goes_wrong_a_frame_is_where_its_label_says(
    rig: Rig, asked: list[Any], faults: list[Any]
) -> None:
    """Under any faults of turret and stages, what is stored is of that objective and that place."""
    rig.core.heal()
    rig.core.setStateLabel("Objective", LOW)
    for call, what, on, times in faults:
        rig.core.fault(call, what, on=on, times=times)
    plan = [
        MDAEvent(x_pos=x, y_pos=None if x is None else 0.0, z_pos=z)
        if name is None
        else through(name, x_pos=x, y_pos=None if x is None else 0.0, z_pos=z)
        for name, x, z in asked
    ]
    try:
        run = rig.begin(plan)
    except RuntimeError:  # it did not answer before anything had moved
        return
    run.wait(20)
    rig.prove()
    sink = rig.sink
    for frame in sink.frames:
        assert state_at(rig, frame)[1] == frame.objective
        assert frame.pixel_size_um == {LOW: 0.65, HIGH: 0.16}[str(frame.objective)]
        name = asked[frame.index][0]
        assert name in (None, frame.objective)


def test_a_setup_holds_for_every_event_of_a_plan(rig: Rig) -> None:
    """What useq leaves out of a plan's events is asked for by each of them."""
    plan = MDASequence(
        setup=MDAEvent(properties=[("Objective", "Label", HIGH)]),
        time_plan={"interval": 0, "loops": 2},
    )
    frames = rig.play(plan).frames
    assert [frame.objective for frame in frames] == [HIGH, HIGH]


def test_detectors_are_asked_about_the_objective_of_the_watch(rig: Rig) -> None:
    """What a detector needs is compared with the pixels that it will see, not with those found."""

    class Fine:
        needs = Needs(pixel_size_um=Span(0.1, 0.2))

        def __call__(self, frame: Frame) -> Observation:
            return Observation(0.0)

    rig.core.setStateLabel("Objective", LOW)
    rig.play([through(HIGH)], detect=Fine())
    with pytest.raises(NeedsError, match=r"0\.65"):
        rig.play([through(LOW)], detect=Fine())


def test_light_is_counted_as_it_is_with_the_objective(core: FaultyCore) -> None:
    """A light has the power that was measured with the objective; the label says so."""
    measured = {"blue": {"power_mw": 0.5, "area_um2": 1000.0}}
    labels = {**GIVEN["labels"], HIGH: {**GIVEN["labels"][HIGH], "lights": measured}}
    rig = rig_of(core, labels=labels)
    low, high = rig.play([through(LOW), through(HIGH)]).frames
    assert (low.light_mw, high.light_mw) == ({"blue": 2.0}, {"blue": 0.5})


def test_who_may_not_turn_the_turret_is_refused(core: FaultyCore) -> None:
    """The list of what is modifiable needs the word, or the property by its name."""
    turret = turret_of(core, Objectives.model_validate(GIVEN))
    for listed, frames in (
        (("properties", "z"), 0),
        (("objective",), 1),
        (("Objective.Label",), 1),
    ):
        rig = Rig(core, turret=turret, modifiable=listed)
        sink = rig.play([through(HIGH)], guards=Modifiable())
        assert len(sink.frames) == frames


def sizes_of(core: FaultyCore) -> dict[str, float]:
    return {each: core.getPixelSizeUmByID(each) for each in core.getAvailablePixelSizeConfigs()}


def test_the_core_learns_the_pixel_sizes_of_the_profile(core: FaultyCore) -> None:
    """A size of the profile takes the place of the configuration's, direction included."""
    core.setPixelSizeAffine("Res40x", (0.0, -0.25, 0.0, 0.25, 0.0, 0.0))
    labels = {**GIVEN["labels"], "Objective-2": {"pixel_size_um": 2.0}}
    turret = turret_of(core, Objectives.model_validate({**GIVEN, "labels": labels}))
    sizes = sizes_of(core)
    assert (sizes["Res10x"], sizes["Res40x"], sizes["Objective Objective-2"]) == (0.65, 0.16, 2.0)
    affine = core.getPixelSizeAffineByID("Res40x")
    assert affine[1:4:2] == pytest.approx((-0.16, 0.16))
    assert turret.reference == LOW
    core.setStateLabel("Objective", "Objective-2")
    assert core.getPixelSizeUm(True) == 2.0


def test_a_size_that_is_left_out_is_that_of_the_configuration(core: FaultyCore) -> None:
    """Micro-Manager's own calibration counts where the profile gives none."""
    turret = turret_of(core, Objectives.model_validate({**GIVEN, "labels": {LOW: {}}}))
    assert turret.objectives[0].pixel_size_um == 1.0


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        pytest.param({"device": "Objectif"}, "Did you mean 'Objective'", id="no such turret"),
        pytest.param({"device": "Camera"}, "no device with positions", id="no turret"),
        pytest.param({"labels": {"Nikon 10X": {}}}, "no objective 'Nikon 10X'", id="no such name"),
        pytest.param({"labels": {"Objective-2": {}}}, "how large a pixel is", id="no size"),
    ],
)
def test_objectives_that_are_not_there_are_named(
    core: FaultyCore, changes: dict[str, Any], why: str
) -> None:
    """A profile that does not fit the turret is one error."""
    with pytest.raises(ProfileError, match=why):
        turret_of(core, Objectives.model_validate({**GIVEN, **changes}))
