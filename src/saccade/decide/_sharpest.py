"""Where a picture would be sharpest, from pictures of a few planes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_LEAST_FALL = 0.05
"""Share of its height by which a peak must have fallen at the steps beside it."""
_BLIND = 1e-3
"""Share of the greatest sharpness below which a plane shows nothing."""
_MOST_RESIDUAL = 0.35
"""Deviation from the model, in units of what the planes differ by, that is still believed."""


Outcome: TypeAlias = Literal["found", "below", "above", "unclear"]
"""Whether planes tell where the focus is: it may lie beyond them, on one side."""


class Sharpest(NamedTuple):
    """What a few planes tell of the best one."""

    outcome: Outcome
    z_um: float = 0.0


def sharpest(planes: Sequence[tuple[float, float]], step_um: float) -> Sharpest:
    """Return where the sharpest plane lies.

    Sharpness as `saccade.detect.Focus` measures it is the mean square of the spatial
    frequencies in the picture. Gaussian detail of width s, seen through a point-spread function
    whose width grows with the distance d from focus, has 1 / (s² + a² + b² d²) of it. So its
    inverse is a parabola, which is fitted here, above all to the sharper planes.

    Parameters
    ----------
    planes : sequence of (z_um, sharpness)
        Where each picture was taken, and how sharp it was.
    step_um : float
        From plane to plane.
    """
    most = max((sharpness for _, sharpness in planes), default=0.0)
    told = sorted((z, sharpness / most) for z, sharpness in planes if sharpness > _BLIND * most)
    if len({z for z, _ in told}) < 3:
        return Sharpest("unclear")
    z_um, values = np.array(told).T
    middle = float(z_um.mean())
    from_middle = (z_um - middle) / step_um
    bend, slope, height = _parabola(from_middle, values)
    side: Outcome = "below" if slope > 0 else "above"
    reach = float(np.abs(from_middle).max()) + 0.5
    vertex = -slope / (2 * bend) if bend > 0 else math.inf
    if abs(vertex) > reach:
        return Sharpest(side if _grows_to(side, values) else "unclear")
    top = height - slope**2 / (4 * bend)
    if not (top > 0 and bend > _LEAST_FALL * top):
        return Sharpest("unclear")
    fitted = 1 / np.polyval((bend, slope, height), from_middle)
    residual = float(np.sqrt(np.mean((fitted - values) ** 2)))
    if residual > _MOST_RESIDUAL * float(np.ptp(values)):
        return Sharpest("unclear")
    return Sharpest("found", middle + vertex * step_um)


def _parabola(steps: NDArray[np.float64], values: NDArray[np.float64]) -> tuple[float, ...]:
    """Return bend, slope and height at 0 of the parabola through the inverse of values."""
    # An error e of the sharpness S is one of e / S² of its inverse; and far from focus, where the
    # picture is a crowd of discs, the model is coarse: planes there count less still.
    weights = values**4
    found = np.linalg.lstsq(np.vander(steps, 3) * weights[:, None], weights / values, rcond=None)
    return tuple(found[0].tolist())


def _grows_to(side: Outcome, values: NDArray[np.float64]) -> bool:
    """Return whether the planes grow sharper all the way to one side."""
    rises = np.diff(values)
    return bool(np.all(rises < 0) if side == "below" else np.all(rises > 0))
