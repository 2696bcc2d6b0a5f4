"""What a protocol's own bursts and watch give the contenders to work with."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from saccade.core import ProtocolError, events_of, is_number, require
from saccade.decide import Schedule
from saccade.score import Exposure, Look, Means, Place, Rules

from ._parts import build_parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from useq import MDAEvent

    from saccade.core import Stand
    from saccade.score import Log

    from ._protocol import Protocol

_USUAL_BURST = 10
_HINT = "Name it with --fast-s SECONDS, or give the burst a time_plan with an interval above 0."


@dataclass(frozen=True)
class Burst:
    """What a protocol acquires when something is in view."""

    fast_s: float
    loops: int
    events: tuple[MDAEvent, ...]
    """One time point; empty if it is the watch that goes faster."""


def burst_of(protocol: Protocol, fast_s: float | None = None, usual_s: float = 0.0) -> Burst:
    """Return the fastest burst that a protocol's policies may ask for, the first of equals.

    Parameters
    ----------
    protocol : Protocol
        As loaded.
    fast_s : float, optional
        The fast interval, where the protocol has none of its own or another is meant.
    usual_s : float
        The same, only where the protocol has none of its own; 0 is unknown.

    Raises
    ------
    ProtocolError
        If it decides nothing, or has no fast interval.
    """
    if fast_s is not None:
        ok = is_number(fast_s) and fast_s > 0
        require(ok, "--fast-s", fast_s, "a number of seconds above 0", "Correct it.")
    keep = protocol.record.keep
    if not protocol.decide and (keep is None or keep.above is None):
        raise ProtocolError(
            f"{protocol.name!r} has no policy, so there is nothing to score: it decides nothing.",
            "Give it one under 'decide', such as saccade.decide:Burst, or a record.keep.above.",
        )
    policies = [rule.policy for rule in build_parts(protocol.spec()).rules]
    found = [burst for policy in policies for burst in _bursts(policy)]
    fast = [burst for burst in found if burst.fast_s > 0]
    best = min(fast, key=lambda burst: burst.fast_s) if fast else None
    best = best or (found[0] if found else Burst(0.0, _USUAL_BURST, ()))
    if fast_s is None and not (best.fast_s > 0 or usual_s > 0):
        raise ProtocolError(f"{protocol.name!r} has no fast interval to be measured by.", _HINT)
    return replace(best, fast_s=fast_s or best.fast_s or usual_s)


def plan_of(protocol: Protocol, stand: Stand) -> tuple[Look, ...]:
    """Return the pictures of the watch, each at its planned time.

    Parameters
    ----------
    protocol : Protocol
        As loaded.
    stand : Stand
        Tells what holds where nothing is named.
    """
    last = _Settings(Place(), stand.channel or "", stand.exposure_ms)
    looks = []
    for event in events_of(protocol.watch):
        last = last.then(event)
        if event.action.type == "acquire_image":
            exposure = Exposure(last.channel, last.exposure_ms)
            looks.append(Look(event.min_start_time or 0.0, last.place, exposure))
    return tuple(looks)


def slow_s_of(plan: Sequence[Look]) -> float:
    """Return the interval of the watch: the median from one visit of a place to the next."""
    visits: dict[Place, list[float]] = defaultdict(list)
    for look in plan:
        if not visits[look.place] or look.t_s > visits[look.place][-1]:
            visits[look.place].append(look.t_s)
    gaps = [b - a for each in visits.values() for a, b in pairwise(each)]
    return float(np.median(gaps)) if gaps else 0.0


def means_of(burst: Burst, plan: Sequence[Look], stand: Stand, duration_s: float) -> Means:
    """Return what contenders have to work with; the microscope's own times are still 0.

    Parameters
    ----------
    burst : Burst
        Of the protocol.
    plan : sequence of Look
        Its watch.
    stand : Stand
        The microscope.
    duration_s : float
        How long a run is.

    Raises
    ------
    ProfileError
        If a channel has no light.
    """
    places = {(look.place.x_um, look.place.y_um): look.place for look in reversed(plan)}
    first = plan[0].exposure
    settings = _Settings(plan[0].place, first.channel, first.exposure_ms)
    taken = [settings.then(event) for event in burst.events]
    fast = tuple(Exposure(each.channel, each.exposure_ms) for each in taken) or tuple(
        dict.fromkeys(look.exposure for look in plan if look.place == plan[0].place)
    )
    return Means(
        stand,
        tuple(reversed(places.values())),
        fast,
        burst.fast_s,
        duration_s,
        burst=burst.loops,
    )


def rules_of(means: Means, slow_s: float, kinds: Iterable[str] = ()) -> Rules:
    """Return what counts for a protocol.

    Parameters
    ----------
    means : Means
        Its places, its fast interval and the length of the run.
    slow_s : float
        Interval of its watch.
    kinds : iterable of str
        Which kinds of occurrences count; by default all.
    """
    watched = tuple((place.x_um, place.y_um, *means.field_um) for place in means.places)
    margin_s = max(slow_s, 3 * means.fast_s)
    return Rules(means.fast_s, means.duration_s, margin_s, tuple(sorted(kinds)), watched)


def timed(means: Means, log: Log) -> Means:
    """Return the means with the shortest times between exposures that a run has shown.

    Parameters
    ----------
    means : Means
        As `means_of` made them.
    log : Log
        Of the protocol's own run.
    """
    same, other = [], []
    for a, b in pairwise(log.shots):
        gap_s = max(b.t_s - a.end_s, 0.0)
        if (a.x_um, a.y_um) != (b.x_um, b.y_um):
            other.append(gap_s)
        elif a.channel == b.channel and gap_s < means.fast_s:
            same.append(gap_s)
    shot_s = min(same, default=0.0)
    move_s = max(min(other, default=0.0) - shot_s, 0.0)
    return replace(means, shot_s=shot_s, move_s=move_s)


def watched(plan: Iterable[Look], means: Means) -> Iterable[Look]:
    """Yield the watch as the microscope can take it: one picture after the other.

    Parameters
    ----------
    plan : iterable of Look
        At their planned times.
    means : Means
        The microscope's own times.
    """
    free_s, at = 0.0, None
    for look in plan:
        moves = at is not None and look.place != at
        t_s = max(look.t_s, free_s + (means.move_s if moves else 0.0))
        free_s = t_s + look.exposure.exposure_ms / 1000 + means.shot_s
        at = look.place
        yield look._replace(t_s=t_s)


@dataclass(frozen=True)
class _Settings:
    """What holds until an event names something else."""

    place: Place
    channel: str
    exposure_ms: float

    def then(self, event: MDAEvent) -> _Settings:
        asked = (event.x_pos, event.y_pos, event.z_pos)
        place = Place(
            *(old if new is None else new for old, new in zip(self.place, asked, strict=True))
        )
        channel = self.channel if event.channel is None else event.channel.config
        exposure_ms = self.exposure_ms if event.exposure is None else event.exposure
        return _Settings(place, channel, exposure_ms)


def _bursts(policy: Any) -> Iterable[Burst]:
    if isinstance(policy, Schedule):  # what is fast is how often it goes somewhere
        first = tuple(event for event in policy.do if event.action.type == "acquire_image")
        yield Burst(policy.every_s, 1, first)
    elif (do := getattr(policy, "do", None)) is not None:
        points: dict[Any, list[MDAEvent]] = defaultdict(list)
        for event in do:
            if event.action.type == "acquire_image":
                points[event.index.get("t", event.min_start_time)].append(event)
        times = sorted({each[0].min_start_time or 0.0 for each in points.values()})
        gaps = [round(b - a, 9) for a, b in pairwise(times)]
        if points:
            first = tuple(next(iter(points.values())))
            yield Burst(min(gaps, default=0.0), len(points), first)
    elif (fast_s := getattr(policy, "fast_s", None)) is not None and is_number(fast_s):
        yield Burst(float(fast_s), _USUAL_BURST, ())
