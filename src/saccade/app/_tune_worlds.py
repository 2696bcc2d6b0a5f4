"""Worlds for tuning: watched only, or played in earnest, each in one of some processes."""

from __future__ import annotations

import copy
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from saccade.core import Observation, ProtocolError, Record, did_you_mean, worker_pool
from saccade.score import Rules, Trace, Trigger, during, in_the_dark, score_log

from ._protocol import protocol_of
from ._score_job import prepare
from ._score_means import burst_of, means_of, plan_of, rules_of, slow_s_of
from ._score_world import open_world, play_protocol, refuse_misfit, world_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from saccade.core import Frame, Verdict
    from saccade.score import Score

    from ._protocol import Protocol

Made = TypeVar("Made")


class Knob(NamedTuple):
    """The policy whose threshold is tuned."""

    place: int
    """In the protocol's list."""
    on: str
    """The detector that it listens to."""
    trigger: Trigger


@dataclass(frozen=True)
class Bench:
    """A protocol and the worlds in which it is tuned, as plain data for any process."""

    document: dict[str, Any]
    specimen: str
    hours: float
    kinds: tuple[str, ...]

    @property
    def protocol(self) -> Protocol:
        """The protocol, read anew."""
        return protocol_of(self.document)

    def rules(self, seed: int) -> Rules:
        """Return what counts."""
        protocol = self.protocol
        scope = open_world(protocol, self.specimen, seed)
        refuse_misfit(protocol, scope)
        plan = plan_of(protocol, scope.stand())
        burst, duration_s = burst_of(protocol), self.hours * 3600
        means = means_of(burst, plan, scope.stand(), duration_s)
        return rules_of(means, slow_s_of(plan), self.kinds)

    def changed(self, **settings: Any) -> Bench:
        """Return it with other settings of policies and detectors, ``decide.0.above`` and so on."""
        document = copy.deepcopy(self.document)
        for path, value in settings.items():
            set_at(document, path, value)
        return Bench(document, self.specimen, self.hours, self.kinds)


def knob_of(protocol: Protocol, name: str | None = None, usual_s: float = 0.0) -> Knob:
    """Return the policy whose threshold is to be tuned.

    Parameters
    ----------
    protocol : Protocol
        As loaded.
    name : str, optional
        Of the policy, or its class; by default the first that has a threshold.
    usual_s : float
        Interval of its answers where the protocol says none: frames come as they come.

    Raises
    ------
    ProtocolError
        If none has that name and a threshold.
    """
    parts = protocol.resolved()["decide"]
    names = [part.get("name") or part["use"].rpartition(":")[2] for part in parts]
    rules = [part for part in parts if "above" in part]
    if not rules or (name is not None and name not in names):
        hint = did_you_mean(name or "", names)
        raise ProtocolError(f"No policy {name or ''} of {protocol.name!r} has a threshold.", hint)
    place = names.index(name) if name is not None else parts.index(rules[0])
    part = parts[place]
    if "above" not in part:
        raise ProtocolError(f"The policy {name!r} names no 'above'.", "Write it in the protocol.")
    above = float(part["above"])
    burst = burst_of(protocol, usual_s=usual_s)
    trigger = Trigger(
        above,
        float(part.get("below", 0.9 * above)),
        int(part.get("dwell", 1)),
        max(burst.loops * burst.fast_s, float(part.get("refractory_s", 0.0))),
    )
    return Knob(place, part.get("on") or next(iter(protocol.detect)), trigger)


def watch_world(bench: Bench, knob: Knob, seed: int) -> list[Trace]:
    """Return what a detector says of each place of a world in which nothing is decided.

    Parameters
    ----------
    bench : Bench
        The protocol.
    knob : Knob
        Which detector.
    seed : int
        Of the world.
    """
    document = {**bench.document, "decide": [], "arbiter": None}
    document["detect"] = {knob.on: bench.document["detect"][knob.on]}
    protocol = protocol_of(document)
    scope = open_world(protocol, bench.specimen, seed)
    rules, heard = bench.rules(seed), _Heard()
    start_ns = scope.clock.now_ns()
    play_protocol(protocol, scope, rules.duration_s, heard)
    lived = during(world_of(scope).occurrences, rules.duration_s, rules.kinds)
    width, height = rules.watched[0][2:]
    traces = []
    for seen in heard.places.values():
        x_um, y_um = seen[0].at_um[0] or 0.0, seen[0].at_um[1] or 0.0
        there = [
            (each.onset_s, each.end_s)
            for each in lived
            if abs(each.x_um - x_um) <= width / 2 and abs(each.y_um - y_um) <= height / 2
        ]
        t_s = np.array([(each.t_ns - start_ns) / 1e9 for each in seen])
        scores = np.array([np.nan if each.verdict == "invalid" else each.score for each in seen])
        traces.append(Trace(t_s, scores, tuple(there), bench.hours))
    return traces


