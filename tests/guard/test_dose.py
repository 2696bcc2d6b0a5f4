"""Dose: no place ever gets more light than it may have."""

from __future__ import annotations

import math

import pytest
from guard_cases import decided, event, lost, passes, planned, stand, taken, why_not, wrong
from hypothesis import given, settings
from hypothesis import strategies as st
from useq import CustomAction, HardwareAutofocus, MDAEvent

from saccade.core import LightSource, ProfileError, Refusal, Settles
from saccade.guard import Dose


def dose(limit: float = 1.0, hangs: bool = False, **values) -> Dose:
    """Return a guard that knows the bench: 10 ms of FITC are 0.01 J/cm²."""
    guard = Dose(limit_j_per_cm2=limit, hangs=hangs)
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
    assert refusal.reason == "'watch' would bring this place from 0 to 0.1 J/cm²; the limit is 0.05"
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
    reason, allowed = why_not(guard, planned(asked))
    assert reason.startswith(("the dose of 'watch' can't be known: ", "'watch' keeps"))
    assert why in reason
    known = "whose light is known"
    assert allowed == f"events {'without' if asked.keep_shutter_open else known}" + (
        " keep_shutter_open" if asked.keep_shutter_open else ""
    )
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


def spent(guard: Dose) -> tuple[float, float]:
    """Return what the fullest place had, and the run."""
    return pytest.approx(guard.spent_j_per_cm2), pytest.approx(guard.run_j_per_cm2)


def test_the_run_has_a_limit_of_its_own() -> None:
    """Light at many places adds up for the run, as if it were at one."""
    guard = Dose(limit_j_per_cm2=0.25, run_limit_j_per_cm2=0.5)
    guard.learn(stand())
    assert all(passes(guard, planned(shot(1000.0 * n))) for n in range(4))
    assert spent(guard) == (0.1, 0.4)
    assert why_not(guard, decided(*[shot(9000.0), shot(9500.0, exposure=50)] * 2)) == (
        "'burst' would bring the run from 0.4 to 0.7 J/cm²; the limit is 0.5",
        "1 of 4 such frames, or exposures of up to 33.3 ms",
    )
    assert passes(guard, planned(shot(9000.0)))
    assert spent(guard) == (0.1, 0.5)
    assert not passes(guard, planned(shot(99000.0)))


def test_the_place_is_told_before_the_run() -> None:
    """Where both limits would be exceeded, the refusal tells the place."""
    guard = Dose(limit_j_per_cm2=0.1, run_limit_j_per_cm2=0.1)
    guard.learn(stand())
    assert passes(guard, planned(shot()))
    assert why_not(guard, planned(shot()))[0].startswith("'watch' would bring the place at x 0")
    assert why_not(guard, planned(shot(900.0)))[0].startswith("'watch' would bring the run")


def test_the_last_bit_of_a_limit_is_rounding() -> None:
    """What exceeds a limit by rounding alone passes, and then the other limit is told."""
    limit = 0.1 / (1 + 1e-9)
    for limits in ((limit, None), (9.0, limit), (limit, 0.05)):
        guard = Dose(limit_j_per_cm2=limits[0], run_limit_j_per_cm2=limits[1])
        guard.learn(stand())
        if limits[1] == 0.05:
            assert why_not(guard, planned(shot()))[0] == (
                "'watch' would bring the run from 0 to 0.1 J/cm²; the limit is 0.05"
            )
        else:
            assert passes(guard, planned(shot()))


def test_the_place_that_was_asked_for_is_told() -> None:
    """Of a place that is overfull by itself, and one that was asked for, the second is told."""
    guard = dose(limit=0.15)
    guard.settle(taken(x_um=0.0, y_um=0.0, exposure_ms=1000.0))
    reason, _ = why_not(guard, planned(shot(500.0, exposure=200)))
    assert reason == (
        "'watch' would bring the place at x 500, y 0 µm from 0 to 0.2 J/cm²; the limit is 0.15"
    )


