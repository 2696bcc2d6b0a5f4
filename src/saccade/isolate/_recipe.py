"""What a detector's process is made from, and what keeps it from being made."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import numpy as np

from saccade.core import (
    IsolatedError,
    ModelError,
    NeedsError,
    ProfileError,
    ProtocolError,
    SaccadeError,
    UsageError,
)

from ._memory import Layout

if TYPE_CHECKING:
    from saccade.core import Frame, Stand

    from ._reply import Raised

_MB = 2**20
_OURS: dict[str, type[SaccadeError]] = {
    each.__name__: each
    for each in (UsageError, ModelError, NeedsError, ProfileError, ProtocolError)
}


def layout_for(recipe: bytes, stand: Stand | None, frame: Frame | None) -> Layout:
    """Return how much room there must be; what is not used of it costs nothing."""
    pixels = size = 1
    if stand is not None:
        pixels = max(pixels, stand.shape_px[0] * stand.shape_px[1])
        size = max(size, pixels * np.dtype(stand.dtype).itemsize)
    if frame is not None:
        pixels, size = max(pixels, frame.pixels.size), max(size, frame.pixels.nbytes)
    return Layout(len(recipe) + 4 * _MB, 16 * _MB, 8 * pixels + _MB, 2 * size + 8 * _MB)


def pickled(detector: object) -> bytes:
    """Return a detector as bytes; raise a `ProtocolError` if another process can't read them."""
    do = "Define it in a module that can be imported, not in the script that starts the run."
    try:
        recipe = pickle.dumps(detector, pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        what = f"A detector can't be sent to a process of its own: {error!r}."
        raise ProtocolError(what, do) from error
    if b"__main__" in recipe:
        raise ProtocolError("A detector that is to be isolated is part of the script itself.", do)
    return recipe


def error_of(raised: Raised) -> SaccadeError:
    """Return the error that the detector would have raised here, as far as it is one of ours."""
    if raised.kind in _OURS:
        return _OURS[raised.kind](raised.what, raised.do)
    return not_started(f"it raised {raised.told}")


def not_started(why: str) -> IsolatedError:
    """Return the error that says so."""
    return IsolatedError(
        f"A detector can't be started in a process of its own: {why}.",
        "Try it without isolation, or allow it more time or memory.",
    )
