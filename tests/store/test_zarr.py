"""Frames can be read without Saccade, by anything that reads OME-Zarr 0.5."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from saccade.store import Recorder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Make = Callable[..., Any]


# In a process of its own, since zarr-python leaves threads behind.
READ = """
import json, sys, zarr
root = zarr.open_group(sys.argv[1], mode="r")
names = sorted(root.group_keys())
assert names.pop(0) == "OME"
arrays = {name: root[name]["0"] for name in names}
print(json.dumps({name: [str(array.dtype), array[:].tolist()] for name, array in arrays.items()}))
"""


def read_with_zarr_python(root: Path) -> dict[str, Any]:
    """Return dtype and content of each stream."""
    command = [sys.executable, "-c", READ, str(root)]
    done = subprocess.run(command, capture_output=True, check=True, text=True, timeout=100)
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def attributes(path: Path) -> dict[str, Any]:
    group: dict[str, Any] = json.loads((path / "zarr.json").read_text(encoding="utf-8"))
    assert (group["zarr_format"], group["node_type"]) == (3, "group")
    return group["attributes"]  # type: ignore[no-any-return]


def test_zarr_python_reads_every_frame(record: Make, frame_at: Make, gap_at: Make) -> None:
    """Another library finds each stream, as long as its rows, with gaps black."""
    items = [frame_at(0), gap_at(1), frame_at(2), frame_at(3, (6, 8), dtype="float32")]
    found = read_with_zarr_python(record(*items) / "frames.ome.zarr")
    black = np.zeros((12, 16)).tolist()
    assert found == {
        "watch": ["uint16", [items[0].pixels.tolist(), black, items[2].pixels.tolist()]],
        "watch-2": ["float32", [items[3].pixels.tolist()]],
    }


def test_run_without_an_end_is_valid_zarr(folder: Path, frame_at: Make) -> None:
    """While a run goes on, or after it died, the array is valid and holds what was taken."""
    recorder = Recorder(folder)
    for index in range(3):
        recorder.frame(frame_at(index))
    assert recorder.flush(30)
    _, rows = read_with_zarr_python(folder / "frames.ome.zarr")["watch"]
    assert rows[:3] == [frame_at(index).pixels.tolist() for index in range(3)]
    assert not np.any(rows[3:])
    recorder.close()


def test_metadata_is_that_of_ome_zarr_05(record: Make, frame_at: Make) -> None:
    """Axes, units and scale are where the specification has them."""
    folder = record(frame_at(0, pixel_size_um=0.325), frame_at(1, stream="burst"))
    root = folder / "frames.ome.zarr"
    assert attributes(root)["ome"] == {"version": "0.5", "bioformats2raw.layout": 3}
    assert attributes(root / "OME")["ome"] == {"version": "0.5", "series": ["watch", "burst"]}
    ome = attributes(root / "watch")["ome"]
    assert ome["version"] == "0.5"
    (image,) = ome["multiscales"]
    assert image["axes"] == [
        {"name": "t", "type": "time"},
        {"name": "y", "type": "space", "unit": "micrometer"},
        {"name": "x", "type": "space", "unit": "micrometer"},
    ]
    (dataset,) = image["datasets"]
    assert dataset["path"] == "0"
    assert dataset["coordinateTransformations"] == [{"type": "scale", "scale": [1.0, 0.325, 0.325]}]
    array = json.loads((root / "watch" / "0" / "zarr.json").read_text(encoding="utf-8"))
    assert array["dimension_names"] == ["t", "y", "x"]


@pytest.mark.parametrize("size", [0.0, -1.0, float("nan"), float("inf")])
def test_unknown_pixel_size_has_no_unit(record: Make, frame_at: Make, size: float) -> None:
    """A scope that doesn't know its pixel size claims no micrometres."""
    folder = record(frame_at(0, pixel_size_um=size))
    (image,) = attributes(folder / "frames.ome.zarr" / "watch")["ome"]["multiscales"]
    assert not any("unit" in axis for axis in image["axes"])
    scale = image["datasets"][0]["coordinateTransformations"][0]["scale"]
    assert scale == [1.0, 1.0, 1.0]
