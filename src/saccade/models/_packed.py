"""Weights in eight bits: a quarter of the size, for models that are shipped or mailed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from saccade.core import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._weights import Tensor

_SCALE = ".scale"
_MOST = 127


def packed(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return weights of which all matrices and kernels are in eight bits, with a scale a channel.

    Symmetric and per output channel (Krishnamoorthi, arXiv:1806.08342, 2018). Biases and what
    norms have learned stay as they are. Packing what `unpacked` returned gives the same again.

    Parameters
    ----------
    tensors : mapping of str to array
        As of a trained network.
    """
    told: dict[str, Tensor] = {}
    for name, each in tensors.items():
        if each.ndim < 2 or each.dtype.kind != "f":
            told[name] = each
            continue
        values = each.astype(np.float32)
        largest = np.abs(values).max(axis=tuple(range(1, values.ndim)), keepdims=True)
        scale = np.maximum(largest / _MOST, np.finfo(np.float32).tiny).astype(np.float32)
        told[name] = np.rint(values / scale).astype(np.int8)
        told[name + _SCALE] = scale
    return told


def unpacked(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return weights as float32, whether they were packed or not.

    Parameters
    ----------
    tensors : mapping of str to array
        As they are in a file.

    Raises
    ------
    ModelError
        If a scale does not fit what it belongs to.
    """
    told: dict[str, Tensor] = {}
    for name, each in tensors.items():
        if name.endswith(_SCALE) and name.removesuffix(_SCALE) in tensors:
            continue
        scale = tensors.get(name + _SCALE)
        if scale is None:
            told[name] = each
            continue
        if each.dtype != np.int8 or scale.shape != each.shape[:1] + (1,) * (each.ndim - 1):
            raise ModelError(
                f"The scale of {name} does not fit it: {scale.shape} for {each.shape}.",
                "Train or get the model anew.",
            )
        told[name] = each.astype(np.float32) * scale.astype(np.float32)
    return told
