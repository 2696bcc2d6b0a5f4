"""Focus: sharper is sharper, whatever the light."""

from __future__ import annotations

import numpy as np
import pytest
from detect_frames import frame_of, is_silent
from scipy.ndimage import gaussian_filter

from saccade.detect import Focus

BLURS = [1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 9.0]


def beads(blur: float, light: float = 1.0, seed: int | None = None) -> np.ndarray:
    """Return blurred beads on a ground that gets brighter with blur, as a demo camera's does."""
    rng = np.random.default_rng(5)
    points = np.zeros((256, 256))
    points[tuple(rng.integers(10, 246, (2, 60)))] = 3000.0
    picture = gaussian_filter(points, blur) * blur**1.5 * light + 2.0 * blur
    if seed is not None:
        picture = np.random.default_rng(seed).poisson(picture + 20)
    return picture.astype(np.float32)


def sharpness(picture: np.ndarray) -> float:
    """Return the sharpness of one picture."""
    return Focus()(frame_of(picture)).measurements["sharpness"]


@pytest.mark.parametrize("seed", [None, 1, 2], ids=["no noise", "noise", "other noise"])
def test_sharpness_falls_with_defocus(seed: int | None) -> None:
    """It falls with every step of blur, although blur adds light, with photon noise or not."""
    values = [sharpness(beads(blur, seed=seed)) for blur in BLURS]
    assert values == sorted(values, reverse=True)
    assert values[0] > 10 * values[-1]
    assert beads(BLURS[-1]).mean() > beads(BLURS[0]).mean()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda a: a * 5.0, id="gain"),
        pytest.param(lambda a: a + 1000.0, id="offset"),
        pytest.param(lambda a: (a * 3 + 100).astype(np.uint16), id="16 bit"),
    ],
)
def test_light_is_not_sharpness(change) -> None:
    """Gain, offset and depth leave the sharpness as it is."""
    picture = beads(2.0)
    assert sharpness(change(picture)) == pytest.approx(sharpness(picture), rel=0.05)


def test_noise_is_not_sharpness() -> None:
    """A picture of noise alone is much less sharp than a blurred one of something."""
    noise = np.random.default_rng(0).normal(100, 10, (256, 256)).astype(np.float32)
    assert sharpness(noise) < 0.3 * sharpness(beads(2.0))


def test_the_score_is_relative_to_the_best_so_far() -> None:
    """The sharpest picture so far scores 1, and others their share of it."""
    detector = Focus()
    scores = [detector(frame_of(beads(blur), t)) for t, blur in enumerate([4.0, 2.0, 3.0, 1.0])]
    assert [scores[index].score for index in (0, 1, 3)] == [1.0, 1.0, 1.0]
    sharp, best = scores[2].measurements["sharpness"], scores[2].measurements["best"]
    assert scores[2].score == pytest.approx(sharp / best)
    assert 0.1 < scores[2].score < 0.9


@pytest.mark.parametrize(
    "elsewhere", [{"p": 1}, {"g": 2}, {"z": 3}, {"channel": "Cy5"}, {"stream": "burst"}]
)
def test_every_place_has_its_own_best(elsewhere: dict) -> None:
    """A blurred picture of another place is not compared with a sharp one of this."""
    detector = Focus()
    detector(frame_of(beads(1.0)))
    assert detector(frame_of(beads(4.0), 1, **elsewhere)).score == 1.0
    assert detector(frame_of(beads(4.0), 2)).score < 0.3


def test_an_invalid_frame_leaves_the_best_alone() -> None:
    """NaN is neither sharp nor remembered."""
    detector = Focus()
    assert is_silent(detector(frame_of(np.full((256, 256), np.nan))))
    assert detector(frame_of(beads(4.0), 1)).score == 1.0
