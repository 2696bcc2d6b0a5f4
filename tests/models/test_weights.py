"""Weights are the recorded bytes, sound and finite, or a named error; nothing in them runs."""

from __future__ import annotations

import io
import pickle
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_files import WHOLE, entry, file_of, sha256_of, whole

from saccade.core import ModelError, UsageError
from saccade.models import load_weights

if TYPE_CHECKING:
    from pathlib import Path


def saved(folder: Path, content: bytes, name: str = "m.safetensors") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_weights_come_back_as_they_were(tmp_path: Path) -> None:
    """Names, shapes, types and numbers are those of the file; arrays are read-only."""
    content = whole(architecture="tiny")
    weights = load_weights(saved(tmp_path, content), sha256_of(content))
    assert set(weights.tensors) == set(WHOLE)
    for name, tensor in weights.tensors.items():
        assert tensor.dtype == WHOLE[name].dtype
        assert np.array_equal(tensor, WHOLE[name])
        assert not tensor.flags.writeable
    assert weights.metadata == {"architecture": "tiny"}
    assert weights.sha256 == sha256_of(content)


def test_another_file_is_refused(tmp_path: Path) -> None:
    """One bit is enough; so is a sha256 that is none."""
    content = whole()
    path = saved(tmp_path, content)
    changed = bytearray(content)
    changed[-1] ^= 1
    with pytest.raises(ModelError, match="not the file that was recorded"):
        load_weights(saved(tmp_path, bytes(changed), "other.safetensors"), sha256_of(content))
    for sha256 in ("", "latest", sha256_of(content).upper(), sha256_of(content)[:-1], None):
        with pytest.raises(ModelError, match="no sha256"):
            load_weights(path, sha256)  # type: ignore[arg-type]
    with pytest.raises(ModelError, match=r"Did you mean 'm\.safetensors'"):
        load_weights(tmp_path / "n.safetensors", sha256_of(content))
    assert issubclass(ModelError, UsageError)


TWO = np.array([1.0, 2.0], np.float32).tobytes()
NAN = np.array([1.0, np.nan], np.float32).tobytes()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(b"", "cut short", id="empty"),
        pytest.param(whole()[:-1], "bytes that it holds", id="cut"),
        pytest.param(whole()[:40], "cut short", id="cut in the header"),
        pytest.param(whole() + b"x", "bytes that it holds", id="more behind it"),
        pytest.param((2**63).to_bytes(8, "little") + b"{}", "1 MiB", id="endless header"),
        pytest.param(file_of(b" " * (2**20 + 1)), "1 MiB", id="large header"),
        pytest.param(file_of(b"[" * 100_000), "levels", id="deep header"),
        pytest.param(file_of([1]), "no mapping", id="no mapping"),
        pytest.param(file_of({str(n): 0 for n in range(20_001)}), "at most 20,000", id="tensors"),
        pytest.param(file_of({"a": entry()}, NAN), "not finite", id="not finite"),
        pytest.param(file_of({"a": entry("BF16", [4])}, TWO), "type 'BF16'", id="type"),
        pytest.param(file_of({"a": entry("OBJECT")}, TWO), "type 'OBJECT'", id="objects"),
        pytest.param(file_of({"a": entry(shape=[3])}, TWO), "impossible shape", id="shape"),
        pytest.param(file_of({"a": entry(shape=[-2])}, TWO), "impossible shape", id="negative"),
        pytest.param(file_of({"a": entry(shape=[1] * 9)}, TWO), "impossible shape", id="axes"),
        pytest.param(
            file_of({"a": entry(shape=[2**40, 2**40])}, TWO), "impossible shape", id="huge"
        ),
        pytest.param(
            file_of({"a": entry(), "b": entry()}, TWO), "bytes that it holds", id="twice the same"
        ),
        pytest.param(
            file_of({"a": entry(), "b": entry()}, TWO * 2), "ffset", id="twice, and a hole"
        ),
        pytest.param(file_of({"a": entry(offsets=[4, 12])}, TWO), "ffset", id="offset outside"),
        pytest.param(file_of({"a": entry("BOOL", [8])}, b"\x02" * 8), "neither", id="truth"),
        pytest.param(file_of({"__metadata__": {"a": 5}}), "not text", id="metadata"),
        pytest.param(file_of({"a": 5}), "no tensor", id="no tensor"),
        pytest.param(file_of(b'{"a": NaN}'), "no tensor", id="NaN"),
    ],
)
def test_what_is_no_sound_file_is_named(tmp_path: Path, content: bytes, why: str) -> None:
    """With the right sha256, what a header claims is held against the bytes that are there."""
    with pytest.raises(ModelError, match=why):
        load_weights(saved(tmp_path, content), sha256_of(content))


class Evil:
    """Runs code when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (exec, ("raise SystemExit('the pickle ran')",))


def archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("archive/data.pkl", pickle.dumps(Evil()))
    return buffer.getvalue()


PROGRAMS = {
    "pickle": pickle.dumps(Evil()),
    "archive": archive(),
    "keras": b"\x89HDF\r\n\x1a\n" + bytes(100),
    "numpy": b"\x93NUMPY\x01\x00" + bytes(100),
    "joblib": b"x\x9c" + bytes(100),
    "gzip": b"\x1f\x8b\x08" + bytes(100),
}


@pytest.mark.parametrize("kind", PROGRAMS)
def test_programs_are_told_by_their_first_bytes(tmp_path: Path, kind: str) -> None:
    """Whatever a file is called, what can run code is refused before it is read, by name."""
    content = PROGRAMS[kind]
    with pytest.raises(ModelError, match="can run code"):
        load_weights(saved(tmp_path, content), sha256_of(content))


@pytest.mark.parametrize(
    "name",
    ["a.pt", "a.PTH", "a.ckpt", "a.bin", "a.pt2", "a.pkl", "a.joblib", "a.h5", "a.keras", "a.npz",
     "a.onnx", "https://models.org/a.safetensors", "hub:owner/repo"],
)  # fmt: skip
def test_programs_are_told_by_name(tmp_path: Path, name: str) -> None:
    """Even sound weights are not loaded under the name of a program, nor from the network."""
    content = whole()
    place: Any = name
    if "/" not in name:
        place = saved(tmp_path, content, name)
    with pytest.raises(ModelError, match=r"can run code|fetched from elsewhere") as caught:
        load_weights(place, sha256_of(content))
    assert ("import-model" in caught.value.do) == name.lower().endswith(
        (".pt", ".pth", ".ckpt", ".bin")
    )


@given(place=st.integers(0, len(whole()) - 1), to=st.integers(0, 255), cut=st.booleans())
def test_no_byte_breaks_the_reader(
    tmp_path_factory: pytest.TempPathFactory, place: int, to: int, cut: bool
) -> None:
    """Any one byte may be another, or the last: the file loads finite, or is named."""
    content = bytearray(whole())
    content[place] = to
    if cut:
        del content[place + 1 :]
    path = saved(tmp_path_factory.getbasetemp(), bytes(content))
    try:
        weights = load_weights(path, sha256_of(bytes(content)))
    except ModelError as error:
        assert error.do  # noqa: PT017
        return
    assert all(np.isfinite(each).all() for each in weights.tensors.values())
