"""A detector is trained, shown, and used in a protocol, from the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile

from saccade.cli import _train

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def discs(folder: Path, count: int = 8) -> None:
    """Write pictures of bright discs, and masks."""
    rng = np.random.default_rng(0)
    y, x = np.indices((64, 64))
    for part in ("images", "labels"):
        (folder / part).mkdir(parents=True)
    for number in range(count):
        labels = np.zeros((64, 64), np.uint16)
        for label, centre in enumerate(rng.uniform(8, 56, (3, 2)), 1):
            labels[np.hypot(y - centre[0], x - centre[1]) <= 5] = label
        picture = 100 + 5 * rng.standard_normal(labels.shape) + 80 * (labels > 0)
        tifffile.imwrite(folder / f"images/{number}.tif", picture.astype(np.uint16))
        tifffile.imwrite(folder / f"labels/{number}.tif", labels)


@pytest.mark.timeout(300)
def test_training_shows_its_card_and_a_protocol_can_use_it(
    saccade: Callable[..., tuple[int, str, str]],
    run_protocol: Callable[..., dict[str, Any]],
    tmp_path: Path,
) -> None:
    """What training prints last can be put into a protocol, and a run with it is replayed."""
    discs(tmp_path / "data")
    # In a process of its own: the card tells the command that was typed.
    train = [sys.executable, "-m", "saccade.cli", "train", "data", "discs", "--epochs", "1"]
    train += ["--kind", "network"]
    done = subprocess.run(
        [*train, "--licence", "CC0", "--json"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
        text=True,
        encoding="utf-8",
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    card = json.loads(done.stdout)["card"]
    assert card["training"]["licence"] == "CC0"
    assert card["training"]["command"].startswith("saccade ")
    code, out, _ = saccade("model", "show", "discs")
    assert code == 0
    assert card["sha256"] in out
    assert "F1" in out
    text = f"""
saccade: 1
name: discs
scope: demo
watch: {{channels: [{{config: FITC, exposure: 5}}], time_plan: {{interval: 0, loops: 2}}}}
detect:
  discs: {{use: saccade.detect:Network, model: {tmp_path / "discs"}, sha256: {card["sha256"]}}}
"""
    run_protocol(text)


def test_bad_requests_are_named_and_nothing_is_written(
    saccade: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    """No folder, no classes, no such model: exit code 2, one line, no traceback."""
    for arguments, says in (
        (("train", "nowhere", "m"), "holds no picture"),
        (("train", "sim:dividing-nuclei", "m"), "what to find"),
        (("train", "sim:dividing-nucleus", "m", "--classes", "division"), "dividing-nuclei"),
        (("model", "show", "nothing"), "no model 'nothing'"),
    ):
        code, out, err = saccade(*arguments)
        assert code == 2, arguments
        assert says in out + err
    assert not (tmp_path / "m").exists()
    assert saccade("model", "list")[0] == 0


@pytest.mark.timeout(300)
def test_a_run_is_labelled_and_learned_from(
    saccade: Callable[..., tuple[int, str, str]],
    run_protocol: Callable[..., dict[str, Any]],
    tmp_path: Path,
) -> None:
    """Round trip: a run, its frames to label, labels, a forest, and a run that looks with it."""
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    text = """
saccade: 1
name: beads
scope: demo
watch:
  channels: [{config: FITC, exposure: 5}]
  time_plan: {interval: 0, loops: 4}
  stage_positions: [{x: 0, y: 0}, {x: 700, y: 0}, {x: 0, y: 900}]
detect:
  beads: {USE}
