"""A network as a program of ONNX: for other runtimes, and other programs."""

from __future__ import annotations

import io
import warnings
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn

from saccade.core import ModelError

from ._net import STRIDE, build_net

if TYPE_CHECKING:
    from ._folder import Model

OPSET = 17
"""Of ONNX; since 2022, so that runtimes of the last years read it."""
PICTURES = "pictures"
_SIDE = 16 * STRIDE


class _InOrder(nn.Module):
    """A network that returns its heads one after the other, as ONNX has no names for parts."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, pictures: Tensor) -> tuple[Tensor, ...]:
        return tuple(self.net(pictures).values())


def onnx_bytes(model: Model) -> bytes:
    """Return the network of a model as a program of ONNX, batch norms folded.

    Its input ``pictures`` is (1, frames, y, x) in float32, prepared as the card says, with sides
    that are multiples of `STRIDE`; its outputs are called as those of `PatchNet`.

    Parameters
    ----------
    model : Model
        The one.

    Raises
    ------
    ModelError
        If its weights are not those of its network, or the package ``onnx`` is not installed.
    """
    if find_spec("onnx") is None:
        raise ModelError(
            "What writes programs of ONNX is not installed.", 'pip install "saccade[onnx]".'
        )
    net = build_net(model)
    like = torch.zeros(1, model.card.architecture.frames, _SIDE, _SIDE)
    with torch.inference_mode():
        names = list(net(like))
    file = io.BytesIO()
    with warnings.catch_warnings():
        # torch.export's way needs two more packages, and five times as long; torch has an upper
        # bound, so this one is there.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _InOrder(net).eval(),
            (like,),
            cast("Any", file),  # typed as a path; a file is taken as well
            dynamo=False,
            input_names=[PICTURES],
            output_names=names,
            dynamic_axes={name: {2: f"{name}_y", 3: f"{name}_x"} for name in (PICTURES, *names)},
            opset_version=OPSET,
        )
    return file.getvalue()
