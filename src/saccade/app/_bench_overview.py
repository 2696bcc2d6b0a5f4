"""Rare cells imaged at detail in an hour: an overview that picks them, beside a raster."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from itertools import groupby, pairwise
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from saccade.core import ProtocolError, UsageError
from saccade.decide import Overview
from saccade.score import during, in_the_dark

from ._bench import Bar
from ._parts import build_parts
from ._score_world import open_world, play_protocol, refuse_misfit, specimen_of, world_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from saccade.score import Log, Shot
    from saccade.sim.world import Occurrence

    from ._protocol import Protocol


_PROMISE = 3.0
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Yield:
    """What one way of imaging a slide has brought."""

    found: int
    """Occurrences of which a whole detail acquisition was taken while they lasted."""
    there: int
    """Occurrences in the fields of the watch, in all."""
    visits: int
    """Whole detail acquisitions."""
    empty: int
    """Of these, how many showed no occurrence while it lasted."""
    dose_j_per_cm2: float
    """Of all pictures together."""


@dataclass(frozen=True)
class OverviewBench:
    """An overview beside a raster, world by world."""

    hours: float
    seeds: tuple[int, ...]
    overview: tuple[Yield, ...]
    raster: tuple[Yield, ...]

    @property
    def bars(self) -> tuple[Bar, ...]:
        """What is promised of an overview; infinitely many times as many as none, if any."""
        mine = sum(each.found for each in self.overview)
        its = sum(each.found for each in self.raster)
        times = mine / its if its else math.inf if mine else 0.0
        text = "rare cells at detail in an hour, times those of a raster"
        return (Bar(text, times, at_least=_PROMISE),)

    def plain(self) -> dict[str, Any]:
        """Return it as plain data."""
        bars = [{**asdict(bar), "holds": bar.holds} for bar in self.bars]
        return {**asdict(self), "bars": bars}


class Visit(NamedTuple):
    """One whole detail acquisition."""

    t_s: float
    end_s: float
    x_um: float
    y_um: float

    def shows(self, each: Occurrence, half_um: tuple[float, float]) -> bool:
        """Return whether it has an occurrence in its field, and lies within its time.

        Parameters
        ----------
        each : Occurrence
            What may have been seen.
        half_um : tuple of float
            Half of the width and height of the field.
        """
        return (
            each.onset_s <= self.t_s
            and self.end_s <= each.end_s
            and abs(each.x_um - self.x_um) <= half_um[0]
            and abs(each.y_um - self.y_um) <= half_um[1]
        )


def bench_overview(
    protocol: Protocol,
    hours: float,
    seeds: Sequence[int],
    progress: Callable[[str], object] = lambda _: None,
) -> OverviewBench:
    """Return how many rare cells an overview and a raster image at detail, in the same worlds.

    The raster takes the detail acquisition at every field of the watch, one after the other
    and again and again, as fast as the overview's own run has shown that the microscope can;
    where the watch sees more at once than a detail does, at as many places as cover it.
    It does no harm: what it finds is counted in worlds that had no light. An occurrence counts
    once, if a whole detail acquisition with its place in the field lies within its time.

    Parameters
    ----------
    protocol : Protocol
        With one `Overview`, on a virtual microscope.
    hours : float
        Of virtual time, for each.
    seeds : sequence of int
        Of the worlds.
    progress : callable
        Is told which world is under way.

    Raises
    ------
    ProtocolError
        If it has no overview, or can't run there.
    UsageError
        If the overview visits nothing, so that nobody knows how long a visit takes.
    """
    policy, specimen = _policy(protocol), specimen_of(protocol, None)
    overviews: list[Yield] = []
    rasters: list[Yield] = []
    for seed in seeds:
        progress(f"world {seed}, {len(overviews) + 1} of {len(seeds)} ...")
        overview, its = _world(protocol, policy, specimen, seed, 3600 * hours)
        overviews.append(overview)
        rasters.append(its)
    return OverviewBench(hours, tuple(seeds), tuple(overviews), tuple(rasters))


def visits_of(shots: Iterable[Shot], size: int) -> Iterator[tuple[Shot, ...]]:
    """Yield whole detail acquisitions: so many shots in a row at one place.

    Parameters
    ----------
    shots : iterable of Shot
        In order of time, of detail acquisitions only.
    size : int
        Number of shots of one.
    """
    for _, group in groupby(shots, key=lambda shot: (shot.x_um, shot.y_um)):
        here = tuple(group)
        for first in range(0, len(here) - size + 1, size):
            yield here[first : first + size]


def raster(
    fields: Sequence[tuple[float, float]], visit_s: float, move_s: float, duration_s: float
) -> list[Visit]:
    """Return the visits of a raster that goes over all fields again and again.

    Parameters
    ----------
    fields : sequence of (x, y)
        In order, in µm.
    visit_s : float
        How long one detail acquisition takes.
    move_s : float
        How long it takes from one to the next.
    duration_s : float
        What is not over by then is not counted.
    """
    period_s = visit_s + move_s
    count = max(0, math.floor((duration_s - visit_s) / period_s) + 1)
    starts = ((n * period_s, fields[n % len(fields)]) for n in range(count))
    return [Visit(t_s, t_s + visit_s, x_um, y_um) for t_s, (x_um, y_um) in starts]


def tiled(
    fields: Sequence[tuple[float, float]],
    field_um: tuple[float, float],
    half_um: tuple[float, float],
) -> list[tuple[float, float]]:
    """Return the places at which a smaller field covers larger ones, one after the other.

    Parameters
    ----------
    fields : sequence of (x, y)
        Middles of the larger ones, in µm.
    field_um, half_um : tuple of float
        Half of the width and height of the larger field, and of the smaller one.
    """
    steps = [
        [(2 * n + 1 - count) * whole / count for n in range(count)]
        for whole, count in (
            (whole, max(1, math.ceil(whole / part - _ROUNDING)))
            for whole, part in zip(field_um, half_um, strict=True)
        )
    ]
    return [(x + dx, y + dy) for x, y in fields for dy in steps[1] for dx in steps[0]]


def _half_um(shot: Shot) -> tuple[float, float]:
    return shot.width_um / 2, shot.height_um / 2


def _first_of_the_watch(log: Log) -> Shot:
    return next(shot for shot in log.shots if shot.stream == "watch")


def _world(
    protocol: Protocol, policy: Overview, specimen: str, seed: int, duration_s: float
) -> tuple[Yield, Yield]:
    """Return what overview and raster find in one world."""
    scope = open_world(protocol, specimen, seed)
    refuse_misfit(protocol, scope)
    log = play_protocol(protocol, scope, duration_s)
    fields = _fields(log)
    lived = during(world_of(scope).occurrences, duration_s)
    dark = in_the_dark(world_of(open_world(protocol, specimen, seed)), duration_s)
    taken = list(visits_of((s for s in log.shots if s.stream == policy.label), len(policy.plans)))
    if not taken:
        raise UsageError(
            f"{protocol.name!r} visited nothing in world {seed}, so that a raster has no measure.",
            "Lower 'above', or let it run for longer.",
        )
    half_um, field_um = _half_um(taken[0][0]), _half_um(_first_of_the_watch(log))
    went = [Visit(each[0].t_s, each[-1].end_s, each[0].x_um, each[0].y_um) for each in taken]
    visit_s = median(each.end_s - each.t_s for each in went)
    rastered = raster(tiled(fields, field_um, half_um), visit_s, _move_s(log), duration_s)
    visit_j_per_cm2 = math.fsum(shot.dose_j_per_cm2 for shot in taken[0])
    return (
        _yield(went, _watched(lived, fields, field_um), half_um, log.dose_j_per_cm2),
        _yield(
            rastered,
            _watched(dark, fields, field_um),
            half_um,
            visit_j_per_cm2 * len(rastered),
        ),
    )


def _yield(
    visits: Sequence[Visit],
    there: Sequence[Occurrence],
    half_um: tuple[float, float],
    dose_j_per_cm2: float,
) -> Yield:
    return Yield(
        found=sum(any(visit.shows(each, half_um) for visit in visits) for each in there),
        there=len(there),
        visits=len(visits),
        empty=sum(not any(visit.shows(each, half_um) for each in there) for visit in visits),
        dose_j_per_cm2=dose_j_per_cm2,
    )


def _watched(
    occurrences: Iterable[Occurrence],
    fields: Sequence[tuple[float, float]],
    half_um: tuple[float, float],
) -> list[Occurrence]:
    """Return the occurrences that lie in a field of the watch."""
    return [
        each
        for each in occurrences
        if any(
            abs(each.x_um - x_um) <= half_um[0] and abs(each.y_um - y_um) <= half_um[1]
            for x_um, y_um in fields
        )
    ]


def _fields(log: Log) -> list[tuple[float, float]]:
    """Return the places of the watch, in the order in which they were seen first."""
    watch = (shot for shot in log.shots if shot.stream == "watch")
    return list(dict.fromkeys((shot.x_um, shot.y_um) for shot in watch))


def _move_s(log: Log) -> float:
    """Return the shortest time between pictures of two places that the run has shown."""
    pairs = pairwise(log.shots)
    return min(b.t_s - a.end_s for a, b in pairs if (a.x_um, a.y_um) != (b.x_um, b.y_um))


def _policy(protocol: Protocol) -> Overview:
    policies = [rule.policy for rule in build_parts(protocol.spec()).rules]
    found = [each for each in policies if isinstance(each, Overview)]
    if len(found) != 1 or len(policies) != 1:
        raise ProtocolError(
            f"{protocol.name!r} has {len(found)} overviews among {len(policies)} policies.",
            "Give it one policy, {use: saccade.decide:Overview, ...}.",
        )
    return found[0]
