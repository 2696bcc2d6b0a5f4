"""Corrections of the plan: what they change, what they leave alone, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from run_cases import play
from useq import MDAEvent, SLMImage

from saccade.core import (
    Action,
    Correction,
    Decision,
    Dimmer,
    LightSource,
    Modulator,
    Refusal,
    Stand,
    plain,
)
from saccade.guard import Limits
from saccade.run import Do, Door, Loop
from saccade.run._fill import resting
from saccade.testing import FakeScope, frame_of


def at(position: int, z_um: float | None = None, channel: str | None = None, **known) -> MDAEvent:
    """Return a planned event of one position."""
    named = {"z_pos": z_um, "channel": channel}
    given = {name: value for name, value in named.items() if value is not None}
    return MDAEvent(index={"p": position}, **given, **known)


def take(loop: Loop) -> MDAEvent:
    """Return the event that is due, after the loop has seen the frame that came of it."""
    step = loop.step(0)
    assert isinstance(step, Do)
    (order,) = step.orders
    asked = order.event
    frame = frame_of(
        [[0]],
        event=asked,
        stream=order.stream,
        x_um=7.0 if asked.x_pos is None else asked.x_pos,
        y_um=8.0 if asked.y_pos is None else asked.y_pos,
        z_um=9.0 if asked.z_pos is None else asked.z_pos,
        exposure_ms=asked.exposure or 10.0,
        channel=None if asked.channel is None else asked.channel.config,
    )
    loop.saw(frame)
    return asked


def correct(loop: Loop, **what) -> Action | Refusal:
    """Return what became of a correction."""
    action = Action(correction=Correction(**what), label="focus")
    (answer,) = loop.apply([Decision((action,), frame=0)], None, 0)
    return answer


def test_the_plan_goes_on_corrected() -> None:
    """An offset is added to what the plan names, until another takes its place."""
    loop = Loop([at(0, 5.0)] * 4, Door())
    assert take(loop).z_pos == 5
    correct(loop, z_um=2.0)
    assert take(loop).z_pos == 7
    correct(loop, z_um=-1.0)
    assert take(loop).z_pos == 4, "told from the plan, not from the last correction"
    correct(loop, z_um=0.0)
    assert take(loop).z_pos == 5


def test_what_the_plan_does_not_name_starts_from_where_it_was() -> None:
    """The first frame of the plan tells where the focus stood; a correction is on top of it."""
    loop = Loop([at(0)] * 3, Door())
    assert take(loop).z_pos is None
    correct(loop, z_um=2.0, exposure_times=0.5)
    for _ in range(2):
        event = take(loop)
        assert (event.z_pos, event.exposure) == (11, 5), "it does not creep"


def test_it_is_about_the_events_that_it_names() -> None:
    """Another position, tile or channel stays with the plan, and says so by name."""
    plan = [at(0, 5.0, "FITC"), at(1, 6.0, "FITC"), at(0, 5.0, "DAPI"), at(0, 5.0, "FITC")]
    loop = Loop([at(0, 5.0, "FITC"), *plan], Door())
    take(loop)
    correct(loop, z_um=2.0, position=0, channel="FITC")
    assert [take(loop).z_pos for _ in plan] == [7, 6, 5, 7]


def test_the_power_of_light_is_corrected_where_a_property_sets_it() -> None:
    """By a factor of what the plan sets, or what was found; of the sources of that channel only."""
    blue = LightSource("blue", 1.0, 0.01, ("FITC",), Dimmer("Laser", "Power", 50.0, "40"))
    red = LightSource("red", 1.0, 0.01, ("Cy5",), Dimmer("LED", "Level", 1.0, "1"))
    own = [("Pump", "State", 1)]
    plan = [
        *(at(0, channel="FITC"), at(1, channel="FITC", properties=own), at(0, channel="Cy5")),
        *(at(1, channel="FITC", properties=[("Laser", "Power", 10)]), at(1, channel="FITC")),
    ]
    loop = Loop(plan * 2, Door())
    loop.learn(Stand("s", lights=(blue, red)))
    assert [take(loop).properties for _ in plan] == [event.properties for event in plan]
    correct(loop, light_times=0.5, position=1, channel="FITC")
    # The plan had it at 10 last. Where the correction is not about it, it is as planned, and said.
    assert [_set_in(take(loop)) for _ in plan] == [
        {"Laser.Power": 10.0},
        {"Laser.Power": 5.0, "Pump.State": 1},
        {"LED.Level": 1.0},
        {"Laser.Power": 5.0},
        {"Laser.Power": 5.0},
    ]


def _set_in(event: MDAEvent) -> dict[str, float]:
    return {f"{device}.{name}": value for device, name, value in event.properties}


def test_light_that_nothing_sets_can_not_be_corrected() -> None:
    """A refusal says what the profile lacks; so it is with a value that is no number."""
    for light, word in (
        (LightSource("blue", 1.0, 0.01), "measured_at"),
        (LightSource("blue", 1.0, 0.01, (), Dimmer("Laser", "Power", 5.0, "off")), "no number"),
    ):
        loop = Loop([at(0)] * 2, Door())
        loop.learn(Stand("s", lights=(light,)))
        take(loop)
        refused = correct(loop, light_times=0.5)
        assert isinstance(refused, Refusal)
        assert word in refused.reason


@pytest.mark.parametrize(
    ("first", "then", "z_um"),
    [
        pytest.param({"z_um": 1.0}, {"z_um": 2.0, "position": 0}, 7.0, id="narrower"),
        pytest.param({"z_um": 1.0, "position": 0}, {"z_um": 2.0}, 7.0, id="wider"),
        pytest.param({"z_um": 1.0}, {"z_um": 2.0, "position": 1}, 6.0, id="another"),
        pytest.param({"z_um": 1.0}, {"x_um": 2.0}, 6.0, id="another axis"),
    ],
)
def test_the_newest_that_is_about_an_event_counts(first: dict, then: dict, z_um: float) -> None:
    """Field by field, whichever of two is the wider."""
    loop = Loop([at(0, 5.0)] * 2, Door())
    take(loop)
    correct(loop, **first)
    correct(loop, **then)
    assert take(loop).z_pos == z_um


def test_a_stack_moves_as_a_whole() -> None:
    """Every plane of a position is shifted alike."""
    planes = [at(0, z_um) for z_um in (3.0, 5.0, 7.0)]
    loop = Loop([*planes, *planes], Door())
    for _ in planes:
        take(loop)
    correct(loop, z_um=0.5)
    assert [take(loop).z_pos for _ in planes] == [3.5, 5.5, 7.5]


def test_a_decided_event_is_where_it_says() -> None:
    """A correction is of the plan: what a policy asks for by name is not moved."""
    loop = Loop([at(0, 5.0)] * 2, Door())
    take(loop)
    correct(loop, z_um=2.0)
    burst = Action((MDAEvent(z_pos=5.0),))
    loop.apply([Decision((burst,), frame=0)], None, 0)
    assert [take(loop).z_pos, take(loop).z_pos] == [5, 7]


def test_guards_see_the_plan_as_it_was_corrected() -> None:
    """A planned event that a correction takes beyond a limit is refused, as any other."""
    ran = play(
        [at(0, 5.0, min_start_time=t) for t in range(3)],
        scope=FakeScope([1.0]),
        decide=lambda _: Decision((Action(correction=Correction(z_um=9.0), label="focus"),)),
        guards=[Limits(z_um=(0, 10))],
    )
    assert [frame.event.z_pos for frame in ran.sink.frames] == [5]
    (refusal, _) = ran.sink.of("refusal")
    assert refusal.guard == "Limits"
    assert "14.0" in refusal.reason


def test_the_journal_has_the_correction() -> None:
    """What changed the plan is a line of its own; other actions say nothing of corrections."""
    action = Action(correction=Correction(z_um=1.5, position=2), label="focus")
    assert plain(action)["correction"]["z_um"] == 1.5
    assert "correction" not in plain(Action())


@pytest.mark.parametrize(
    ("correction", "word"),
    [
        pytest.param({"z_um": math.nan}, "z_um by nan", id="NaN"),
        pytest.param({"x_um": math.inf}, "x_um by inf", id="infinity"),
        pytest.param({"exposure_times": 0.0}, "exposure_times by 0.0", id="no exposure"),
        pytest.param({"light_times": -1.0}, "light_times by -1.0", id="less than no light"),
    ],
)
def test_nonsense_is_refused(correction: dict, word: str) -> None:
    """What can't be added or multiplied changes nothing, and is refused by name."""
    loop = Loop([at(0, 5.0)] * 2, Door())
    take(loop)
    answer = correct(loop, **correction)
    assert isinstance(answer, Refusal)
    assert word in answer.reason
    assert take(loop) == at(0, 5.0)


