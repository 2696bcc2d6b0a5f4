"""A protocol played in a world whose occurrences are known."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from saccade import run as runs
from saccade.core import Action, ProtocolError, Refusal, ScopeError, events_of
from saccade.score import LogSink

from ._assemble import open_scope
from ._check import check
from ._parts import arbiter_of, build_parts
from ._run import with_profile
from ._score_keep import KeepSink, keep_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from useq import MDAEvent

    from saccade.core import Clock, Sink
    from saccade.scope import MicroManagerScope
    from saccade.score import Log
    from saccade.sim.world import World

    from ._protocol import Protocol

SIM = "sim:"
_PATIENCE_S = 60.0


def specimen_of(protocol: Protocol, given: str | None) -> str:
    """Return the specimen that a protocol is to be scored with.

    Parameters
    ----------
    protocol : Protocol
        Its scope may be one.
    given : str or None
        Goes before that.

    Raises
    ------
    ProtocolError
        If none is named.
    """
    if given:
        return given.removeprefix(SIM)
    if protocol.scope.startswith(SIM):
        return protocol.scope.removeprefix(SIM).partition("?")[0]
    raise ProtocolError(
        f"{protocol.name!r} is for the scope {protocol.scope!r}, whose truth nobody knows.",
        "Name a specimen with --specimen, or a recording with --recording and --events.",
    )


def open_world(protocol: Protocol, specimen: str, seed: int) -> MicroManagerScope:
    """Return a virtual microscope in virtual time over a fresh world.

    Parameters
    ----------
    protocol : Protocol
        May have settings of the simulation.
    specimen : str
        Its name.
    seed : int
        Of everything that is random in it.
    """
    return open_scope(f"{SIM}{specimen}?seed={seed}&clock=virtual", None, protocol.sim)


def world_of(scope: MicroManagerScope) -> World:
    """Return the world under a virtual microscope, as it is now."""
    if scope.world is None:
        raise ScopeError("This microscope has no world.", "Use sim:SPECIMEN.")
    return scope.world


def refuse_misfit(protocol: Protocol, scope: MicroManagerScope) -> None:
    """Raise a `ProtocolError` if a protocol can't run on a scope."""
    wrong = [each for each in check(protocol, scope.stand()) if each.level == "error"]
    if wrong:
        raise ProtocolError(wrong[0].text, wrong[0].do)


def play_protocol(
    protocol: Protocol,
    scope: MicroManagerScope,
    duration_s: float | None = None,
    then: Sink | None = None,
) -> Log:
    """Return the log of a protocol's run; no picture is kept, but it is told which would be.

    Parameters
    ----------
    protocol : Protocol
        As loaded; its parts are made anew.
    scope : MicroManagerScope
        Its clock has the specimen's time.
    duration_s : float, optional
        Nothing is begun after it, and the clock is there at the end.
    then : Sink, optional
        Gets frames and records as well.
    """
    parts, clock = build_parts(protocol.spec()), scope.clock
    start_ns = clock.now_ns()
    end_ns = None if duration_s is None else start_ns + round(duration_s * 1e9)
    keep = keep_of(protocol)
    keeper = None if keep is None else KeepSink(keep, tuple(protocol.detect), then)
    sink = LogSink(scope.stand(), start_ns, then if keeper is None else keeper)
    run = runs.Run(
        scope,
        _until(protocol.watch, clock, end_ns),
        detect=dict(parts.eyes) or None,
        decide=parts.rules,
        guards=(_Curfew(clock, end_ns), *with_profile(parts.guards)),
        sink=sink,
        mode=protocol.mode,
        deadline_ms=protocol.deadline_ms,
        clock=clock,
        arbiter=arbiter_of(protocol),
    )
    run.start()
    try:
        run.wait()
    except BaseException:
        run.stop("interrupted")
        _wait_for(run)
        raise
    if end_ns is not None:
        clock.wait_until(end_ns, threading.Event())
    log = sink.log()
    return log if keeper is None else log.thinned(keeper.kept)


class _Curfew:
    """A guard that lets nothing begin once the time is over."""

    def __init__(self, clock: Clock, end_ns: int | None) -> None:
        self._clock, self._end_ns = clock, end_ns

    def __call__(self, action: Action) -> Action | Refusal:
        if self._end_ns is None or self._clock.now_ns() <= self._end_ns:
            return action
        return Refusal(action, "Curfew", "the time of the run is over")


def _until(events: Iterable[MDAEvent], clock: Clock, end_ns: int | None) -> Iterator[MDAEvent]:
    for event in events_of(events):
        if end_ns is not None and clock.now_ns() > end_ns:
            return
        yield event


def _wait_for(run: runs.Run) -> None:
    """Wait until a run that was stopped is over, whatever became of it."""
    with suppress(Exception):
        run.wait(_PATIENCE_S)
