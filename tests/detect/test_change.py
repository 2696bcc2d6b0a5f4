"""Change: what is one, what is none, and where memories are kept apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from detect_frames import frame_of, is_silent, with_spots

from saccade.detect import Change

if TYPE_CHECKING:
    from collections.abc import Callable

    from saccade.core import Observation

SCENE = [(30.0, 40.0), (60.0, 100.0), (100.0, 20.0)]
NEW = (90.0, 130.0)


def scene(t: int, new: bool = False, **settings) -> np.ndarray:
    """Return the same scene with new noise, with or without an occurrence."""
    places = [*SCENE, NEW] if new else SCENE
    return with_spots(places, sigma_px=6.0, seed=t, **settings)


def watch(detector: Change, count: int, picture: Callable[[int], np.ndarray]) -> list[Observation]:
    """Return what is seen in a number of frames."""
    return [detector(frame_of(picture(t), t)) for t in range(count)]


def test_an_occurrence_is_seen_where_it_is() -> None:
    """A new object scores high at once, and the strongest point lies on it."""
    seen = watch(Change(), 25, lambda t: scene(t, new=t >= 20))
    assert max(one.score for one in seen[:20]) == 0.0
    assert seen[20].score > 0.8
    assert (seen[20].points[0].y_px, seen[20].points[0].x_px) == pytest.approx(NEW, abs=5)
    assert 0 < seen[20].measurements["fraction_changed"] < 0.2


def test_a_change_that_stays_becomes_the_background() -> None:
    """What has changed for good is no change any more after a few times 1 / alpha frames."""
    seen = watch(Change(alpha=0.2), 60, lambda t: scene(t, new=t >= 20))
    assert seen[21].score > 0.8
    assert max(one.score for one in seen[50:]) == 0.0


def test_an_occurrence_does_not_make_itself_usual() -> None:
    """Its difference is clipped before it is learnt: the score stays up for 1 / alpha frames."""
    seen = watch(Change(alpha=0.1), 30, lambda t: scene(t, new=t >= 20))
    assert min(one.score for one in seen[20:30]) > 0.5


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(lambda t: scene(t), id="still"),
        pytest.param(lambda t: (scene(t) * (0.98**t) + 50).astype(np.uint16), id="bleaching"),
        pytest.param(lambda t: (scene(t) * (1 + 0.3 * (t % 2))).astype(np.uint16), id="flicker"),
        pytest.param(lambda t: (scene(t) + 20 * t).astype(np.uint16), id="offset"),
        pytest.param(lambda t: np.zeros((64, 64), np.uint8), id="blank"),
        pytest.param(lambda t: with_spots([], seed=t), id="noise"),
        pytest.param(
            lambda t: np.random.default_rng(t).poisson(scene(0) / 4).astype(np.uint16), id="photons"
        ),
    ],
)
def test_drift_of_light_and_noise_are_no_change(picture: Callable[[int], np.ndarray]) -> None:
    """Bleaching, a flickering lamp, offset, noise and photon noise never come near a trigger."""
    assert max(one.score for one in watch(Change(), 40, picture)) < 0.3


def test_a_place_that_always_flickers_is_usual() -> None:
    """What varies all the time is no change there, while the same elsewhere is one."""

    def picture(t: int) -> np.ndarray:
        rng = np.random.default_rng(t)
        lively = with_spots([(64, 40)], sigma_px=6.0, height=rng.uniform(0, 300), seed=t)
        new = with_spots([(64, 120)], sigma_px=6.0, height=300 * (t >= 50), seed=t + 1000)
        return lively + new

    seen = watch(Change(), 51, picture)
    assert max(one.score for one in seen[20:50]) < 0.5
    assert seen[50].score > 0.7
    assert seen[50].points[0].x_px == pytest.approx(120, abs=5)


def test_the_first_frames_teach_and_score_nothing() -> None:
    """While the background is learnt, for 1 / alpha frames, even a jump scores 0."""
    seen = watch(Change(alpha=0.25), 6, lambda t: scene(t, new=t % 2 == 1))
    assert [one.score for one in seen[:4]] == [0.0] * 4
    assert not any(one.points for one in seen[:4])


def test_the_score_is_as_documented() -> None:
    """It is 1 - threshold / strongest, or the share of the area that was expected."""
    one = watch(Change(threshold=4.0), 21, lambda t: scene(t, new=t >= 20))[-1]
    assert one.score == pytest.approx(1 - 4.0 / one.measurements["strongest"])
    other = watch(Change(threshold=4.0, expected=0.5), 21, lambda t: scene(t, new=t >= 20))[-1]
    assert other.score == pytest.approx(other.measurements["fraction_changed"] / 0.5)
    full = watch(Change(expected=1e-4), 21, lambda t: scene(t, new=t >= 20))[-1]
    assert full.score == 1.0


@pytest.mark.parametrize(
    "elsewhere",
    [
        pytest.param({"p": 1}, id="position"),
        pytest.param({"g": 1}, id="tile"),
        pytest.param({"z": 1}, id="plane"),
        pytest.param({"channel": "Cy5"}, id="channel"),
        pytest.param({"stream": "burst"}, id="role"),
        pytest.param({"roi": (0, 0, 160, 128)}, id="region"),
        pytest.param({"x_um": 500.0, "y_um": 0.0}, id="stage"),
    ],
)
def test_memories_are_kept_apart(elsewhere: dict) -> None:
    """Frames of another place, plane, channel, role or region are no change here."""
    detector = Change(alpha=0.5)
    here = {"x_um": 0.0, "y_um": 0.0}
    for t in range(10):
        detector(frame_of(scene(t), t, **here))
    other = detector(frame_of(scene(11, new=True), 11, **{**here, **elsewhere}))
    assert other.score == 0.0
    assert other.measurements["strongest"] == 0.0


def test_a_shape_of_its_own_has_a_memory_of_its_own() -> None:
    """A frame of another size is no error, and doesn't disturb the others."""
    detector, undisturbed = Change(), Change()
    for t in range(15):
        detector(frame_of(scene(t)[:64, :64], t))
        assert detector(frame_of(scene(t), t)) == undisturbed(frame_of(scene(t), t))


def test_a_stage_that_only_jitters_keeps_its_memory() -> None:
    """A stage that comes back to within a few µm of the field of view is at the same place."""
    detector = Change()
    for t in range(20):
        detector(frame_of(scene(t), t, x_um=0.1 * (t % 3), y_um=0.0))
    assert detector(frame_of(scene(20, new=True), 20, x_um=0.0, y_um=None)).score > 0.8


def test_an_invalid_frame_is_not_learnt() -> None:
    """A frame with NaN leaves the background as it was."""
    detector, undisturbed = Change(), Change()
    for t in range(15):
        assert is_silent(detector(frame_of(np.full((128, 160), np.nan), t)))
        assert detector(frame_of(scene(t), t)) == undisturbed(frame_of(scene(t), t))


def test_brightness_is_measured() -> None:
    """The gain tells how bright a frame is against the background."""
    detector = Change()
    for t in range(15):
        detector(frame_of(scene(t), t))
    brighter = detector(frame_of((scene(15) * 1.5).astype(np.uint16), 15))
    assert brighter.measurements["gain"] == pytest.approx(1.5, abs=0.05)


def test_a_lost_picture_is_a_change() -> None:
    """A frame that suddenly shows noise only, where there was a scene, is seen."""
    detector = Change()
    for t in range(15):
        detector(frame_of(scene(t), t))
    assert detector(frame_of(with_spots([], seed=99), 15)).score > 0.5