"""
    watch = text.replace("USE", "use: saccade.detect:Spots, sigma: 2")
    run = run_protocol(watch)["folder"]
    code, out, err = saccade("label", run, "-k", 12, "-o", "labelled")
    assert code == 0, err
    assert "12 frames are in labelled" in out
    lines = ["image,y,x,size"]
    for file in sorted((tmp_path / "labelled/images").iterdir()):
        pixels = tifffile.imread(file).astype(float)
        for y, x in np.argwhere(pixels == pixels.max())[:1]:
            lines.append(f"{file.name},{y},{x},12")
    (tmp_path / "labelled/points.csv").write_text("\n".join(lines), encoding="utf-8")
    code, out, err = saccade("train", "labelled", "beads", "--json")
    assert code == 0, err
    card = json.loads(out)["card"]
    assert card["architecture"]["id"] == "forest"
    assert "events for recall 0.9" in err
    use = f"use: saccade.detect:Forest, model: {tmp_path / 'beads'}, sha256: {card['sha256']}"
    run_protocol(text.replace("USE", use))


def test_movies_and_worlds_are_mixed(
    saccade: Callable[..., tuple[int, str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A movie with marks of another name, and worlds: one class, groups apart, two frames each."""
    from saccade.cli import _train

    few = {"settings": {"size_um": (260.0, 260.0), "division_rate": 8.0}, "hours": 0.5}
    few |= {"fields": 1, "interval_s": (60.0, 60.0), "empty": 1.0}
    monkeypatch.setitem(_train._LIVELY, "dividing-nuclei", few)
    (tmp_path / "movie").mkdir()
    rng = np.random.default_rng(0)
    stack = rng.uniform(0, 50, (10, 2, 64, 64)).astype(np.uint8)
    tifffile.imwrite(tmp_path / "movie/movie.tif", stack)
    events = "frame,y,x,event\n4,20,30,onset\n"
    (tmp_path / "movie/events.csv").write_text(events, encoding="utf-8")
    data = _train.Data(
        sources=("sim:dividing-nuclei", "movie:channel=1,unsure=1"),
        usual={"lasts": 2},
        frames=2,
        classes="division=onset",
        worlds=2,
        processes=1,
        seed=0,
    )
    samples, classes = _train.gather(data)
    assert classes == ("division",)
    assert {len(each.pictures) for each in samples} == {2}
    assert len({each.group for each in samples}) == 3
    real = [each for each in samples if each.group.endswith("movie/movie")]
    assert [len(each.kinds) for each in real] == [0, 0, 0, 0, 1, 1, 0, 0, 0, 0]
    assert sum(len(each.unsure.kinds) for each in real) == 2
    code, _, err = saccade("train", "movie", "n", "--classes", "division")
    assert code == 2
    assert "channel" in err


def test_worlds_that_stand_for_any_fluorescence_are_of_several_kinds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every other world has chromosomes of its own kind; the others are those of human cells."""
    from saccade.cli import _train

    few = {"settings": {"size_um": (260.0, 260.0), "division_rate": 8.0}, "hours": 0.2}
    few |= {"fields": 1, "interval_s": (60.0, 60.0), "empty": 1.0}
    monkeypatch.setitem(_train._LIVELY, "dividing-nuclei", few)

    def pictures(fluorescence: bool) -> dict[str, np.ndarray]:
        data = _train.Data(
            sources=("sim:dividing-nuclei",),
            usual={},
            frames=1,
            classes="division,plate",
            worlds=4,
            processes=1,
            seed=0,
            fluorescence=fluorescence,
        )
        samples, _ = _train.gather(data)
        return {each.name: each.pictures[-1] for each in samples}

    plain, several = pictures(fluorescence=False), pictures(fluorescence=True)
    assert plain.keys() == several.keys()
    for name, picture in plain.items():
        own = name.split(",")[0] in ("dividing-nuclei 0", "dividing-nuclei 2")
        assert np.array_equal(picture, several[name]) == own, name


def test_leaving_out_needs_a_movie_and_a_new_table(
    saccade: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    """Single pictures have no order; a table that is there is not written over."""
    discs(tmp_path / "data")
    code, _, err = saccade("train", "data", "told.csv", "--leave-one-out")
    assert code == 2
    assert "no movie to leave out" in err
    (tmp_path / "told.csv").write_text("mine", encoding="utf-8")
    code, _, err = saccade("train", "data", "told.csv", "--leave-one-out")
    assert code == 2
    assert (tmp_path / "told.csv").read_text(encoding="utf-8") == "mine"


def test_a_log_is_told_now_and_then_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where no screen is watched, an epoch is a line, but not each; what was found always is."""
    tell = _train.teller(_train.err.status("training"))
    tell("epoch 1 of 9: loss 1.0")
    tell("what was found")
    monkeypatch.setattr(_train, "_LOG_S", 0.0)
    tell("epoch 2 of 9: loss 0.9")
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["what was found", "epoch 2 of 9: loss 0.9"]


def test_a_model_that_ships_is_told_by_its_name(
    saccade: Callable[..., tuple[int, str, str]],
) -> None:
    """What is to be put into a protocol works on any machine, and where it lies is no matter."""
    code, out, _ = saccade("model", "show", "division")
    assert code == 0
    assert "model: division," in out
    assert "division: " in out.splitlines()[0]
