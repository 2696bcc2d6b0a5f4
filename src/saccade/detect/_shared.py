"""One look for several detectors: those of one model, each after a class of its own."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Any

from saccade.models import Looker, open_session

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from saccade.core import Pixels
    from saccade.models import Model, Runtime

    from ._pixels import Image

_MOST = 4
"""Networks that are kept at a time."""
_open: dict[tuple[str, Runtime], Shared] = {}
_opening = threading.Lock()


def shared_look(model: Model, runtime: Runtime) -> Shared:
    """Return the network of a model, the same one for all that ask for it in this process.

    Parameters
    ----------
    model : Model
        The one.
    runtime : {'torch', 'onnxruntime', 'openvino'}
        What computes it.
    """
    key = model.card.model_dump_json(), runtime  # which holds the sha256 of the weights
    with _opening:
        if key not in _open:
            while len(_open) >= _MOST:
                del _open[next(iter(_open))]
            _open[key] = Shared(Looker(open_session(model, runtime), model.card.architecture))
        return _open[key]


class Shared:
    """A network that remembers the last picture, and what it said of it.

    Parameters
    ----------
    looker : Looker
        Shows it pictures.
    """

    def __init__(self, looker: Looker) -> None:
        self._looker = looker
        self._one_at_a_time = threading.Lock()
        self._pixels: weakref.ref[Any] | None = None
        self._prepared: Image | None = None
        self._pictures: tuple[Image, ...] = ()
        self._told: Mapping[str, NDArray[np.float32]] = {}

    def prepared(self, pixels: Pixels, prepare: Callable[[], Image]) -> Image:
        """Return the picture that the network gets of a frame; nobody may change it.

        Parameters
        ----------
        pixels : array, (y, x)
            Of the frame; they never change, so the same array is the same picture.
        prepare : callable
            Makes it.
        """
        with self._one_at_a_time:
            known = self._pixels is not None and self._pixels() is pixels
            if self._prepared is None or not known:
                self._prepared, self._pixels = prepare(), weakref.ref(pixels)
            return self._prepared

    def look(self, pictures: Sequence[Image]) -> Mapping[str, NDArray[np.float32]]:
        """Return what the network says of pictures of one place, as `Looker` does."""
        with self._one_at_a_time:
            pairs = zip(pictures, self._pictures, strict=False)
            known = len(pictures) == len(self._pictures) and all(a is b for a, b in pairs)
            if not known:
                self._told, self._pictures = self._looker(pictures), tuple(pictures)
            return self._told
