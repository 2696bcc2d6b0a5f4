"""The learned detector, on a network whose answer is known because its weights are made."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from useq import MDAEvent

from saccade.core import Frame, ModelError, Needs, Past, ProtocolError, Span
from saccade.detect import Network, compressed
from saccade.models import Architecture, Model, PatchNet, installed_runtimes, save_model, tensors_of

if TYPE_CHECKING:
    from pathlib import Path


_NOTHING = {"value": 0.0, "low": 0.0, "high": 1.0}
UNKNOWN = {
    "objects": 0,
    **dict.fromkeys(("f1", "average_precision", "mcc", "false_alarms"), _NOTHING),
}


def made(
    folder: Path,
    *,
    frames: int = 1,
    pixel_size_um: float | None = 0.5,
    looks_at: int = -1,
    **changes: Any,
) -> Model:
    """Write a model whose heat is the brightness of each cell of one frame, such as the newest."""
    architecture = Architecture(
        classes=("bright", "dark"), frames=frames, width=4, dilations=(), masks=False
    )
    net = PatchNet(architecture)
    with torch.no_grad():
        for each in net.parameters():
            each.zero_()
        net.stem_norm.weight.fill_(1.0)
        net.stem.weight[0, looks_at] = 1 / 16  # the mean of a patch of that frame
        net.head.weight[0, 0] = 10.0
        net.head.bias[0] = -5.0
        net.head.bias[1] = -9.0
    card = {
        "name": "bright",
        "about": "Finds what is bright.",
        "architecture": architecture.model_dump(),
        "input": {"pixel_size_um": pixel_size_um, "rescale": (0.5, 2.0), "low": 0.0, "high": 1.0},
        "calibration": {"bright": {}, "dark": {}},
        "metrics": {
            "test_groups": 0,
            "test_pictures": 0,
            "classes": {"bright": UNKNOWN, "dark": UNKNOWN},
        },
        "training": {
            "command": "none",
            "data": ("none",),
            "licence": "CC0",
            "split": "none",
            "seed": 0,
            "pictures": 0,
            "objects": 0,
            "epochs": 0,
            "saccade": "0",
        },
        "limits": ("A test.",),
        **changes,
    }
    return save_model(folder / "bright", card, tensors_of(net.eval()))


def frame(pixels: Any, *, size_um: float = 0.5, t: int = 0, p: int = 0) -> Frame:
    pixels = np.array(pixels, np.uint16)
    pixels.setflags(write=False)
    event = MDAEvent(index={"t": t, "p": p})
    return Frame(pixels, t, "watch", event, 10.0, t, x_um=0.0, y_um=0.0, pixel_size_um=size_um)


def lit(row: int, col: int, shape: tuple[int, int] = (64, 80), block: int = 4) -> Any:
    """Return a dark picture with one bright cell."""
    pixels = np.full(shape, 100)
    pixels[row : row + block, col : col + block] = 1100
    return pixels


@pytest.fixture
def bright(tmp_path: Path) -> Network:
    return Network(str(made(tmp_path).path))


@pytest.mark.parametrize(("row", "col"), [(0, 0), (20, 36), (60, 76)])
def test_the_bright_cell_is_found_where_it_is(bright: Network, row: int, col: int) -> None:
    """Its middle, to a hundredth of a pixel, with a score near that of a logit of 5."""
    seen = bright(frame(lit(row, col)))
    assert [(p.y_px, p.x_px) for p in seen.points] == [pytest.approx((row + 1.5, col + 1.5))]
    assert seen.score == pytest.approx(1 / (1 + np.exp(-5.0)), abs=0.01)
    assert seen.detector.weights == bright._loaded.weights.sha256


@pytest.mark.parametrize("size_um", [0.25, 1.0])
def test_pictures_are_rescaled_to_the_pixel_size_of_the_model(
    bright: Network, size_um: float
) -> None:
    """What is as large in µm is found as well, and at the right place of the frame."""
    block = round(4 * 0.5 / size_um)
    row, col = 20 // block * block, 36 // block * block
    seen = bright(frame(lit(row, col, block=block), size_um=size_um))
    middle = (block - 1) / 2
    assert seen.points
    assert seen.points[0].y_px == pytest.approx(row + middle, abs=1.0)
    assert seen.points[0].x_px == pytest.approx(col + middle, abs=1.0)


def test_it_can_be_sent_to_another_process(bright: Network) -> None:
    """Made anew from its settings, of the same weights; a model that is another is refused."""
    again = pickle.loads(pickle.dumps(bright))  # noqa: S301 - its own
    assert again(frame(lit(20, 36))) == bright(frame(lit(20, 36)))
    assert again.sha256 == bright._loaded.weights.sha256
    (bright._loaded.path / "weights.safetensors").write_bytes(b"")
    with pytest.raises(ModelError):
        pickle.loads(pickle.dumps(bright))  # noqa: S301


def test_it_needs_a_pixel_size_that_its_card_allows(bright: Network) -> None:
    """A model that may be rescaled by two says so before the light comes on."""
    assert bright.needs == Needs(pixel_size_um=Span(0.25, 1.0))
    assert bright(frame(lit(20, 36), size_um=0.1)).verdict == "invalid"


def test_odd_sides_are_looked_at_to_the_edge(bright: Network) -> None:
    """Sides need not be multiples of four."""
    seen = bright(frame(lit(60, 76, (63, 79))))
    assert seen.points
    assert seen.points[0].y_px > 59


def test_frames_of_other_positions_are_not_mixed(tmp_path: Path) -> None:
    """A model of two frames gets the last one of the same position; here only the newest counts."""
    two = Network(str(made(tmp_path, frames=2).path))
    stack: list[int] = []
    original = two._look
    object.__setattr__(
        two, "_look", lambda pictures: (stack.append(id(pictures[0])), original(pictures))[1]
    )
    for t in range(3):
        for p in range(2):
            seen = two(frame(lit(20, 36 if p else 8), t=t, p=p))
            assert seen.points[0].x_px == pytest.approx(37.5 if p else 9.5)
    assert len(two._seen) == 2


def test_frames_of_a_burst_are_compared_with_what_was_before_it(tmp_path: Path) -> None:
    """With a spacing, what changed since the watch is seen; without, the burst hides it."""
    model = made(tmp_path, frames=2, looks_at=0)
    columns = {0: 8, 40: 16, 45: 24, 50: 32, 55: 40, 80: 48}
    for spacing_s, before in ((0.0, [8, 8, 16, 24, 32, 40]), (30.0, [8, 8, 8, 8, 8, 32])):
        two = Network(str(model.path), spacing_s=spacing_s)
        seen = [two(replace(frame(lit(20, col)), t_ns=t_s * 10**9)) for t_s, col in columns.items()]
        assert [each.points[0].x_px for each in seen] == pytest.approx([x + 1.5 for x in before])
    assert two.past == Past(here=1, here_s=60.0)
    assert two.fresh().spacing_s == 30.0


def test_warm_leaves_no_memory(tmp_path: Path) -> None:
    """The blank frame that warms it up is not the past of the first real one."""
    two = Network(str(made(tmp_path, frames=2).path))
    two.warm(frame(np.zeros((64, 80))))
    assert not two._seen


def test_pixels_that_are_no_numbers_are_invalid(bright: Network) -> None:
    """NaN is judged by nobody."""
    broken = frame(lit(20, 36))
    pixels = broken.pixels.astype(np.float32)
    pixels[3, 3] = np.nan
    pixels.setflags(write=False)
    assert bright(replace(broken, pixels=pixels)).verdict == "invalid"


def test_settings_are_checked_where_they_are_given(tmp_path: Path) -> None:
    """Unknown models and classes, thresholds beyond 1, and other weights: named errors."""
    model = made(tmp_path)
    with pytest.raises(ModelError, match="no model 'nuklei'"):
        Network("nuklei")
    for wrong in (
        {"class_name": "grey"},
        {"threshold": 1.5},
        {"max_points": 0},
        {"runtime": "tvm"},
        {"spacing_s": -1},
        {"spacing_s": float("nan")},
    ):
        with pytest.raises(ProtocolError, match=f"Network.{next(iter(wrong))}"):
            Network(str(model.path), **wrong)
    with pytest.raises(ProtocolError, match="sha256"):
        Network(str(model.path), sha256="0" * 64)
    assert Network(str(model.path), sha256=model.card.sha256).class_name is None


def test_exchanged_weights_are_refused(tmp_path: Path) -> None:
    """A file that is not the one of the card is never loaded."""
    model = made(tmp_path)
    weights = model.path / "weights.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(bytes(content))
    with pytest.raises(ModelError, match="not the file that was recorded"):
        Network(str(model.path))


def test_another_class_is_asked_for_by_name(tmp_path: Path) -> None:
    """Each class has its own heat; what is never dark has none."""
    dark = Network(str(made(tmp_path).path), class_name="dark")
    seen = dark(frame(lit(20, 36)))
    assert not seen.points
    assert seen.score < 0.01


def test_fresh_has_the_same_settings_and_no_memory(tmp_path: Path) -> None:
    """A replay begins as the run did."""
    two = Network(str(made(tmp_path, frames=2).path), threshold=0.3)
    two(frame(lit(20, 36)))
    again = two.fresh()
    assert again.threshold == 0.3
    assert not again._seen


@given(st.floats(0, 50), st.lists(st.floats(-1, 8, width=32), min_size=4, max_size=4))
def test_compression_keeps_the_order_and_the_span(compress: float, values: list[float]) -> None:
    """0 and 1 stay, what is brighter stays brighter, and nothing is compressed by 0."""
    pixels = np.array([sorted(values)], np.float32)
    told = compressed(pixels.copy(), compress)
    assert (np.diff(told[0]) >= 0).all()
    ends = compressed(np.array([[0.0, 1.0]], np.float32), compress)
    np.testing.assert_allclose(ends, [[0.0, 1.0]], rtol=1e-5)
    if compress == 0:
        np.testing.assert_array_equal(told, pixels)


def test_what_is_dim_is_plainer_to_a_model_that_compresses(tmp_path: Path) -> None:
    """A square of a quarter of the brightest light is seen as if it were brighter."""
    scene = np.zeros((32, 32), np.float32)
    scene[4:8, 4:8], scene[20:24, 20:24] = 1000.0, 250.0
    told = {}
    for compress in (0.0, 4.0):
        given = {"pixel_size_um": 0.5, "low": 0.0, "high": 1.0, "compress": compress}
        model = made(tmp_path / str(compress), input=given)
        seen = Network(str(model.path), threshold=0.0)(frame(scene))
        told[compress] = sorted(point.strength for point in seen.points)[-2]
    assert told[4.0] > told[0.0] + 0.1


def test_the_runtime_is_told_and_changes_no_identity(tmp_path: Path) -> None:
    """It is torch unless said or chosen; whose eyes they are depends on the weights alone."""
    model = made(tmp_path)
    assert Network(str(model.path)).runtime == "torch"
    for runtime in installed_runtimes():
        eye = Network(str(model.path), runtime=runtime)
        assert eye.fresh().runtime == runtime
        seen = eye(frame(lit(20, 36)))
        assert [(p.y_px, p.x_px) for p in seen.points] == [pytest.approx((21.5, 37.5))]
        assert seen.detector == Network(str(model.path)).identity


class _Counting:
    """A network that counts its looks."""

    def __init__(self, looker: Any) -> None:
        self._looker, self.looks = looker, 0

    def __call__(self, pictures: Any) -> Any:
        self.looks += 1
        return self._looker(pictures)


@pytest.mark.parametrize("frames", [1, 3])
def test_detectors_of_one_model_look_once(tmp_path: Path, frames: int) -> None:
    """Two classes of a frame cost one look, also where the past counts; the next frame another."""
    path = str(made(tmp_path, frames=frames).path)
    both = Network(path), Network(path, class_name="dark", threshold=0.0)
    alone = Network(path, class_name="dark", threshold=0.0)
    shared = both[0]._shared()
    shared._looker = counting = _Counting(shared._looker)  # type: ignore[assignment]
    for t in range(3):
        now = frame(lit(20, 4 * t), t=t)
        first, second = (each(now) for each in both)
        assert counting.looks == t + 1
        assert first.score > second.score
    copied = [frame(lit(20, 4 * t), t=t) for t in range(3)]  # other arrays, so it looks again
    assert [alone(each) for each in copied][-1] == second
    assert counting.looks == 6


def test_models_with_equal_weights_are_told_apart_by_their_cards(tmp_path: Path) -> None:
    """A picture that is prepared in another way is another one, whatever the weights."""
    plain = made(tmp_path / "a", input={"pixel_size_um": 0.5, "low": 0.0, "high": 1.0})
    other = made(
        tmp_path / "b", input={"pixel_size_um": 0.5, "low": 0.0, "high": 1.0, "compress": 9.0}
    )
    scene = np.full((32, 32), 100)
    scene[4:8, 4:8], scene[20:24, 20:24] = 1100, 300
    now = frame(scene)
    dim = [
        sorted(p.strength for p in Network(str(each.path), threshold=0.0)(now).points)[-2]
        for each in (plain, other)
    ]
    assert dim[1] > dim[0] + 0.1
