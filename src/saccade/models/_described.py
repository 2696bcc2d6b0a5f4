"""What a package of bioimage.io says of its model, as far as Saccade can use it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from saccade.core import ModelError, fit

from ._program import STEPS, Answer, Program

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ._package import Package

SACCADE = "saccade"
"""Key of a package's ``config`` under which `export_model` keeps the card of a model."""
_VERSIONS = re.compile(r"0\.5(\.\d+){1,2}")
_NO_ONNX = {
    "pytorch_state_dict": "needs its network as Python code",
    "torchscript": "is a program of torch",
    "keras_hdf5": "can hold code",
    "keras_v3": "can hold code",
    "tensorflow_js": "can hold code",
    "tensorflow_saved_model_bundle": "can hold code",
}
_LETTERS = {"batch": "b", "channel": "c"}
_RELATIVE, _ABSOLUTE, _PER_MILLION = 1e-3, 1e-3, 100
_MOST_RELATIVE, _MOST_PER_MILLION = 0.01, 1000
"""What the specification lets a package ask for at most."""
_EVEN = 1e-6


class Told(NamedTuple):
    """An output as it is described, and as the package says that it comes out."""

    id: str
    answer: Answer
    channels: tuple[str, ...]
    tensor: NDArray[Any]
    relative: float
    absolute: float
    per_million: int
    """How many numbers of a million may be off by more."""


class Taken(NamedTuple):
    """The input as it is described."""

    id: str
    axes: Sequence[Mapping[str, Any]]
    steps: list[dict[str, Any]]
    tensor: NDArray[Any]

    @property
    def letters(self) -> str:
        """Its axes."""
        return "".join(_letter(each) for each in self.axes)


def program_of(package: Package) -> bytes:
    """Return the program of a package; only ONNX is taken, because it can do nothing but compute.

    Raises
    ------
    ModelError
        If there is none, or it is not the one that was described.
    """
    version = str(package.told.get("format_version"))
    if package.told.get("type") != "model" or not _VERSIONS.fullmatch(version):
        raise ModelError(
            f"{package.path} describes no model by the format 0.5, but a "
            f"{str(package.told.get('type'))[:40]!r} by {version[:20]!r}.",
            "bioimageio.spec brings older ones up to date: bioimageio update-format.",
        )
    weights = package.told.get("weights")
    weights = weights if isinstance(weights, dict) else {}
    if "onnx" not in weights:
        found = [f"{each} {_NO_ONNX.get(each, 'is not known')}" for each in weights]
        raise ModelError(
            f"{package.path} has no weights as ONNX, the only ones that can't run code: "
            f"{'; '.join(found)[:300] or 'it has none'}.",
            "Ask for a package with ONNX, or convert it where you trust it.",
        )
    if isinstance(weights["onnx"], dict) and weights["onnx"].get("external_data"):
        raise package.unusable("parts of its weights lie in another file")
    return package.content(weights["onnx"], "weights")


def input_of(package: Package) -> Taken:
    """Return the input of a package: one tensor.

    Raises
    ------
    ModelError
        If there are several, or it is none of pictures.
    """
    told = _tensors(package, "inputs")
    if len(told) != 1:
        raise package.unusable(f"it takes {len(told)} tensors, where Saccade has one picture")
    name, axes = _axes(package, told[0])
    steps = _steps(package, told[0], "preprocessing", axes)
    return Taken(name, axes, steps, _tensor(package, told[0], "test input", len(axes)))


def outputs_of(package: Package, taken: Taken) -> list[Told]:
    """Return the outputs of a package that are pictures, in order.

    Raises
    ------
    ModelError
        If something in them can't be used.
    """
    found = []
    for place, each in enumerate(_tensors(package, "outputs")):
        name, axes = _axes(package, each)
        answer = {"place": place, **_geometry(package, taken, axes)}
        answer["steps"] = _steps(package, each, "postprocessing", axes)
        tensor = _tensor(package, each, f"test output {name!r}", len(axes))
        limits = _tolerance(package, name, tensor)
        checked = fit(Answer, answer, source=f"{package.path}, {name}", raises=ModelError)
        found.append(Told(name, checked, _channels(axes), tensor, *limits))
    return found


def described(package: Package, taken: Taken, told: Told, reads: str) -> Program:
    """Return how a picture is shown to the program of a package, and its answer read.

    Raises
    ------
    ModelError
        If the program looks at more than one picture, or its sides are not told.
    """
    sides = {_letter(each): _side(package, each) for each in taken.axes if _letter(each) in "yx"}
    channels = next((len(_names(each)) for each in taken.axes if _letter(each) == "c"), 1)
    if channels != 1:
        raise package.unusable(f"it looks at {channels} channels together, and Saccade at one")
    document = {
        "axes": taken.letters,
        "rows": sides.get("y"),
        "cols": sides.get("x"),
        "steps": taken.steps,
        "answer": told.answer.model_dump(mode="json"),
        "reads": reads,
    }
    return fit(Program, document, source=package.path, raises=ModelError)


def pixel_size_um(taken: Taken) -> float | None:
    """Return the size of a pixel that a package tells, if it is one in µm."""
    sizes = {
        float(each.get("scale", 0.0))
        for each in taken.axes
        if _letter(each) in "yx" and each.get("unit") == "micrometer"
    }
    size = next(iter(sizes)) if len(sizes) == 1 else 0.0
    return size if size > 0 else None


