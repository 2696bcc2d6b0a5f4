"""Dose: no place ever gets more light than it may have."""

from __future__ import annotations

import math

import pytest
from guard_cases import decided, event, passes, planned, stand
from hypothesis import given, settings
from hypothesis import strategies as st
from useq import CustomAction, HardwareAutofocus, MDAEvent

from saccade.core import LightSource, ProfileError, ProtocolError, Refusal
from saccade.guard import Dose


def dose(limit: float = 1.0, **values) -> Dose:
    """Return a guard that knows the bench: 10 ms of FITC are 0.01 J/cm²."""
    guard = Dose(limit_j_per_cm2=limit)
    guard.learn(stand(**values))
    return guard


def shot(x: float | None = 0.0, y: float | None = 0.0, **values) -> MDAEvent:
    """Return 100 ms of FITC, 0.1 J/cm²."""
    return MDAEvent(x_pos=x, y_pos=y, **{"exposure": 100, "channel": "FITC", **values})


@pytest.mark.parametrize(
    ("asked", "spent"),
    [
        pytest.param({}, 0.01, id="as found"),
        pytest.param({"exposure": 100.0}, 0.1, id="exposure"),
        pytest.param({"exposure": 0.5}, 0.0005, id="short exposure"),
        pytest.param({"channel": "Cy5"}, 0.03, id="channel"),
        pytest.param({"channel": "Cy5", "exposure": 50.0}, 0.15, id="both"),
        pytest.param({"action": CustomAction(name="valve")}, 0.0, id="no picture"),
        pytest.param({"action": HardwareAutofocus()}, 0.0, id="autofocus"),
    ],
)
def test_power_time_and_area_make_the_dose(asked: dict, spent: float) -> None:
    """The dose is power times exposure over area of the sources lit in the event's channel."""
    guard = dose()
    assert passes(guard, planned(MDAEvent(**asked)))
    assert guard.spent_j_per_cm2 == pytest.approx(spent)


def test_sources_add_up() -> None:
    """A source that every channel lights adds to the one of the channel."""
    both = (*stand().lights, LightSource("lamp", power_mw=20.0, area_cm2=0.01))
    guard = dose(lights=both)
    assert passes(guard, planned(MDAEvent(exposure=100)))
    assert guard.spent_j_per_cm2 == pytest.approx(0.3)


def test_the_last_frame_of_a_round_budget_passes() -> None:
    """Ten times a tenth is not too much, in spite of rounding; the eleventh is."""
    guard = dose(limit=1.0)
    assert [passes(guard, planned(shot())) for _ in range(11)] == [True] * 10 + [False]
    assert guard.spent_j_per_cm2 == pytest.approx(1.0)


def test_what_is_not_named_is_as_it_was_named_last() -> None:
    """Exposure, channel and place stay, as in the hardware, until an event names others."""
    guard = dose(limit=100)
    for asked in (
        MDAEvent(x_pos=0, y_pos=0),
        MDAEvent(exposure=100),
        MDAEvent(channel="Cy5"),
        MDAEvent(x_pos=1000),
        MDAEvent(),
    ):
        assert passes(guard, planned(asked))
    assert guard.ledger == {
        (0.0, 0.0): pytest.approx(0.01 + 0.1 + 0.3),
        (1000.0, 0.0): pytest.approx(0.6),
    }


def test_a_burst_is_refused_as_a_whole() -> None:
    """A burst that would exceed the limit on its way is refused before its first frame."""
    guard = dose(limit=1.0)
    assert passes(guard, planned(shot(200, -100)))
    refusal = guard(decided(*[shot(200, -100)] * 20))
    assert isinstance(refusal, Refusal)
    assert "from 0.1 to 2.1 J/cm²; the limit is 1" in refusal.reason
    assert "the place at x 200, y -100 µm" in refusal.reason
    assert refusal.allowed == "9 of 20 such frames, or exposures of up to 45 ms"
    assert guard.spent_j_per_cm2 == pytest.approx(0.1)
    assert passes(guard, decided(*[shot(200, -100, exposure=45)] * 20))
    assert guard.spent_j_per_cm2 == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("x", "y", "same"),
    [
        pytest.param(0.0, 0.0, True, id="here"),
        pytest.param(49.0, 0.0, True, id="less than half a width"),
        pytest.param(0.0, -24.0, True, id="less than half a height"),
        pytest.param(60.0, 0.0, False, id="more than half a width"),
        pytest.param(0.0, 30.0, False, id="more than half a height"),
    ],
)
def test_places_within_half_a_field_are_one(x: float, y: float, same: bool) -> None:
    """A place less than half a field of view away shares the dose; one further away doesn't."""
    guard = dose(limit=0.15)
    assert passes(guard, planned(shot()))
    assert passes(guard, planned(shot(x, y))) is not same