def test_another_place_is_not_refused_for_a_full_one() -> None:
    """A place that has had too much, by whatever went wrong, closes only itself."""
    guard = dose(limit=0.15)
    guard.settle(taken(x_um=0.0, y_um=0.0, exposure_ms=1000.0))
    assert not passes(guard, planned(shot()))
    assert not passes(guard, planned(shot(40.0)))
    assert not passes(guard, planned(shot(None, None)))
    assert passes(guard, planned(shot(500.0)))


def test_the_worst_place_of_a_burst_is_told() -> None:
    """Of all places of a burst the refusal names the one that would have most."""
    guard = dose(limit=0.25)
    burst = [shot(x) for x in (0.0, 500.0, 500.0, 500.0, 1000.0)]
    assert why_not(guard, decided(*burst)) == (
        "'burst' would bring the place at x 500, y 0 µm from 0 to 0.3 J/cm²; the limit is 0.25",
        "4 of 5 such frames, or exposures of up to 83.3 ms",
    )


def test_where_an_unknown_place_is_too_much_the_fullest_is_told() -> None:
    """Light at an unknown place may be where most was had before."""
    guard = dose(limit=0.25)
    guard.settle(taken(x_um=0.0, y_um=0.0, exposure_ms=200.0))
    guard.settle(taken(x_um=500.0, y_um=0.0, exposure_ms=100.0))
    assert why_not(guard, planned(shot(None, None))) == (
        "'watch' would bring the place at x 0, y 0 µm from 0.2 to 0.3 J/cm²; the limit is 0.25",
        "0 of 1 such frames, or exposures of up to 50 ms",
    )


def test_what_really_happened_corrects_the_ledger_upward() -> None:
    """A frame that had more light than was asked for adds the rest; one that had less, nothing."""
    guard = dose(limit=1.0)
    assert isinstance(guard, Settles)
    for exposure_ms, total in ((150.0, 0.15), (100.0, 0.25), (50.0, 0.35), (math.nan, 0.45)):
        assert passes(guard, planned(shot()))
        guard.settle(taken(x_um=0.0, y_um=0.0, exposure_ms=exposure_ms))
        assert spent(guard) == (total, total)


@pytest.mark.parametrize(
    ("light", "total"),
    [
        pytest.param({"channel": "Cy5"}, 0.3, id="another channel"),
        pytest.param({"channel": "FITC", "light_mw": {"blue": 20.0}}, 0.2, id="more power"),
        pytest.param({"channel": "FITC", "light_mw": {"blue": 1.0}}, 0.1, id="less power"),
        pytest.param({"channel": "FITC", "light_mw": {"blue": 9, "red": 9}}, 0.18, id="two lamps"),
        pytest.param({"channel": "FITC", "light_mw": {"unknown": 20.0}}, 0.2, id="unknown lamp"),
        pytest.param({"channel": "DAPI"}, 0.1, id="undeclared channel"),
        pytest.param({"channel": None}, 0.1, id="no channel"),
    ],
)
def test_the_light_that_was_really_on_counts(light: dict, total: float) -> None:
    """Whichever is more counts: what the frame says was lit, or what its channel declares."""
    guard = dose(limit=1.0)
    assert passes(guard, planned(shot()))
    guard.settle(taken(x_um=0.0, y_um=0.0, exposure_ms=100.0, **light))
    assert guard.spent_j_per_cm2 == pytest.approx(total)


def test_a_lamp_that_nobody_declared_is_taken_for_the_narrowest() -> None:
    """Power of an unknown source falls on the smallest area that any source has."""
    lights = LightSource("a", 1.0, 0.01, ("FITC", "Cy5")), LightSource("b", 1.0, 0.1, ("FITC",))
    guard = dose(limit=1.0, lights=lights)
    guard.settle(taken(exposure_ms=100.0, channel="Cy5", light_mw={"b": 50.0}))
    assert guard.spent_j_per_cm2 == pytest.approx(0.05)
    guard.settle(taken(exposure_ms=100.0, channel="Cy5", light_mw={"c": 50.0}))
    assert guard.spent_j_per_cm2 == pytest.approx(0.55)


