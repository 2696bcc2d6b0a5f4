"""Models of bioimage.io as detectors: where things are is known, because they were drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import yaml
from net_models import net_model
from package_files import answer, blobs, described, laid, program, sigmoid, zipped
from useq import MDAEvent

from saccade.core import Frame, ModelError, ProtocolError
from saccade.detect import BioImage, Network
from saccade.isolate import Isolated
from saccade.models import (
    export_model,
    import_package,
    installed_runtimes,
    load_model,
    shipped_models,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

if "onnxruntime" not in installed_runtimes():
    pytest.skip("onnxruntime is an extra, and not installed", allow_module_level=True)

PLACES = ((15, 20), (40, 70), (58, 30))


def frame(pixels: Any, size_um: float = 0.5, t: int = 0) -> Frame:
    pixels = np.ascontiguousarray(pixels)
    pixels.setflags(write=False)
    event = MDAEvent(index={"t": t})
    return Frame(pixels, t, "watch", event, 10.0, t, x_um=0.0, y_um=0.0, pixel_size_um=size_um)


def picture(height: int = 75, width: int = 93) -> Any:
    """Return a picture whose sides are no multiples of anything, with three discs."""
    return blobs(100, 3, PLACES)[:height, :width]


def standardised(given: Any) -> Any:
    return (given - given.mean()) / (given.std() + 1e-6)


def ranged(given: Any) -> Any:
    low, high = np.percentile(given, (1, 99.8))
    return 4 * (given - low) / (high - low + 1e-6)


def clipped(given: Any) -> Any:
    return (np.clip(given, 50, 300) - 110) / 40


def step(name: str, **kwargs: Any) -> dict[str, Any]:
    return {"id": name, "kwargs": kwargs}


WAYS: dict[str, tuple[str, Callable[[Any], Any], list[dict[str, Any]]]] = {
    "bcyx, mean and variance": (
        "bcyx",
        standardised,
        [step("zero_mean_unit_variance", axes=["channel", "y", "x"])],
    ),
    "byxc, percentiles": (
        "byxc",
        ranged,
        [step("scale_range", min_percentile=1.0, max_percentile=99.8, axes=["y", "x"]),
         step("scale_linear", gain=4.0)],
    ),
    "cyx, percentiles of all": (
        "cyx",
        ranged,
        [step("scale_range", min_percentile=1, max_percentile=99.8), step("scale_linear", gain=4)],
    ),
    "yx, known mean and variance": (
        "yx",
        clipped,
        [step("clip", min=50, max=300), step("fixed_zero_mean_unit_variance", mean=110, std=40)],
    ),
    "byx, as numbers along an axis": (
        "cbyx",
        clipped,
        [step("clip", min=50.0, max=300.0),
         step("scale_linear", axis="channel", gain=[1 / 40], offset=[-110 / 40]),
         step("ensure_dtype", dtype="float32")],
    ),
}  # fmt: skip


def imported(
    folder: Path, way: str = "bcyx, mean and variance", reads: Any = None, **changed: Any
) -> str:
    """Return the folder of a model whose test was computed without Saccade."""
    axes, prepare, before = WAYS[way]
    content, shown = program(axes), blobs()
    told = sigmoid(answer(content, laid(prepare(shown), axes)))
    files = described(content, laid(shown, axes), told, axes=axes, before=before, **changed)
    made = import_package(zipped(files, folder / "two.zip"), folder / "model", reads=reads)
    return str(made.path)


@pytest.mark.parametrize("way", WAYS)
def test_things_are_found_where_they_were_drawn(tmp_path: Path, way: str) -> None:
    """Whatever the order of axes and what is done to pictures before; sides are as they come."""
    eye = BioImage(imported(tmp_path, way))
    seen = eye(frame(picture()))
    assert seen.measurements["count"] == len(PLACES)
    found = sorted((point.y_px, point.x_px) for point in seen.points)
    np.testing.assert_allclose(found, sorted(PLACES), atol=0.7)
    assert seen.labels is not None
    assert seen.labels.shape == (75, 93)
    for number, (point, box) in enumerate(zip(seen.points, seen.boxes, strict=True), 1):
        assert seen.labels[round(point.y_px), round(point.x_px)] == number
        assert box[2] - box[0] == pytest.approx(12, abs=3)
    assert seen.score == seen.points[0].strength > 0.8
    told = eye.explain(frame(picture()))
    assert told.heat is not None
    assert told.heat[15, 20] > 0.9 > 0.1 > told.heat[3, 3]
    assert eye(frame(np.full((75, 93), 100.0))).score == 0.0


def test_the_map_is_that_of_the_program_alone(tmp_path: Path) -> None:
    """Where a side fits, to rounding; in parts the same, but for what is beyond the edges."""
    eye = BioImage(imported(tmp_path))
    for (height, width), edge in (((64, 96), 0), ((40, 1400), 4)):
        shown = np.tile(blobs(100, 3, PLACES), (1, 14))[:height, :width]
        whole = sigmoid(answer(program(), standardised(shown)[None, None]))[0, 0]
        inner = slice(edge, height - edge), slice(edge, width - edge)
        np.testing.assert_allclose(eye._look(shown)[0][inner], whole[inner], atol=1e-5)


def test_a_program_of_one_size_sees_any_picture(tmp_path: Path) -> None:
    """Its sides are fixed: larger pictures are shown in parts, smaller ones filled up."""
    axes = [
        {"type": "batch"},
        {"type": "channel", "channel_names": ["raw"]},
        *({"type": "space", "id": axis, "size": 64} for axis in "yx"),
    ]
    prepare = WAYS["yx, known mean and variance"]
    content, shown = program(), blobs()
    told = sigmoid(answer(content, laid(clipped(shown), "bcyx")))
    files = described(content, laid(shown, "bcyx"), told, before=prepare[2])
    rdf = yaml.safe_load(files["rdf.yaml"])
    rdf["inputs"][0]["axes"] = axes
    files["rdf.yaml"] = yaml.safe_dump(rdf).encode()
    made = import_package(zipped(files, tmp_path / "two.zip"), tmp_path / "model")
    eye = BioImage(str(made.path))
    for shape in ((75, 93), (30, 40), (64, 64)):
        shown = picture(*shape)
        seen = eye(frame(shown))
        near = [p for p in PLACES if p[0] + 6 <= shape[0] and p[1] + 6 <= shape[1]]
        found = sorted((point.y_px, point.x_px) for point in seen.points)
        np.testing.assert_allclose(found, sorted(near), atol=0.7)


def test_summits_and_numbers_are_read_as_they_are_said_to_be(tmp_path: Path) -> None:
    """Of the same map, summits are one point each; numbers of things are as sure as can be."""
    eye = BioImage(imported(tmp_path, reads="peaks"), threshold=0.9, size_px=24)
    seen = eye(frame(picture()))
    found = sorted((point.y_px, point.x_px) for point in seen.points)
    np.testing.assert_allclose(found, sorted(PLACES), atol=3)
    assert seen.labels is None
    (tmp_path / "labels").mkdir()
    binary = [step("sigmoid"), step("binarize", threshold=0.5), step("scale_linear", gain=7.0),
              step("ensure_dtype", dtype="uint16")]  # fmt: skip
    axes, prepare, before = WAYS["bcyx, mean and variance"]
    told = sigmoid(answer(program(), laid(prepare(blobs()), axes)))
    seven = (7 * (told > 0.5)).astype(np.uint16)
    files = described(program(), laid(blobs(), axes), seven, before=before, after=binary)
    made = import_package(zipped(files, tmp_path / "labels.zip"), tmp_path / "numbers")
    assert made.card.architecture.program is not None
    assert made.card.architecture.program.reads == "labels"
    seen = BioImage(str(made.path))(frame(picture()))
    assert (seen.score, seen.measurements["count"]) == (1.0, 1.0)  # all are called seven


def test_a_border_parts_what_touches(tmp_path: Path) -> None:
    """Another channel that says where things meet: two that are joined become two."""
    from onnx import TensorProto, helper, numpy_helper

    kernel = np.array([1.0, 0.0], np.float32).reshape(2, 1, 1, 1)
    both = [
        helper.make_node("Conv", ["raw", "two", "shift"], ["logits"]),
    ]
    sizes = ["b", 1, "y", "x"], ["b", 2, "y", "x"]
    weights = {"two": 10 * kernel, "shift": np.array([-5.0, -5.0], np.float32)}
    weights["two"][1] = -10.0
    weights["shift"][1] = 5.0
    graph = helper.make_graph(
        both,
        "foreground-and-border",
        [helper.make_tensor_value_info("raw", TensorProto.FLOAT, sizes[0])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, sizes[1])],
        [numpy_helper.from_array(each, name) for name, each in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    content = model.SerializeToString()
    given = np.zeros((1, 1, 32, 32), np.float32)
    given[..., 8:24, 4:28] = 1.0
    told = sigmoid(answer(content, given))
    files = described(content, given, told, names=("nucleus", "border"))
    made = import_package(zipped(files, tmp_path / "two.zip"), tmp_path / "model")
    shown = np.zeros((32, 32), np.float32)
    shown[8:24, 4:28] = 1.0
    shown[8:24, 15:17] = 0.55  # dimmer where they meet: still foreground, and border
    joined = BioImage(str(made.path), split=False)(frame(shown))
    assert joined.measurements["count"] == 1
    parted = BioImage(str(made.path), border="border", threshold=0.35, split=False)(frame(shown))
    assert parted.measurements["count"] == 2
    with pytest.raises(ProtocolError, match=r"BioImage\.border"):
        BioImage(str(made.path), border="borders")


@pytest.mark.parametrize(
    ("frames", "masks", "members"), [(1, True, 1), (3, False, 1), (1, False, 2)]
)
def test_a_model_of_our_own_comes_back_as_it_went(
    tmp_path: Path, frames: int, masks: bool, members: int
) -> None:
    """Exported as a package, and imported: the same observation, calibration and all."""
    model = net_model(
        tmp_path / "own",
        frames=frames,
        masks=masks,
        members=members,
        pixel_size_um=0.5,
        input={"compress": 4.0},
    )
    package = export_model(model, "bioimageio", tmp_path / "own.zip")
    made = import_package(package, tmp_path / "again")
    assert made.card.calibration == model.card.calibration
    same_as(Network(str(model.path), masks=masks), Network(str(made.path), masks=masks))
    with pytest.raises(ModelError, match="which torch does not run"):
        Network(str(made.path), runtime="torch")


def test_the_shipped_nuclei_come_back_as_they_went(tmp_path: Path) -> None:
    """The model that people use: points, boxes and masks, through a package and back."""
    if "nuclei" not in shipped_models():
        pytest.skip("the model 'nuclei' is not shipped with this source")
    model = load_model("nuclei")
    made = import_package(
        export_model(model, "bioimageio", tmp_path / "nuclei.zip"), tmp_path / "nuclei"
    )
    same_as(Network("nuclei", masks=True), Network(str(made.path), masks=True), least=1)


def same_as(one: Network, other: Network, least: int = 0) -> None:
    """Check that two detectors say the same of three frames, but for rounding."""
    for t in range(3):
        shown = frame(blobs(160, t, [(30 + 9 * t, 40), (90, 100), (130, 60)]), t=t)
        a, b = one(shown), other(shown)
        assert len(a.points) == len(b.points) >= least
        assert a.score == pytest.approx(b.score, abs=1e-4)
        for p, q in zip(a.points, b.points, strict=True):
            assert (p.y_px, p.x_px) == pytest.approx((q.y_px, q.x_px), abs=0.01)
        if a.labels is not None:
            assert b.labels is not None
            assert np.mean(a.labels != b.labels) < 1e-3


def test_it_can_look_from_a_process_of_its_own(tmp_path: Path) -> None:
    """`isolate: true` bounds a program that nobody knows: there it says the same as here."""
    eye = BioImage(imported(tmp_path), size_px=10, threshold=0.4)
    shown = frame(picture())
    here = eye(shown)
    apart = Isolated(eye)
    try:
        there = apart(shown)
    finally:
        apart.close()
    assert (there.points, there.boxes, there.score) == (here.points, here.boxes, here.score)
    assert there.detector.weights == here.detector.weights


def test_settings_that_can_not_be_used_are_refused(tmp_path: Path) -> None:
    """Each is a named error when the detector is made; another kind of model is sent elsewhere."""
    path = imported(tmp_path)
    for settings in ({"size_px": 0}, {"split": 1}, {"border": "nucleus"}, {"threshold": 2}):
        with pytest.raises(ProtocolError, match=next(iter(settings))):
            BioImage(path, **settings)
    with pytest.raises(ModelError, match=r"saccade\.detect:BioImage"):
        Network(path)
    eye = BioImage(path)
    assert eye(frame(np.full((8, 8), np.nan))).verdict == "invalid"
    for shape in ((1, 1), (1, 700)):
        assert eye(frame(np.zeros(shape))).verdict == "trusted"
    everywhere = BioImage(path, threshold=0.0)(frame(np.zeros((300, 300))))
    assert everywhere.measurements["count"] == 1
