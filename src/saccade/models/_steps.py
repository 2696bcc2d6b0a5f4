"""What bioimage.io lets be done to pictures: plain arithmetic, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from ._program import Step

    Tensor = NDArray[Any]


def done(steps: Iterable[Step], tensor: Tensor, axes: str) -> Tensor:
    """Return a tensor after some steps, in order; as specified by bioimage.io (0.5).

    What is to be measured over many pictures is measured over this one.

    Parameters
    ----------
    steps : iterable of Step
        What is done.
    tensor : array
        Of numbers.
    axes : str
        Its axes, a letter each.

    Raises
    ------
    ValueError
        If numbers along an axis are more or fewer than it is long.
    """
    for step in steps:
        tensor = _STEPS[step.id](step, tensor, axes)
    return tensor


def _binarize(step: Step, tensor: Tensor, axes: str) -> Tensor:
    above: Tensor = tensor > _along(step.threshold, step, axes)
    return above.astype(np.float32)


def _clip(step: Step, tensor: Tensor, axes: str) -> Tensor:
    low, high = (
        number if percent is None else _share(tensor, percent, step, axes)
        for number, percent in (
            (step.min, step.min_percentile),
            (step.max, step.max_percentile),
        )
    )
    return tensor if low is None and high is None else np.clip(tensor, low, high)


def _ensure_dtype(step: Step, tensor: Tensor, axes: str) -> Tensor:  # noqa: ARG001 - one shape
    with np.errstate(invalid="ignore"):
        return tensor.astype(np.dtype(step.dtype))


def _fixed(step: Step, tensor: Tensor, axes: str) -> Tensor:
    return _single((tensor - _along(step.mean, step, axes)) / _along(step.std, step, axes))


def _scale_linear(step: Step, tensor: Tensor, axes: str) -> Tensor:
    return _single(tensor * _along(step.gain, step, axes) + _along(step.offset, step, axes))


def _scale_range(step: Step, tensor: Tensor, axes: str) -> Tensor:
    low = _share(tensor, 0.0 if step.min_percentile is None else step.min_percentile, step, axes)
    high = _share(tensor, 100.0 if step.max_percentile is None else step.max_percentile, step, axes)
    return _single((tensor - low) / (high - low + step.eps))


def _sigmoid(step: Step, tensor: Tensor, axes: str) -> Tensor:  # noqa: ARG001 - one shape
    return _single(1 / (1 + np.exp(-np.clip(tensor, -80, 80))))


def _softmax(step: Step, tensor: Tensor, axes: str) -> Tensor:
    axis = axes.index(step.axis or "c")
    risen = np.exp(tensor - tensor.max(axis=axis, keepdims=True))
    return _single(risen / risen.sum(axis=axis, keepdims=True))


def _standardised(step: Step, tensor: Tensor, axes: str) -> Tensor:
    over = _over(step, axes)
    mean = tensor.mean(axis=over, keepdims=True, dtype=np.float64)
    spread = tensor.std(axis=over, keepdims=True, dtype=np.float64)
    return _single((tensor - mean) / (spread + step.eps))


_STEPS: dict[str, Callable[[Step, Tensor, str], Tensor]] = {
    "binarize": _binarize,
    "clip": _clip,
    "ensure_dtype": _ensure_dtype,
    "fixed_zero_mean_unit_variance": _fixed,
    "scale_linear": _scale_linear,
    "scale_range": _scale_range,
    "sigmoid": _sigmoid,
    "softmax": _softmax,
    "zero_mean_unit_variance": _standardised,
}


def _over(step: Step, axes: str) -> tuple[int, ...]:
    """Return the places of the axes over which something is measured."""
    return tuple(n for n, axis in enumerate(axes) if step.axes is None or axis in step.axes)


def _share(tensor: Tensor, percent: float, step: Step, axes: str) -> Tensor:
    value: Tensor = np.percentile(tensor, percent, axis=_over(step, axes), keepdims=True)
    return value


def _along(numbers: Any, step: Step, axes: str) -> Tensor:
    """Return a number, or numbers laid along an axis."""
    several = np.asarray(numbers, np.float64)
    if several.ndim == 0:
        return several
    shape = [1] * len(axes)
    shape[axes.index(step.axis or "c")] = len(several)
    return several.reshape(shape)


def _single(tensor: Tensor) -> Tensor:
    return tensor.astype(np.float32)
