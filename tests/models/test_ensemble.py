"""Networks that look together: what they say is what each says, on average."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from net_models import net_model

from saccade.core import UsageError
from saccade.detect import Network
from saccade.models import (
    Architecture,
    PatchEnsemble,
    PatchNet,
    build_net,
    installed_runtimes,
    open_session,
)
from saccade.testing import frame_of

if TYPE_CHECKING:
    from pathlib import Path


def share(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logits))


def test_shares_are_averaged_and_each_is_kept(tmp_path: Path) -> None:
    """Heat and pixels by shares, offsets and votes as they are; `members` is the heat of each."""
    model = net_model(tmp_path / "m", members=3, masks=True, classes=("a", "b"))
    net = build_net(model)
    assert isinstance(net, PatchEnsemble)
    pictures = torch.randn(1, 1, 32, 48)
    with torch.inference_mode():
        told = {name: each.numpy() for name, each in net(pictures).items()}
        every = [{n: each.numpy() for n, each in one(pictures).items()} for one in net.nets]
    for name in ("heat", "inside"):
        mean = np.mean([share(each[name]) for each in every], axis=0)
        np.testing.assert_allclose(share(told[name]), mean, atol=2e-6)
    for name in ("offset", "vote"):
        mean = np.mean([each[name] for each in every], axis=0)
        np.testing.assert_allclose(told[name], mean, atol=1e-6)
    heats = np.concatenate([each["heat"] for each in every], axis=1)
    np.testing.assert_array_equal(told["members"], heats)
    assert np.ptp(heats[0, ::2], axis=0).max() > 0.1


@pytest.mark.parametrize("runtime", ["onnxruntime", "openvino"])
def test_other_runtimes_say_the_same(tmp_path: Path, runtime: str) -> None:
    """All heads, those of each network too, but for rounding."""
    if runtime not in installed_runtimes():
        pytest.skip(f"{runtime} is an extra, and not installed")
    model = net_model(tmp_path / "m", members=2)
    pictures = np.random.default_rng(0).normal(size=(1, 1, 64, 32)).astype(np.float32)
    told, wanted = open_session(model, runtime)(pictures), open_session(model)(pictures)  # type: ignore[arg-type]
    assert told.keys() == wanted.keys()
    for name, each in wanted.items():
        np.testing.assert_allclose(told[name], each, atol=1e-4)


@pytest.mark.parametrize("class_name", ["a", "b"])
def test_the_spread_is_that_of_their_scores(tmp_path: Path, class_name: str) -> None:
    """Of the surest place, after calibration; one network alone tells none."""
    model = net_model(tmp_path / "m", members=3, classes=("a", "b"))
    eye = Network(str(model.path), class_name=class_name)
    frame = frame_of(np.random.default_rng(1).normal(100, 10, (64, 64)), pixel_size_um=1.0)
    seen = eye(frame)
    told = eye._look(eye._with_past(frame, eye._shared().prepared(frame.pixels, lambda: None)))  # type: ignore[arg-type, return-value]
    kind = "ab".index(class_name)
    at = np.argmax(told["heat"][0, kind])
    scores = share(told["members"][0].reshape(3, 2, -1)[:, kind, at].astype(float))
    assert seen.measurements["spread"] == pytest.approx(scores.std(), abs=1e-6)
    assert seen.measurements["spread"] > 1e-4
    assert "spread" not in Network(str(net_model(tmp_path / "one").path))(frame).measurements


def test_a_number_that_is_none_is_refused() -> None:
    """Nine networks, or none, are a named error; one is a plain network."""
    for members in (0, 9):
        with pytest.raises(UsageError, match="can't look together"):
            Architecture.of_net("32x3", ("a",), members=members)
    assert Architecture.of_net("32x3", ("a",)).members == 1
    assert issubclass(PatchNet, torch.nn.Module)
