"""The network: a stride-4 patchify stem, residual blocks, and heads for places and masks."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, cast

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from saccade.core import ModelError

from ._foreign import is_foreign
from ._packed import unpacked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ._card import Architecture
    from ._folder import Model
    from ._weights import Tensor as Numbers

STRIDE = 4
"""Pixels of the picture to a cell of the network's grid."""
_LEAST_SHARE = 1e-6
"""Nobody is surer than that on average."""
_RARE = -4.6
"""Logit that a place holds something before anything was learned: one in a hundred."""


class PatchNet(nn.Module):
    """Looks at patches of 4 by 4 pixels, then at their neighbours; small enough for the loop.

    At stride 4 a picture of 512² costs 1.8 GFLOP with 32 channels and three blocks, an
    eighth of what full resolution would, and loses nothing that the offsets don't give back.
    The blocks are dilated, so that a cell of the grid sees over a hundred pixels.

    Parameters
    ----------
    architecture : Architecture
        Numbers of frames, channels, blocks and classes, and whether there are masks.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        width, self._masks = architecture.width, architecture.masks
        self._classes = len(architecture.classes)
        self.stem = nn.Conv2d(architecture.frames, width, STRIDE, STRIDE, bias=False)
        self.stem_norm = nn.BatchNorm2d(width)
        self.blocks = nn.Sequential(*[_Block(width, each) for each in architecture.dilations])
        # Heat of each class, then offsets y and x; with masks also a pixel each, and votes.
        count = self._classes + 2 + (STRIDE**2 + 2 if self._masks else 0)
        self.head = nn.Conv2d(width, count, 1)
        assert self.head.bias is not None  # noqa: S101 - asked for above
        nn.init.constant_(self.head.bias[: self._classes], _RARE)

    def forward(self, pictures: Tensor) -> dict[str, Tensor]:
        """Return logits of classes and of pixels, offsets and votes.

        Parameters
        ----------
        pictures : tensor, (n, frames, y, x)
            Sides are multiples of `STRIDE`.

        Returns
        -------
        dict
            ``heat`` (n, class, y/4, x/4) and ``offset`` (n, 2, y/4, x/4), in cells from the middle
            of a cell; with masks also ``inside`` (n, 1, y, x), and ``vote`` (n, 2, y/4, x/4),
            in cells from a place inside to its centre.
        """
        seen = torch.relu(self.stem_norm(self.stem(pictures)))
        return self.told(self.blocks(seen))

    def told(self, seen: Tensor) -> dict[str, Tensor]:
        """Return what the heads say of what the blocks saw; see `forward`."""
        out = self.head(seen)
        heat, rest = out[:, : self._classes], out[:, self._classes :]
        told = {"heat": heat, "offset": rest[:, :2]}
        if self._masks:
            told["vote"] = rest[:, 2:4]
            told["inside"] = nn.functional.pixel_shuffle(rest[:, 4:], STRIDE)
        return told


class _Block(nn.Module):
    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, 1, dilation, dilation, bias=False)
        self.first_norm = nn.BatchNorm2d(width)
        self.second = nn.Conv2d(width, width, 3, 1, dilation, dilation, bias=False)
        self.second_norm = nn.BatchNorm2d(width)

    def forward(self, seen: Tensor) -> Tensor:
        more = torch.relu(self.first_norm(self.first(seen)))
        return torch.relu(seen + self.second_norm(self.second(more)))


class PatchEnsemble(nn.Module):
    """Networks that look together: what they say on average (Lakshminarayanan et al., 2017).

    Parameters
    ----------
    nets : sequence of module
        Made alike, and learned each by itself; each says what `PatchNet` does.
    """

    def __init__(self, nets: Sequence[nn.Module]) -> None:
        super().__init__()
        self.nets = nn.ModuleList(nets)

    def forward(self, pictures: Tensor) -> dict[str, Tensor]:
        """Return what `PatchNet` does, on average; shares are averaged, not logits.

        Parameters
        ----------
        pictures : tensor, (n, frames, y, x)
            Sides are multiples of `STRIDE`.

        Returns
        -------
        dict
            As of `PatchNet`, and ``members`` (n, network x class, y/4, x/4): the heat of each, one
            network after the other.
        """
        every = [net(pictures) for net in self.nets]
        told = {
            name: (_share_mean if name in ("heat", "inside") else _mean)(
                torch.stack([each[name] for each in every])
            )
            for name in every[0]
        }
        return {**told, "members": torch.cat([each["heat"] for each in every], 1)}


Net: TypeAlias = PatchNet | PatchEnsemble


def _mean(several: Tensor) -> Tensor:
    return several.mean(0)


def _share_mean(logits: Tensor) -> Tensor:
    share = torch.sigmoid(logits).mean(0).clamp(_LEAST_SHARE, 1 - _LEAST_SHARE)
    return torch.log(share) - torch.log(1 - share)


def net_of(architecture: Architecture) -> Net:
    """Return a network, or several that look together, which have learned nothing yet."""
    if architecture.members == 1:
        return PatchNet(architecture)
    return PatchEnsemble([PatchNet(architecture) for _ in range(architecture.members)])


def build_net(model: Model) -> Net:
    """Return the network of a model, ready to look: batch norms folded, channels last.

    Parameters
    ----------
    model : Model
        Its card tells what the network is made of.

    Raises
    ------
    ModelError
        If the weights are not those of such a network.
    """
    if is_foreign(model):
        raise ModelError(
            f"{model.path} was imported as a program of ONNX, and has no weights of its own.",
            "Use runtime: onnxruntime.",
        )
    net = net_of(model.card.architecture)
    tensors = unpacked(model.weights.tensors)
    state = {name: torch.from_numpy(each.copy()) for name, each in tensors.items()}
    try:
        net.load_state_dict(state)
    except RuntimeError as error:
        why = " ".join(str(error).split())[:300]
        raise ModelError(
            f"{model.path} holds the weights of another network: {why}.", "Train or get it anew."
        ) from None
    return folded(net.eval())


def tensors_of(net: Net) -> dict[str, Numbers]:
    """Return the weights of a network as arrays."""
    return {name: each.detach().cpu().numpy() for name, each in net.state_dict().items()}


def set_tensors(net: Net, tensors: Mapping[str, Numbers]) -> None:
    """Give a network other weights, as `tensors_of` returns them."""
    net.load_state_dict({name: torch.from_numpy(each.copy()) for name, each in tensors.items()})


def folded(net: Net) -> Net:
    """Return a network whose batch norms are part of its convolutions; it can't be trained."""
    for each in net.nets if isinstance(net, PatchEnsemble) else (net,):
        _fold(cast("PatchNet", each))
    return net.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def _fold(net: PatchNet) -> None:
    net.stem, net.stem_norm = _fused(net.stem, net.stem_norm), nn.Identity()  # type: ignore[assignment]
    for block in net.blocks:
        for name in ("first", "second"):
            norm = f"{name}_norm"
            setattr(block, name, _fused(getattr(block, name), getattr(block, norm)))
            setattr(block, norm, nn.Identity())
    for parameter in net.parameters():
        parameter.requires_grad_(False)


def _fused(conv: nn.Conv2d, norm: nn.Module) -> nn.Conv2d:
    assert isinstance(norm, nn.BatchNorm2d)  # noqa: S101 - as built above
    return fuse_conv_bn_eval(conv, norm)
