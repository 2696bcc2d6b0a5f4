"""Transients: what flashes against its own past, and what does not."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
from detect_frames import frame_of

from saccade.core import ProtocolError
from saccade.detect import Transients

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from saccade.core import Observation

CELL = (slice(40, 56), slice(64, 80))
"""Two squares of the default size each way."""


def movie(
    frames: int = 60, flashes: Iterable[int] = (), height: float = 60.0, seed: int = 0
) -> Iterator[np.ndarray]:
    """Yield pictures of 200 grey levels and photon noise, with a cell that flashes."""
    rng = np.random.default_rng(seed)
    lit = set(flashes)
    for t in range(frames):
        mean = np.full((128, 160), 200.0)
        if t in lit:
            mean[CELL] += height
        yield rng.poisson(mean).astype(np.uint16)


def looks(pictures: Iterable[np.ndarray], **given: Any) -> list[Observation]:
    detector = Transients(**given)
    return [detector(frame_of(picture, t)) for t, picture in enumerate(pictures)]


def test_a_flash_is_seen_where_and_when_it_is() -> None:
    """A cell that flashes is seen in just the frames of its flash, in its place, with its dF/F0."""
    seen = looks(movie(flashes=range(40, 46)))
    assert [t for t, each in enumerate(seen) if each.score > 0.5] == list(range(40, 46))
    for each in seen[40:46]:
        assert each.measurements["dff"] == pytest.approx(0.3, abs=0.05)
        assert 40 <= each.points[0].y_px < 56
        assert 64 <= each.points[0].x_px < 80
        assert each.measurements["active"] == pytest.approx(4 / 320)


def test_noise_and_bleaching_are_no_transient() -> None:
    """In ten movies of noise, half of them bleaching by a fifth, hardly a frame scores."""
    scores = []
    for seed in range(10):
        fading = 1 - 0.2 * (seed % 2) * np.arange(60) / 60
        pictures = (p * f for p, f in zip(movie(seed=seed), fading, strict=True))
        scores += [seen.score for seen in looks(pictures)]
    assert np.mean(np.array(scores) > 0) < 0.05
    assert max(scores) < 0.5


def test_a_lamp_that_flickers_is_no_transient() -> None:
    """What all of the picture does from frame to frame counts as noise."""
    flicker = 1 + 0.05 * np.random.default_rng(1).normal(size=80)
    seen = looks(p * f for p, f in zip(movie(80), flicker, strict=True))
    assert max(each.score for each in seen[20:]) < 0.3


def test_a_cell_that_is_active_half_of_the_time_is_still_seen() -> None:
    """The baseline is a low percentile: a cell that is on in every other ten frames is seen."""
    on = [t for t in range(100) if t // 10 % 2]
    seen = looks(movie(100, on))
    assert all(seen[t].score > 0.5 for t in on)
    assert all(seen[t].score < 0.5 for t in range(20, 100) if t not in on)


def test_the_offset_is_left_out_of_f0() -> None:
    """Dark grey levels, taken off, make the same light a larger share of the baseline."""
    plain = looks(movie(flashes=[50]))[50]
    dark = looks(movie(flashes=[50]), offset=100.0)[50]
    assert dark.measurements["dff"] == pytest.approx(2 * plain.measurements["dff"], rel=0.1)
    assert dark.score == plain.score


@pytest.mark.parametrize(("window", "silent"), [(20, 5), (200, 20)])
def test_nothing_is_said_before_there_is_a_past(window: int, silent: int) -> None:
    """For a tenth of the window, and five frames at least, not even a great flash scores."""
    for t, score in ((silent - 1, 0.0), (silent, 0.9)):
        seen = looks(movie(t + 1, flashes=[t], height=2000.0), window=window)[-1]
        assert seen.score >= score
        assert bool(seen.score) == bool(score)


def test_places_have_a_past_of_their_own() -> None:
    """A bright and a dark position in turn are no transients of one another."""
    detector = Transients()
    for t, picture in enumerate(movie(40)):
        for p, gain in enumerate((1, 4)):
            seen = detector(frame_of(picture * gain, t, p=p))
        assert seen.score < 0.3


@pytest.mark.parametrize(
    ("given", "word"),
    [
        pytest.param({"sigma": 0}, "Transients.sigma", id="no size"),
        pytest.param({"window": 3}, "Transients.window", id="too short a past"),
        pytest.param({"percentile": 50}, "Transients.percentile", id="the median"),
        pytest.param({"percentile": 0}, "Transients.percentile", id="the least"),
        pytest.param({"offset": None}, "Transients.offset", id="no number"),
        pytest.param({"threshold": -1}, "Transients.threshold", id="threshold"),
        pytest.param({"max_points": 0}, "Transients.max_points", id="no points"),
    ],
)
def test_a_wrong_setting_is_named(given: dict[str, Any], word: str) -> None:
    """A setting that can't be used is refused at once, by name, with what to do."""
    with pytest.raises(ProtocolError, match=word) as caught:
        Transients(**given)
    assert caught.value.do


def marks(folder: Path) -> list[int]:
    with (folder / "events.csv").open(encoding="utf-8") as file:
        return [int(row["frame"]) for row in csv.DictReader(file)]


@pytest.mark.parametrize("plane", [0, 1])
def test_waves_in_a_fish_are_seen(data: Path, plane: int) -> None:
    """Near each marked peak of activity it scores over a half, and not in between.

    The marks are a program's, of the mean of all pixels: a reference.
    """
    folder = data / "calcium_zebrafish"
    pictures = tifffile.imread(folder / "movie.tif")[:, plane]
    scores = np.array([seen.score for seen in looks(pictures)])
    assert all(scores[mark - 2 : mark + 3].max() > 0.5 for mark in marks(folder))
    middles = [(a + b) // 2 for a, b in zip(marks(folder), marks(folder)[1:], strict=False)]
    quiet = [scores[middle - 3 : middle + 4].min() for middle in middles]
    assert np.mean(np.array(quiet) < 0.5) >= 0.8


def test_release_at_synapses_is_seen(data: Path) -> None:
    """Boutons that flash after the stimulation are seen within two frames of its mark."""
    folder = data / "phluorin_synapse"
    scores = [seen.score for seen in looks(tifffile.imread(folder / "movie.tif"), window=40)]
    (mark,) = marks(folder)
    assert max(scores[:mark]) == 0.0
    assert max(scores[mark : mark + 3]) > 0.5