def test_tries_count() -> None:
    """A frame that took three exposures had three times the light, a gap as far as is known."""
    guard = dose(limit=2.0)
    for done, total in (
        (taken(x_um=0.0, y_um=0.0, exposure_ms=100.0, exposures=3), 0.3),
        (lost(exposures=0), 0.4),
        (lost(exposures=1), 0.5),
        (lost(exposures=2), 0.7),
    ):
        assert passes(guard, planned(shot()))
        guard.settle(done)
        assert spent(guard) == (total, total)


def test_frames_of_a_burst_are_told_one_by_one() -> None:
    """Each frame, or gap, of a burst stands for the next picture that was charged."""
    guard = dose(limit=9.0)
    valve = MDAEvent(action=CustomAction(name="valve"))
    burst = [shot(0.0), valve, shot(500.0), shot(1000.0, exposure=50), shot(1500.0)]
    assert passes(guard, decided(*burst))
    guard.settle(taken(x_um=0.0, y_um=0.0, exposure_ms=100.0))
    guard.settle(lost(exposures=3))
    guard.settle(taken(x_um=1000.0, y_um=0.0, exposure_ms=70.0))
    assert guard.ledger == {
        (0.0, 0.0): pytest.approx(0.1),
        (500.0, 0.0): pytest.approx(0.3),
        (1000.0, 0.0): pytest.approx(0.07),
        (1500.0, 0.0): pytest.approx(0.1),
    }
    assert passes(guard, planned(shot(2000.0)))
    guard.settle(lost(exposures=2))
    assert guard.ledger[2000.0, 0.0] == pytest.approx(0.2)
    assert guard.ledger[1500.0, 0.0] == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("x_um", "y_um", "covered"),
    [
        pytest.param(0.5, -0.5, True, id="as good as there"),
        pytest.param(7.0, 3.0, True, id="a cell away"),
        pytest.param(12.5, 0.0, False, id="elsewhere in x"),
        pytest.param(0.0, -6.25, False, id="elsewhere in y"),
        pytest.param(None, 0.0, True, id="x unknown"),
        pytest.param(0.0, None, True, id="y unknown"),
        pytest.param(math.nan, 0.0, True, id="NaN"),
    ],
)
def test_a_frame_taken_elsewhere_is_charged_there(x_um, y_um, covered: bool) -> None:
    """Light that fell elsewhere than it was charged is charged where it fell, too."""
    guard = dose(limit=1.0)
    assert passes(guard, planned(shot()))
    guard.settle(taken(x_um=x_um, y_um=y_um, exposure_ms=100.0))
    assert guard.run_j_per_cm2 == pytest.approx(0.1 if covered else 0.2)


@pytest.mark.parametrize(("x", "y"), [(500.0, 300.0), (-500.0, 300.0), (500.0, -300.0)])
def test_a_frame_taken_where_it_was_asked_for_is_covered(x: float, y: float) -> None:
    """Wherever on the stage, a frame at the place that was charged costs nothing more."""
    guard = dose(limit=1.0)
    assert passes(guard, planned(shot(x, y)))
    guard.settle(taken(x_um=x, y_um=y, exposure_ms=100.0))
    assert guard.run_j_per_cm2 == pytest.approx(0.1)


def test_what_is_as_asked_changes_no_ledger() -> None:
    """A frame with just the light that was charged makes no new place."""
    guard = dose(limit=1.0)
    assert passes(guard, planned(shot()))
    guard.settle(taken(x_um=6.0, y_um=0.0, exposure_ms=100.0))
    assert guard.ledger == {(0.0, 0.0): pytest.approx(0.1)}


def test_the_first_of_equally_full_places_is_told() -> None:
    """Where several places had most, light at an unknown place is told of the first."""
    guard = dose(limit=0.15)
    for x_um in (900.0, 0.0):
        guard.settle(taken(x_um=x_um, y_um=0.0, exposure_ms=100.0))
    assert "the place at x 900, y 0" in why_not(guard, planned(shot(None, None)))[0]


def test_a_guard_that_knows_no_microscope_counts_no_light() -> None:
    """Before it has learnt any area, power is no dose."""
    guard = Dose(limit_j_per_cm2=1.0)
    guard.settle(taken(exposure_ms=100.0, light_mw={"lamp": 5.0}))
    assert spent(guard) == (0.0, 0.0)