def test_before_the_plan_there_is_nothing_to_correct() -> None:
    """Where neither the plan nor a frame has told where the focus is, a correction is refused."""
    answer = correct(Loop([at(0)], Door()), z_um=1.0)
    assert isinstance(answer, Refusal)
    assert "nothing is known of z_pos" in answer.reason


_VALUES = st.none() | st.floats(-50, 50)


@given(st.lists(st.tuples(st.integers(0, 2), _VALUES, _VALUES, st.none() | st.integers(0, 2))))
def test_it_never_creeps(steps: list) -> None:
    """Whatever is decided, an event differs from its plan by the newest correction, no more."""
    loop = Loop([at(0, 1.0, x_pos=2.0), *(at(p, 1.0, x_pos=2.0) for p, *_ in steps)], Door())
    take(loop)
    offsets = {p: [0.0, 0.0] for p in range(3)}
    for p, x_um, z_um, about in steps:
        correct(loop, x_um=x_um, z_um=z_um, position=about)
        for mine in offsets if about is None else (about,):
            for axis, value in enumerate((x_um, z_um)):
                offsets[mine][axis] = offsets[mine][axis] if value is None else value
        event = take(loop)
        assert (event.x_pos, event.z_pos) == (2.0 + offsets[p][0], 1.0 + offsets[p][1])
        assert event.y_pos is None


