"""Packages of bioimage.io, made by hand: a small network of two scales, and what describes it."""

from __future__ import annotations

import hashlib
import io
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

if TYPE_CHECKING:
    from pathlib import Path

SIDE = 64
SIGMOID = ({"id": "sigmoid"},)


def blobs(side: int = SIDE, seed: int = 0, places: Any = ((20, 24), (44, 40))) -> Any:
    """Return a noisy picture with bright discs of 10 px."""
    rng = np.random.default_rng(seed)
    picture = rng.normal(100.0, 5.0, (side, side))
    y, x = np.indices((side, side))
    for row, col in places:
        picture[(y - row) ** 2 + (x - col) ** 2 <= 25] += 200.0
    return picture.astype(np.float32)


def program(axes: str = "bcyx", slope: float = 3.0, offset: float = -3.0, **nodes: Any) -> bytes:
    """Return a network of two scales: logits are high where what was given is above one."""
    from onnx import TensorProto, helper, numpy_helper

    weights = {
        "mean3": np.full((1, 1, 3, 3), 1 / 9, np.float32),
        "twice": np.ones((1, 1, 2, 2), np.float32),
        "join": np.full((1, 2, 1, 1), slope / 2, np.float32),
        "bias": np.full(1, offset, np.float32),
    }
    body = [
        helper.make_node("Conv", ["plain", "mean3"], ["fine"], pads=[1, 1, 1, 1]),
        helper.make_node("MaxPool", ["fine"], ["half"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("ConvTranspose", ["half", "twice"], ["coarse"], strides=[2, 2]),
        helper.make_node("Concat", ["fine", "coarse"], ["both"], axis=1),
        helper.make_node("Conv", ["both", "join", "bias"], ["said"]),
    ]
    missing = [n for n, axis in enumerate("bcyx") if axis not in axes]
    here = "".join(axis for axis in "bcyx" if axis in axes)
    weights["missing"] = np.array(missing, np.int64)
    turn = [axes.index(axis) for axis in here]
    before = [helper.make_node("Transpose", ["raw"], ["turned"], perm=turn)]
    after = [helper.make_node("Transpose", ["told"], ["logits"], perm=np.argsort(turn).tolist())]
    if missing:
        before.append(helper.make_node("Unsqueeze", ["turned", "missing"], ["plain"]))
        after.insert(0, helper.make_node("Squeeze", ["said", "missing"], ["told"]))
    else:
        before.append(helper.make_node("Identity", ["turned"], ["plain"]))
        after.insert(0, helper.make_node("Identity", ["said"], ["told"]))
    sizes = ["b" if axis == "b" else 1 if axis == "c" else axis for axis in axes]
    graph = helper.make_graph(
        [*before, *body, *after, *nodes.get("more", ())],
        "two-scales",
        [helper.make_tensor_value_info("raw", TensorProto.FLOAT, sizes)],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, sizes)],
        [numpy_helper.from_array(each, name) for name, each in weights.items()],
    )
    opsets = [helper.make_opsetid("", 17), *nodes.get("opsets", ())]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    return model.SerializeToString()  # type: ignore[no-any-return]


def answer(content: bytes, given: Any) -> Any:
    """Return what a program says, without anything of Saccade's."""
    import onnxruntime

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return session.run(None, {"raw": given.astype(np.float32)})[0]


def sigmoid(logits: Any) -> Any:
    return (1 / (1 + np.exp(-logits))).astype(np.float32)


def laid(picture: Any, axes: str) -> Any:
    """Return a picture with its axes in some order."""
    here = "".join(axis for axis in "bcyx" if axis in axes)
    tensor = picture.reshape([1] * (len(axes) - 2) + list(picture.shape))
    return tensor.transpose([here.index(axis) for axis in axes])


def axes_of(axes: str, channels: tuple[str, ...], reference: bool, **more: Any) -> list[Any]:
    """Return a description of axes, as the format 0.5 has them."""
    size: Any = {"min": 16, "step": 8}
    kinds: dict[str, Any] = {
        "b": {"type": "batch"},
        "c": {"type": "channel", "channel_names": list(channels)},
    }
    for axis in "yx":
        own = {"tensor_id": "raw", "axis_id": axis} if reference else size
        kinds[axis] = {"type": "space", "id": axis, "size": own, **more}
    return [kinds[axis] for axis in axes]


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.getvalue()


def described(
    content: bytes,
    given: Any,
    told: Any,
    *,
    axes: str = "bcyx",
    before: Any = (),
    after: Any = SIGMOID,
    names: tuple[str, ...] = ("nucleus",),
    **changed: Any,
) -> dict[str, bytes]:
    """Return the files of a package, its description among them."""
    files = {"weights.onnx": content, "in.npy": npy(given), "out.npy": npy(told)}
    sums = {name: hashlib.sha256(each).hexdigest() for name, each in files.items()}

    def file(name: str) -> dict[str, str]:
        return {"source": name, "sha256": sums[name]}

    rdf = {
        "type": "model",
        "format_version": "0.5.4",
        "name": "Two Scales",
        "description": "Finds what is bright.",
        "license": "MIT",
        "authors": [{"name": "nobody"}],
        "cite": [{"text": "Nobody et al. 2026", "url": "https://example.org"}],
        "documentation": "README.md",
        "inputs": [
            {
                "id": "raw",
                "axes": axes_of(axes, ("raw",), reference=False),
                "test_tensor": file("in.npy"),
                "data": {"type": "float32"},
                "preprocessing": list(before),
            }
        ],
        "outputs": [
            {
                "id": "shares",
                "axes": axes_of(axes, names, reference=True),
                "test_tensor": file("out.npy"),
                "data": {"type": "float32"},
                "postprocessing": list(after),
            }
        ],
        "weights": {"onnx": {**file("weights.onnx"), "opset_version": 17}},
    }
    rdf.update(changed)
    text = yaml.safe_dump(rdf, sort_keys=False).encode()
    return {"rdf.yaml": text, **files, "README.md": b"# Two Scales"}


def zipped(files: dict[str, bytes], path: Path) -> Path:
    """Write files as a zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, each in files.items():
            archive.writestr(name, each)
    return path


def unpacked(files: dict[str, bytes], path: Path) -> Path:
    """Write files into a folder."""
    path.mkdir()
    for name, each in files.items():
        (path / name).write_bytes(each)
    return path
