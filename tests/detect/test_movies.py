"""Detectors on real recordings; the marks of the fly embryo are by eye, good to a frame or so."""

from __future__ import annotations

import csv
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
from detect_frames import DATA, frame_of, needs_data
from useq import MDAEvent

from saccade.decide import Burst
from saccade.detect import Change, Focus, Spots

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = needs_data

# A nucleus of this embryo is about 32 pixels across; half of its radius is 8. The rest is
# the default of Change, and Burst at half of the scale of scores.
SETTINGS = {"sigma": 8.0, "alpha": 0.1, "threshold": 5.0, "above": 0.5, "below": 0.1}
OF_BURST = ("above", "below")


def planes(path: Any) -> Iterator[tuple[int, int, np.ndarray]]:
    """Yield time, place (channel, plane or position) and picture of every page of a movie."""
    with tifffile.TiffFile(path) as file:
        series = file.series[0]
        movie = series.asarray().reshape(*series.shape)
        axes = series.axes
    movie = np.moveaxis(movie, axes.index("T"), 0) if "T" in axes else movie[None]
    for t, time_point in enumerate(movie):
        pictures = time_point.reshape(-1, *time_point.shape[-2:])
        yield from ((t, place, picture) for place, picture in enumerate(pictures))


def anaphases() -> list[int]:
    """Return the frames in which somebody saw an anaphase begin."""
    with (DATA / "nuclei_drosophila_syncytium" / "events.csv").open(encoding="utf-8") as file:
        return [int(row["frame"]) for row in csv.DictReader(file)]


def triggers(settings: dict[str, float]) -> list[int]:
    """Return the frames of the fly embryo at which a burst is asked for."""
    change = Change(**{key: settings[key] for key in settings if key not in OF_BURST})
    burst = Burst((MDAEvent(),), **{key: settings[key] for key in OF_BURST})
    fired = []
    for t, _, picture in planes(DATA / "nuclei_drosophila_syncytium" / "movie.tif"):
        frame = frame_of(picture, t)
        seen = replace(change(frame), frame=t, t_ns=frame.t_ns)
        if burst(seen).actions:
            fired.append(t)
    return fired


def movies() -> list[Any]:
    """Return every recording, or nothing where there is none."""
    paths = sorted(DATA.glob("*/movie*.tif")) + sorted(DATA.glob("*/*_image.tif"))
    return [pytest.param(path, id=f"{path.parent.name}-{path.stem}") for path in paths]


@pytest.mark.parametrize("path", movies())
def test_every_recording_can_be_looked_at(path: Any) -> None:
    """Every page of every recording gives a trusted score and finite numbers."""
    detectors = (Spots(), Change(), Focus())
    for t, place, picture in planes(path):
        for detector in detectors:
            seen = detector(frame_of(picture, t, p=place, pixel_size_um=0.5))
            assert seen.verdict == "trusted"
            assert 0.0 <= seen.score <= 1.0
            assert all(map(math.isfinite, seen.measurements.values()))


@pytest.mark.parametrize(
    ("setting", "factor"),
    [
        pytest.param("sigma", 1.0, id="as they are"),
        *(
            pytest.param(name, factor, id=f"{name} x {factor}")
            for name in SETTINGS
            for factor in (0.75, 1.25)
        ),
    ],
)
def test_anaphases_trigger(setting: str, factor: float) -> None:
    """Each marked anaphase has a trigger within three frames, and at most two lie elsewhere.

    It holds with each setting a quarter lower or higher, so that none of them is tuned.
    """
    fired = triggers({**SETTINGS, setting: SETTINGS[setting] * factor})
    marks = anaphases()
    assert len(marks) == 4
    assert all(any(abs(t - mark) <= 3 for t in fired) for mark in marks)
    assert sum(all(abs(t - mark) > 3 for mark in marks) for t in fired) <= 2
