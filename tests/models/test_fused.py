"""Fused networks: what the folded ones say, or the folded ones themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from net_models import net_model

from saccade.models import _fused as home
from saccade.models import build_net
from saccade.models._fused import FusedNet, fused

if TYPE_CHECKING:
    from pathlib import Path

    from saccade.models import Model


def stack(frames: int, shape: tuple[int, int] = (48, 80)) -> torch.Tensor:
    made = torch.randn(1, frames, *shape, generator=torch.Generator().manual_seed(1))
    return made.to(memory_format=torch.channels_last)


@pytest.fixture(params=[1, 3], ids=["one", "ensemble"])
def model(request: pytest.FixtureRequest, tmp_path: Path) -> Model:
    return net_model(tmp_path / "m", frames=2, masks=True, members=request.param)


def test_it_says_what_the_folded_network_does(model: Model) -> None:
    """Every head, but for rounding; with oneDNN it is another way indeed."""
    net = build_net(model)
    other = fused(net)
    with torch.inference_mode():
        expected, told = net(stack(2)), other(stack(2))
    assert set(told) == set(expected)
    for name, each in expected.items():
        torch.testing.assert_close(told[name], each, rtol=1e-4, atol=1e-5)
    if torch.backends.mkldnn.is_available():
        assert any(isinstance(each, FusedNet) for each in other.modules())


@pytest.mark.parametrize("error", [AttributeError, RuntimeError, NotImplementedError, TypeError])
def test_without_the_operators_it_is_the_network_itself(
    model: Model, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    """Where torch has none of the kind, or wants other arguments."""

    def missing(*_: Any, **__: Any) -> torch.Tensor:
        raise error("no such operator")

    monkeypatch.setattr(home, "_rectified", missing)
    net = build_net(model)
    assert fused(net) is net


def test_operators_that_say_something_else_are_not_used(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rectifier that is left out is noticed before the first picture is looked at."""

    def wrong(conv: torch.nn.Conv2d, seen: torch.Tensor, plus: Any = None) -> torch.Tensor:
        return conv(seen) if plus is None else plus + conv(seen)

    monkeypatch.setattr(home, "_rectified", wrong)
    net = build_net(model)
    assert fused(net) is net