def _tensors(package: Package, which: str) -> list[dict[str, Any]]:
    told = package.told.get(which)
    if not isinstance(told, list) or not told or not all(isinstance(each, dict) for each in told):
        raise package.unusable(f"it tells of no {which}")
    return told


def _tensor(package: Package, told: dict[str, Any], what: str, axes: int) -> NDArray[Any]:
    tensor = package.array(told.get("test_tensor"), what)
    if tensor.ndim != axes or not tensor.size:
        raise package.unusable(f"its {what} is {tensor.shape}, described by {axes} axes")
    return tensor


def _axes(package: Package, tensor: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    name, axes = str(tensor.get("id", "?"))[:80], tensor.get("axes")
    if not isinstance(axes, list) or not all(isinstance(each, dict) for each in axes):
        raise package.unusable(f"{name!r} does not tell its axes as the format 0.5 has them")
    if strange := [each for each in axes if not _letter(each)]:
        what = f"{strange[0].get('type')} {strange[0].get('id', '')}".strip()[:60]
        raise package.unusable(f"{name!r} has an axis {what!r}; Saccade's pictures have y and x")
    return name, axes


def _letter(axis: Mapping[str, Any]) -> str:
    kind = axis.get("type")
    if kind == "space":
        return str(axis.get("id")) if axis.get("id") in ("y", "x") else ""
    return _LETTERS.get(str(kind), "")


def _names(axis: Mapping[str, Any]) -> list[str]:
    names = axis.get("channel_names")
    return [str(each)[:80] for each in names] if isinstance(names, list) else []


def _channels(axes: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(name for each in axes if _letter(each) == "c" for name in _names(each))


def _side(package: Package, axis: Mapping[str, Any]) -> dict[str, Any]:
    size = axis.get("size")
    if isinstance(size, int):
        return {"least": size, "step": 0}
    if isinstance(size, dict) and {"min", "step"} <= size.keys():
        return {"least": size["min"], "step": size["step"]}
    raise package.unusable(f"it does not tell how long {axis.get('id')!r} may be by itself")


def _geometry(package: Package, taken: Taken, axes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return where the pixels of an output lie in the input; alike along both axes."""
    own = {_letter(each): each for each in taken.axes}
    px, cut_px, halo_px = set(), set(), set()
    for axis in (each for each in axes if _letter(each) in "yx"):
        given = own.get(_letter(axis), {})
        ratio = _number(axis.get("scale", 1.0)) / max(_number(given.get("scale", 1.0)), 1e-12)
        size = axis.get("size")
        offset = size.get("offset", 0) if isinstance(size, dict) else 0
        px.add(round(ratio) if abs(ratio - round(ratio)) < _EVEN else ratio)
        cut_px.add(-offset / 2 if isinstance(offset, int) else None)
        halo_px.add(axis["halo"] if isinstance(axis.get("halo"), int) else 0)
    if max(len(px), len(cut_px), len(halo_px)) != 1:
        raise package.unusable("an output does not lie in y as it does in x")
    cut = cut_px.pop()
    if cut is None or cut < 0 or cut != int(cut):
        raise package.unusable("an output is not in the middle of its input")
    letters = "".join(_letter(each) for each in axes)
    return {"axes": letters, "px": px.pop(), "cut_px": int(cut), "halo_px": halo_px.pop()}


def _steps(
    package: Package, tensor: dict[str, Any], which: str, axes: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    told = tensor.get(which, [])
    letters = {str(each.get("id", each.get("type"))): _letter(each) for each in axes}
    letters |= {"batch": "b"}
    found = []
    for each in told if isinstance(told, list) else [None]:
        name = each.get("id") if isinstance(each, dict) else None
        if name not in STEPS:
            known = ", ".join(STEPS)
            raise package.unusable(f"its {which} is {str(name)[:60]!r}, and Saccade knows {known}")
        kwargs = each.get("kwargs") or {} if isinstance(each, dict) else None
        if not isinstance(kwargs, dict):
            raise package.unusable(f"{name} has no settings by name")
        step = {key: value for key, value in kwargs.items() if value is not None}
        if isinstance(step.get("axes"), list):
            step["axes"] = "".join(letters.get(str(axis), "?") for axis in step["axes"])
        if "axis" in step:
            step["axis"] = letters.get(str(step["axis"]), "?")
        found.append({"id": name, **step})
    return found


def _tolerance(package: Package, name: str, tensor: NDArray[Any]) -> tuple[float, float, int]:
    """Return by how much an output may be off: what the package asks for, within bounds."""
    config = package.told.get("config")
    config = config.get("bioimageio") if isinstance(config, dict) else None
    asked = config.get("reproducibility_tolerance") if isinstance(config, dict) else None
    mine: dict[str, Any] = {}
    for each in asked if isinstance(asked, list) else []:
        if isinstance(each, dict) and all(
            not each.get(key) or wanted in _listed(each[key])
            for key, wanted in (("output_ids", name), ("weights_formats", "onnx"))
        ):
            mine = each
            break
    largest = float(abs(tensor.astype(float)).max()) if tensor.size else 0.0
    relative = _number(mine.get("relative_tolerance", _RELATIVE))
    absolute = _number(mine.get("absolute_tolerance", _ABSOLUTE))
    per_million = mine.get("mismatched_elements_per_million", _PER_MILLION)
    return (
        min(max(relative, 0.0), _MOST_RELATIVE),
        min(max(absolute, 0.0), max(0.01 * largest, _ABSOLUTE)),
        min(per_million, _MOST_PER_MILLION) if isinstance(per_million, int) else _PER_MILLION,
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
