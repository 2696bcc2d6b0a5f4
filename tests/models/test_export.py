"""Models for other programs: they say the same, and are as their specification asks."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import yaml
from net_models import net_model

from saccade.core import ModelError
from saccade.models import (
    export_model,
    installed_runtimes,
    load_example,
    open_session,
    save_example,
)

if TYPE_CHECKING:
    from pathlib import Path


def contents(package: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    with zipfile.ZipFile(package) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    return yaml.safe_load(files.pop("rdf.yaml")), files


@pytest.mark.parametrize("masks", [False, True])
def test_a_package_names_its_files_and_their_sums(tmp_path: Path, masks: bool) -> None:
    """Every head has a test tensor of its own; each file is told of, with its sha256."""
    model = net_model(tmp_path / "m", frames=2, masks=masks, pixel_size_um=0.5)
    out = export_model(model, "bioimageio", tmp_path / "out" / "m.zip")
    rdf, files = contents(out)
    heads = {"heat", "offset"} | ({"inside", "vote"} if masks else set())
    assert {each["id"] for each in rdf["outputs"]} == heads
    named = [each["test_tensor"] for each in (*rdf["inputs"], *rdf["outputs"])]
    named += [rdf["weights"]["onnx"]]
    for each in named:
        assert hashlib.sha256(files[each["source"]]).hexdigest() == each["sha256"]
    assert {each["source"] for each in named} | {"README.md"} == set(files)
    assert [each.name for each in out.parent.iterdir()] == ["m.zip"]


@pytest.mark.parametrize("compress", [0.0, 4.0])
def test_the_pair_of_a_package_is_what_the_network_says(tmp_path: Path, compress: float) -> None:
    """The described preprocessing, done by hand, and the program give the stored outputs."""
    if "onnxruntime" not in installed_runtimes():
        pytest.skip("onnxruntime is an extra, and not installed")
    import onnxruntime

    given = {"low": 0.01, "high": 0.99, "compress": compress}
    model = net_model(tmp_path / "m", masks=True, input=given)
    rdf, files = contents(export_model(model, "bioimageio", tmp_path / "m.zip"))
    pictures = np.load(io.BytesIO(files["test_pictures.npy"]), allow_pickle=False)
    for step in rdf["inputs"][0].get("preprocessing", []):
        kwargs = step["kwargs"]
        if step["id"] == "clip":
            pictures = np.clip(pictures, kwargs["min"], kwargs["max"])
        else:
            low, high = np.percentile(
                pictures, (kwargs["min_percentile"], kwargs["max_percentile"])
            )
            pictures = (pictures - low) / (high - low + kwargs["eps"])
    session = onnxruntime.InferenceSession(files["model.onnx"], providers=["CPUExecutionProvider"])
    names = [each["id"] for each in rdf["outputs"]]
    for name, told in zip(
        names, session.run(names, {"pictures": pictures.astype(np.float32)}), strict=True
    ):
        stored = np.load(io.BytesIO(files[f"test_{name}.npy"]), allow_pickle=False)
        if name in ("heat", "inside"):
            told = 1 / (1 + np.exp(-told))
        np.testing.assert_allclose(told, stored, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("frames", [1, 3])
def test_a_package_is_as_bioimage_io_asks(tmp_path: Path, frames: int) -> None:
    """Its own validator finds nothing wrong, tensors and sums included."""
    if find_spec("bioimageio") is None:
        pytest.skip("bioimageio.spec is not installed")
    model = net_model(tmp_path / "m", frames=frames, masks=True, pixel_size_um=0.5)
    out = export_model(model, "bioimageio", tmp_path / "m.zip")
    code = """
import sys
from bioimageio import spec
told = spec.load_description(sys.argv[1])
print(type(told).__name__)
print(told.validation_summary.format(), file=sys.stderr)
"""
    done = subprocess.run(  # on its own: it leaves files open
        [sys.executable, "-W", "ignore", "-c", code, str(out)],
        capture_output=True,
        check=True,
        text=True,
        encoding="utf-8",
        timeout=100,
    )
    assert done.stdout.strip() == "ModelDescr", done.stderr


def test_what_exists_is_not_replaced_and_forests_have_no_program(tmp_path: Path) -> None:
    """Named errors; nothing is written beside."""
    model = net_model(tmp_path / "m")
    out = tmp_path / "m.onnx"
    assert export_model(model, "onnx", out).read_bytes()
    with pytest.raises(ModelError, match="never replaced"):
        export_model(model, "onnx", out)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["m", "m.onnx"]


def test_an_example_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Pictures and heads, to the bit; a folder without one has none, a damaged one is told."""
    model = net_model(tmp_path / "m", masks=True)
    assert load_example(model) is None
    pictures = np.random.default_rng(0).normal(size=(1, 1, 32, 48)).astype(np.float32)
    session = open_session(model)
    file = save_example(model, session, pictures)
    found = load_example(model)
    assert found is not None
    np.testing.assert_array_equal(found.pictures, pictures)
    for name, told in session(pictures).items():
        np.testing.assert_array_equal(found.told[name], told)
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(ModelError, match="example"):
        load_example(model)
