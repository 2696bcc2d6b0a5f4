"""Which folder a run gets, and which it is refused."""

from __future__ import annotations

import errno
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from saccade.core import FolderError
from saccade.store import claim_folder, new_folder, write_run_json

WHEN = datetime(2026, 11, 23, 14, 12, 0, tzinfo=UTC)


def contents(path: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in path.rglob("*") if p.is_file()}


def test_name_tells_when_and_what(tmp_path: Path) -> None:
    """A run folder is called after its start and its protocol."""
    path = new_folder(tmp_path / "runs", "catch-divisions", WHEN)
    assert path == tmp_path / "runs" / "2026-11-23_141200_catch-divisions"
    assert path.is_dir()


def test_two_runs_in_one_second_have_two_folders(tmp_path: Path) -> None:
    """A second run in the same second gets a folder of its own."""
    first = new_folder(tmp_path, "a", WHEN)
    second = new_folder(tmp_path, "a", WHEN)
    assert first != second
    assert second.name == "2026-11-23_141200_a-2"


def test_without_a_time_it_is_now(tmp_path: Path) -> None:
    """Without a start time the folder is named after the present, in local time."""
    before = datetime.now().astimezone().replace(microsecond=0)
    stamp = new_folder(tmp_path, "a").name.removesuffix("_a")
    named = datetime.strptime(stamp, "%Y-%m-%d_%H%M%S").astimezone()
    assert before <= named <= datetime.now().astimezone()


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("../escaped", id="leads out of the root"),
        pytest.param("..", id="parent"),
        pytest.param("a/b", id="two components"),
        pytest.param("a\\b", id="two components on Windows"),
        pytest.param("", id="empty"),
        pytest.param("  ", id="spaces"),
        pytest.param(".hidden", id="hidden"),
        pytest.param("ends.", id="ends with a dot"),
        pytest.param("a:b", id="drive or stream on Windows"),
        pytest.param("what?", id="wildcard"),
        pytest.param("nul\x00", id="null byte"),
        pytest.param("line\nbreak", id="control character"),
        pytest.param("AUX", id="reserved on Windows"),
        pytest.param("com1.txt", id="reserved with a suffix"),
        pytest.param("x" * 121, id="too long"),
    ],
)
def test_bad_names_are_refused(tmp_path: Path, name: str) -> None:
    """A name that can't be one folder on every system is refused, and nothing is created."""
    with pytest.raises(FolderError) as caught:
        new_folder(tmp_path / "runs", name, WHEN)
    assert caught.value.do
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["a b", "2.5 µm", "été", "x" * 100, "a.b"])
def test_good_names_are_kept(tmp_path: Path, name: str) -> None:
    """Spaces, dots inside and letters of any script are allowed in a name."""
    assert new_folder(tmp_path, name, WHEN).name.endswith(f"_{name}")


def test_explicit_path_is_created_with_its_parents(tmp_path: Path) -> None:
    """A folder named by the user is created where it was asked for."""
    path = claim_folder(str(tmp_path / "runs" / "first"))
    assert path == tmp_path / "runs" / "first"
    assert path.is_dir()


def test_empty_folder_is_taken(tmp_path: Path) -> None:
    """A folder that exists and is empty is taken, and stays empty."""
    assert claim_folder(tmp_path) == tmp_path
    assert not list(tmp_path.iterdir())


def in_use(tmp_path: Path) -> Path:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "journal.jsonl").write_text("precious", encoding="utf-8")
    return tmp_path / "run"


def a_file(tmp_path: Path) -> Path:
    (tmp_path / "run").write_text("precious", encoding="utf-8")
    return tmp_path / "run"


def below_a_file(tmp_path: Path) -> Path:
    return a_file(tmp_path) / "runs" / "first"


def upward(tmp_path: Path) -> Path:
    return tmp_path / "runs" / ".." / ".." / "first"


def upward_through_what_exists(tmp_path: Path) -> Path:
    return tmp_path / ".." / tmp_path.name / "first"


def forbidden(tmp_path: Path) -> Path:
    return tmp_path / "runs" / "a|b" / "first"


@pytest.mark.parametrize(
    "place", [in_use, a_file, below_a_file, upward, upward_through_what_exists, forbidden]
)
def test_unusable_places_are_refused_and_left_alone(tmp_path: Path, place: object) -> None:
    """A place in use, in the way or out of reach is refused, and nothing there changes."""
    path = place(tmp_path)  # type: ignore[operator]
    before = contents(tmp_path)
    with pytest.raises(FolderError) as caught:
        claim_folder(path)
    assert caught.value.do
    assert contents(tmp_path) == before
    assert not (tmp_path / "runs").exists()
    assert not (tmp_path / "first").exists()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no /proc here")
def test_place_where_nobody_may_write_is_refused() -> None:
    """A parent that refuses new folders is named in the error, whoever the user is."""
    with pytest.raises(FolderError, match="/proc"):
        claim_folder(Path("/proc/saccade/run"))


def test_run_json_is_written_once(tmp_path: Path) -> None:
    """What a run started from is never replaced."""
    write_run_json(tmp_path, {"name": "first", "µ": [1, 2.5, None]})
    with pytest.raises(FolderError):
        write_run_json(tmp_path, {"name": "second"})
    content = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert content == {"name": "first", "µ": [1, 2.5, None]}
    assert os.listdir(tmp_path) == ["run.json"]


def test_run_json_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk refuses, there is an error and neither a half file nor a draft."""

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(FolderError, match="No space left"):
            write_run_json(tmp_path, {"name": "first"})
    assert os.listdir(tmp_path) == []


def test_run_json_is_strict_json(tmp_path: Path) -> None:
    """Numbers that JSON does not know are spelled out."""
    write_run_json(tmp_path, {"limits": [float("nan"), float("-inf")], "path": Path("x")})

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    text = (tmp_path / "run.json").read_text(encoding="utf-8")
    assert json.loads(text, parse_constant=refuse)["limits"] == ["NaN", "-Infinity"]


def test_run_json_of_a_missing_folder_is_a_folder_error(tmp_path: Path) -> None:
    """A folder that isn't there is a named error."""
    with pytest.raises(FolderError):
        write_run_json(tmp_path / "nowhere", {})