def play_once(bench: Bench, seed: int) -> Score:
    """Return the score of a protocol in one world, played in earnest.

    Parameters
    ----------
    bench : Bench
        The protocol.
    seed : int
        Of the world.
    """
    protocol, rules = bench.protocol, bench.rules(seed)
    scope = open_world(protocol, bench.specimen, seed)
    log = play_protocol(protocol, scope, rules.duration_s)
    world = world_of(scope)
    fresh = world_of(open_world(protocol, bench.specimen, seed))
    dark = in_the_dark(fresh, rules.duration_s, rules.kinds)
    placed = log.on_specimen(world.imaging.drift)
    return score_log(placed, dark, world.occurrences, world.health, rules, seed=seed)


def in_worlds(
    work: Callable[[int], Made], seeds: Sequence[int], processes: int, done: Callable[[], None]
) -> list[Made]:
    """Return what some work comes to in each world, in order.

    Parameters
    ----------
    work : callable
        From a seed; of a module, or a partial of such, as it goes to other processes.
    seeds : sequence of int
        Of the worlds.
    processes : int
        How many work at a time; one is this process itself.
    done : callable
        Called after each world.
    """
    count = min(processes, len(seeds))
    if count <= 1:
        found = []
        for seed in seeds:
            found.append(work(seed))
            done()
        return found
    with worker_pool(count, prepare, 1) as pool:
        futures = [pool.submit(work, seed) for seed in seeds]
        for future in futures:
            future.add_done_callback(lambda _: done())
        return [future.result() for future in futures]


def set_at(document: Any, path: str, value: Any) -> None:
    """Set a value in nested data by its path, such as ``decide.0.above``.

    Parameters
    ----------
    document : mapping or sequence
        Changed in place.
    path : str
        Keys and places, parted by dots.
    value : object
        What it becomes.

    Raises
    ------
    ProtocolError
        If there is nothing of that name.
    """
    *way, last = path.split(".")
    here = document
    for depth, key in enumerate(way):
        here = _step(here, key, ".".join(way[: depth + 1]))
    if isinstance(here, list):
        here[_number(here, last, path)] = value
    elif isinstance(here, dict):
        here[last] = value
    else:
        raise ProtocolError(f"{path} is no setting.", "Such as decide.0.above.")


def _step(here: Any, key: str, path: str) -> Any:
    if isinstance(here, list):
        return here[_number(here, key, path)]
    if not isinstance(here, dict) or key not in here:
        known = here if isinstance(here, dict) else ()
        raise ProtocolError(f"The protocol has no {path}.", did_you_mean(key, known))
    return here[key]


def _number(here: list[Any], key: str, path: str) -> int:
    if not key.isdecimal() or int(key) >= len(here):
        raise ProtocolError(f"The protocol has no {path}.", f"It has 0 to {len(here) - 1}.")
    return int(key)


class _Heard:
    """A sink that keeps the observations of a watch, by place."""

    def __init__(self) -> None:
        self.places: dict[tuple[int, int], list[Observation]] = defaultdict(list)
        self.committed = 0

    def frame(self, frame: Frame) -> bool:  # noqa: ARG002 - no picture is kept
        self.committed += 1
        return True

    def note(self, record: Record) -> None:
        if isinstance(record.value, Observation) and record.value.stream == "watch":
            self.places[record.value.place].append(record.value)

    def flush(self, timeout_s: float) -> bool:  # noqa: ARG002 - nothing is queued
        return True

    def close(self, verdict: Verdict | None = None) -> None:
        """Keep it."""
