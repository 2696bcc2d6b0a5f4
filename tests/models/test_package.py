"""Packages of bioimage.io: read as data, tried on their own test, written whole or not at all."""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from package_files import (
    SIDE,
    answer,
    blobs,
    described,
    laid,
    npy,
    program,
    sigmoid,
    unpacked,
    zipped,
)

from saccade.core import ModelError, ProtocolError
from saccade.models import _take_in, import_package, installed_runtimes, load_model
from saccade.models._foreign import check_program

if TYPE_CHECKING:
    from collections.abc import Callable

if "onnxruntime" not in installed_runtimes():
    pytest.skip("onnxruntime is an extra, and not installed", allow_module_level=True)

STANDARD = ({"id": "zero_mean_unit_variance", "kwargs": {"axes": ["batch", "y", "x"]}},)


def standardised(picture: Any) -> Any:
    return (picture - picture.mean()) / (picture.std() + 1e-6)


def files(**changed: Any) -> dict[str, bytes]:
    """Return the files of a sound package."""
    content, picture = program(), blobs()
    told = sigmoid(answer(content, laid(standardised(picture), "bcyx")))
    return described(content, laid(picture, "bcyx"), told, before=STANDARD, **changed)


def rdf_of(package: dict[str, bytes]) -> Any:
    return yaml.safe_load(package["rdf.yaml"])


def with_rdf(package: dict[str, bytes], change: Callable[[Any], object]) -> dict[str, bytes]:
    """Return a package whose description was changed."""
    rdf = rdf_of(package)
    change(rdf)
    return {**package, "rdf.yaml": yaml.safe_dump(rdf, sort_keys=False).encode()}


@pytest.mark.parametrize("write", [zipped, unpacked])
def test_a_package_becomes_a_model(tmp_path: Path, write: Any) -> None:
    """Its card tells whose it is, and the folder holds the program to the bit; nothing else."""
    package = files()
    made = import_package(write(package, tmp_path / "two.zip"), tmp_path / "deep" / "two-scales")
    assert made.card.architecture.classes == ("nucleus",)
    assert made.card.training.licence == "MIT"
    assert made.card.training.data == ("Nobody et al. 2026",)
    assert made.card.metrics.test_groups == 0
    again = load_model(tmp_path / "deep" / "two-scales")
    assert again.card == made.card
    assert again.weights.tensors["program"].tobytes() == package["weights.onnx"]
    kept = sorted(each.name for each in made.path.iterdir())
    assert kept == ["card.yaml", "example.safetensors", "weights.safetensors"]
    assert [each.name for each in (tmp_path / "deep").iterdir()] == ["two-scales"]


def changed(*way: Any, to: Any) -> Callable[[dict[str, bytes]], dict[str, bytes]]:
    """Return what changes a description at one place."""

    def change(package: dict[str, bytes]) -> dict[str, bytes]:
        def at(rdf: Any) -> None:
            for key in way[:-1]:
                rdf = rdf[key]
            rdf[way[-1]] = to

        return with_rdf(package, at)

    return change


def other_weights(package: dict[str, bytes]) -> dict[str, bytes]:
    return {**package, "weights.onnx": program(slope=2.0)}


def other_answer(package: dict[str, bytes]) -> dict[str, bytes]:
    return files() | {"out.npy": package["out.npy"]}


def without(name: str) -> Callable[[dict[str, bytes]], dict[str, bytes]]:
    return lambda package: {key: each for key, each in package.items() if key != name}