@pytest.mark.parametrize("step", range(-9, 10))
def test_it_does_not_matter_where_the_fields_lie(step: int) -> None:
    """Half a field is half a field wherever on the stage, and in units of the pixel size."""
    x, y = 13.7 * step, -6.1 * step
    for dx, dy, same in ((48, 0, True), (0, 23, True), (-60, 0, False), (0, -30, False)):
        guard = dose(limit=0.15, pixel_size_um=2.0)
        assert passes(guard, planned(shot(2 * x, 2 * y)))
        assert passes(guard, planned(shot(2 * (x + dx), 2 * (y + dy)))) is not same


def test_small_steps_can_not_sneak_light_in() -> None:
    """A walk in steps that each are a new place still adds up where the fields overlap."""
    guard = dose(limit=0.35)
    taken = [passes(guard, planned(shot(x))) for x in range(0, 60, 5)]
    assert taken == [True] * 3 + [False] * 9


def test_light_at_an_unknown_place_counts_everywhere() -> None:
    """Frames before anybody named a place may have been anywhere, so every place has them."""
    guard = dose(limit=0.35)
    assert guard.ledger == {"here": 0.0}
    for _ in range(2):
        assert passes(guard, planned(shot(None, None)))
    assert guard.ledger == {"here": pytest.approx(0.2)}
    assert passes(guard, planned(shot(5000.0, 5000.0)))
    assert guard.ledger == {
        "here": pytest.approx(0.2),
        (5000.0, 5000.0): pytest.approx(0.3),
    }
    assert not passes(guard, planned(shot(5000.0, 5000.0)))
    assert passes(guard, planned(shot(0.0, 0.0)))
    assert guard.spent_j_per_cm2 == pytest.approx(0.3)
    assert guard.ledger["here"] == pytest.approx(0.2)


def test_an_unknown_place_is_refused_where_another_is_full() -> None:
    """Half a position is an unknown place, and it can't have what the fullest place can't."""
    guard = dose(limit=0.15)
    refusal = dose(limit=0.05)(planned(shot(0.0, None)))
    assert isinstance(refusal, Refusal)
    assert "this place" in refusal.reason
    assert refusal.allowed == "0 of 1 such frames, or exposures of up to 50 ms"
    assert passes(guard, planned(shot(0.0, None)))
    assert not passes(guard, planned(shot(0.0, None)))


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"shape_px": (0, 0)}, id="no shape"),
        pytest.param({"shape_px": (0, 100)}, id="no height"),
        pytest.param({"shape_px": (50, 0)}, id="no width"),
        pytest.param({"pixel_size_um": 0.0}, id="no pixel size"),
        pytest.param({"pixel_size_um": math.nan}, id="NaN pixel size"),
    ],
)
def test_without_a_field_of_view_all_places_are_one(values: dict) -> None:
    """Where the field of view isn't known, nothing tells places apart."""
    guard = dose(limit=0.15, **values)
    assert passes(guard, planned(shot(0.0, 0.0)))
    assert not passes(guard, planned(shot(9000.0, 0.0)))


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        pytest.param(event(keep_shutter_open=True), "keeps the shutter open", id="open shutter"),
        pytest.param(event(exposure=math.nan), "its exposure is nan ms", id="NaN exposure"),
        pytest.param(event(exposure=math.inf), "its exposure is inf ms", id="endless exposure"),
        pytest.param(event(exposure=-1.0), "its exposure is -1.0 ms", id="negative exposure"),
        pytest.param(event(exposure=0.0), "its exposure is 0.0 ms", id="no exposure"),
        pytest.param(MDAEvent(channel="DAPI"), "declared for channel 'DAPI'", id="channel"),
        pytest.param(event(x_pos=math.nan, y_pos=0.0), "its place is (nan, 0.0)", id="place"),
    ],
)
def test_light_that_can_not_be_known_is_refused(asked: MDAEvent, why: str) -> None:
    """An open shutter, a wild number or an undeclared channel has an unknowable dose."""
    guard = dose()
    assert not passes(guard, planned(asked))
    refusal = guard(planned(asked))
    assert isinstance(refusal, Refusal)
    assert why in refusal.reason
    assert guard.spent_j_per_cm2 == 0.0


def test_a_guard_that_knows_no_microscope_refuses() -> None:
    """Before it has learnt the light sources, no picture passes."""
    guard = Dose(limit_j_per_cm2=1.0)
    assert not passes(guard, planned(shot()))
    assert passes(guard, planned(MDAEvent(action=CustomAction(name="valve"))))


