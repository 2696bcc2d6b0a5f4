"""Tracker: the same identity in every frame, through gaps, crossings and any order of points."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
from detect_frames import frame_of, is_silent, with_spots
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from saccade.core import (
    NeedsError,
    Observation,
    Point,
    ProtocolError,
    Stand,
    observation_from_plain,
    plain,
)
from saccade.detect import Spots, Tracker
from saccade.sim import make_specimen

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from saccade.core import Frame

BLANK = np.zeros((4, 4), np.uint8)
Places = list[tuple[float, float]]


class Told:
    """A detector that says the places it was told, (x, y) in µm, one list a frame."""

    def __init__(self, places: Iterable[Sequence[tuple[float, float]]]) -> None:
        self.places = iter(places)

    def __call__(self, frame: Frame) -> Observation:
        points = tuple(Point(y, x, 1.0, x, y) for x, y in next(self.places))
        return Observation(0.25, points=points, measurements={"count": float(len(points))})


def looks(frames: Sequence[Sequence[Any]], step_s: float = 10.0, **given: Any) -> list[Observation]:
    tracker = Tracker(Told(frames), **given)
    times_ns = (round(t * step_s * 1e9) for t in range(len(frames)))
    return [tracker(replace(frame_of(BLANK, t), t_ns=ns)) for t, ns in enumerate(times_ns)]


def tracks(frames: Sequence[Sequence[Any]], **given: Any) -> list[list[int | None]]:
    return [[point.track for point in seen.points] for seen in looks(frames, **given)]


@pytest.mark.parametrize(
    ("frames", "given", "expected"),
    [
        pytest.param([[(0, 0)], [(3, 0)], [(6, 0)]], {}, [[0], [0], [0]], id="goes on"),
        pytest.param([[(0, 0)], [(30, 0)]], {}, [[0], [1]], id="too far"),
        pytest.param([[(0, 0)], [(30, 0)]], {"reach": 31}, [[0], [0]], id="within a longer reach"),
        pytest.param([[(0, 0)], [], [], [(2, 0)]], {}, [[0], [], [], [0]], id="comes back"),
        pytest.param([[(0, 0)], [], [(2, 0)]], {"memory": 0}, [[0], [], [1]], id="forgotten"),
        pytest.param([[(0, 0)], [], [], [(2, 0)]], {"memory": 1}, [[0], [], [], [1]], id="late"),
        pytest.param([[], [(0, 0)], [(0, 0)]], {}, [[], [0], [0]], id="comes late"),
        pytest.param(
            [[(0, 0), (40, 0)], [(41, 0), (1, 0)]], {}, [[0, 1], [1, 0]], id="in another order"
        ),
        pytest.param(
            # The nearest for both is the one in the middle; together they are nearer as they are.
            [[(0, 0), (10, 0)], [(6, 0), (16, 0)]],
            {},
            [[0, 1], [0, 1]],
            id="both move on",
        ),
        pytest.param([[(0, 0)], [(2, 0), (-3, 0)]], {}, [[0], [0, 1]], id="divides"),
        pytest.param([[(0, 0), (math.nan, 0)]], {}, [[0, None]], id="nowhere"),
    ],
)
def test_who_is_who(frames: Any, given: dict[str, Any], expected: list[list[int | None]]) -> None:
    """Each point has the identity that the nearest course of all gives it, or a new one."""
    assert tracks(frames, **given) == expected


def crossing(step: float, steps: int) -> list[Places]:
    """Return two that run at each other along two near lines, and past each other."""
    half = (steps - 1) / 2
    return [[((t - half) * step, 0.0), ((half - t) * step, 1.0)] for t in range(steps)]


@pytest.mark.parametrize("step", [2.0, 5.0, 7.0])
def test_two_that_cross_keep_their_identities(step: float) -> None:
    """Who runs past another stays who it was, because it is expected further on."""
    assert tracks(crossing(step, 10)) == [[0, 1]] * 10
    assert tracks(crossing(step, 11)) == [[0, 1]] * 11


def test_without_inertia_they_would_swap() -> None:
    """The crossing above can't be told by distance alone, so the test above is none of it."""
    assert tracks(crossing(5.0, 10), inertia=0.0)[-1] == [1, 0]


