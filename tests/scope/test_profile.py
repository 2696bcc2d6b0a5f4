"""A scope profile says what a stand is, and nothing else gets through."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest
from profile_cases import WHOLE, profile_in

from saccade.core import LightSource, ProfileError, Span
from saccade.scope import Manners, Profile, builtin_profile, load, load_profile

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = ROOT / "hardware_configs"

LEAST: dict[str, Any] = {"name": "stand", "micromanager": {"cfg": "demo"}}


@pytest.fixture
def profile_of(tmp_path: Path) -> Callable[[Any], Profile]:
    return lambda document: profile_in(tmp_path, document)


def changed(*path: Any, to: Any) -> dict[str, Any]:
    """Return the whole document with one value replaced, or added."""
    document = copy.deepcopy(WHOLE)
    at: Any = document
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = to
    return document


def test_all_that_a_profile_says_is_understood(
    profile_of: Callable[[Any], Profile], tmp_path: Path
) -> None:
    """Every field reaches the value that the engine, the guards and SAFE use."""
    profile = profile_of(WHOLE)
    assert profile.light_sources() == (
        LightSource("488", 2.0, 0.005, ("GFP",)),
        LightSource("lamp", 0.1, pytest.approx(2e-4), ()),
    )
    assert profile.spans() == {
        "x_um": Span(-1, 1),
        "y_um": Span(0, 0),
        "z_um": Span(0, 4000),
        "exposure_ms": Span(1, 100),
    }
    assert profile.manners() == Manners(
        xy_um=1,
        z_um=0.2,
        exposure_rel=0.1,
        settle_s=3,
        frame_margin_s=4,
        first_frame_s=5,
        setting_retries=0,
        snap_retries=7,
    )
    assert profile.recorded() == (("Cam", "CCD.Temperature"),)
    assert profile.safe_settings() == (("Laser", "Power", "0"),)
    assert [each.value for each in profile.settings] == ["2.5"]
    assert profile.micromanager.cfg == tmp_path / "stand.cfg"
    assert profile.micromanager.adapters == tmp_path / "adapters"


def test_what_is_left_out_is_default(profile_of: Callable[[Any], Profile]) -> None:
    """A profile of a name and a configuration sets no limit and keeps the usual manners."""
    profile = profile_of(LEAST)
    assert profile.manners() == Manners()
    assert profile.spans() == {}
    assert profile.light_sources() == ()
    assert profile.modifiable is None


def test_a_profile_goes_through_json_unchanged(profile_of: Callable[[Any], Profile]) -> None:
    """What run.json holds of a profile is that profile."""
    profile = profile_of(WHOLE)
    text = json.dumps(profile.model_dump(mode="json"))
    assert Profile.model_validate_json(text) == profile


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(True, "1", id="truth"),
        pytest.param(False, "0", id="untruth"),
        pytest.param(3, "3", id="whole number"),
        pytest.param(0.5, "0.5", id="number"),
        pytest.param("Fluorescent Beads", "Fluorescent Beads", id="text"),
    ],
)
def test_property_values_are_as_micromanager_reads_them(
    profile_of: Callable[[Any], Profile], value: Any, text: str
) -> None:
    """A value that YAML took for a number or a truth value is text again."""
    assert profile_of(changed("safe", 0, "value", to=value)).safe_settings()[0][2] == text


def test_on_and_yes_stay_text(tmp_path: Path) -> None:
    """Micro-Manager's Yes, No, On and Off are not taken for truth values."""
    path = tmp_path / "stand.yaml"
    path.write_text(
        "name: s\nmicromanager: {cfg: demo}\nsafe: [{device: Z, property: P, value: No}]",
        encoding="utf-8",
    )
    assert load_profile(path).safe_settings() == (("Z", "P", "No"),)


