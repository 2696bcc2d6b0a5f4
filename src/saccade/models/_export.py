"""A model for other programs: as ONNX, or as a package of bioimage.io."""

from __future__ import annotations

import hashlib
import io
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np
import yaml

from saccade.core import ModelError

from ._described import SACCADE
from ._onnx import OPSET, PICTURES, onnx_bytes
from ._runtimes import open_session
from ._tiles import STRIDE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ._card import Card
    from ._folder import Model
    from ._runtimes import Array

Format: TypeAlias = Literal["onnx", "bioimageio"]
FORMATS: tuple[Format, ...] = get_args(Format)

_SPEC = "0.5.4"
"""Of bioimage.io's description of models."""
_TEST_PX = 128
_LEAST_PX = 64
_SPDX = ("CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "MIT", "BSD-3-Clause", "Apache-2.0")
_DARKEST, _BRIGHTEST = -1.0, 8.0
"""As pictures are clipped before a network sees them."""
_EPS = 1e-6
_LOGITS = ("heat", "inside", "members")
"""Heads whose logits the package's postprocessing turns into shares."""
_TOLERANCE = 1e-3
_TRIES = 16
_SPOTS = 12
_HEADS = {
    "heat": "Of each class, how sure it is that a cell holds the middle of one; not calibrated.",
    "offset": "From the middle of a cell to what is there, y and x, in cells.",
    "inside": "How sure it is that a pixel is inside an object; not calibrated.",
    "members": "The heat of each network, one after the other, of which `heat` is the mean.",
    "vote": "From a cell inside an object to the object's middle, y and x, in cells.",
}


def export_model(model: Model, to: Format, out: Path) -> Path:
    """Write a model for other programs, and return the file; it must not exist.

    Parameters
    ----------
    model : Model
        A network.
    to : {'onnx', 'bioimageio'}
        A program of ONNX alone, or a package for bioimage.io (Ouyang et al. 2022): a zip with
        ``rdf.yaml``, the same program, and a pair to test it by.
    out : Path
        The file.

    Raises
    ------
    ModelError
        If the model is no network, or the file exists or can't be written.
    """
    if model.card.architecture.id != "patch4":
        raise ModelError(
            f"{model.path} is a {model.card.architecture.id}, no network.",
            "Only networks can be exported.",
        )
    if out.exists():
        raise ModelError(f"{out} exists, and is never replaced.", "Name a new file.")
    content = onnx_bytes(model) if to == "onnx" else _package(model)
    draft = out.with_name(f"{out.name}.new")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(content)
        draft.replace(out)
    except OSError as error:
        why = error.strerror or str(error)
        raise ModelError(f"{out} can't be written: {why}.", "Check the path.") from None
    return out


def _package(model: Model) -> bytes:
    raw, told = _pair(model)
    given = _scaled(raw, model) if _is_prepared(model) else raw
    files = {"model.onnx": onnx_bytes(model), "README.md": _documentation(model).encode()}
    files |= {f"test_{name}.npy": _npy(each) for name, each in {PICTURES: given, **told}.items()}
    rdf = yaml.safe_dump(_rdf(model, told, files), sort_keys=False, allow_unicode=True)
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {"rdf.yaml": rdf.encode(), **files}.items():
            archive.writestr(name, content)
    return package.getvalue()


def _pair(model: Model) -> tuple[Array, dict[str, Array]]:
    """Return spots in noise and what is said of them; of each head something is above 0.

    A package whose tolerance is not below 1 % of the maximum of each test tensor is refused.
    """
    session = open_session(model, "torch")
    pairs = []
    for seed in range(_TRIES):
        raw = _spots(seed, model.card.architecture.frames)
        told = session(_scaled(raw, model))
        shown = {name: _sigmoid(x) if name in _LOGITS else x for name, x in told.items()}
        pairs.append((raw, shown))
        if all(float(each.max()) > 0 for each in shown.values()):
            return pairs[-1]
    return pairs[0]


def _spots(seed: int, frames: int) -> Array:
    rng = np.random.default_rng(seed)
    raw = rng.normal(120.0, 20.0, (1, frames, _TEST_PX, _TEST_PX))
    y, x = np.indices((_TEST_PX, _TEST_PX))
    for row, col in rng.uniform(0, _TEST_PX, (_SPOTS, 2)):
        raw += 300.0 * np.exp(-((y - row) ** 2 + (x - col) ** 2) / (2 * rng.uniform(2, 8) ** 2))
    spots: Array = raw.astype(np.float32)
    return spots


def _scaled(raw: Array, model: Model) -> Array:
    """Return pictures as the package's preprocessing makes them."""
    given = model.card.input
    dark, bright = np.quantile(raw, (given.low, given.high), axis=(2, 3), keepdims=True)
    scaled = (raw - dark) / (bright - dark + _EPS)
    clipped: Array = np.clip(scaled, _DARKEST, _BRIGHTEST).astype(np.float32)
    return clipped


def _sigmoid(logits: Array) -> Array:
    share: Array = (1 / (1 + np.exp(-logits))).astype(np.float32)
    return share


def _is_prepared(model: Model) -> bool:
    """Return whether pictures are to be prepared before: the description can't say how."""
    return model.card.input.compress > 0


def _rdf(model: Model, told: Mapping[str, Array], files: Mapping[str, bytes]) -> dict[str, Any]:
    card = model.card
    licence = card.training.licence
    return {
        "type": "model",
        "format_version": _SPEC,
        "name": card.name,
        "version": card.version,
        "description": card.about,
        "authors": [{"name": "the maker of the model"}],
        "cite": [{"text": f"{card.name}, a model of Saccade", "url": "https://bioimage.io"}],
        "documentation": "README.md",
        "tags": ["detection", "smart-microscopy", "saccade"],
        "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
        **({"license": licence} if licence in _SPDX else {}),
        "inputs": [_input(model, files)],
        "outputs": [
            _output(name, each, files, card.input.pixel_size_um) for name, each in told.items()
        ],
        "config": {**_tolerance(told), SACCADE: {"card": _kept(card)}},
        "weights": {"onnx": {**_file("model.onnx", files), "opset_version": OPSET}},
    }


def _kept(card: Card) -> dict[str, Any]:
    """Return the card for `import_package`, which gives it the sha256 of what it writes."""
    return card.model_dump(mode="json", exclude={"sha256"}, exclude_none=True)


def _input(model: Model, files: Mapping[str, bytes]) -> dict[str, Any]:
    given, frames = model.card.input, model.card.architecture.frames
    side = {"min": _LEAST_PX, "step": STRIDE}
    name = PICTURES
    steps = [] if _is_prepared(model) else _preprocessing(100 * given.low, 100 * given.high)
    return {
        "id": name,
        "description": "The last frames of one place, the newest last.",
        "axes": [
            {"type": "batch", "size": 1},
            {"type": "channel", "channel_names": [f"frame{each}" for each in range(frames)]},
            *(
                {"type": "space", "id": axis, "size": side, **_scale(given.pixel_size_um)}
                for axis in "yx"
            ),
        ],
        "test_tensor": _file(f"test_{name}.npy", files),
        "data": {"type": "float32"},
        **({"preprocessing": steps} if steps else {}),
    }


def _preprocessing(low: float, high: float) -> list[dict[str, Any]]:
    span = {"axes": ["y", "x"], "min_percentile": low, "max_percentile": high, "eps": _EPS}
    return [
        {"id": "scale_range", "kwargs": span},
        {"id": "clip", "kwargs": {"min": _DARKEST, "max": _BRIGHTEST}},
    ]


def _scale(pixel_size_um: float | None, cells: int = 1) -> dict[str, Any]:
    """Return how large a step along an axis is: in µm, or if that is unknown in pixels."""
    if pixel_size_um is None:
        return {"scale": float(cells)}
    return {"scale": cells * pixel_size_um, "unit": "micrometer"}


def _output(
    name: str, told: Array, files: Mapping[str, bytes], pixel_size_um: float | None
) -> dict[str, Any]:
    cells = _TEST_PX // told.shape[-1]
    channels = [f"{name}{each}" for each in range(told.shape[1])]
    return {
        "id": name,
        "description": _HEADS[name],
        "axes": [
            {"type": "batch", "size": 1},
            {"type": "channel", "channel_names": channels},
            *(
                {
                    "type": "space",
                    "id": axis,
                    "size": {"tensor_id": PICTURES, "axis_id": axis},
                    **_scale(pixel_size_um, cells),
                }
                for axis in "yx"
            ),
        ],
        "test_tensor": _file(f"test_{name}.npy", files),
        "data": {"type": "float32"},
        **({"postprocessing": [{"id": "sigmoid"}]} if name in _LOGITS else {}),
    }


def _tolerance(told: Mapping[str, Array]) -> dict[str, Any]:
    """Return how far others may be off: the specification wants under 1 % of each maximum."""
    absolute = min(_TOLERANCE, *(0.005 * float(each.max()) for each in told.values()))
    allowed = {"relative_tolerance": _TOLERANCE, "absolute_tolerance": max(absolute, 0.0)}
    return {"bioimageio": {"reproducibility_tolerance": [allowed]}}


def _file(name: str, files: Mapping[str, bytes]) -> dict[str, str]:
    return {"source": name, "sha256": hashlib.sha256(files[name]).hexdigest()}


def _npy(array: Array) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.getvalue()


def _documentation(model: Model) -> str:
    card = model.card
    given, size_um = card.input, card.input.pixel_size_um
    size = "any size" if size_um is None else f"{size_um:g} um"
    compress = f", then x (1 + c) / (1 + c |x|) with c = {given.compress:g}"
    classes = ", ".join(card.architecture.classes)
    metrics, made = card.metrics, card.training
    lines = [
        f"# {card.name}\n",
        f"{card.about}\n",
        f"Pixels of {size}. Quantiles {given.low:g} and {given.high:g} become 0 and 1, values are",
        f"clipped to {_DARKEST:g} and {_BRIGHTEST:g}{compress if given.compress else ''}.",
        "This is to be done before.\n" if _is_prepared(model) else "The package does so.\n",
        f"`heat` is of: {classes}. Places are its maxima, moved by `offset`, in cells of {STRIDE}",
        f"x {STRIDE} pixels.\n",
        f"Trained on {', '.join(made.data)} (licence: {made.licence}), split {made.split}.\n",
        "## Limits\n",
        *(f"- {each}" for each in card.limits),
        "\n## Validation\n",
        f"Tested on {metrics.test_pictures} pictures in {metrics.test_groups} groups that no",
        f"training has seen. sha256 of the weights: {card.sha256}.",
    ]
    return "\n".join(lines) + "\n"
