"""Each movie in turn is left out of training, and looked through from end to end."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from saccade.core import LabelError
from saccade.models import Architecture

from ._learners import NetworkLearner
from ._measure import best_threshold, find_in, reach_px

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from saccade.models import Input, Net

    from ._fit import Recipe
    from ._learners import Places
    from ._sample import Sample

_EVERY = 4
"""One in so many groups beside the movies is calibrated on."""


class Occurred(NamedTuple):
    """An occurrence of a movie, as its samples tell it."""

    first: int
    """Frame, from 0."""
    last: int
    y_px: float
    x_px: float
    reach_px: float
    """How far from it something counts as found."""


class Found(NamedTuple):
    """A place that was found in a frame of a movie."""

    frame: int
    y_px: float
    x_px: float


class LeftOut(NamedTuple):
    """What was found in a movie."""

    movie: str
    class_name: str
    frames: int
    marked: int
    """Occurrences that are in it."""
    found: int
    """Those that were found in time."""
    false_alarms: int
    """Others that were found; one that goes on is counted once."""
    threshold: float
    """Logit from which on; calibrated on what is neither this movie nor learned from."""


def leave_one_out(
    movies: Sequence[Sample],
    also: Sequence[Sample],
    classes: tuple[str, ...],
    given: Input,
    recipe: Recipe,
    *,
    net: str = "32x3",
    within: int = 2,
    least_px: float = 0.0,
    tell: Callable[[str], None] = lambda _: None,
) -> list[LeftOut]:
    """Return what networks find in movies that they have not learned from.

    For each movie a network learns from all others and from three in four of the other groups;
    the rest of these says which epoch was the best, and from which logit on a place is told.
    Nothing of the movie that is left out has a part in it.

    Parameters
    ----------
    movies : sequence of Sample
        Of each movie all frames, in order; each is a group.
    also : sequence of Sample
        Of other groups, such as worlds, that are only learned from.
    classes : tuple of str
        What is found; each that is marked in a movie is told of by itself.
    given, recipe
        How pictures are prepared, and how a network learns.
    net : str
        Width x blocks of the networks.
    within : int
        Frames from the first of an occurrence, before or after, in which it must be found.
    least_px : float
        How far from a mark a place counts at least, where marks are set by eye.
    tell : callable
        Is told how it goes.

    Raises
    ------
    LabelError
        If there is too little to learn from and calibrate on.
    """
    told = []
    for name, own in _by_movie(movies, least_px):
        train, others = _parts([each for each in movies if each.group != name], also)
        tell(f"without {name}: {len(train)} samples to learn from, {len(others)} to calibrate on")
        frames, masks = len(own[0].pictures), all(each.labels is not None for each in train)
        made = Architecture.of_net(net, classes, frames=frames, masks=masks)
        learned, seen = NetworkLearner(made, given, recipe).learn(train, others, tell)
        for kind, class_name in enumerate(classes):
            if any(np.isinf(each.unsure.of(kind)[1]).any() for each in own):
                continue  # nobody has looked for it there
            least = best_threshold(seen[kind])
            told.append(_told(name, class_name, own, learned.find, kind, least, within))
    return told


def watch_movies(
    net: Net,
    given: Input,
    movies: Sequence[Sample],
    class_name: str,
    *,
    kind: int = 0,
    least: float = 0.0,
    votes: float = 0.0,
    within: int = 2,
    least_px: float = 0.0,
) -> list[LeftOut]:
    """Return what a network finds in movies, which it should not have learned from.

    Parameters
    ----------
    net, given
        The network, in evaluation mode, and how pictures are prepared for it.
    movies : sequence of Sample
        Of each movie all frames, in order; each is a group.
    class_name : str
        What is found.
    kind : int
        Its number, of the network and of the samples.
    least, votes : float
        Logit from which something counts as found, and how much votes count for it.
    within, least_px
        As of `leave_one_out`.
    """
    find = partial(find_in, net, given, votes=votes)
    return [
        _told(name, class_name, own, find, kind, least, within)
        for name, own in _by_movie(movies, least_px)
    ]


def _by_movie(movies: Sequence[Sample], least_px: float) -> Iterator[tuple[str, list[Sample]]]:
    for name in dict.fromkeys(each.group for each in movies):
        yield name, [_reaching(each, least_px) for each in movies if each.group == name]


def _told(
    name: str,
    class_name: str,
    movie: Sequence[Sample],
    find: Callable[[Sample, int], Places],
    kind: int,
    least: float,
    within: int,
) -> LeftOut:
    """Return what is found of a class in a movie, by what finds places and their logits."""
    found = [
        Found(frame, float(y), float(x))
        for frame, sample in enumerate(movie)
        for y, x, logit in zip(*find(sample, kind), strict=True)
        if logit >= least
    ]
    there = occurrences_of(movie, kind)
    right, wrong = matched(found, there, movie, kind, within)
    return LeftOut(name, class_name, len(movie), len(there), right, wrong, least)


def occurrences_of(movie: Sequence[Sample], kind: int = 0) -> list[Occurred]:
    """Return the occurrences of a movie: places that are there in one frame or several in a row.

    Parameters
    ----------
    movie : sequence of Sample
        All frames, in order.
    kind : int
        Class that counts.
    """
    going: list[Occurred] = []
    over: list[Occurred] = []
    for frame, sample in enumerate(movie):
        there = sample.kinds == kind
        reaches = reach_px(sample.sizes_px[there])
        now = []
        for (y, x), reach in zip(sample.places_px[there], reaches, strict=True):
            place = float(y), float(x)
            before = next((one for one in going if (one.y_px, one.x_px) == place), None)
            first = frame if before is None else before.first
            now.append(Occurred(first, frame, *place, float(reach)))
            going = [one for one in going if one is not before]
        over += going
        going = now
    return sorted(over + going)


def matched(
    found: Iterable[Found],
    there: Sequence[Occurred],
    movie: Sequence[Sample],
    kind: int = 0,
    within: int = 2,
) -> tuple[int, int]:
    """Return how many occurrences were found in time, and how many false alarms there were.

    What is found near an occurrence while it goes on, or up to so many frames before or after, is
    no false alarm, and neither is what is found where the movie is unsure. What follows on what
    was found before, with no longer pause and no farther away than an occurrence reaches, is the
    same once more: a false alarm that goes on is one, and daughters that move away from the mark
    of their division are none.

    Parameters
    ----------
    found : iterable of Found
        In order of frames.
    there : sequence of Occurred
        What is there.
    movie : sequence of Sample
        All frames, in order: where they are unsure.
    kind : int
        Class that counts.
    within : int
        Frames.
    """
    found = list(found)
    right, wrong = matches(found, there, movie, kind, within)
    in_time = [
        one
        for one, numbers in right.items()
        if any(abs(found[number].frame - one.first) <= within for number in numbers)
    ]
    trail = [found[number] for numbers in right.values() for number in numbers]
    false, same_px = 0, _same_px(there)
    for alarm in wrong:
        if _follows(found[alarm[0]], trail, within, same_px):
            trail += [found[number] for number in alarm]
        else:
            false += 1
    return len(in_time), false


def matches(
    found: Sequence[Found],
    there: Sequence[Occurred],
    movie: Sequence[Sample],
    kind: int = 0,
    within: int = 2,
) -> tuple[dict[Occurred, list[int]], list[list[int]]]:
    """Return what belongs to which occurrence, and to which false alarm, by number.

    Parameters
    ----------
    found, there, movie, kind, within
        As of `matched`.
    """
    right: dict[Occurred, list[int]] = {}
    wrong: list[list[int]] = []
    same_px = _same_px(there)
    for number, each in enumerate(found):
        near = [
            one
            for one in there
            if one.first - within <= each.frame <= one.last + within
            and _away_px(each, one.y_px, one.x_px) <= one.reach_px
        ]
        for one in near:
            right.setdefault(one, []).append(number)
        if near or _is_unsure(each, movie[each.frame], kind):
            continue
        going_on = (
            alarm
            for alarm in wrong
            if _follows(each, [found[before] for before in alarm], within, same_px)
        )
        if (alarm := next(going_on, None)) is None:
            wrong.append(alarm := [])
        alarm.append(number)
    return right, wrong


def _follows(found: Found, before: Iterable[Found], within: int, same_px: float) -> bool:
    """Return whether something is what was found a little before, once more."""
    return any(
        0 <= found.frame - each.frame <= within and _away_px(found, each.y_px, each.x_px) <= same_px
        for each in before
    )


def _reaching(sample: Sample, least_px: float) -> Sample:
    """Return a sample whose things, and unsure places, reach so far at least."""
    unsure = sample.unsure
    return replace(
        sample,
        sizes_px=np.maximum(sample.sizes_px, 2 * least_px),
        unsure=unsure._replace(sizes_px=np.maximum(unsure.sizes_px, 2 * least_px)),
    )


def _same_px(there: Sequence[Occurred]) -> float:
    """Return within which distance two false alarms are at one place."""
    return max([one.reach_px for one in there], default=float(reach_px(np.zeros(1))[0]))


def _is_unsure(found: Found, sample: Sample, kind: int) -> bool:
    places, sizes = sample.unsure.of(kind)
    away = [_away_px(found, float(y), float(x)) for y, x in places]
    return bool((np.array(away) <= reach_px(sizes)).any())


def _away_px(found: Found, y_px: float, x_px: float) -> float:
    return float(np.hypot(found.y_px - y_px, found.x_px - x_px))


def _parts(movies: list[Sample], also: Sequence[Sample]) -> tuple[list[Sample], list[Sample]]:
    """Return what is learned from, and what is calibrated on."""
    groups = sorted({each.group for each in also})
    if len(groups) > 1:
        out = set(groups[::_EVERY])
    else:
        others = sorted({each.group for each in movies})
        if len(others) + len(groups) < 2:
            raise LabelError(
                "There is nothing beside the movies to learn from, and too few of them.",
                "Add worlds (--also sim:SPECIMEN), or a third movie.",
            )
        out = set(others[:1]) if len(others) > 1 else set(groups)
    every = [*movies, *also]
    return (
        [each for each in every if each.group not in out],
        [each for each in every if each.group in out],
    )