LAMP = {"power_mw": 1, "area_mm2": 1}
BAD = [
    pytest.param({"nme": "s", **LEAST}, "no key 'nme'", "Did you mean 'name'?", id="key"),
    pytest.param(
        changed("lights", 0, "powr_mw", to=1),
        "no key 'lights.0.powr_mw'",
        "Did you mean 'power_mw'?",
        id="key in a list",
    ),
    pytest.param(
        changed("limits", "x", to=[0, 1]), "no key 'limits.x'", "Known: ", id="key far from any"
    ),
    pytest.param(
        changed("micromanager", "config", to="a.cfg"),
        "no key 'micromanager.config'",
        "Did you mean 'cfg'?",
        id="key of two words",
    ),
    pytest.param({"name": "s"}, "micromanager is missing", "README", id="no configuration"),
    pytest.param(changed("name", to=""), 'name is ""', "README", id="no name"),
    pytest.param(
        changed("lights", 0, "power_mw", to="2"), 'lights.0.power_mw is "2"', "README", id="text"
    ),
    pytest.param(
        changed("lights", 0, "power_mw", to=True), "lights.0.power_mw is true", "README", id="truth"
    ),
    pytest.param(
        changed("lights", 0, "power_mw", to=-1), "greater than 0", "README", id="negative"
    ),
    pytest.param(changed("lights", 0, "power_mw", to=0), "greater than 0", "README", id="no power"),
    pytest.param(
        changed("lights", 0, "power_mw", to=float("nan")),
        "lights.0.power_mw is nan",
        "finite",
        id="nan",
    ),
    pytest.param(
        changed("limits", "z_um", to=[0, float("inf")]),
        "limits.z_um.1 is inf",
        "finite",
        id="infinity",
    ),
    pytest.param(
        changed("limits", "z_um", to=[5, 1]),
        "limits.z_um: low 5.0 is above high 1.0",
        "README",
        id="low above high",
    ),
    pytest.param(changed("limits", "z_um", to=[5]), "limits.z_um.1 is missing", "", id="no high"),
    pytest.param(
        changed("limits", "z_um", to=[1, 2, 3]), "limits.z_um is [1, 2, 3]", "", id="three limits"
    ),
    pytest.param(changed("limits", "z_um", to=5), "limits.z_um is 5", "", id="one limit"),
    pytest.param(
        changed("limits", "exposure_ms", to=[0, 5]), "limits.exposure_ms: ", "", id="no exposure"
    ),
    pytest.param(
        changed("lights", 0, "area_um2", to=5),
        "'488' needs its illuminated area once",
        "",
        id="two",
    ),
    pytest.param(
        changed("lights", 1, to={"name": "lamp", "power_mw": 1}),
        "'lamp' needs its illuminated area once",
        "",
        id="no area",
    ),
    pytest.param(
        changed("lights", 1, "name", to="488"), "two lights '488'", "README", id="light twice"
    ),
    pytest.param(changed("lights", to={}), "lights is {}", "", id="mapping for a list"),
    pytest.param(changed("roles", to=["Cam"]), 'roles is ["Cam"]', "", id="list for a mapping"),
    pytest.param(changed("focus_direction", to=0), "focus_direction is 0", "", id="no direction"),
    pytest.param(
        changed("record_properties", 0, to="CCDTemperature"),
        "record_properties.0: 'CCDTemperature' is not Device.Property",
        "",
        id="no device",
    ),
    pytest.param(
        changed("modifiable", 0, to="laser"), "is none of xy, z, channel", "", id="no such"
    ),
    pytest.param(changed("retries", "snap", to=1.5), "retries.snap is 1.5", "", id="half a try"),
    pytest.param(changed("retries", "snap", to=-1), "retries.snap is -1", "", id="less than none"),
    pytest.param(changed("timeouts", "settle_s", to=1e9), "settle_s is 1000000000", "", id="years"),
    pytest.param(changed("safe", 0, "value", to=[1]), "safe.0.value is [1]", "", id="list value"),
    pytest.param(
        changed("objectives", to={"device": "Turret", "labels": {"40x": {"offset_um": [1, 0, 0]}}}),
        "no objective has the offset 0",
        "",
        id="no reference",
    ),
    pytest.param(
        changed("objectives", to={"device": "Turret", "labels": {}}),
        "labels",
        "",
        id="no objective",
    ),
    pytest.param(
        changed("objectives", to={"device": "T", "labels": {"40x": {"lights": {"487": LAMP}}}}),
        "'487', which is none of lights. Did you mean '488'?",
        "",
        id="light of an objective",
    ),
    pytest.param(
        changed("objectives", to={"device": "T", "labels": {"4x": {}}, "turn_at_z_um": -1}),
        "turn_at_z_um is -1, outside limits.z_um",
        "",
        id="turning out of reach",
    ),
    pytest.param(
        changed("roles", "cameras", to=["Cam"]), "roles.cameras", "", id="one camera together"
    ),
    pytest.param(
        {"name": "s", "sim": {"use": "beads"}, "objectives": {"device": "T", "labels": {"4x": {}}}},
        "a simulation has sim.objectives",
        "",
        id="objectives of a simulation",
    ),
    pytest.param(["name"], "a list, not a mapping", "", id="list"),
]


@pytest.mark.parametrize(("document", "message", "do"), BAD)
def test_what_cannot_be_meant_is_named(
    profile_of: Callable[[Any], Profile], document: Any, message: str, do: str
) -> None:
    """One error tells the file, the path to the value, and what to do."""
    with pytest.raises(ProfileError) as error:
        profile_of(document)
    assert message in error.value.what
    assert "stand.yaml" in error.value.what
    assert do in error.value.do


def test_several_problems_are_one_message(profile_of: Callable[[Any], Profile]) -> None:
    """The first three of five problems are told, and that there are more."""
    document = changed("lights", 0, "power_mw", to=-1)
    document |= {"nme": 1, "focus_direction": 7, "retries": {"snp": 1}, "roles": 3}
    with pytest.raises(ProfileError) as error:
        profile_of(document)
    assert "has 5 problems: " in error.value.what
    assert "(Did you mean 'snap'?)" in error.value.what
    assert error.value.what.endswith("; and 2 more.")


