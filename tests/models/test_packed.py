"""Weights in eight bits: near what they were, a quarter of the size, and never of another shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from saccade.core import ModelError
from saccade.models import (
    Architecture,
    PatchNet,
    build_net,
    packed,
    save_model,
    tensors_of,
    unpacked,
)
from saccade.models._unmeasured import unmeasured

if TYPE_CHECKING:
    from pathlib import Path

KERNELS = hnp.arrays(
    np.float32,
    hnp.array_shapes(min_dims=2, max_dims=4, max_side=5),
    elements=st.floats(-1e3, 1e3, width=32),
)


@given(KERNELS)
@example(np.array([[1e-44]], np.float32))
@example(np.array([[0.0]], np.float32))
def test_each_channel_is_rounded_to_its_own_steps(kernel: np.ndarray) -> None:
    """No number moves by more than half a step; packed again, it is the same."""
    told = packed({"w": kernel})
    back = unpacked(told)["w"]
    step = told["w.scale"]
    assert told["w"].dtype == np.int8
    assert back.dtype == np.float32
    assert (np.abs(back - kernel) <= step * 0.501).all()
    again = packed({"w": back})
    assert np.array_equal(again["w"], told["w"])
    assert np.allclose(unpacked(again)["w"], back, rtol=1e-6)


def test_biases_and_counters_stay_as_they_are() -> None:
    """Only matrices and kernels of floats are packed; what is not packed is not touched."""
    tensors = {"b": np.array([1.5, -2.25], np.float32), "n": np.array(3), "i": np.ones((2, 2), int)}
    told = packed(tensors)
    assert set(told) == set(tensors)
    for name, each in unpacked(told).items():
        assert np.array_equal(each, tensors[name])


def test_a_packed_network_is_built_as_it_was_stored(tmp_path: Path) -> None:
    """A quarter of the bytes; its heads are those of the rounded weights, to the last bit."""
    torch.manual_seed(0)
    of = Architecture(classes=("thing",), width=32, dilations=(1, 2))
    net = PatchNet(of).eval()
    whole = save_model(tmp_path / "whole", unmeasured(of), tensors_of(net))
    small = save_model(tmp_path / "small", unmeasured(of), packed(tensors_of(net)))
    sizes = [(each.path / "weights.safetensors").stat().st_size for each in (whole, small)]
    assert sizes[1] < 0.35 * sizes[0]
    rounded = save_model(tmp_path / "rounded", unmeasured(of), unpacked(packed(tensors_of(net))))
    picture = torch.rand(1, 1, 32, 32)
    with torch.inference_mode():
        told, expected = (build_net(each)(picture) for each in (small, rounded))
    for name in expected:
        assert torch.equal(told[name], expected[name])


@pytest.mark.parametrize(
    ("codes", "scale"),
    [
        (np.ones((2, 3), np.int8), np.ones((3, 1), np.float32)),
        (np.ones((2, 3), np.int8), np.ones(2, np.float32)),
        (np.ones((2, 3), np.float32), np.ones((2, 1), np.float32)),
    ],
    ids=["another size", "another rank", "no codes"],
)
def test_a_scale_that_does_not_fit_is_named(codes: np.ndarray, scale: np.ndarray) -> None:
    """A file may say anything."""
    with pytest.raises(ModelError, match="does not fit"):
        unpacked({"w": codes, "w.scale": scale})