SLM = Modulator("SLM", (2, 2), ((1, 0, 0), (0, 1, 0)), (8, 8))
MASK = SLMImage(data=np.eye(2, dtype=np.uint8), device="SLM")


def with_modulator(watch: list[MDAEvent]) -> Loop:
    """Return a loop on a microscope with a light modulator, open at rest."""
    loop = Loop(watch, Door())
    loop.learn(Stand("bench", modulator=SLM))
    return loop


def level(event: MDAEvent) -> int | None:
    """Return the mean level of an event's mask; None if it names none."""
    return None if event.slm_image is None else round(float(np.asarray(event.slm_image).mean()), 2)


def test_a_mask_and_a_region_take_the_place_of_the_plan_where_they_are_about_it() -> None:
    """Other positions are taken with what the plan had, said by name: both would stay otherwise."""
    loop = with_modulator([at(0, roi=(0, 0, 8, 8)), *[at(0), at(1)] * 2])
    assert level(take(loop)) is None, "nobody has asked for a mask yet"
    correct(loop, mask=MASK, region=(1, 2, 3, 4), position=0)
    told = [(level(event), event.roi.offset_x) for event in (take(loop), take(loop))]
    assert told == [(0.5, 1), (255, 0)]
    correct(loop, mask=resting(SLM), region=(0, 0, 8, 8), position=0)
    assert level(take(loop)) == 255


def test_after_a_mask_every_picture_names_its_own() -> None:
    """What a decided event has shown does not stay for the plan, nor for the next decision."""
    loop = with_modulator([at(0)] * 3)
    assert level(take(loop)) is None
    lit = Action((MDAEvent(slm_image=MASK), MDAEvent(), MDAEvent(x_pos=99.0)), label="lit")
    loop.apply([Decision((lit,), frame=0)], at(0), 0)
    assert [level(take(loop)) for _ in range(4)] == [0.5, 255, 255, 255]


def test_a_decision_inherits_the_mask_at_its_place_only() -> None:
    """A burst on a frame behind a mask is behind the same; one elsewhere is in open light."""
    loop = with_modulator([at(0, slm_image=MASK), at(0)])
    base = take(loop)
    burst = Action((MDAEvent(), MDAEvent(x_pos=99.0)), label="burst")
    loop.apply([Decision((burst,), frame=0)], base, 0)
    here, there = take(loop), take(loop)
    assert level(here) == 0.5
    assert level(there) == 0.5, "as the plan has it, which names no other"
    assert level(take(loop)) == 0.5


@pytest.mark.parametrize(
    ("what", "why"),
    [
        pytest.param({"region": (0, 0, 0, 4)}, "no region", id="empty"),
        pytest.param({"region": (-1, 0, 4, 4)}, "no region", id="outside"),
        pytest.param({"mask": MASK}, "nothing is known of slm_image", id="no modulator"),
    ],
)
def test_a_mask_or_region_that_can_not_be_is_refused(what: dict, why: str) -> None:
    """The plan stays as it was, and the policy hears why."""
    loop = Loop([at(0, roi=(0, 0, 8, 8))] * 2, Door())
    take(loop)
    answer = correct(loop, **what)
    assert isinstance(answer, Refusal)
    assert why in answer.reason