def test_pictures_within_a_hardware_sequence_are_counted() -> None:
    """Each event hidden in one that stands for a hardware sequence is charged, once."""

    class Sequenced(MDAEvent):
        events: tuple[MDAEvent, ...] = ()

    guard = dose()
    assert passes(guard, decided(Sequenced(events=(shot(), shot()))))
    assert guard.spent_j_per_cm2 == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("values", "word"),
    [
        pytest.param({"lights": ()}, "'FITC', 'Cy5'", id="none at all"),
        pytest.param({"channels": ("FITC", "DAPI")}, "'DAPI'", id="one channel without"),
        pytest.param({"lights": (), "channels": (), "channel": None}, "any channel", id="nothing"),
        pytest.param({"lights": (LightSource("a", 1.0, 0.0),)}, "'a'", id="no area"),
        pytest.param({"lights": (LightSource("a", -1.0, 1.0),)}, "'a'", id="negative power"),
        pytest.param({"lights": (LightSource("a", math.nan, 1.0),)}, "'a'", id="NaN power"),
        pytest.param({"lights": (LightSource("a", 1.0, math.inf),)}, "'a'", id="endless area"),
    ],
)
def test_light_must_be_declared(values: dict, word: str) -> None:
    """A profile that leaves the light of a channel open is refused before the run."""
    with pytest.raises(ProfileError, match=word) as caught:
        dose(**values)
    assert caught.value.do


def test_a_dark_channel_is_declared_with_no_power() -> None:
    """A source of power 0 makes a channel without light, which costs nothing."""
    guard = dose(lights=(LightSource("off", power_mw=0.0, area_cm2=1.0),), limit=1e-9)
    assert all(passes(guard, planned(shot())) for _ in range(5))
    assert guard.spent_j_per_cm2 == 0.0


def test_fresh_has_an_empty_ledger() -> None:
    """A fresh guard has the same limit and has charged nothing; learning empties it too."""
    guard = dose()
    assert passes(guard, planned(shot()))
    assert repr(eval(repr(guard))) == repr(guard.fresh())  # noqa: S307 - it is our own repr
    assert guard.fresh().spent_j_per_cm2 == 0.0
    guard.learn(stand())
    assert guard.spent_j_per_cm2 == 0.0


@pytest.mark.parametrize("limit", [0, -1, math.nan, math.inf, "5", None, True])
def test_a_wrong_limit_is_named(limit: object) -> None:
    """A limit that is not a number above 0 is refused at once, with what to do."""
    with pytest.raises(ProtocolError, match=r"Dose.limit_j_per_cm2") as caught:
        Dose(limit_j_per_cm2=limit)  # type: ignore[arg-type]
    assert caught.value.do


SHOTS = st.builds(
    event,
    x_pos=st.none() | st.floats(-400, 400),
    y_pos=st.none() | st.floats(-400, 400),
    exposure=st.none() | st.floats(-1, 400) | st.just(math.nan),
    channel=st.sampled_from([None, *(MDAEvent(channel=c).channel for c in ("FITC", "Cy5"))]),
)
ACTIONS = st.lists(SHOTS, min_size=1, max_size=4).map(lambda events: decided(*events))


def delivered(action, standing: dict) -> list[tuple[float | None, float | None, float]]:
    """Return place and dose of each picture, counted by other means than the guard's."""
    watts = {"FITC": 1.0, "Cy5": 3.0}
    pictures = []
    for one in action.events:
        named = {"x": one.x_pos, "y": one.y_pos, "ms": one.exposure}
        named["channel"] = one.channel.config if one.channel else None
        standing.update({key: value for key, value in named.items() if value is not None})
        energy = watts[standing["channel"]] * standing["ms"] / 1000
        pictures.append((standing["x"], standing["y"], energy))
    return pictures


@settings(max_examples=200, deadline=None)
@given(actions=st.lists(ACTIONS, max_size=25), limit=st.floats(0.01, 2.0))
def test_no_place_ever_exceeds_the_limit(actions: list, limit: float) -> None:
    """Over any actions, the light within half a field of any frame stays within the limit."""
    guard = dose(limit=limit)
    standing = {"x": None, "y": None, "ms": 10.0, "channel": "FITC"}
    pictures: list[tuple[float | None, float | None, float]] = []
    for action in actions:
        if passes(guard, action):
            pictures += delivered(action, standing)
    everywhere = sum(energy for x, y, energy in pictures if x is None or y is None)
    placed = [(x, y, energy) for x, y, energy in pictures if x is not None and y is not None]
    for x, y, _ in placed:
        near = sum(e for x2, y2, e in placed if abs(x - x2) < 50 and abs(y - y2) < 25)
        assert everywhere + near <= limit * (1 + 1e-6)
    assert everywhere <= limit * (1 + 1e-6)
    assert guard.spent_j_per_cm2 <= limit * (1 + 1e-6)


@settings(max_examples=60, deadline=None)
@given(actions=st.lists(ACTIONS, min_size=1, max_size=10))
def test_asking_changes_nothing(actions: list) -> None:
    """However often a guard is asked, what it has charged and answers stays the same."""
    guard, asked_once = dose(limit=0.5), dose(limit=0.5)
    for action in actions:
        for other in actions:
            guard(other)
        assert passes(guard, action) == passes(asked_once, action)
        assert guard.ledger == asked_once.ledger
