"""Plans, policies and runs for the tests of `saccade.run`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from useq import MDAEvent

from saccade.core import Action, Decision
from saccade.run import Run
from saccade.testing import FakeScope, MemorySink, StubDetector

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from saccade.core import Observation, Verdict

TIMEOUT_S = 30.0
S = 1_000_000_000


def plan(count: int, interval_s: float = 1.0, **known: Any) -> list[MDAEvent]:
    """Return a watch of so many time points."""
    return [
        MDAEvent(index={"t": t}, min_start_time=t * interval_s, exposure=10.0, **known)
        for t in range(count)
    ]


def act_above(
    threshold: float = 0.5,
    events: Sequence[MDAEvent] = (MDAEvent(exposure=1.0),),
    **known: Any,
) -> Any:
    """Return a policy that asks for events whenever the score is above a threshold."""

    def above(seen: Observation) -> Decision:
        if seen.score <= threshold:
            return Decision((), "quiet", f"{seen.score} <= {threshold}")
        return Decision((Action(tuple(events), **known),), "acts", f"{seen.score} > {threshold}")

    return above


class Ran(NamedTuple):
    """What is left of a run."""

    verdict: Verdict
    sink: MemorySink
    scope: FakeScope
    run: Run


def play(
    watch: Iterable[MDAEvent],
    scores: Sequence[float] = (),
    *,
    scope: FakeScope | None = None,
    sink: MemorySink | None = None,
    **parts: Any,
) -> Ran:
    """Return a run that has come to its end, on a microscope that sees these scores."""
    scope = scope or FakeScope(list(scores))
    sink = sink or MemorySink(calls=scope.calls)
    parts.setdefault("detect", StubDetector())
    run = Run(scope, watch, sink=sink, clock=scope.clock, **parts)
    return Ran(run.start().wait(TIMEOUT_S), sink, scope, run)


def states(sink: MemorySink) -> list[str]:
    """Return the states that a run went through, as its journal has them."""
    return [str(value["state"]) for value in sink.of("state")]
