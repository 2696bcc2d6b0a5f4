"""The last that policies may do in a run that ends before its plan does: in the dark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from saccade.core import End, HungError

from ._steps import Do, Refused, Wait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from saccade.core import Clock, Frame, Gap, Order, Scope

    from ._chain import Chain
    from ._clerk import Clerk
    from ._feed import Feed
    from ._loop import Loop
    from ._switch import Switch

_PATIENCE_S = 10.0
"""Time after which what policies wanted to do later is done at once."""
_MOST_S = 10.0
"""Time, after that, after which what is not done is given up."""


class Farewell:
    """Lets policies put back what they have changed, once a run was stopped or has failed.

    Light is off before and stays off: events without a picture are done, through the guards;
    what would come later than after ten seconds is done then. Everything else is refused.

    Parameters
    ----------
    scope, chain, loop, clerk, feed, switch, clock
        The parts of the run.
    go_safe : callable
        Brings the microscope to SAFE, and journals that.
    """

    def __init__(
        self,
        scope: Scope,
        chain: Chain,
        loop: Loop,
        clerk: Clerk,
        feed: Feed,
        switch: Switch,
        clock: Clock,
        go_safe: Callable[[], None],
    ) -> None:
        self._scope, self._chain, self._loop, self._clerk = scope, chain, loop, clerk
        self._feed, self._switch, self._clock, self._go_safe = feed, switch, clock, go_safe

    def say(self) -> None:
        """Ask the policies, and do what they ask for."""
        asks = self._chain.heeds_the_end and not self._feed.done
        if not (asks or self._loop.has_rest):
            return
        self._go_safe()
        self._loop.abandon()
        if self._feed.finish() and asks:
            self._ask()
        if not self._loop.has_rest:
            return
        if isinstance(self._switch.error, HungError):
            what = "What policies would have put back was not: the microscope does not answer."
            self._clerk.tell("failure", {"text": what})
            return
        self._scope.play(_Last(self._loop, self._clerk, self._switch, self._clock), None)

    def _ask(self) -> None:
        reason = self._switch.reason or self._switch.end_of_source or "the run ends"
        end = End(self._clock.now_ns(), reason)
        self._clerk.settle(self._chain.hear(end), end.t_ns)


class _Last:
    """A `Source` that yields what is left to be put to rest."""

    def __init__(self, loop: Loop, clerk: Clerk, switch: Switch, clock: Clock) -> None:
        self._loop, self._clerk, self._switch, self._clock = loop, clerk, switch, clock
        self._late_ns = clock.now_ns() + round(_PATIENCE_S * 1e9)
        self._limit_ns = self._late_ns + round(_MOST_S * 1e9)

    def orders(self) -> Iterator[Order | tuple[Order, ...]]:
        """Yield what is due, until nothing is left or the time is over."""
        while not self.stopping():
            if (now_ns := self._clock.now_ns()) >= self._late_ns:
                self._loop.hurry()
            match self._loop.step(now_ns):
                case Do(orders):
                    yield from orders
                case Wait(until_ns):
                    self._switch.settle()
                    self._switch.sleep(self._clock, min(until_ns, self._late_ns))
                case Refused(refusal):
                    self._clerk.refuse(refusal)
                case _:
                    return
        self._clerk.tell("failure", {"text": "What was not put to rest in time is left as it is."})

    def took(self, frame: Frame) -> None:
        """Receive no frame: none was ordered."""

    def missed(self, gap: Gap) -> None:
        """Learn what could not be done; the journal has it from the microscope itself."""

    def noted(self, kind: str, value: Mapping[str, Any]) -> None:
        """Journal something that happened at the microscope."""
        self._clerk.tell(kind, value)

    def ended(self, reason: str) -> None:
        """Learn that no picture can come; none was ordered."""

    def cancelled(self, reason: str) -> None:
        """Learn that somebody asks to stop: it stops already."""

    def paused(self, hold: bool) -> None:
        """Learn that somebody asks to pause; the light is off."""

    def stopping(self) -> bool:
        """Return whether the time is over."""
        return self._clock.now_ns() >= self._limit_ns
