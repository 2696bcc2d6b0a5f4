"""Programs of ONNX from elsewhere: looked through before they are opened, then shown pictures."""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from saccade.core import ModelError

from ._steps import done
from ._threads import look_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from google.protobuf.message import Message
    from numpy.typing import NDArray

    from ._folder import Model
    from ._program import Program, Side

    Tensor = NDArray[Any]

PROGRAM = "program"
"""Name of the only tensor in the weights of such a model: its bytes."""
_DOMAINS = ("", "ai.onnx", "ai.onnx.ml")
_EXTRA = 'pip install "saccade[onnx]".'
_LARGE_PX, _OVERLAP_PX = 1152, 64
"""From which a picture is shown in parts, where a program says nothing of it; and their overlap."""
_TYPES = {"tensor(float)": "float32", "tensor(double)": "float64", "tensor(float16)": "float16"}
_TYPES |= {
    f"tensor({name})": name
    for name in ("uint8", "int8", "uint16", "int16", "int32", "int64", "bool")
}


def is_foreign(model: Model) -> bool:
    """Return whether the weights of a model are a program of ONNX."""
    return PROGRAM in model.weights.tensors


def program_bytes(model: Model) -> bytes:
    """Return the program of a model from elsewhere, looked through.

    Raises
    ------
    ModelError
        If it is none that can do nothing but compute.
    """
    tensors = model.weights.tensors
    program = tensors.get(PROGRAM)
    if len(tensors) != 1 or program is None or program.dtype != np.uint8 or program.ndim != 1:
        raise ModelError(f"{model.path} holds no program.", "Import it anew.")
    content = program.tobytes()
    check_program(content, model.path)
    return content


def check_program(content: bytes, source: object) -> None:
    """Refuse a program that asks for more than its own numbers and the operators of ONNX.

    ONNX computes, and does nothing else, unless somebody registers operators of his own; but a
    program can name other files for its numbers, anywhere on the machine.

    Parameters
    ----------
    content : bytes
        Of the program.
    source : object
        Where it comes from, for the message.

    Raises
    ------
    ModelError
        If it does, if it is no program, or the package ``onnx`` is not installed.
    """
    if find_spec("onnx") is None or find_spec("onnxruntime") is None:
        raise ModelError("What reads and runs programs of ONNX is not installed.", _EXTRA)
    import onnx

    try:
        model = onnx.load_model_from_string(content)
    except Exception as error:  # noqa: BLE001 - protobuf raises whatever it likes
        why = " ".join(str(error).split())[:200] or type(error).__name__
        raise ModelError(f"{source} is no program of ONNX: {why}.", "Get it anew.") from None
    own = {each.domain for each in model.functions}
    for each in _messages(model):
        if isinstance(each, onnx.TensorProto) and (each.external_data or each.data_location):
            raise ModelError(
                f"{source} has numbers in another file.", "Save it as one file where it was made."
            )
        if isinstance(each, onnx.NodeProto) and each.domain not in {*_DOMAINS, *own}:
            raise ModelError(
                f"{source} needs the operator {each.op_type[:60]!r} of {each.domain[:60]!r}.",
                "Only the operators of ONNX itself are run; convert it with these.",
            )


