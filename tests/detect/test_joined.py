"""Detectors made of several: the laws that their scores keep, and what passes through."""

from __future__ import annotations

import numpy as np
import pytest
from detect_frames import frame_of, with_spots
from hypothesis import given
from hypothesis import strategies as st

from saccade.core import (
    Frame,
    Identity,
    Needs,
    NeedsError,
    Observation,
    Point,
    ProtocolError,
    Stand,
    needs_of,
)
from saccade.detect import All, Any, Change, Ensemble, Focus, Spots

FRAME = frame_of(with_spots([(40, 50)]))
SCORES = st.lists(st.floats(0, 1), min_size=1, max_size=6)


class Says:
    """A detector that says what it was told to, and remembers what was asked of it."""

    def __init__(self, score: float, verdict: str = "trusted", weights: str = "") -> None:
        self.score, self.verdict, self.weights = score, verdict, weights
        self.seen = self.warmed = 0
        self.stand: Stand | None = None
        self.takes_ms = 2.0

    def __call__(self, frame: Frame) -> Observation:
        self.seen += 1
        return Observation(
            self.score,
            points=(Point(self.score, 0.0, 1.0, 0.0, 0.0),),
            measurements={"seen": float(self.seen)},
            verdict=self.verdict,  # type: ignore[arg-type]
            detector=Identity("says", "3", self.weights),
        )

    def learn(self, stand: Stand) -> None:
        self.stand = stand

    def warm(self, frame: Frame) -> None:
        self.warmed += 1

    def fresh(self) -> Says:
        return Says(self.score, self.verdict, self.weights)


def says(scores: list[float]) -> tuple[Says, ...]:
    return tuple(map(Says, scores))


@given(SCORES)
def test_all_is_least_and_any_is_greatest(scores: list[float]) -> None:
    """No part scores less than All, nor more than Any; each of the two is one of them."""
    least, most = All(says(scores))(FRAME).score, Any(says(scores))(FRAME).score
    assert all(least <= score <= most for score in scores)
    assert least in scores
    assert most in scores


@given(SCORES, st.permutations(range(6)))
def test_the_mean_lies_between_whatever_the_order(scores: list[float], order: list[int]) -> None:
    """The mean lies between All and Any, is the same in any order, and has the parts' spread."""
    seen = Ensemble(says(scores))(FRAME)
    assert min(scores) <= seen.score <= max(scores)
    shuffled = [scores[place] for place in order if place < len(scores)]
    assert Ensemble(says(shuffled))(FRAME).score == seen.score
    assert seen.measurements["spread"] == pytest.approx(float(np.std(scores)), abs=1e-12)
    assert seen.score == pytest.approx(float(np.mean(scores)))


@pytest.mark.parametrize(
    ("scores", "threshold", "share"),
    [
        ([0.9, 0.6, 0.1], 0.5, 2 / 3),
        ([0.5], 0.5, 0.0),
        ([0.9, 0.6, 0.1], 0.8, 1 / 3),
        ([0.2, 0.1], 0.0, 1.0),
    ],
)
def test_a_vote_is_the_share_above_the_threshold(
    scores: list[float], threshold: float, share: float
) -> None:
    """Each part has one vote, and a score at the threshold is none."""
    assert Ensemble(says(scores), by="vote", threshold=threshold)(FRAME).score == share


@pytest.mark.parametrize("kind", [All, Any, Ensemble])
def test_one_part_says_what_it_says_alone(kind: type) -> None:
    """Made of one detector, it says the same of every frame, by another name."""
    one, alone = kind((Change(),)), Change()
    for t in range(15):
        frame = frame_of(with_spots([(40 + 3 * t, 50)], seed=t), t)
        seen, expected = one(frame), alone(frame)
        assert (seen.score, seen.points, seen.verdict) == (
            expected.score,
            expected.points,
            expected.verdict,
        )


