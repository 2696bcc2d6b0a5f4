"""Learning and testing: on groups that are kept back, or, where those are few, on all in turn."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from ._calibrate import calibrate
from ._measure import UNCALIBRATED, by_group, f1_of, least_logit, mask_ap50
from ._split import Split, parts_by_group, split_by_group
from ._worth import alone_of, probe_of, tested_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from saccade.models import Calibration, Figure

    from ._learners import Learned, Learner
    from ._measure import Seen
    from ._sample import Sample


_VOTES = (0.0, 0.5, 1.0, 1.5, 2.0)
"""How much votes are tried to count beside the heat."""
_INSIDE = (-1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0)
"""Logits that are tried as the border of masks."""


class Taught(NamedTuple):
    """What has learned, and what came of testing it."""

    learned: Learned
    calibration: dict[str, Calibration]
    tested: dict[str, list[Seen]]
    """What was seen of each class in groups that were not learned from."""
    split: Split
    """Its test may be learned from as well, if it was tested in turn."""
    folds: int
    """Others that were tested in its stead; 0 if it was itself."""
    shuffled: float
    chance: float
    """Average precision with shuffled labels, and of guessing."""
    alone: Figure | None = None
    """Average precision of the first class of one of several networks, where they are tested."""

    @property
    def others(self) -> list[Sample]:
        """Samples of groups that it has not learned from."""
        return self.split.calibrate + ([] if self.folds else self.split.test)


def taught(
    learner: Learner, split: Split, classes: Sequence[str], seed: int, tell: Callable[[str], None]
) -> Taught:
    """Return what has learned from one part, was calibrated on another and tested on a third.

    Parameters
    ----------
    learner : Learner
        Of one kind of model.
    split : Split
        The parts.
    classes : sequence of str
        What is found.
    seed : int
        Of the shuffled labels.
    tell : callable
        Is told how it goes.
    """
    learned, calibration = _calibrated(learner, split, classes, tell)
    tested = tested_of(learned, split.test, calibration)
    probed = probe_of(learner, split, seed)
    alone = alone_of(learned, split.test, calibration[classes[0]])
    return Taught(learned, calibration, tested, split, 0, *probed, alone)


def taught_in_turn(
    learner: Learner,
    samples: Sequence[Sample],
    classes: Sequence[str],
    folds: int,
    seed: int,
    tell: Callable[[str], None],
) -> Taught:
    """Return what has learned from all groups but those that it is calibrated on.

    It was tested by others in its stead: each has not learned from, and was not calibrated on, its
    own share of the groups, and together they have seen all of them (cross-validation).

    Parameters
    ----------
    learner, classes, seed, tell
        As of `taught`.
    samples : sequence of Sample
        Of as many groups as there are folds, or more.
    folds : int
        How many others, 3 or more; as many as there are groups leave out one at a time.
    """
    parts = parts_by_group(samples, seed, (1 / folds,) * folds)
    splits = [_without(parts, number) for number in range(folds)]
    every = Split([*splits[-1].train, *parts[-1]], splits[-1].calibrate, list(samples))
    learned, calibration = _calibrated(learner, every, classes, tell)
    seen: dict[str, list[Seen]] = {name: [] for name in classes}
    for number, split in enumerate(splits):
        tell(f"in turn, {number + 1} of {folds}: {len(split.test)} pictures are left out")
        other, own = _calibrated(learner, split, classes, tell)
        for name, each in tested_of(other, split.test, own).items():
            seen[name] += _as_if_by(each, least_logit(calibration[name]) - least_logit(own[name]))
    tested = {name: by_group(each) for name, each in seen.items()}
    # In a test of a single picture no label could be another's.
    probed = probe_of(learner, split_by_group(samples, seed), seed)
    return Taught(learned, calibration, tested, every, folds, *probed)


def _calibrated(
    learner: Learner, split: Split, classes: Sequence[str], tell: Callable[[str], None]
) -> tuple[Learned, dict[str, Calibration]]:
    learned, seen = learner.learn(split.train, split.calibrate, tell)
    if learned.architecture.masks:
        return learned, calibrated(learned, split.calibrate, classes)
    return learned, {name: calibrate(each) for name, each in zip(classes, seen, strict=True)}


def calibrated(
    learned: Learned, samples: Sequence[Sample], classes: Sequence[str]
) -> dict[str, Calibration]:
    """Return the calibration of each class of a network.

    Parameters
    ----------
    learned : Learned
        The network.
    samples : sequence of Sample
        Of groups that it has not learned from.
    classes : sequence of str
        In its order.
    """
    if not learned.architecture.masks:
        return {name: calibrate(learned.look(samples, kind)) for kind, name in enumerate(classes)}
    found = {}
    for kind, name in enumerate(classes):
        known = _best_votes(learned, samples, kind)
        inside = _best_inside(learned, samples, kind, known)
        found[name] = known.model_copy(update={"inside": inside})
    return found


def _best_votes(learned: Learned, samples: Sequence[Sample], kind: int) -> Calibration:
    """Return the calibration with the votes by which F1 is best; the fewest if they tie."""
    marks: list[tuple[float, float, Calibration]] = []
    for votes in _VOTES:
        counted = UNCALIBRATED.model_copy(update={"votes": votes})
        seen = learned.look(samples, kind, counted)
        known = calibrate(seen).model_copy(update={"votes": votes})
        marks.append((f1_of(seen, least_logit(known)), -votes, known))
    return max(marks, key=lambda mark: mark[:2])[2]


def _best_inside(
    learned: Learned, samples: Sequence[Sample], kind: int, known: Calibration
) -> float:
    """Return the logit above which pixels make the best masks; that nearest to 0 if they tie."""
    with_masks = [each for each in samples if each.labels is not None]
    marks = {
        inside: mask_ap50(
            learned.look(with_masks, kind, known.model_copy(update={"inside": inside}))
        )
        for inside in _INSIDE
    }
    return max(_INSIDE, key=lambda inside: (marks[inside], -abs(inside)))


def _without(parts: list[list[Sample]], number: int) -> Split:
    """Return one part to test on, the next to calibrate on, and the rest to learn from."""
    following = (number + 1) % len(parts)
    rest = [part for place, part in enumerate(parts) if place not in (number, following)]
    return Split([each for part in rest for each in part], parts[following], parts[number])


def _as_if_by(seen: Sequence[Seen], shift: float) -> list[Seen]:
    """Return what was seen, with logits that pass another's threshold where they pass its own."""
    return [replace(each, logits=each.logits + shift, surest=each.surest + shift) for each in seen]