def open_foreign(content: bytes, threads: int | None = None) -> Any:
    """Return a session of ONNX Runtime for a program.

    Parameters
    ----------
    content : bytes
        As `check_program` lets it pass, or made here.
    threads : int, optional
        By default as many as suit a machine that records as well.

    Raises
    ------
    ModelError
        If the runtime can't use it.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads or look_threads(), 1
    # As in `wait_asleep`: a thread that spins keeps a core from the recorder.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3  # errors are raised, and warnings are for its maker
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001 - it has a dozen kinds of its own
        why = " ".join(str(error).split())[:300]
        raise ModelError(f"ONNX Runtime can't open the program: {why}.", "Get it anew.") from None


def open_program(model: Model) -> Callable[[Tensor], list[Tensor]]:
    """Return what answers a tensor with all that the program of a model says of it.

    Parameters
    ----------
    model : Model
        Imported from a package.

    Raises
    ------
    ModelError
        If it holds no program that can be run.
    """
    return partial(run_foreign, open_foreign(program_bytes(model)))


def run_foreign(session: Any, tensor: Tensor) -> list[Tensor]:
    """Return all that a program of one input says of a tensor, in order.

    Raises
    ------
    ModelError
        If it can't take it.
    """
    (given,) = session.get_inputs()
    kind = _TYPES.get(given.type, "float32")
    try:
        return list(session.run(None, {given.name: np.ascontiguousarray(tensor, kind)}))
    except Exception as error:  # noqa: BLE001 - as above
        why = " ".join(str(error).split())[:300]
        raise ModelError(
            f"The program can't look at {tensor.shape}: {why}.", "Get it anew."
        ) from None


class _Part(NamedTuple):
    """Part of one axis, in pixels of the picture."""

    first: int
    """Of what is kept of it."""
    kept: int
    around: int
    """How much before and after that is shown as well."""
    length: int
    """Of all that is shown."""


def _parts(length: int, side: Side, around: int, px: int) -> list[_Part]:
    """Return in which parts an axis is shown: one, if the program takes it whole."""
    if side.step and length <= _LARGE_PX:
        kept = _up(length, px)
        return [_Part(0, kept, around, side.fitting(kept + 2 * around))]
    if side.step:
        around = max(around, _up(_OVERLAP_PX, px))
        shown = side.fitting(_LARGE_PX)
    else:
        shown = side.least
        if length > shown - 2 * around:  # of what nobody says how far it sees
            around = max(around, min(_up(_OVERLAP_PX, px), shown // (4 * px) * px))
    kept = (shown - 2 * around) // px * px
    if kept < 1:
        raise ModelError(
            f"The program sees {shown} px, and trusts none of them.", "Use another one."
        )
    return [_Part(first, kept, around, shown) for first in range(0, length, kept)]


def _up(length: int, px: int) -> int:
    return -(-length // px) * px


def _messages(message: Message) -> Iterator[Message]:
    """Yield a message of protobuf, and all that are in it."""
    yield message
    for field, value in message.ListFields():
        if field.message_type is not None:
            for each in (value,) if hasattr(value, "ListFields") else value:
                yield from _messages(each)


class ForeignLooker:
    """Shows a program pictures of any size, and puts together what it says.

    Parameters
    ----------
    run : callable
        From a tensor to the answers of the program, `run_foreign`.
    program : Program
        What it takes, and what counts.
    """

    def __init__(self, run: Callable[[Tensor], list[Tensor]], program: Program) -> None:
        self._run, self._program = run, program

    def __call__(self, picture: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the answer for a picture, (channel, y, x), from its upper left corner on.

        Parameters
        ----------
        picture : array of float32, (y, x)
            Raw, at the scale of the program.
        """
        program, answer = self._program, self._program.answer
        given = done(program.steps, picture[None], "cyx")
        around = answer.px * (answer.halo_px + answer.cut_px)
        rows, cols = (
            _parts(length, side, around, answer.px)
            for length, side in zip(picture.shape, (program.rows, program.cols), strict=True)
        )
        height, width = (-(-length // answer.px) for length in picture.shape)
        whole: Tensor | None = None
        for y in rows:
            for x in cols:
                told = self._part(given, y, x)
                if whole is None:
                    whole = np.zeros((len(told), height, width), told.dtype)
                top, left = y.first // answer.px, x.first // answer.px
                kept = told[:, : height - top, : width - left]
                whole[:, top : top + kept.shape[1], left : left + kept.shape[2]] = kept
        assert whole is not None  # noqa: S101 - there is always a part
        return done(answer.steps, whole, "cyx").astype(np.float32)

    def _part(self, given: Tensor, y: _Part, x: _Part) -> Tensor:
        """Return what is said of one part, without what is around it."""
        answer = self._program.answer
        ends = [(0, 0)]
        slices = [slice(None)]
        for part, length in zip((y, x), given.shape[1:], strict=True):
            begin, end = part.first - part.around, part.first - part.around + part.length
            slices.append(slice(max(begin, 0), min(end, length)))
            ends.append((max(-begin, 0), max(end - length, 0)))
        seen = np.pad(given[tuple(slices)], ends, mode="symmetric")
        told = self._run(laid(seen, "cyx", self._program.axes))[answer.place]
        planes = laid(told, answer.axes, "cyx")
        cut_y, cut_x = (part.around // answer.px - answer.cut_px for part in (y, x))
        kept_y, kept_x = (part.kept // answer.px for part in (y, x))
        return planes[:, cut_y : cut_y + kept_y, cut_x : cut_x + kept_x]


def laid(tensor: Tensor, axes: str, wanted: str) -> Tensor:
    """Return a tensor with its axes in another order; those that it lacks have a length of one.

    Parameters
    ----------
    tensor : array
        Along an axis that is not wanted, the first is taken.
    axes, wanted : str
        A letter each.

    Raises
    ------
    ModelError
        If it has other axes than that.
    """
    if tensor.ndim != len(axes):
        raise ModelError(
            f"The program tells of {tensor.shape}, described as {axes}.", "Get it anew."
        )
    for axis in [each for each in axes if each not in wanted]:
        tensor, axes = tensor.take(0, axis=axes.index(axis)), axes.replace(axis, "")
    for axis in [each for each in wanted if each not in axes]:
        tensor, axes = tensor[None], axis + axes
    return tensor.transpose([axes.index(each) for each in wanted])
