"""How well occurrences are found where nothing is chosen: every frame of whole worlds."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from saccade.core import UsageError

from ._left_out import Found, matches, occurrences_of
from ._measure import Seen, average_precision, by_group, figure, find_in
from ._worlds import world_samples

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from saccade.models import Figure, Input, Net

    from ._learners import Places
    from ._left_out import Occurred
    from ._sample import Sample
    from ._worlds import Worlds

_EVERY_SAMPLE = 10**9


class Watched(NamedTuple):
    """What was found of a class in worlds that were watched from beginning to end."""

    worlds: int
    hours: float
    """That were watched, over all fields."""
    occurrences: int
    prevalence: float
    """Share of the pictures in which one goes on."""
    average_precision: Figure
    """Of occurrences: each counts once, by the surest of its frames."""
    recall: Figure
    """Share that is found at the threshold."""
    false_alarms_per_h: Figure
    """At the threshold, for each hour of a field; one that goes on counts once."""


def watch_worlds(
    net: Net,
    given: Input,
    worlds: Worlds,
    seeds: range,
    *,
    kind: int = 0,
    least: float = 0.0,
    votes: float = 0.0,
    within: int = 2,
    processes: int = 1,
    progress: Callable[[int], None] = lambda _: None,
) -> Watched:
    """Return how well a network finds occurrences in worlds, all of whose frames it looks at.

    Nothing is left out: neither the first moments of an occurrence, nor its last, nor what is
    out of focus. How rare occurrences are is up to the worlds.

    Parameters
    ----------
    net, given
        The network, in evaluation mode, and how pictures are prepared for it.
    worlds : Worlds
        What is watched; all that its fields show is.
    seeds : range
        Of the worlds; none that the network has learned from.
    kind : int
        Class that is looked for, both of the network and of the worlds.
    least, votes : float
        Logit from which something counts as found, and how much votes count for it.
    within : int
        Frames before and after an occurrence in which finding it is no false alarm.
    processes : int
        That draw worlds.
    progress : callable
        Called with the number of pictures that were looked at.

    Raises
    ------
    UsageError
        If it is a single world, by which nobody can tell how others differ.
    """
    if len(seeds) < 2:
        raise UsageError("A single world tells nothing of others.", "Watch two or more.")
    every = replace(worlds, empty=1.0, most=_EVERY_SAMPLE)
    find = partial(find_in, net, given, votes=votes)
    seen: list[Seen] = []
    world: list[Sample] = []
    holding = looked = 0
    for sample in world_samples(every, seeds, processes):
        if world and sample.group != world[0].group:
            seen += _of_world(find, world, worlds.fields, kind, within)
            world = []
        world.append(sample)
        holding += bool((sample.kinds == kind).any())
        looked += 1
        progress(looked)
    seen += _of_world(find, world, worlds.fields, kind, within)
    groups = by_group(seen)
    field_h = worlds.hours * worlds.fields
    return Watched(
        worlds=len(groups),
        hours=field_h * len(groups),
        occurrences=sum(each.truth for each in groups),
        prevalence=holding / looked,
        average_precision=figure(groups, average_precision),
        recall=figure(groups, lambda part: _recall(part, least)),
        false_alarms_per_h=figure(
            groups, lambda part: _alarms(part, least) / field_h / len(part), most=math.inf
        ),
    )


def _of_world(
    find: Callable[[Sample, int], Places],
    world: Sequence[Sample],
    fields: int,
    kind: int,
    within: int,
) -> list[Seen]:
    """Return what is seen in each field of a world, whose samples come field by field."""
    seen = []
    for number in range(fields):
        movie = world[number::fields]
        places, logits = [], []
        for frame, sample in enumerate(movie):
            for y, x, logit in zip(*find(sample, kind), strict=True):
                places.append(Found(frame, float(y), float(x)))
                logits.append(float(logit))
        there = occurrences_of(movie, kind)
        seen.append(by_occurrence(places, np.array(logits), there, movie, kind, within))
    return seen


def by_occurrence(
    found: Sequence[Found],
    logits: NDArray[np.float64],
    there: Sequence[Occurred],
    movie: Sequence[Sample],
    kind: int = 0,
    within: int = 2,
) -> Seen:
    """Return what was found in a movie, each occurrence and each false alarm once, by its surest.

    Parameters
    ----------
    found : sequence of Found
        In order of frames.
    logits : array, (n,)
        Of each.
    there : sequence of Occurred
        What is there.
    movie : sequence of Sample
        All frames, in order.
    kind : int
        Class that counts.
    within : int
        Frames before and after an occurrence in which finding it is no false alarm.
    """
    right, wrong = matches(found, there, movie, kind, within)
    hits = [max(logits[number] for number in numbers) for numbers in right.values()]
    alarms = [max(logits[number] for number in numbers) for numbers in wrong]
    both = np.array(hits + alarms)
    order = np.argsort(-both, kind="stable")
    is_hit = np.arange(len(both)) < len(hits)
    surest = np.array([both.max() if len(both) else -np.inf])
    return Seen(
        movie[0].group, both[order], is_hit[order], len(there), surest, np.array([len(there) > 0])
    )


def _recall(seen: Sequence[Seen], least: float) -> float:
    found = sum(int(each.hits[each.logits >= least].sum()) for each in seen)
    return found / max(sum(each.truth for each in seen), 1)


def _alarms(seen: Sequence[Seen], least: float) -> int:
    return sum(int((~each.hits[each.logits >= least]).sum()) for each in seen)