REMOTE = "https://example.org/weights.onnx"
REFUSED: dict[str, tuple[Any, str]] = {
    "weights that are others": (other_weights, "sha256 of 'weights.onnx' is"),
    "weights without a sum": (changed("weights", "onnx", "sha256", to=None), "tells no sha256"),
    "weights elsewhere": (
        changed("weights", "onnx", "source", to=REMOTE),
        "fetched from elsewhere",
    ),
    "weights above": (changed("weights", "onnx", "source", to="../weights.onnx"), "within it"),
    "weights of a root": (changed("weights", "onnx", "source", to="/etc/passwd"), "within it"),
    "weights of a drive": (changed("weights", "onnx", "source", to="C:weights.onnx"), "within it"),
    "weights that are gone": (without("weights.onnx"), "not in it"),
    "a test that is gone": (without("in.npy"), "not in it"),
    "no description": (without("rdf.yaml"), "holds no rdf.yaml"),
    "code for weights": (
        changed("weights", to={"pytorch_state_dict": {"source": "a.pt"}}),
        "needs its network as Python code",
    ),
    "a program of torch": (
        changed("weights", to={"torchscript": {}, "keras_hdf5": {}}),
        "torchscript is a program of torch; keras_hdf5 can hold code",
    ),
    "an older format": (changed("format_version", to="0.4.10"), "update-format"),
    "no model": (changed("type", to="dataset"), "no model"),
    "code after it": (
        changed("outputs", 0, "postprocessing", to=[{"id": "custom", "kwargs": {}}]),
        "its postprocessing is 'custom'",
    ),
    "settings of another step": (
        changed("inputs", 0, "preprocessing", 0, "kwargs", to={"gain": 2.0}),
        "takes no gain",
    ),
    "depth": (
        changed("inputs", 0, "axes", 1, to={"type": "space", "id": "z", "size": 1}),
        "an axis 'space z'",
    ),
    "three channels": (
        changed("inputs", 0, "axes", 1, "channel_names", to=["r", "g", "b"]),
        "3 channels together",
    ),
    "two pictures": (
        lambda package: with_rdf(package, lambda rdf: rdf["inputs"].append(rdf["inputs"][0])),
        "takes 2 tensors",
    ),
    "an answer beside its picture": (
        changed("outputs", 0, "axes", 2, "scale", to=2.0),
        "does not lie in y as it does in x",
    ),
    "channels that aren't there": (
        changed("outputs", 0, "axes", 1, "channel_names", to=["a", "b"]),
        "1 channels are named a, b",
    ),
    "logits": (changed("outputs", 0, "postprocessing", to=[]), "its test failed"),
    "a test by another network": (
        lambda _: described(program(), laid(blobs(), "bcyx"), 0 * laid(blobs(), "bcyx")),
        "its test failed: its answer 0 is not that of its package",
    ),
    "a test of other axes": (
        lambda package: described(package["weights.onnx"], blobs(), blobs(), before=STANDARD),
        "described by 4 axes",
    ),
    "no array": (
        lambda package: described(package["weights.onnx"], np.array(["a"]), np.zeros((1, 1, 4, 4))),
        "no array of numbers",
    ),
    "text for yaml": (lambda package: {**package, "rdf.yaml": b"a: [1"}, "no description"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_can_not_be_trusted_or_used_is_refused(tmp_path: Path, name: str) -> None:
    """Each is a named error that says what is wrong; nothing is left on the disk."""
    change, message = REFUSED[name]
    package = zipped(change(files()), tmp_path / "two.zip")
    with pytest.raises(ModelError, match=message):
        import_package(package, tmp_path / "out")
    assert [each.name for each in tmp_path.iterdir()] == ["two.zip"]


JUNK = st.sampled_from(
    [None, True, -1, 0, 3, 2**62, 1e-300, 0.5, "", "x", "channel", "../a", [], [1], ["y"], {}]
)


def places(node: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to every value of a description."""
    inner = node.items() if isinstance(node, dict) else enumerate(node)
    found = []
    for key, value in inner:
        found.append((*way, key))
        if isinstance(value, dict | list):
            found += places(value, (*way, key))
    return found


SOUND = files(
    config={"bioimageio": {"reproducibility_tolerance": [{"output_ids": ["shares"]}]}},
    version="1.2",
)
PLACES = places(rdf_of(SOUND))


@given(st.sampled_from(PLACES), JUNK)
@settings(max_examples=150, deadline=None)
def test_whatever_a_description_says_it_is_a_model_or_a_named_error(
    way: tuple[Any, ...], junk: Any
) -> None:
    """Any value, at any place of it: never another error, and never half a model."""
    with tempfile.TemporaryDirectory() as scratch, pytest.MonkeyPatch.context() as patch:
        said = {"names": ["logits"], "ns_a_px": 1.0}
        patch.setattr(_take_in, "_tried", lambda *_: said)  # the child is another test's
        folder = Path(scratch)
        package = zipped(changed(*way, to=junk)(SOUND), folder / "two.zip")
        made = False
        with suppress(ModelError):
            import_package(package, folder / "out")
            made = True
        left = sorted(each.name for each in folder.iterdir())
        assert left == (["out", "two.zip"] if made else ["two.zip"])


def test_a_test_by_a_pickle_is_never_read(tmp_path: Path) -> None:
    """An array of objects, which numpy would unpickle, is no array of numbers."""
    pickled = files()
    pickled["in.npy"] = npy(np.zeros((1, 1, 4, 4)))[:10] + b"cos\nsystem\n."
    sha256 = hashlib.sha256(pickled["in.npy"]).hexdigest()
    package = changed("inputs", 0, "test_tensor", "sha256", to=sha256)(pickled)
    with pytest.raises(ModelError, match="no array"):
        import_package(zipped(package, tmp_path / "two.zip"), tmp_path / "out")


def test_what_is_no_package_is_refused(tmp_path: Path) -> None:
    """A missing one, a broken zip, a link to elsewhere, a place on the net, a model that exists."""
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 and no more")
    folder = unpacked(without("weights.onnx")(files()), tmp_path / "folder")
    (tmp_path / "weights.onnx").write_bytes(program())
    with suppress(OSError):  # where this user may make no links it is missing
        (folder / "weights.onnx").symlink_to(tmp_path / "weights.onnx")
    cases = {
        tmp_path / "none.zip": "no package",
        tmp_path / "broken.zip": "can't be read",
        folder: "not in it",
        "https://example.org/two.zip": "fetched from elsewhere",
    }
    for path, message in cases.items():
        with pytest.raises(ModelError, match=message):
            import_package(path, tmp_path / "out")
    whole = zipped(files(), tmp_path / "two.zip")
    (tmp_path / "out").mkdir()
    with pytest.raises(ModelError, match="never replaced"):
        import_package(whole, tmp_path / "out")
    with pytest.raises(ModelError, match="no output 'share'"):
        import_package(whole, tmp_path / "other", output="share")
    with pytest.raises(ProtocolError, match="reads"):
        import_package(whole, tmp_path / "other", reads="masks")  # type: ignore[arg-type]


def test_a_file_in_a_zip_unpacks_to_no_more_than_it_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it claims: reading ends at the bound, and the package is refused."""
    monkeypatch.setattr("saccade.models._package.MOST_BYTES", 100_000)
    bomb = zipped({**files(), "weights.onnx": b"\0" * 10_000_000}, tmp_path / "bomb.zip")
    assert bomb.stat().st_size < 100_000
    with pytest.raises(ModelError, match="larger than 100,000 bytes"):
        import_package(bomb, tmp_path / "out")
    twice = tmp_path / "twice.zip"
    zipped(files(), twice)
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(twice, "a") as archive:
        archive.writestr("rdf.yaml", "type: model")
    with pytest.raises(ModelError, match="in it twice"):
        import_package(twice, tmp_path / "out")


def test_a_program_may_only_compute() -> None:
    """Numbers in other files and operators of others are refused before a runtime sees them."""
    import onnx
    from onnx import helper

    outside = onnx.load_model_from_string(program())
    tensor = outside.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../etc/passwd")
    strange = helper.make_node("Shell", ["logits"], ["more"], domain="com.example")
    hidden = helper.make_node("If", ["raw"], ["more"], then_branch=outside.graph)
    cases = {
        "in another file": outside.SerializeToString(),
        "needs the operator 'Shell' of 'com.example'": program(
            more=[strange], opsets=[helper.make_opsetid("com.example", 1)]
        ),
        "has numbers in another file": program(more=[hidden]),
        "no program of ONNX": b"\xff" * 100,
    }
    for message, content in cases.items():
        with pytest.raises(ModelError, match=message):
            check_program(content, "it")
    check_program(program(), "it")


def test_a_test_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    """The process that runs it, not this one, and nothing is left."""
    package = zipped(files(), tmp_path / "two.zip")
    with pytest.raises(ModelError, match=r"longer than 0\.05 s"):
        import_package(package, tmp_path / "out", timeout_s=0.05)
    assert [each.name for each in tmp_path.iterdir()] == ["two.zip"]


def test_a_package_may_not_ask_for_any_tolerance(tmp_path: Path) -> None:
    """What it allows itself is bounded: an answer that is half off fails, whatever it says."""
    lax = {
        "relative_tolerance": 1e9,
        "absolute_tolerance": 1e9,
        "mismatched_elements_per_million": 10**6,
    }
    package = files(config={"bioimageio": {"reproducibility_tolerance": [lax]}})
    half = described(
        package["weights.onnx"],
        laid(blobs(), "bcyx"),
        np.full((1, 1, SIDE, SIDE), 0.5, np.float32),
        before=STANDARD,
        config=rdf_of(package)["config"],
    )
    with pytest.raises(ModelError, match="its test failed"):
        import_package(zipped(half, tmp_path / "half.zip"), tmp_path / "out")
    import_package(zipped(package, tmp_path / "two.zip"), tmp_path / "out")
