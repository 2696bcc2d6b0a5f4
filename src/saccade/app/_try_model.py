"""Whether a model still is what its card says, and does what it did when it was made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from saccade.detect import BioImage, Forest
from saccade.models import (
    Looker,
    is_foreign,
    laid,
    load_example,
    load_model,
    open_session,
    runtime_for,
)
from saccade.testing import frame_of

from ._bench import pictures
from ._bench_detector import look_times_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from saccade.models import Example, Model, Runtime

_SIDES_PX = ((512, 512), (333, 250))
_LOOKS = 20
_ALIKE = 1e-3
"""Of the span of a head: rounding of other processors and runtimes is a hundredth of it."""


@dataclass(frozen=True)
class ModelTrial:
    """What was tried of a model."""

    path: str
    sha256: str
    by: str
    """'example' if the folder has a pair to compare with, else 'finite'."""
    problems: tuple[str, ...]
    median_ms: float
    """Of a look at 512², the network alone."""

    @property
    def ok(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.problems


def try_model(name: str | Path, runtime: Runtime = "torch") -> ModelTrial:
    """Load a model and let it look: at its example, or at noise.

    Parameters
    ----------
    name : str or Path
        Of a shipped model, or the folder of another.
    runtime : {'torch', 'onnxruntime', 'openvino'}
        What computes it, if it is a network.

    Raises
    ------
    ModelError
        If it can't be loaded: its card, its weights, their sha256, or its runtime.
    """
    model = load_model(name)
    if model.card.architecture.id == "forest":
        by, problems, look = _forest(model)
    elif model.card.architecture.id == "program":
        by, problems, look = _program(model)
    else:
        by, problems, look = _network(model, runtime)
    median_ms = float(np.median(look_times_ms({"": look}, _LOOKS)[""]))
    return ModelTrial(str(model.path), model.card.sha256, by, tuple(problems), median_ms)


def _network(model: Model, runtime: Runtime) -> tuple[str, list[str], Callable[[int], object]]:
    runtime = runtime_for(model, None if is_foreign(model) else runtime)
    session, frames = open_session(model, runtime), model.card.architecture.frames
    looker = Looker(session, model.card.architecture)
    rng = np.random.default_rng(0)
    noise = [rng.normal(0.3, 0.3, sides).astype(np.float32) for sides in _SIDES_PX]
    problems = []
    for each in noise:
        for name, told in looker([each] * frames).items():
            problems += [] if np.isfinite(told).all() else [f"{name} is not finite"]
    example = load_example(model)
    if example is not None:
        problems += _unlike(example, session(example.pictures))
    by = "finite" if example is None else "example"
    return by, problems, lambda _: looker([noise[0]] * frames)


def _unlike(example: Example, said: Mapping[str, NDArray[np.float32]]) -> list[str]:
    if said.keys() != example.told.keys():
        return [f"its heads are {', '.join(said)}, not {', '.join(example.told)}"]
    problems = []
    for name, was in example.told.items():
        if said[name].shape != was.shape:
            problems.append(f"{name} is {said[name].shape}, where it was {was.shape}")
            continue
        off = float(np.abs(said[name] - was).max())
        if not off <= _ALIKE * max(1.0, float(np.ptp(was))):
            problems.append(f"{name} is off by {off:.3g} from its example")
    return problems


def _program(model: Model) -> tuple[str, list[str], Callable[[int], object]]:
    """Return what is to be said of a model that was imported: its example is its package's."""
    axes = model.card.architecture.program.axes if model.card.architecture.program else ""
    eye, problems = BioImage(str(model.path)), list[str]()
    size_um = model.card.input.pixel_size_um or 1.0
    frame = frame_of(pictures(512)[0], pixel_size_um=size_um)
    problems += ["it can't look at noise"] if eye(frame).verdict == "invalid" else []
    example = load_example(model)
    if example is not None:
        session = open_session(model, "onnxruntime")
        problems += _unlike(example, session(laid(example.pictures, "bcyx", axes)))
    return "finite" if example is None else "example", problems, lambda _: eye(frame)


def _forest(model: Model) -> tuple[str, list[str], Callable[[int], object]]:
    eye = Forest(str(model.path))
    size_um = model.card.input.pixel_size_um or 1.0
    frame = frame_of(pictures(512)[0], pixel_size_um=size_um)
    problems = [] if eye(frame).verdict != "invalid" else ["it can't look at noise"]
    return "finite", problems, lambda _: eye(frame)