@pytest.mark.parametrize(
    ("kind", "teller"), [(All, 0.2), (Any, 0.9), (Ensemble, 0.5)], ids=["all", "any", "mean"]
)
def test_places_are_told_by_whose_score_it_is(kind: type, teller: float) -> None:
    """Points are those of the part whose score is nearest to the whole's."""
    seen = kind(says([0.2, 0.5, 0.9]))(FRAME)
    assert [point.y_px for point in seen.points] == [teller]
    assert seen.measurements["2.score"] == 0.9
    assert seen.measurements["1.seen"] == 1.0


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (["trusted", "trusted"], "trusted"),
        (["trusted", "doubtful"], "doubtful"),
        (["invalid", "doubtful"], "invalid"),
    ],
)
def test_it_is_trusted_as_little_as_the_least(verdicts: list[str], expected: str) -> None:
    """The verdict is the worst of the parts'."""
    parts = tuple(Says(0.5, verdict) for verdict in verdicts)
    assert All(parts)(FRAME).verdict == expected


def test_who_said_it_names_every_part() -> None:
    """The identity names the parts; weights are of the one that has some, or of all."""
    plain = All((Spots(), Focus()))(FRAME).detector
    assert plain.name == "saccade.detect:All(saccade.detect:Spots+saccade.detect:Focus)"
    assert (plain.version, plain.weights) == ("1(1+1)", "")
    one = All((Spots(), Says(1.0, weights="abc")))(FRAME).detector
    assert one.weights == "abc"
    two = [All(tuple(Says(1.0, weights=w) for w in weights))(FRAME) for weights in ("pq", "qp")]
    assert two[0].detector.weights != two[1].detector.weights
    assert {len(each.detector.weights) for each in two} == {64}


def test_parts_learn_are_warmed_and_made_anew() -> None:
    """What is asked of the whole is asked of each part, and a fresh one shares no memory."""
    parts = says([0.1, 0.2])
    whole = Ensemble(parts)
    stand = Stand("bench")
    whole.learn(stand)
    whole.warm(FRAME)
    whole(FRAME)
    assert [(each.stand, each.warmed, each.seen) for each in parts] == [(stand, 1, 1)] * 2
    assert whole.takes_ms(FRAME) == 4.0
    again = whole.fresh()
    again(FRAME)
    assert [each.seen for each in parts] == [1, 1]
    spots = All((Spots(), Spots()))
    assert spots.takes_ms(FRAME) == 2 * Spots().takes_ms(FRAME)


def test_a_detector_without_fresh_is_copied() -> None:
    """A part that can't be made anew is copied, so that the two do not share what comes."""

    class Counts:
        count = 0

        def __call__(self, frame: Frame) -> Observation:
            self.count += 1
            return Observation(0.0, measurements={"count": float(self.count)})

    whole = All((Counts(),))
    other = whole.fresh()
    other(FRAME)
    assert whole(FRAME).measurements["0.count"] == 1.0


def test_needs_of_every_part_count() -> None:
    """A microscope has to give what any part needs."""

    class Deep(Spots):
        needs = Needs(bits=32)  # type: ignore[assignment]

    whole = Any((Spots(sigma_um=1.0), Deep()))
    assert len(needs_of(whole)) == 2
    with pytest.raises(NeedsError, match="32 bits"):
        whole.learn(Stand("bench"))
    with pytest.raises(NeedsError, match="size of a pixel"):
        whole.learn(Stand("bench", pixel_size_known=False))


@pytest.mark.parametrize(
    ("make", "word"),
    [
        pytest.param(lambda: All(()), "All.detectors", id="none"),
        pytest.param(lambda: All([Spots()]), "All.detectors", id="a list"),
        pytest.param(lambda: Any((Spots,)), "Any.detectors.0", id="a class"),
        pytest.param(lambda: Any((Spots(), 3)), "Any.detectors.1", id="a number"),
        pytest.param(lambda: Ensemble((Spots(),), by="max"), "Ensemble.by", id="no way"),
        pytest.param(lambda: Ensemble((Spots(),), threshold=1.0), "threshold", id="threshold"),
    ],
)
def test_what_is_no_detector_is_named(make: object, word: str) -> None:
    """A part that is no detector is refused at once, by its place."""
    with pytest.raises(ProtocolError, match=word):
        make()  # type: ignore[operator]
