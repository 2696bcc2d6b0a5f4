"""What computes a network: torch, or another runtime with the same weights."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from saccade.core import ModelError

from ._foreign import is_foreign, open_foreign, program_bytes, run_foreign
from ._threads import look_threads, wait_asleep

if TYPE_CHECKING:
    from ._folder import Model

Runtime: TypeAlias = Literal["torch", "onnxruntime", "openvino"]
RUNTIMES: tuple[Runtime, ...] = get_args(Runtime)

Array: TypeAlias = NDArray[np.float32]
Session: TypeAlias = Callable[[Array], Mapping[str, Array]]
"""From pictures, (1, frames, y, x), to what each head says of them; arrays are the caller's."""

_EXTRA = {"onnxruntime": "onnx", "openvino": "openvino"}
_TELEMETRY = "openvino_telemetry"
_SHAPES = 4
"""For which OpenVINO keeps a program; one a shape is faster than one for all."""


def installed_runtimes() -> tuple[Runtime, ...]:
    """Return what could compute a network here; torch is always among them."""
    return tuple(each for each in RUNTIMES if find_spec(each) is not None)


def check_runtime(runtime: Runtime) -> None:
    """Check that a runtime is installed.

    Raises
    ------
    ModelError
        If it is not, with the extra that brings it.
    """
    if find_spec(runtime) is None:
        extra = _EXTRA.get(runtime)
        do = f'pip install "saccade[{extra}]", or use runtime: torch.' if extra else "Install it."
        raise ModelError(f"The runtime {runtime!r} is not installed.", do)


def open_session(
    model: Model, runtime: Runtime = "torch", *, threads: int | None = None
) -> Session:
    """Return the network of a model, ready to look; all runtimes say the same, but for rounding.

    Parameters
    ----------
    model : Model
        The one.
    runtime : {'torch', 'onnxruntime', 'openvino'}
        What computes it, in float32. torch uses a graphics card if it finds one.
    threads : int, optional
        By default as many as suit a machine that records as well.

    Raises
    ------
    ModelError
        If the runtime is not installed, or the weights are not those of the network.
    """
    check_runtime(runtime)
    wait_asleep()
    opened = {"torch": _of_torch, "onnxruntime": _of_onnxruntime, "openvino": _of_openvino}
    return opened[runtime](model, threads or look_threads())


def _of_torch(model: Model, threads: int) -> Session:
    from ._torch import TorchSession

    return TorchSession(model, threads)


def _of_onnxruntime(model: Model, threads: int) -> Session:
    session = open_foreign(_program(model), threads)
    names = [each.name for each in session.get_outputs()]

    def look(pictures: Array) -> Mapping[str, Array]:
        return dict(zip(names, run_foreign(session, pictures), strict=True))

    return look


def _program(model: Model) -> bytes:
    """Return a network as a program of ONNX: made of its weights, or imported as one."""
    if is_foreign(model):
        return program_bytes(model)
    from ._onnx import onnx_bytes

    return onnx_bytes(model)


def _of_openvino(model: Model, threads: int) -> Session:
    with _mute_openvino():
        import openvino

    core = openvino.Core()
    program = core.read_model(_program(model))
    how = {
        "INFERENCE_PRECISION_HINT": "f32",  # left alone it takes bf16 where the processor can
        "INFERENCE_NUM_THREADS": threads,
        "PERFORMANCE_HINT": "LATENCY",
    }
    names = [each.any_name for each in program.outputs]
    ready: dict[tuple[int, ...], Any] = {}

    def look(pictures: Array) -> Mapping[str, Array]:
        request = ready.get(pictures.shape)
        if request is None:
            while len(ready) >= _SHAPES:
                del ready[next(iter(ready))]
            program.reshape(list(pictures.shape))
            request = core.compile_model(program, "CPU", how).create_infer_request()
            ready[pictures.shape] = request
        told = request.infer({0: pictures}, share_inputs=True, share_outputs=True)
        return {name: np.array(told[name]) for name in names}

    return look


@contextmanager
def _mute_openvino() -> Iterator[None]:
    """Keep OpenVINO from its telemetry, which sends who uses it from the import on."""
    # What is None there can't be imported, and OpenVINO goes without, as where it is missing.
    before = sys.modules.pop(_TELEMETRY, None)
    sys.modules[_TELEMETRY] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[_TELEMETRY]
        if before is not None:
            sys.modules[_TELEMETRY] = before
