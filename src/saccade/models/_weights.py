"""The one place where weights are loaded: safetensors, with a sha256 that was recorded."""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import safetensors
from numpy.typing import NDArray

from saccade.core import ModelError, did_you_mean, parse_json

from ._formats import refuse_by_content, refuse_by_name

if TYPE_CHECKING:
    from collections.abc import Mapping

Tensor: TypeAlias = NDArray[np.generic]

MOST_BYTES = 2**29
"""Of a file: detectors that look at every frame are smaller by far."""
_MOST_HEADER_BYTES = 2**20
_MOST_TENSORS = 20_000
_MOST_AXES = 8
_SHA256 = re.compile(r"[0-9a-f]{64}")
_DTYPES = {
    "BOOL": "bool", "U8": "uint8", "I8": "int8", "U16": "uint16", "I16": "int16", "U32": "uint32",
    "I32": "int32", "U64": "uint64", "I64": "int64", "F16": "float16", "F32": "float32",
    "F64": "float64",
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """The numbers of a model, read-only, and what they are told by."""

    tensors: Mapping[str, Tensor]
    """By name, in the order of the file."""
    metadata: Mapping[str, str]
    """What the file says of itself; text that nothing acts on."""
    sha256: str
    """Of the whole file; for `saccade.core.Identity`."""


def load_weights(path: Path | str, sha256: str) -> Weights:
    """Return the weights of a safetensors file; nothing in it is ever run.

    Parameters
    ----------
    path : Path or str
        At most 512 MiB, with a header of at most 1 MiB.
    sha256 : str
        Of the file, 64 hexadecimal digits, as it was recorded when the model was made or
        imported.

    Raises
    ------
    ModelError
        If the file is another one, or is not what a safetensors file must be: all numbers finite,
        every byte told of once.
    """
    refuse_by_name(str(path))
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
        raise ModelError(
            f"{path} has no sha256 to be held against.", "Record the one that its maker tells."
        )
    content = _content(Path(path))
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise ModelError(
            f"{path} is not the file that was recorded: its sha256 is {found}, not {sha256}.",
            "Get the recorded file, or look into what has changed, and by whom.",
        )
    return weights_of(content, path, found)


def weights_of(content: bytes, source: object, sha256: str) -> Weights:
    """Return the weights that the bytes of a safetensors file are.

    Parameters
    ----------
    content : bytes
        All of the file.
    source : object
        Where it comes from, for the message.
    sha256 : str
        Of the content.

    Raises
    ------
    ModelError
        If they are none.
    """
    try:
        metadata = _checked_header(content)
        parts = safetensors.deserialize(content)  # type: ignore[no-untyped-call]
        tensors = {name: _tensor(name, part) for name, part in parts}
    except (ValueError, safetensors.SafetensorError) as error:
        why = str(error).removeprefix("Error while deserializing header: ").rstrip(".")
        raise ModelError(
            f"{source} is no safetensors file that can be used: {why}.",
            "Make or import the model again.",
        ) from None
    return Weights(MappingProxyType(tensors), MappingProxyType(metadata), sha256)


def _content(path: Path) -> bytes:
    try:
        if not path.is_file():
            beside = [each.name for each in path.parent.glob("*.safetensors")]
            hint = did_you_mean(path.name, beside) if beside else "Check the path."
            raise ModelError(f"There is no model {path}.", hint)
        with path.open("rb") as file:
            head = file.read(16)
            refuse_by_content(path, head)
            content = head + file.read(MOST_BYTES + 1 - len(head))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ModelError(f"{path} can't be read: {reason}.", "Check the path.") from None
    if len(content) > MOST_BYTES:
        raise ModelError(
            f"{path} is larger than {MOST_BYTES >> 20} MiB.",
            "Use a smaller model: it must be quick.",
        )
    return content


def _checked_header(content: bytes) -> dict[str, str]:
    """Return what a file says of itself; raise where it asks for what no model needs."""
    nbytes = int.from_bytes(content[:8], "little")
    if len(content) < 8 or nbytes > min(_MOST_HEADER_BYTES, len(content) - 8):
        raise ValueError("its header is cut short, or larger than 1 MiB")
    header = parse_json(content[8 : 8 + nbytes])
    if not isinstance(header, dict) or len(header) > _MOST_TENSORS:
        raise ValueError(f"its header is no mapping of at most {_MOST_TENSORS:,} tensors")
    metadata = header.pop("__metadata__", {})
    told = isinstance(metadata, dict) and all(isinstance(each, str) for each in metadata.values())
    if not told:
        raise ValueError("what it says of itself is not text")
    taken = sum(_checked_tensor(name, entry) for name, entry in header.items())
    if taken != len(content) - 8 - nbytes:
        raise ValueError("its tensors are not the bytes that it holds")
    return dict(metadata)


def _checked_tensor(name: str, entry: Any) -> int:
    """Return the size of a tensor in bytes."""
    try:
        shape, (begin, end) = entry["shape"], entry["data_offsets"]
        dtype = _DTYPES.get(entry["dtype"])
    except (KeyError, TypeError, ValueError):
        raise ValueError(f"{name[:80]!r} is no tensor") from None
    if dtype is None:
        raise ValueError(f"{name[:80]!r} is of the type {str(entry['dtype'])[:20]!r}")
    counts = [begin, end, *shape] if isinstance(shape, list) else [None]
    if not all(type(each) is int and 0 <= each <= MOST_BYTES for each in counts):
        raise ValueError(f"{name[:80]!r} has an impossible shape")
    nbytes: int = math.prod(shape) * np.dtype(dtype).itemsize
    if len(shape) > _MOST_AXES or nbytes != end - begin:
        raise ValueError(f"{name[:80]!r} has an impossible shape")
    return nbytes


def _tensor(name: str, part: Mapping[str, Any]) -> Tensor:
    stored = np.dtype(_DTYPES[part["dtype"]]).newbyteorder("<")
    if stored.kind == "b" and max(part["data"], default=0) > 1:
        raise ValueError(f"{name[:80]!r} holds truth values that are neither true nor false")
    tensor = np.frombuffer(bytes(part["data"]), stored).reshape(part["shape"])
    if stored.kind == "f" and not np.isfinite(tensor).all():
        raise ValueError(f"{name[:80]!r} holds numbers that are not finite")
    return tensor.astype(stored.newbyteorder("="), copy=False)
