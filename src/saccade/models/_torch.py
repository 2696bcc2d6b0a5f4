"""A network computed by torch, on the processor or a graphics card."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from ._fused import fused
from ._net import build_net

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from ._folder import Model


class TorchSession:
    """A folded network in channels-last order; on a graphics card if there is one, else fused.

    Parameters
    ----------
    model : Model
        The one.
    threads : int
        At most; torch has one number for all of the process, and fewer stay as they are.
    """

    def __init__(self, model: Model, threads: int) -> None:
        if torch.get_num_threads() > threads:
            torch.set_num_threads(threads)
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        net = build_net(model)
        self._net = fused(net) if self._device.type == "cpu" else net.to(self._device)
        self._pinned: torch.Tensor | None = None

    def __call__(self, pictures: NDArray[np.float32]) -> Mapping[str, NDArray[np.float32]]:
        """Return what each head says of pictures.

        Parameters
        ----------
        pictures : array of float32, (1, frames, y, x)
            Sides are multiples of 4.
        """
        stack = torch.from_numpy(pictures)
        with torch.inference_mode():
            if self._device.type == "cpu":
                told = self._net(stack.to(memory_format=torch.channels_last))
            else:
                told = self._on_card(stack)
        return {name: each.numpy() for name, each in told.items()}

    def _on_card(self, stack: torch.Tensor) -> dict[str, torch.Tensor]:
        """Look on a graphics card: pinned memory there, all heads back before it returns."""
        if self._pinned is None or self._pinned.shape != stack.shape:
            self._pinned = torch.empty(stack.shape, pin_memory=True)
        self._pinned.copy_(stack)
        there = self._pinned.to(self._device, non_blocking=True)
        # With TF32 logits would differ from those of a processor by a thousandth.
        with torch.backends.cudnn.flags(allow_tf32=False):
            told = self._net(there.to(memory_format=torch.channels_last))
        return {name: each.cpu() for name, each in told.items()}
