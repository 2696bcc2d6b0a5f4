"""The command tune: its table, its figure, and what it refuses."""

from __future__ import annotations

import json

import pytest
import yaml

PROTOCOL = {
    "saccade": 1,
    "name": "flashes",
    "scope": "sim:calcium",
    "sim": {"sensor_px": [64, 64], "specimen": {"size_um": [100, 100]}},
    "watch": {
        "stage_positions": [{"x": 0, "y": 0}],
        "channels": [{"config": "FITC", "exposure": 10}],
        "time_plan": {"interval": 1, "loops": 10},
    },
    "detect": {"flash": {"use": "saccade.detect:Change", "sigma": 4}},
    "decide": [
        {
            "use": "saccade.decide:Burst",
            "above": 0.6,
            "below": 0.3,
            "do": {"time_plan": {"interval": 0.2, "loops": 2}},
        }
    ],
}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "flashes.yaml"
    path.write_text(yaml.safe_dump(PROTOCOL), encoding="utf-8")
    return path


def test_thresholds_are_told_as_a_table_and_drawn(file, tmp_path, saccade):
    """A row a wish, for a person and for a program."""
    args = ("tune", str(file), "--worlds", "2", "--false-per-h", "60", "--out", str(tmp_path / "o"))
    code, output, _ = saccade(*args)
    assert code == 0
    assert "wanted /h" in output
    assert (tmp_path / "o" / "tune.png").is_file()
    code, output, _ = saccade(*args, "--json")
    assert code == 0
    (only,) = json.loads(output)["suggestions"]
    assert only["wanted_per_h"] == 60


def test_a_search_is_told_as_a_table(file, tmp_path, saccade):
    """The trials, the best first, and where they lie."""
    pytest.importorskip("optuna", reason="the extra 'tune' is not installed")
    search = ("--search", "decide.0.above=0.4:0.9", "--trials", "1", "--worlds", "1")
    code, output, _ = saccade("tune", str(file), *search, "--out", str(tmp_path / "o"))
    assert code == 0
    assert "1 trials in" in output


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (("--search", "decide.0.above=low:high"), "is no range"),
        (("--search", "decide.9.above=0.1:0.9"), "has no decide.9"),
        (("--worlds", "1"), "--worlds"),
        (("--policy", "Burs"), "Did you mean 'Burst'"),
        (("--recording", "movie.tif"), "--events"),
        (("--events", "events.csv"), "--recording or a --run"),
        (("--run", "absent", "--tolerance", "-1"), "--tolerance"),
    ],
)
def test_what_can_not_be_tuned_is_one_named_error(file, saccade, args, why):
    """Exit code 2, and what to do."""
    code, _, error = saccade("tune", str(file), *args)
    assert (code, why in error) == (2, True), error


def test_the_cookbook_is_told_as_a_table(saccade):
    """A row a family, beside what fixed acquisition comes to."""
    code, output, _ = saccade("cookbook", "hold-response", "--share", "0.05", "--worlds", "1")
    assert code == 0
    assert "feedback optogenetics" in output
    code, output, _ = saccade(
        "cookbook", "hold-response", "--share", "0.05", "--worlds", "1", "--json"
    )
    assert json.loads(output)[0]["unit"] == "%"
    code, _, error = saccade("cookbook", "hold-responses")
    assert (code, "Did you mean" in error) == (2, True)
