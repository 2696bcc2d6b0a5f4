"""Files of weights, and files that only look like some."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
from safetensors.numpy import save

WHOLE: dict[str, Any] = {
    "conv.weight": np.arange(24, dtype=np.float32).reshape(2, 3, 4) / 7,
    "conv.bias": np.array([0.5, -0.5]),
    "steps": np.array([[1, 2, 3]], np.int64),
    "mask": np.array([True, False]),
    "empty": np.zeros((0, 3), np.float16),
}


def whole(**metadata: str) -> bytes:
    """Return the bytes of a sound file."""
    return save(WHOLE, metadata)


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def file_of(header: Any, data: bytes = b"") -> bytes:
    """Return a file with any header, as JSON or as bytes."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def entry(dtype: str = "F32", shape: Any = (2,), offsets: Any = (0, 8)) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}