def test_a_line_camera_has_a_field_of_view() -> None:
    """One row, or one column, of pixels is a field, and tells places apart."""
    for shape_px, far in (((1, 100), (0.0, 5.0)), ((100, 1), (5.0, 0.0))):
        guard = dose(limit=0.15, shape_px=shape_px)
        assert passes(guard, planned(shot()))
        assert passes(guard, planned(shot(*far)))


@pytest.mark.parametrize("far", [8, 9, 10, 17, 18, 19])
@pytest.mark.parametrize("from_cell", range(-10, 10))
def test_near_is_near_across_every_border(far: int, from_cell: int) -> None:
    """Whatever cells two places lie in, they share a dose up to half a field of view."""
    for dx, dy in ((far, 0), (-far, 0), (0, far), (0, -far), (far, far), (far, -8), (-8, far)):
        guard = dose(limit=0.15)
        x, y = from_cell * 6.25, from_cell * 3.125
        assert passes(guard, planned(shot(x, y)))
        near = max(abs(dx), abs(dy)) <= 8
        assert passes(guard, planned(shot(x + dx * 6.25, y + dy * 3.125))) is not near


def test_light_at_an_unknown_place_covers_every_place() -> None:
    """What was charged everywhere need not be charged again where it fell; only what is more."""
    guard = dose(limit=1.0)
    assert passes(guard, planned(shot(None, None)))
    guard.settle(taken(x_um=500.0, y_um=0.0, exposure_ms=130.0))
    assert guard.ledger == {
        "here": pytest.approx(0.1),
        (500.0, 0.0): pytest.approx(0.13),
    }


def test_a_frame_that_nobody_asked_for_counts() -> None:
    """Light that was not let through is light all the same; a gap of it is nothing known."""
    guard = dose(limit=1.0)
    guard.settle(lost(exposures=3))
    assert spent(guard) == (0.0, 0.0)
    guard.settle(taken(exposure_ms=100.0))
    guard.settle(taken(x_um=0.0, y_um=0.0, exposure_ms=100.0))
    assert spent(guard) == (0.2, 0.2)
    assert guard.ledger["here"] == pytest.approx(0.1)


def test_there_must_be_room_for_all_tries() -> None:
    """Where the camera may try three times, a frame passes only if three exposures would fit."""
    guard = dose(limit=1.0, tries=3)
    assert passes(guard, decided(*[shot()] * 7))
    assert why_not(guard, planned(shot(), shot())) == (
        "'watch' would bring the place at x 0, y 0 µm from 0.7 to 1.1 J/cm²; the limit is 1",
        "1 of 2 such frames, or exposures of up to 75 ms",
    )
    assert passes(guard, planned(shot()))
    assert not passes(guard, planned(shot()))
    assert spent(guard) == (0.8, 0.8)
    run = Dose(limit_j_per_cm2=9.0, run_limit_j_per_cm2=0.5)
    run.learn(stand(tries=2))
    assert why_not(run, decided(*[shot(100.0 * n) for n in range(5)])) == (
        "'burst' would bring the run from 0 to 0.6 J/cm²; the limit is 0.5",
        "4 of 5 such frames, or exposures of up to 83.3 ms",
    )


def test_there_must_be_room_for_what_hangs() -> None:
    """Where light may shine for 2 s in vain, and that is to count, 2 J/cm² are never spent."""
    guard = dose(limit=2.5, hangs=True, dark_within_s=2.0)
    assert passes(guard, decided(*[shot()] * 4))
    assert why_not(guard, planned(shot(exposure=300))) == (
        "'watch' would bring the place at x 0, y 0 µm from 0.4 to 2.7 J/cm²,"
        " 2 of them if something hangs in the light; the limit is 2.5",
        "0 of 1 such frames, or exposures of up to 100 ms",
    )
    assert passes(guard, planned(shot()))
    assert not passes(guard, planned(shot()))
    assert spent(guard) == (0.5, 0.5)
    assert guard.hang_j_per_cm2 == pytest.approx(2.0)


