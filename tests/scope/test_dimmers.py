"""Light sources whose power a property sets: read with every frame, and verified after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from profile_cases import WHOLE, profile_in
from scope_rig import Rig
from useq import MDAEvent

from saccade.core import Dimmer, LightSource, ProfileError, level_of
from saccade.scope import load

if TYPE_CHECKING:
    from pathlib import Path

    from saccade.testing import FaultyCore

GAIN = Dimmer("Camera", "Gain", measured_at=4.0)
"""A property of the demonstration camera stands for that of a laser."""
LASER = LightSource("laser", 2.0, 0.005, dimmer=GAIN)


def at(value: object) -> MDAEvent:
    return MDAEvent(properties=[("Camera", "Gain", value)])


def test_a_frame_says_how_strong_the_light_really_was(core: FaultyCore) -> None:
    """By the value that is read back, in proportion to that at which it was measured."""
    frames = Rig(core, lights=(LASER,)).play([at(4), at(2), MDAEvent(), at(0)]).frames
    assert [frame.light_mw for frame in frames] == [{"laser": mw} for mw in (2.0, 1.0, 1.0, 0.0)]


def test_a_frame_whose_light_changed_under_it_is_a_gap(core: FaultyCore) -> None:
    """Nobody knows how much light it had: it is not filed under a label that may be wrong."""
    core.setProperty("Camera", "Gain", 4)
    rig, snap = Rig(core, lights=(LASER,)), core._do_snap_image

    def turned_up() -> None:
        snap()
        core.setProperty("Camera", "Gain", 8)

    core._do_snap_image = turned_up  # type: ignore[method-assign]
    first, later = MDAEvent(), MDAEvent()  # neither asks for it, and the second finds it so
    sink = rig.play([first, later])
    assert "the light was {'laser': 2.0} mW, then {'laser': 4.0}" in sink.gaps[0]
    assert [frame.light_mw for frame in sink.frames] == [{"laser": 4.0}]


def test_light_that_is_no_number_is_not_exposed_in(core: FaultyCore) -> None:
    """A laser below zero, which the driver may call off, is nothing that dose can be told of."""
    sink = Rig(core, lights=(LASER,)).play([at(-1)])
    assert "nobody can tell how strong 'laser' is" in sink.gaps[0]
    assert not core.called("snapImage")


def test_the_stand_knows_what_it_is_set_to_and_by_which_presets(core: FaultyCore) -> None:
    """As it stands, and in every channel that sets it."""
    core.setProperty("Camera", "Gain", 3)
    core.defineConfig("Channel", "Cy5", "Camera", "Gain", "7")
    (light,) = Rig(core, lights=(LASER,)).scope.stand().lights
    assert light.dimmer == Dimmer("Camera", "Gain", 4.0, "3", {"Cy5": "7"})


def test_a_profile_says_what_sets_the_power(tmp_path: Path) -> None:
    """With the value at which it was measured."""
    at_value = {"device": "Laser", "property": "Power", "value": 50}
    light = {"name": "488", "power_mw": 2, "area_mm2": 0.5, "measured_at": at_value}
    (source,) = profile_in(tmp_path, {**WHOLE, "lights": [light]}).light_sources()
    assert source == LightSource("488", 2.0, 0.005, (), Dimmer("Laser", "Power", 50.0))


@pytest.mark.parametrize("value", ["full", 0, -3, "inf"])
def test_it_was_measured_in_the_light(tmp_path: Path, value: object) -> None:
    """Nothing can be told from a measurement at no power."""
    at_value = {"device": "Laser", "property": "Power", "value": value}
    light = {"name": "488", "power_mw": 2, "area_mm2": 0.5, "measured_at": at_value}
    with pytest.raises(ProfileError, match="no number above 0"):
        profile_in(tmp_path, {**WHOLE, "lights": [light]})


def test_a_profile_with_a_property_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """Before anything moves, with what there is."""
    at_value = {"device": "Camera", "property": "Gian", "value": 1}
    light = {"name": "488", "power_mw": 2, "area_mm2": 0.5, "measured_at": at_value}
    document = {"name": "s", "micromanager": {"cfg": "demo"}, "lights": [light]}
    profile_in(tmp_path, document)
    with pytest.raises(ProfileError, match="Gain"):
        load(str(tmp_path / "stand.yaml"))


@pytest.mark.parametrize(
    ("value", "level"), [("5", 5.0), (2.5, 2.5), ("1e2", 100.0), (" 3 ", 3.0), (True, None)]
)
def test_levels_are_numbers(value: object, level: float | None) -> None:
    """A property's text is a number, or none."""
    found = level_of(value)
    assert found == level if level is not None else found != found
