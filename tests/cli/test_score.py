"""The command that scores a protocol."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

Saccade = Callable[..., tuple[int, str, str]]

PROTOCOLS = Path(__file__).parents[2] / "hardware_configs" / "protocols"

TINY = """
saccade: 1
name: tiny
scope: sim:calcium
watch:
  channels: [{config: FITC, exposure: 20}]
  time_plan: {interval: 1, loops: 10}
detect:
  change: {use: saccade.detect:Change, sigma: 3}
decide:
  - {use: saccade.decide:Burst, on: change, above: 0.5, below: 0.3,
     do: {time_plan: {interval: 0.2, loops: 6}}}
guard: [{use: saccade.guard:Limits}]
sim: {specimen: {size_um: [80, 80], rate_hz: 0.02}, sensor_px: [64, 64], pixel_size_um: 1.0}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY, encoding="utf-8")
    return path


def test_a_score_is_a_table_a_figure_and_two_ratios(saccade: Saccade, file: Path) -> None:
    """A row a contender, what the definitions are, what it is worth, and where it all lies."""
    code, output, errors = saccade("score", file, "--runs", 2)
    assert code == 0, errors
    for word in ("protocol", "fixed-slow", "fixed-fast", "fixed-1.25x", "random", "oracle"):
        assert sum(line.startswith(word) for line in output.splitlines()) >= 2
    assert "2 worlds of 0.00278 h (seeds 1000 to 1001)" in output
    assert "best fixed rate" in output
    assert "of what the oracle does with its dose" in output
    assert max(map(len, output.splitlines())) <= 100
    figure = Path("scores/tiny-calcium/score.png")
    assert str(figure) in output
    assert figure.read_bytes().startswith(b"\x89PNG")


def test_a_program_gets_json_and_a_second_call_plays_nothing(saccade: Saccade, file: Path) -> None:
    """With --json the only output is one object, which a second call repeats."""
    arguments = ("score", file, "--runs", 1, "--out", "here", "--json")
    code, first, _ = saccade(*arguments)
    assert code == 0
    told = json.loads(first)
    assert told["seeds"] == [1000]
    assert told["figure"] == str(Path("here") / "score.png")
    _, second, _ = saccade(*arguments)
    again = json.loads(second)
    assert again["reused"] == len(again["scores"])
    assert again["rows"] == told["rows"]


def test_without_matplotlib_there_is_the_table(
    saccade: Saccade, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The figure is left out, and the reader is told how to have it."""
    monkeypatch.setattr("saccade.cli._score.can_draw", lambda: False)
    code, output, _ = saccade("score", file, "--runs", 1, "--hours", 0.001)
    assert code == 0
    assert "saccade[figures]" in output
    assert not list(Path().rglob("*.png"))


CASES = [
    pytest.param(["--runs", 0], "--runs is 0", id="no runs"),
    pytest.param(["--hours", -2], "--hours is -2", id="negative hours"),
    pytest.param(["--specimen", "calcum"], "Did you mean 'calcium'", id="unknown specimen"),
    pytest.param(["--fast-s", -1], "--fast-s is -1", id="negative interval"),
    pytest.param(["--recording", "a.tif"], "--events is missing", id="no events"),
    pytest.param(["--events", "a.csv"], "--recording is missing", id="no recording"),
    pytest.param(
        ["--recording", "a.tif", "--events", "a.csv"], "no recording a.tif", id="no such movie"
    ),
    pytest.param(
        ["--recording", "a.tif", "--events", "a.csv", "--specimen", "calcium"],
        "both given", id="two truths",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("options", "says"), CASES)
def test_bad_input_is_named_and_leaves_nothing(
    saccade: Saccade, file: Path, options: list[str], says: str
) -> None:
    """Exit code 2, one message, no traceback, no folder."""
    code, _, errors = saccade("score", file, *options)
    assert code == 2
    assert says in " ".join(errors.split())
    assert list(Path().iterdir()) == [Path(file.name)]


def test_a_recording_is_scored_by_its_marks(saccade: Saccade, data: Path) -> None:
    """Four marks made by eye: one burst, noticed by all, caught by those it came in time for."""
    movie = data / "nuclei_drosophila_syncytium"
    arguments = ("--recording", movie, "--events", movie / "events.csv")
    code, output, errors = saccade("score", PROTOCOLS / "watch-divisions.yaml", *arguments)
    assert code == 0, errors
    assert "were made by eye: references, not truth" in output
    assert "0 of 1 triggers are elsewhere" in output
    _, output, _ = saccade("score", PROTOCOLS / "watch-divisions.yaml", *arguments, "--json")
    told = json.loads(output)
    assert told["noticed"]["value"] == 1
    (trigger,) = told["triggers"]
    assert told["fast_frames"] == list(range(trigger + 1, trigger + 6))
    assert [mark["frame"] for mark in told["marks"]] == [19, 21, 21, 22]
    late = [mark["frame"] + 3 < trigger + 3 for mark in told["marks"]]
    assert [mark["caught"] for mark in told["marks"]] == [not each for each in late]
    assert list(Path().iterdir()) == []


def test_marks_of_a_longer_movie_are_refused(saccade: Saccade, data: Path) -> None:
    """The marks of the uncut movie do not fit what was kept of it."""
    movie = data / "beating_cardiac_A"
    arguments = ("--recording", movie, "--events", movie / "events.csv")
    code, _, errors = saccade("score", PROTOCOLS / "watch-divisions.yaml", *arguments)
    assert code == 2
    assert "frame is 89, but the recording has 75 times" in " ".join(errors.split())
