"""Protocols played in worlds whose occurrences are known."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from saccade.app import Scoreboard, score_protocol
from saccade.app._protocol import protocol_of
from saccade.app._score_world import open_world, play_protocol
from saccade.core import FolderError, ProtocolError

if TYPE_CHECKING:
    from pathlib import Path

TINY: dict[str, Any] = {
    "saccade": 1,
    "name": "tiny",
    "scope": "sim:calcium",
    "watch": {
        "axis_order": "tpc",
        "stage_positions": [{"x": -30, "y": 0}, {"x": 30, "y": 0}],
        "channels": [{"config": "FITC", "exposure": 20}],
        "time_plan": {"interval": 1, "loops": 25},
    },
    "detect": {"change": {"use": "saccade.detect:Change", "sigma": 3}},
    "decide": [
        {
            "use": "saccade.decide:Burst",
            "on": "change",
            "above": 0.5,
            "below": 0.3,
            "do": {"time_plan": {"interval": 0.2, "loops": 6}},
        }
    ],
    "guard": [{"use": "saccade.guard:Limits"}],
    "sim": {
        "specimen": {"size_um": [120, 80], "rate_hz": 0.02},
        "sensor_px": [64, 64],
        "pixel_size_um": 1.0,
    },
}
"""A few dozen cells for 25 s, flashing often."""


def tiny(**changed: Any) -> Any:
    return protocol_of({**TINY, **changed})


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Scoreboard:
    return score_protocol(tiny(), runs=2, out=tmp_path_factory.mktemp("scores"))


def test_every_contender_plays_every_world(board: Scoreboard) -> None:
    """Protocol, fixed rates, random bursts and oracle, each in the same worlds."""
    seeds = {name: [s.seed for s in each] for name, each in board.by_contender.items()}
    assert list(seeds)[:3] == ["protocol", "fixed-slow", "fixed-fast"]
    assert {"random", "oracle", "fixed-fast@1", "fixed-1.25x", "fixed-middle"} <= set(seeds)
    assert set(map(tuple, seeds.values())) == {(1000, 1001)}
    for seed in (1000, 1001):
        truths = {(s.occurrences, s.occurrence_s) for s in board.scores if s.seed == seed}
        assert len(truths) == 1
        assert truths.pop()[0] > 0


def test_a_schedule_is_scored_by_its_visits(tmp_path: Path) -> None:
    """A row for it beside the others; visits that follow each other are one burst."""
    visits = {"use": "saccade.decide:Schedule", "on": "change", "every_s": 0.5, "by": "fair"}
    found = score_protocol(tiny(decide=[visits]), runs=1, out=tmp_path)
    (mine,) = found.by_contender["protocol"]
    assert found.rules.fast_s == 0.5
    assert mine.frames == mine.kept > 50 + 40
    assert 20 < mine.bursts < mine.frames - 50
    assert {"fixed-slow", "fixed-fast", "random", "oracle"} <= set(found.by_contender)


def test_what_is_spent_is_what_was_planned(board: Scoreboard) -> None:
    """Slow is 25 times two places; random and oracle spend no more than the protocol."""
    by = board.by_contender
    shot = by["fixed-slow"][0].dose_j_per_cm2 / 50
    assert by["fixed-slow"][0].frames == 50
    for protocol, chance, truth in zip(by["protocol"], by["random"], by["oracle"], strict=True):
        assert protocol.bursts > 0
        assert protocol.frames > 50 - 6
        assert chance.dose_j_per_cm2 <= protocol.dose_j_per_cm2 * (1 + 1e-9)
        assert chance.dose_j_per_cm2 > protocol.dose_j_per_cm2 - 1.5 * shot
        assert truth.dose_j_per_cm2 <= protocol.dose_j_per_cm2 * (1 + 1e-9)
        assert truth.captured_s > max(protocol.captured_s, chance.captured_s)


def test_the_rows_and_the_merit_are_there(board: Scoreboard) -> None:
    """A row a contender, and the two ratios that say what the protocol is worth."""
    plain = json.loads(json.dumps(board.plain(), allow_nan=False))
    assert [row["contender"] for row in plain["rows"]] == list(board.by_contender)
    assert plain["merit"]["best_fixed"].startswith("fixed-")
    assert 0 < plain["merit"]["of_oracle"]["value"] < 1
    assert (plain["fast_s"], plain["margin_s"], plain["reused"]) == (0.2, 1.0, 0)


def test_two_processes_score_the_same_as_one(board: Scoreboard, tmp_path: Path) -> None:
    """Every figure of every world, bit for bit, through spawned processes."""
    two = score_protocol(tiny(), runs=2, processes=2, out=tmp_path)
    assert two.scores == board.scores


def test_what_is_done_is_not_done_again(board: Scoreboard) -> None:
    """Results lie in the folder, one file each; only what is missing is played."""
    files = sorted((board.folder / "results").iterdir())
    assert len(files) == len(board.scores)
    gone = next(file for file in files if "oracle" in file.name)
    gone.unlink()
    spoilt = next(file for file in files if "random" in file.name)
    spoilt.write_text("{", encoding="utf-8")
    before = {file: file.stat().st_mtime_ns for file in files if file not in (gone, spoilt)}
    again = score_protocol(tiny(), runs=2, out=board.folder)
    assert again.scores == board.scores
    assert again.reused == len(files) - 1
    assert {file: file.stat().st_mtime_ns for file in before} == before
    told: list[tuple[int, int]] = []
    score_protocol(tiny(), runs=2, out=board.folder, progress=lambda *told_: told.append(told_))
    assert told[0] == (len(files), len(files))


def test_other_settings_are_other_results(board: Scoreboard) -> None:
    """A protocol with another threshold, or another length, does not take these results."""
    count = len(list((board.folder / "results").iterdir()))
    short = score_protocol(tiny(), runs=1, hours=5 / 3600, out=board.folder)
    assert short.reused == 0
    assert len(list((board.folder / "results").iterdir())) > count
    assert all(score.hours == 5 / 3600 for score in short.scores)


def test_no_shot_is_begun_after_the_end() -> None:
    """A run is over at its time, though the watch would go on; and the world lives until then."""
    scope = open_world(tiny(), "calcium", 3)
    log = play_protocol(tiny(), scope, 7.5)
    assert log.shots
    assert max(shot.t_s for shot in log.shots if shot.stream == "watch") <= 7.5
    assert scope.world is not None
    assert scope.world.t_s == pytest.approx(7.5, abs=1.0)


def test_only_some_kinds_may_count(tmp_path: Path) -> None:
    """Occurrences of other kinds are no matter; if there are none, the reader is told."""
    board = score_protocol(
        tiny(), runs=1, hours=5 / 3600, kinds=["miracle"], out=tmp_path / "kinds"
    )
    assert {score.occurrences for score in board.scores} == {0}
    assert "Nothing of the kinds miracle happens" in board.notes[0]


REFUSED = [
    pytest.param({"runs": 0}, {}, "--runs is 0", id="no runs"),
    pytest.param({"hours": -1}, {}, "--hours is -1", id="negative hours"),
    pytest.param({"hours": 0}, {}, "--hours is 0", id="no hours"),
    pytest.param({"hours": 2.0}, {}, "lasts 0.00694 h, not 2 h", id="longer than the watch"),
    pytest.param({"processes": 0}, {}, "--processes is 0", id="no process"),
    pytest.param({"seed": -1}, {}, "--seed is -1", id="negative seed"),
    pytest.param({"fast_s": 0.0}, {}, "--fast-s is 0", id="no fast interval"),
    pytest.param({"specimen": "calcum"}, {}, "no specimen 'calcum'", id="unknown specimen"),
    pytest.param({}, {"decide": []}, "has no policy", id="no policy"),
    pytest.param({}, {"scope": "demo"}, "--specimen", id="no specimen"),
    pytest.param(
        {}, {"watch": {**TINY["watch"], "channels": ["DAPI"]}}, "no preset 'DAPI'", id="misfit"
    ),
    pytest.param(
        {},
        {"watch": {**TINY["watch"], "time_plan": {"interval": 0, "loops": 9}}},
        "--hours",
        id="a watch without length",
    ),
]


@pytest.mark.parametrize(("asked", "changed", "says"), REFUSED)
def test_what_cannot_be_scored_leaves_nothing_behind(
    tmp_path: Path, asked: dict[str, Any], changed: dict[str, Any], says: str
) -> None:
    """A named error before anything is played or written."""
    with pytest.raises(ProtocolError) as told:
        score_protocol(tiny(**changed), **{"runs": 1, "out": tmp_path / "out"} | asked)
    assert says in str(told.value)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_a_named_error(tmp_path: Path) -> None:
    """A file in the way of the results is told as what it is."""
    (tmp_path / "out").write_text("in the way", encoding="utf-8")
    with pytest.raises(FolderError, match="can't be written"):
        score_protocol(tiny(), runs=1, hours=2 / 3600, out=tmp_path / "out")