PLACES = st.lists(
    st.tuples(*[st.floats(-60, 60, allow_subnormal=False)] * 2), max_size=8, unique=True
)


@settings(max_examples=60)
@given(st.lists(PLACES, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_the_points_does_not_matter(frames: list[Places], random: Any) -> None:
    """Identities are unique in a frame, and permuting its points permutes them alike."""
    mixed = [random.sample(places, len(places)) for places in frames]
    for places, found, other, again in zip(
        frames, tracks(frames), mixed, tracks(mixed), strict=True
    ):
        assert len(set(found)) == len(places)
        assert dict(zip(places, found, strict=True)) == dict(zip(other, again, strict=True))


@settings(max_examples=60)
@given(st.lists(PLACES, max_size=6), st.integers(0, 3))
def test_the_books_balance(frames: list[Places], memory: int) -> None:
    """Who began is there, is expected, or has ended; an identity that ended never comes again."""
    alive: set[Any] = set()
    begun = ended = 0.0
    for seen in looks(frames, memory=memory):
        now = {point.track for point in seen.points}
        begun += seen.measurements["begun"]
        ended += seen.measurements["ended"]
        assert seen.measurements["tracks"] == len(now)
        alive |= now
        assert len(alive) == begun
        assert len(now) <= begun - ended
    assert alive == set(range(len(alive)))


def test_speed_is_in_um_a_second() -> None:
    """Median and greatest speed are of those seen before, over the time that has passed."""
    frames = [[(0, 0), (50, 0), (100, 0)], [(1, 0), (53, 0), (104, 3)], [(500, 0)]]
    first, second, third = looks(frames, step_s=2.0)
    assert (first.measurements["speed_um_s"], first.measurements["fastest_um_s"]) == (0, 0)
    assert second.measurements["speed_um_s"] == pytest.approx(1.5)
    assert second.measurements["fastest_um_s"] == pytest.approx(2.5)
    assert third.measurements["speed_um_s"] == 0.0
    assert second.measurements["count"] == 3.0
    assert second.score == 0.25


def test_frames_without_time_have_no_speed() -> None:
    """Two frames of the same time are linked, and nothing is infinitely fast."""
    seen = looks([[(0, 0)], [(1, 0)], [(2, 0)]], step_s=0.0)
    assert [point.track for each in seen for point in each.points] == [0, 0, 0]
    assert seen[-1].measurements["fastest_um_s"] == 0.0


def test_places_are_followed_apart_and_numbered_together() -> None:
    """No identity is given at two positions, and each position remembers its own."""
    tracker = Tracker(Spots())
    picture = with_spots([(40, 50)])
    found = [tracker(frame_of(picture, t, p=p)).points[0].track for t in range(3) for p in (0, 1)]
    assert found == [0, 1, 0, 1, 0, 1]
    assert tracker.fresh()(frame_of(picture)).points[0].track == 0


def test_a_stage_that_moves_changes_nobody() -> None:
    """Things are followed where they are on the stage, not in the picture."""
    tracker = Tracker(Spots(), reach=5)
    for t in range(6):
        picture = with_spots([(40, 50 + 10 * t), (90, 30 + 10 * t)], seed=t)
        seen = tracker(frame_of(picture, t, x_um=-5.0 * t, y_um=0.0, pixel_size_um=0.5))
        assert sorted((point.track, round(point.y_px)) for point in seen.points) in (
            [(0, 40), (1, 90)],
            [(0, 90), (1, 40)],
        )


def test_linking_takes_the_longer_the_more_are_followed() -> None:
    """Time is told of the place that was looked at; the detector's own comes on top."""
    places = [(20.0 * number, 0.0) for number in range(300)]
    tracker, frame = Tracker(Told([places, places[:1]])), frame_of(BLANK)
    empty_ms = tracker.takes_ms(frame)
    tracker(frame)
    assert tracker.takes_ms(frame) > 2 * empty_ms > 0
    assert tracker.takes_ms(frame_of(BLANK, p=1)) == empty_ms
    spots = Spots()
    assert Tracker(spots).takes_ms(frame) == empty_ms + spots.takes_ms(frame)


def test_what_can_not_be_judged_changes_nothing() -> None:
    """An invalid frame ends nobody, whatever the memory."""
    tracker = Tracker(Spots(), memory=0)
    picture = with_spots([(40, 50)])
    tracker(frame_of(picture))
    assert is_silent(tracker(frame_of(np.full(picture.shape, np.nan), 1)))
    assert tracker(frame_of(picture, 2)).points[0].track == 0


def test_identities_are_in_the_journal_and_only_there_where_they_are() -> None:
    """A point's identity comes back from the journal; a point without one costs no more."""
    (seen,) = looks([[(1, 2)]])
    assert observation_from_plain(plain(seen)) == seen
    assert plain(seen)["points"][0]["track"] == 0
    assert "track" not in plain(Point(0, 0, 0, 0, 0))


@pytest.mark.parametrize(
    ("given", "word"),
    [
        pytest.param({"reach": 0}, "Tracker.reach", id="no reach"),
        pytest.param({"reach_um": math.nan}, "Tracker.reach_um", id="NaN"),
        pytest.param({"reach": 1, "reach_um": 1}, "not one reach", id="two reaches"),
        pytest.param({"memory": -1}, "Tracker.memory", id="memory below 0"),
        pytest.param({"memory": 1.5}, "Tracker.memory", id="half a frame"),
        pytest.param({"inertia": 1.1}, "Tracker.inertia", id="inertia above 1"),
    ],
)
def test_a_wrong_setting_is_named(given: dict[str, Any], word: str) -> None:
    """A setting that can't be used is refused at once, by name, with what to do."""
    with pytest.raises(ProtocolError, match=word) as caught:
        Tracker(Spots(), **given)
    assert caught.value.do


def test_a_reach_in_um_needs_a_pixel_size() -> None:
    """Without a calibrated pixel size a reach in µm is refused before the run."""
    with pytest.raises(NeedsError, match="size of a pixel"):
        Tracker(Spots(), reach_um=3).learn(Stand("bench", pixel_size_known=False))
    Tracker(Spots(), reach=3).learn(Stand("bench", pixel_size_known=False))


def named_by(
    truth: list[tuple[Any, Any]], step_s: float, **given: Any
) -> list[dict[int, int | None]]:
    """Return for each frame, by true name, the identity that each is given."""
    frames = [list(map(tuple, places)) for _, places in truth]
    found = tracks(frames, step_s=step_s, **given)
    return [
        dict(zip(ids.tolist(), now, strict=True))
        for (ids, _), now in zip(truth, found, strict=True)
    ]


def consistency(named: list[dict[int, int | None]]) -> float:
    """Return the share of true steps to the next frame in which the identity is kept."""
    steps = [
        before[who] == after[who]
        for before, after in pairwise(named)
        for who in before.keys() & after.keys()
    ]
    return sum(steps) / len(steps)


def switches(named: list[dict[int, int | None]]) -> int:
    """Return how often one comes, at once or after a gap, under another identity than before."""
    before: dict[int, int | None] = {}
    count = 0
    for now in named:
        count += sum(before.get(who, found) != found for who, found in now.items())
        before |= now
    return count


def test_cells_of_a_real_movie_keep_their_identities(data: Path) -> None:
    """Centres of the given labels of migrating cells are linked as the given tracks link them.

    Those were made by a program and are consistent to about 98 % by its authors' account; cells
    go up to 27 px from frame to frame (99 %), so that 30 px is the least reach that takes them.
    Of 454 links to the next frame 443 are kept (97.6 %), and 23 cells change their name 13 times.
    """
    truth = []
    for labels in tifffile.imread(data / "phase_t98g_tracked" / "track_labels.tif"):
        ids = np.unique(labels[labels > 0])
        truth.append((ids, np.array(ndimage.center_of_mass(labels > 0, labels, ids))))
    named = named_by(truth, 60.0, reach=30)
    assert consistency(named) > 0.97
    assert switches(named) <= 14


def test_simulated_cells_that_cross_keep_their_identities() -> None:
    """Among some 400 crawling cells that meet and part, identities are kept in all but a few."""
    cells = make_specimen("migrating-cells", 5)
    truth = []
    for step in range(30):
        cells.advance(step * 300.0)
        truth.append((cells.tracks.copy(), cells.tracks_um().copy()))
    assert cells.crossings
    assert consistency(named_by(truth, 300.0)) > 0.999