def test_an_absent_profile_names_its_neighbour(tmp_path: Path) -> None:
    """A misspelt file name is met with the one beside it."""
    (tmp_path / "stand.yaml").write_text("name: s", encoding="utf-8")
    with pytest.raises(ProfileError, match=r"Did you mean 'stand\.yaml'\?"):
        load_profile(tmp_path / "stnd.yaml")


@pytest.mark.parametrize("name", ["demo", "template"])
def test_the_profiles_that_ship_are_whole(name: str) -> None:
    """The demo and the template load as they stand."""
    assert load_profile(CONFIGS / f"{name}.yaml").light_sources()


def test_every_field_of_a_profile_is_described() -> None:
    """The table of hardware_configs/README.md names every field there is."""
    text = (CONFIGS / "README.md").read_text(encoding="utf-8")
    for name, field in Profile.model_fields.items():
        assert f"`{name}" in text
        options = get_args(field.annotation)
        kinds = options if type(None) in options else (field.annotation,)
        inner = [each for kind in kinds for each in getattr(kind, "model_fields", {})]
        assert [each for each in inner if f".{each}`" not in text] == []


def test_the_template_shows_every_field() -> None:
    """Nothing that a profile can say is missing from the template; sim excludes hardware."""
    text = (CONFIGS / "template.yaml").read_text(encoding="utf-8")
    assert [name for name in Profile.model_fields if f"\n{name}:" not in text] == ["sim"]
    assert "\n# sim:" in text


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("dmo", id="misspelt"),
        pytest.param("../hardware_configs/demo", id="path"),
        pytest.param("template", id="template"),
        pytest.param("", id="nothing"),
    ],
)
def test_only_built_in_profiles_go_by_name(name: str) -> None:
    """A name is looked up in a list, never made into a path."""
    with pytest.raises(ProfileError, match=r"'demo'|Known: demo"):
        builtin_profile(name)


def test_the_built_in_demo_is_the_one_that_is_documented() -> None:
    """The file that the package finds is the one in hardware_configs."""
    assert builtin_profile("demo").read_bytes() == (CONFIGS / "demo.yaml").read_bytes()


def test_absent_files_of_micromanager_are_named(
    profile_of: Callable[[Any], Profile], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A configuration or adapters that aren't there are one error, with the nearest name."""
    profile = profile_of(WHOLE)
    with pytest.raises(ProfileError, match="no folder"):
        profile.adapters()
    (tmp_path / "stnad.cfg").write_text("", encoding="utf-8")
    with pytest.raises(ProfileError, match=r"Did you mean 'stnad\.cfg'"):
        profile.config_file()
    (tmp_path / "stand.cfg").write_text("", encoding="utf-8")
    (tmp_path / "adapters").mkdir()
    assert profile.config_file() == tmp_path / "stand.cfg"
    monkeypatch.setenv("SACCADE_ADAPTERS", str(tmp_path / "adapters"))
    assert profile.adapters() == tmp_path / "adapters"


@pytest.mark.parametrize("name", ["x" * 1000, "x/" * 5000, "y" * 300 + "/z.cfg", "~" * 10])
def test_a_path_that_cannot_be_one_is_absent(
    profile_of: Callable[[Any], Profile], name: str
) -> None:
    """A name that no file can have is a file that isn't there."""
    profile = profile_of({**WHOLE, "micromanager": {"cfg": name, "adapters": name}})
    with pytest.raises(ProfileError, match="no Micro-Manager configuration"):
        profile.config_file()
    with pytest.raises(ProfileError, match="no folder"):
        profile.adapters()


def test_a_profile_cannot_choose_native_code(
    profile_of: Callable[[Any], Profile], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Adapters beside a profile are not loaded until the user names their folder."""
    profile = profile_of(WHOLE)
    (tmp_path / "adapters").mkdir()
    with pytest.raises(ProfileError, match=r"are programs.*SACCADE_ADAPTERS"):
        profile.adapters()
    monkeypatch.setenv("MICROMANAGER_PATH", str(tmp_path / "adapters"))
    assert profile.adapters() == tmp_path / "adapters"


def test_the_demo_profile_fits_the_demo_microscope() -> None:
    """Its channels are presets, its settings hold, and what it records and sets is there."""
    profile = load_profile(builtin_profile("demo"))
    core = load("demo").core
    try:
        presets = core.getAvailableConfigs(core.getChannelGroup())
        lit = [channel for light in profile.light_sources() for channel in light.channels]
        assert sorted(lit) == sorted(presets)
        for each in profile.settings:
            assert core.getProperty(each.device, each.property) == each.value
        for device, name in profile.recorded():
            assert core.hasProperty(device, name)
        for device, name, value in profile.safe_settings():
            assert value in core.getAllowedPropertyValues(device, name)
        for z_um in profile.spans()["z_um"].low, profile.spans()["z_um"].high:
            core.setPosition(z_um)
            assert core.getPosition() == z_um
        for exposure_ms in profile.limits.exposure_ms or ():
            core.setExposure(exposure_ms)
            assert core.getExposure() == exposure_ms
    finally:
        core.unloadAllDevices()