def test_what_hangs_in_a_brighter_channel_needs_more_room() -> None:
    """Room is for the light that a picture is taken in, tries besides; the ledger holds none."""
    guard = dose(limit=3.5, hangs=True, dark_within_s=1.0, tries=3)
    assert why_not(guard, planned(shot(channel="Cy5")))[0] == (
        "'watch' would bring the place at x 0, y 0 µm from 0 to 3.9 J/cm²,"
        " 3 of them if something hangs in the light; the limit is 3.5"
    )
    assert passes(guard, planned(shot(channel="Cy5", exposure=50)))
    assert spent(guard) == (0.15, 0.15)
    run = Dose(limit_j_per_cm2=9.0, run_limit_j_per_cm2=1.25, hangs=True)
    run.learn(stand(dark_within_s=1.0))
    assert passes(run, planned(shot(), shot(500.0)))
    assert not passes(run, planned(shot(1000.0)))


def test_no_room_is_kept_unless_asked_for() -> None:
    """By default the whole limit may be spent; what a hang may add is told, until it is learnt."""
    guard = dose(limit=0.5, dark_within_s=2.0)
    assert guard.hang_j_per_cm2 == 0.0
    assert passes(guard, decided(*[shot()] * 4))
    assert passes(guard, planned(shot(channel="Cy5", exposure=20)))
    assert guard.hang_j_per_cm2 == pytest.approx(6.0)
    assert passes(guard, planned(shot(exposure=20)))
    assert guard.hang_j_per_cm2 == pytest.approx(6.0)
    guard.learn(stand(dark_within_s=2.0))
    assert guard.hang_j_per_cm2 == 0.0


@pytest.mark.parametrize("hangs", [1, None, "yes"])
def test_what_is_neither_true_nor_false_is_named(hangs: object) -> None:
    """Whether room is kept is true or false, and nothing else."""
    assert wrong(Dose, limit_j_per_cm2=1.0, hangs=hangs) == (
        f"Dose.hangs is {hangs!r}, but it must be true or false."
        " True keeps room for light that nobody puts out."
    )


def test_learning_forgets_what_was_under_way() -> None:
    """A frame after the guard has learnt anew is not taken for one that was charged before."""
    guard = dose(limit=9.0)
    assert passes(guard, planned(shot()))
    guard.learn(stand())
    guard.settle(taken(x_um=0.0, y_um=0.0, exposure_ms=100.0))
    assert spent(guard) == (0.1, 0.1)


def test_what_is_wrong_with_lights_is_said_in_full() -> None:
    """A profile that leaves light open is told which source, or which channels, and what to do."""
    with pytest.raises(ProfileError) as caught:
        dose(lights=(LightSource("lamp", -1.0, 0.0),))
    assert str(caught.value) == (
        "Dose can't be counted: light source 'lamp' of 'bench' has power_mw -1.0 and area_cm2 0.0."
        " Measure the power at the sample (0 or more) and the illuminated area (above 0)."
    )
    with pytest.raises(ProfileError) as caught:
        dose(lights=(), channels=(None, "DAPI"))
    assert str(caught.value) == (
        "Dose can't be counted: 'bench' declares no light source for any channel, 'DAPI'."
        " Declare it under 'lights' in the scope profile, with power_mw and area_mm2;"
        " power_mw: 0 for a channel without light."
    )


@pytest.mark.parametrize("limit", [0, -1, math.nan, math.inf, "5", None, True])
def test_a_wrong_limit_is_named(limit: object) -> None:
    """A limit that is not a number above 0 is refused at once, with what to do."""
    do = "Give what the sample can take, in J/cm²."
    must = f"is {limit!r}, but it must be a number above 0. {do}"
    assert wrong(Dose, limit_j_per_cm2=limit) == f"Dose.limit_j_per_cm2 {must}"
    if limit is not None:
        said = wrong(Dose, limit_j_per_cm2=1.0, run_limit_j_per_cm2=limit)
        assert said == f"Dose.run_limit_j_per_cm2 {must}"


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
