"""Models are tried and exported from the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import tifffile
from net_models import net_model
from safetensors.numpy import load_file, save_file

from saccade.models import open_session, save_example

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    Saccade = Callable[..., tuple[int, str, str]]


def test_a_sound_model_passes_and_a_changed_one_does_not(saccade: Saccade, tmp_path: Path) -> None:
    """Exit code 0 with and without an example; 1 where it says something else; 2 for weights."""
    model = net_model(tmp_path / "m", masks=True)
    code, out, _ = saccade("model", "test", str(model.path), "--json")
    told = json.loads(out)
    assert (code, told["ok"], told["by"]) == (0, True, "finite")
    assert told["median_ms"] > 0
    pictures = np.random.default_rng(0).normal(size=(1, 1, 32, 48)).astype(np.float32)
    example = save_example(model, open_session(model), pictures)
    code, out, _ = saccade("model", "test", str(model.path))
    assert code == 0
    assert "as its example says" in out
    assert model.card.sha256 in out
    changed = load_file(example)
    changed["heat"] = changed["heat"] + np.float32(0.1)
    save_file(changed, example)
    code, out, _ = saccade("model", "test", str(model.path))
    assert code == 1
    assert "heat is off by 0.1" in out
    weights = model.path / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\1")
    code, out, err = saccade("model", "test", str(model.path))
    assert code == 2
    assert "not the file that was recorded" in out + err


def test_models_are_compared_by_worth_and_time(saccade: Saccade, tmp_path: Path) -> None:
    """A row a model with its card's figures, and a picture; what can't be written is named."""
    plain, masks = net_model(tmp_path / "plain"), net_model(tmp_path / "masks", masks=True)
    both = (str(plain.path), str(masks.path))
    code, out, _ = saccade("model", "compare", *both, "--json")
    told = json.loads(out)["models"]
    assert code == 0
    assert all(each["look_ms"] > 0 and each["kilobytes"] > 0 for each in told)
    assert all("F1" in each["figures"] for each in told)
    figure = tmp_path / "worth.png"
    code, out, _ = saccade("model", "compare", *both, "--figure", str(figure))
    assert code == 0
    assert figure.read_bytes().startswith(b"\x89PNG")
    where = str(tmp_path / "nowhere" / "worth.png")
    code, out, err = saccade("model", "compare", *both, "--figure", where)
    assert code == 2
    assert "can't be written" in out + err


def labelled(folder: Path, count: int = 4) -> Path:
    """Write pictures of two squares each, and their masks, every one of its own dish."""
    for part in ("images", "labels"):
        (folder / part).mkdir(parents=True)
    lines = ["image,group"]
    for seed in range(count):
        at = 8 + 6 * seed
        labels = np.zeros((64, 64), np.uint16)
        labels[10:22, at : at + 12], labels[at + 22 : at + 34, 40:52] = 1, 2
        noise = np.random.default_rng(seed).normal(100 + 20 * seed, 3, labels.shape)
        picture = (noise + 300 * (labels > 0)).astype(np.uint16)
        tifffile.imwrite(folder / f"images/{seed}.tif", picture)
        tifffile.imwrite(folder / f"labels/{seed}.tif", labels)
        lines.append(f"{seed}.tif,dish {seed}")
    (folder / "groups.csv").write_text("\n".join(lines), encoding="utf-8")
    return folder


def test_a_model_is_calibrated_on_other_pictures(saccade: Saccade, tmp_path: Path) -> None:
    """The same weights under a new name, with scores of one's own; what does not fit is told."""
    known = net_model(tmp_path / "m", classes=("cell",))
    model, mine = str(known.path), str(labelled(tmp_path / "mine"))
    asked = ("model", "calibrate", model, mine, str(tmp_path / "new"), "--classes", "cell=object")
    code, out, err = saccade(*asked, "--json")
    assert code == 0, err
    card = json.loads(out)["card"]
    assert (card["name"], card["version"], card["sha256"]) == ("new", "2", known.card.sha256)
    assert card["metrics"]["test_groups"] == 2
    calibrate = ("model", "calibrate", model, mine, str(tmp_path / "other"))
    for arguments, says in (
        (asked, "never replaced"),
        ((*calibrate, "--classes", "cell=object", "--as-trained"), "not the samples"),
        ((*calibrate, "--classes", "dot=object"), "finds cell"),
        ((*calibrate[:3], str(tmp_path / "nowhere"), str(tmp_path / "other")), "nowhere"),
    ):
        code, out, err = saccade(*arguments)
        assert code == 2, arguments
        assert says in " ".join((out + err).split())
    assert not (tmp_path / "other").exists()


def test_models_are_exported_by_format(saccade: Saccade, tmp_path: Path) -> None:
    """Each format is a file; unknown formats, runtimes and models are named errors."""
    model = str(net_model(tmp_path / "m").path)
    for to, name in (("onnx", "m.onnx"), ("bioimageio", "m.zip")):
        code, out, _ = saccade("model", "export", model, "--to", to, "-o", str(tmp_path / name))
        assert code == 0
        assert name in out
    for arguments, says in (
        (("export", model, "--to", "onxx", "-o", str(tmp_path / "x")), "Did you mean 'onnx'"),
        (("export", "nothing", "--to", "onnx", "-o", str(tmp_path / "x")), "no model 'nothing'"),
        (("export", model, "--to", "onnx", "-o", str(tmp_path / "m.onnx")), "never replaced"),
        (("test", model, "--runtime", "tvm"), "no runtime 'tvm'"),
    ):
        code, out, err = saccade("model", *arguments)
        assert code == 2, arguments
        assert says in out + err
    assert sorted(each.name for each in tmp_path.iterdir()) == ["m", "m.onnx", "m.zip"]


def test_a_detector_is_measured_from_the_command_line(saccade: Saccade, tmp_path: Path) -> None:
    """A row a runtime, and where the choice is; networks of several sizes beside each other."""
    model = str(net_model(tmp_path / "m").path)
    code, out, err = saccade("bench", "--detector", model, "--size", "64", "--events", "20")
    assert code in (0, 1), err  # a busy machine may hold no promise
    assert "torch" in out
    assert "runtimes.json" in out
    code, out, _ = saccade("bench", "--nets", "8x1", "--size", "64", "--events", "20", "--json")
    assert code == 0
    assert json.loads(out)["rows"][0]["net"] == "8x1"


def test_a_model_is_tried_on_a_marked_movie(
    saccade: Saccade, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Frames, marks, what was found in time and false alarms; what is no movie is told."""
    net_model(tmp_path / "m", classes=("division",))
    (tmp_path / "movie").mkdir()
    stack = np.random.default_rng(0).uniform(0, 50, (9, 64, 64)).astype(np.uint8)
    tifffile.imwrite(tmp_path / "movie/movie.tif", stack)
    events = "frame,y,x,event\n4,20,30,onset\n"
    (tmp_path / "movie/events.csv").write_text(events, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    asked = ("model", "watch", "m", "movie", "--called", "onset", "--json")
    code, out, _ = saccade(*asked)
    (told,) = json.loads(out)["movies"]
    assert (code, told["frames"], told["marked"], told["class_name"]) == (0, 9, 1, "division")
    assert told["found"] in (0, 1)
    code, _, err = saccade("model", "watch", "m", "nowhere")
    assert code == 2
    assert "neither a specimen nor marked movies" in err
