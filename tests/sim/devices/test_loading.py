"""From a name, a protocol or a profile to a virtual microscope."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from saccade.app import open_scope
from saccade.core import ProfileError, ProtocolError, RealClock, Span, VirtualClock
from saccade.scope import load
from saccade.sim.devices import Mechanics, simulation_of
from saccade.sim.specimens import SPECIMENS

TINY: dict[str, Any] = {"clock": "virtual", "sensor_px": [32, 32]}


def snapped(scope):
    scope.core.snapImage()
    return scope.core.getImage()


@pytest.mark.parametrize("name", SPECIMENS)
def test_every_specimen_loads_with_what_fits_it(name):
    """Channels, lights, limits and a pixel size come with the specimen; a picture is not dark."""
    scope = load(f"sim:{name}", sim={"clock": "virtual"})
    stand = scope.stand()
    specimen = SPECIMENS[name]()
    assert set(stand.channels) == set(specimen.channels)
    assert stand.channel == next(iter(specimen.channels))
    assert {light.channels for light in stand.lights} == {(each,) for each in stand.channels}
    assert all(light.area_cm2 > (512 * stand.pixel_size_um * 1e-4) ** 2 for light in stand.lights)
    assert stand.pixel_size_um == (0.1 if name in ("mitochondria", "bacteria") else 0.325)
    assert set(stand.limits) == {"x_um", "y_um", "z_um", "exposure_ms"}
    assert stand.limits["x_um"] == Span(-specimen.size_um[0] / 2, specimen.size_um[0] / 2)
    scope.core.setExposure(30)
    picture = snapped(scope)
    assert 105 < picture.mean() < 20_000
    assert picture.max() < 65_535
    scope.core.unloadAllDevices()


def test_the_name_can_choose_seed_and_clock():
    """What stands behind the question mark goes before all else."""
    scope = load("sim:beads?seed=7&clock=virtual", sim={"seed": 3, "sensor_px": [32, 32]})
    told = scope.stand().details["sim"]
    assert (told["use"], told["seed"], told["clock"]) == ("beads", 7, "virtual")
    assert isinstance(scope.clock, VirtualClock)
    assert scope.clock.lockstep
    assert scope.clock.now_ns() == 0
    assert isinstance(load("sim:beads").clock, RealClock)


def test_what_is_recorded_gives_the_same_microscope_again():
    """The resolved settings in run.json are settings: the same pixels come of them."""
    given = {
        **TINY,
        "seed": 4,
        "specimen": {"count": 900, "size_um": [100.0, 100.0]},
        "drift": {"swing_um": [1.0, 0.0, 0.0]},
        "artefacts": [{"kind": "stripes"}, {"kind": "bubble", "start_s": 5}],
    }
    first = load("sim:beads", sim=given)
    recorded = first.stand().details["sim"]
    assert simulation_of(recorded).model_dump(mode="json") == {**recorded}
    again = load("sim:beads", sim=recorded)
    assert again.stand().details["sim"] == recorded
    assert (snapped(first) == snapped(again)).all()
    assert recorded["mechanics"]["wheel_ms"] == Mechanics().wheel_ms
    assert {each["seed"] for each in recorded["artefacts"]} == {4, 5}, "none like the other"


def test_a_profile_can_stand_for_a_simulation(tmp_path):
    """Lights, limits and all else that a profile says hold for a simulation, too."""
    profile = {
        "name": "virtual stand",
        "sim": {"use": "beads", "seed": 2, **TINY},
        "limits": {"x_um": [-5, 5]},
        "settings": [{"device": "Camera", "property": "Binning", "value": 2}],
        "modifiable": ["exposure"],
        "safe": [{"device": "FITC Light", "property": "State", "value": 0}],
    }
    file = tmp_path / "virtual.yaml"
    file.write_text(yaml.safe_dump(profile), encoding="utf-8")
    scope = open_scope("virtual.yaml", tmp_path, simulation_of({"seed": 9}))
    stand = scope.stand()
    assert stand.name == "virtual stand"
    assert stand.limits["x_um"] == Span(-5, 5)
    assert stand.limits["y_um"] == Span(-1000, 1000)
    assert [light.name for light in stand.lights] == ["FITC"]
    assert stand.shape_px == (16, 16)
    assert stand.modifiable == ("exposure",)
    assert stand.details["sim"]["seed"] == 9, "the protocol goes before the profile"
    assert scope.safe()["FITC Light.State"] == "0"


@pytest.mark.parametrize(
    ("profile", "told"),
    [
        ({"name": "n"}, "micromanager is missing; or sim"),
        ({"name": "n", "micromanager": {"cfg": "demo"}, "sim": {}}, "leave one out"),
        ({"name": "n", "sim": {"sede": 1}}, r"'sim\.sede'.*'seed'"),
    ],
    ids=["neither", "both", "misspelt"],
)
def test_a_profile_says_one_microscope(tmp_path, profile, told):
    """Neither, both, and keys that no simulation has are named errors."""
    file = tmp_path / "stand.yaml"
    file.write_text(yaml.safe_dump(profile), encoding="utf-8")
    with pytest.raises(ProfileError, match=told):
        load(file)


@pytest.mark.parametrize(
    ("name", "sim", "told"),
    [
        pytest.param("sim:baeds", {}, "Did you mean 'beads'", id="specimen"),
        pytest.param("sim:", {}, "use", id="no specimen"),
        pytest.param("sim:beads?sed=1", {}, "Did you mean 'seed'", id="option"),
        pytest.param("sim:beads?seed=-1", {}, "no whole number", id="seed"),
        pytest.param("sim:beads?clock=fast", {}, "'real' or 'virtual'", id="clock"),
        pytest.param("sim:beads", {"use": "calcium"}, "Leave sim.use out", id="two specimens"),
        pytest.param("sim:beads", {"optcs": {}}, "Did you mean 'optics'", id="key"),
        pytest.param("sim:beads", {"optics": {"na": 1.2}}, "refractive index", id="NA"),
        pytest.param("sim:beads", {"optics": {"indx": 1}}, "Did you mean 'index'", id="optics"),
        pytest.param("sim:beads", {"sensor": {"bits": 99}}, "from 8 to 16", id="sensor"),
        pytest.param("sim:beads", {"drift": {"swing_um": 5}}, "wrong type", id="type"),
        pytest.param("sim:beads", {"drift": {"period_h": 0}}, "above 0", id="drift"),
        pytest.param("sim:beads", {"specimen": {"count": -1}}, "from 0 to", id="count"),
        pytest.param("sim:beads", {"specimen": {"cont": 1}}, "Did you mean 'count'", id="setting"),
        pytest.param("sim:beads", {"lights": {"FTC": {}}}, "Did you mean 'FITC'", id="light"),
        pytest.param("sim:beads", {"lights": {"FITC": {"power_mw": -1}}}, "power_mw", id="dose"),
        pytest.param("sim:beads", {"mechanics": {"wheel_ms": -1}}, "wheel_ms", id="mechanics"),
        pytest.param("sim:beads", {"mechanics": {"xy_travel_um": [1, 1]}}, "higher", id="travel"),
        pytest.param("sim:beads", {"mechanics": {"slm_px": [0, 5]}}, "slm_px", id="modulator"),
        pytest.param("sim:beads", {"sensor_px": [30, 30]}, "multiple of 4", id="odd sensor"),
        pytest.param("sim:beads", {"pixel_size_um": 0}, "pixel_size_um", id="pixel size"),
        pytest.param("sim:beads", {"artefacts": [{"start_s": 1}]}, "its kind", id="no kind"),
        pytest.param("sim:beads", {"artefacts": [{"kind": "stripe"}]}, "'stripes'", id="artefact"),
        pytest.param("sim:beads", {"artefacts": [{"kind": "stripes", "x": 1}]}, "'x'", id="its"),
    ],
)
def test_what_can_not_be_is_a_named_error(name, sim, told):
    """Unknown names are met with the nearest that is known, impossible values with the reason."""
    with pytest.raises(ProtocolError, match=told):
        load(name, sim=sim)
