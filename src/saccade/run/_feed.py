"""What a scope asks of a run while it plays: the next order, and where to put the answer."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from saccade.core import Due, End, Gap, Round

from ._lookout import NEVER_NS
from ._parts import Start, gap_of
from ._steps import Do, Done, Refused, Wait
from ._stretch import Stretch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from saccade.core import Clock, Frame, Order, Refusal
    from saccade.core import Stretch as AnyStretch

    from ._chain import Chain
    from ._clerk import Clerk
    from ._lookout import AnyLookout
    from ._loop import Loop
    from ._parts import Look, News
    from ._switch import Switch
    from ._tide import Tide

_TAKE_S = 0.2
_JOIN_S = 5.0
_LAST_S = 60.0
"""Time that policies have for what they do when the plan is at its end."""
_NOBODY = threading.Event()
"""Wakes nobody: a look in virtual time is as uninterruptible as one in real time."""


class Feed:
    """The `Source` of a run: everything here happens in the thread that acquires.

    Parameters
    ----------
    chain, loop, clerk, switch, clock
        The parts of the run.
    lookout : AnyLookout or None
        Looks at frames in lagged mode; without one this thread does.
    on_rest : callable
        Called with the time before which nothing comes, in monotonic ns.
    on_hold : callable
        Called with True when the run begins to hold and with False when it goes on.
    max_refusals : int
        Number of refused planned events in a row that end the run.
    tide : Tide, optional
        Knows how full the sink is; with it the camera may run by itself.
    """

    def __init__(
        self,
        chain: Chain,
        loop: Loop,
        clerk: Clerk,
        switch: Switch,
        clock: Clock,
        *,
        lookout: AnyLookout | None,
        on_rest: Callable[[int], None],
        on_hold: Callable[[bool], None],
        max_refusals: int,
        tide: Tide | None = None,
    ) -> None:
        self._tide = tide
        self._stretch: Stretch | None = None
        self._chain, self._loop, self._clerk = chain, loop, clerk
        self._switch, self._clock, self._lookout = switch, clock, lookout
        self._on_rest, self._on_hold, self._max_refusals = on_rest, on_hold, max_refusals
        self._refused_in_a_row = 0
        self._in_hand = 0
        self._announced_ns = NEVER_NS
        self._told_due_ns: int | None = None
        self._end_ns: int | None = None
        self.gaps = self.withdrawn = 0
        self.paused_s = 0.0
        """How long a camera that runs by itself has paused for the disk."""
        self.looking = self._finished = False
        self.done = False
        """Whether nothing was left to do; a scope that ends earlier has not played it all."""

    # ------------------------------------------------------------------------- Source

    def orders(self) -> Iterator[Order | tuple[Order, ...] | AnyStretch]:
        """Yield what to acquire next, until the plan ends or a stop is asked for."""
        start = Start(self._clock.now_ns(), planned=not self._loop.unplanned)
        self._settle(self._chain.begin(start), start.t_ns)
        while True:
            # Forget first, look after: a stop between the two must not be slept over.
            self._switch.settle()
            if self._switch.stopping or self._switch.end_of_source or self._is_overdue():
                return
            self._attend()
            if self._switch.held:
                self._hold_on()
                continue
            if self._tide is not None and self._tide.is_high and not self._loop.acts:
                self.paused_s += self._tide.fall(self._switch, self._acts)
                continue
            now_ns = self._clock.now_ns()
            match self._loop.step(now_ns):
                case Done():
                    if not (self._wait_for_looks() or self._wait_or_end(start.planned)):
                        self.done = True
                        return
                case Wait(until_ns):
                    self._rest(min(until_ns, self._next_look_ns()))
                case Refused(refusal, order):
                    self._turn_away(refusal, order, now_ns)
                case Do(orders):
                    self._refused_in_a_row = 0
                    pictures = sum(order.index >= 0 for order in orders)
                    self._in_hand = pictures * len(self._loop.cameras)
                    yield orders if len(orders) > 1 else self._stretched(orders[0])
                    self._stretch = None

    def _attend(self) -> None:
        """Take notice of what was seen, and tell of answers, times that have come, and rounds."""
        self._take_looks()
        for answer in self._clerk.questions.take():
            self._hear(replace(answer, t_ns=self._clock.now_ns()))
        now_ns = self._clock.now_ns()
        # Virtual time may be beyond what stands for never.
        if (due_ns := self._next_due_ns) <= now_ns and due_ns < NEVER_NS:
            self._told_due_ns = due_ns
            self._hear(Due(now_ns))
        if self._loop.came_round() and self._chain.goes_round:
            self._hear(Round(self._clock.now_ns(), self._clerk.newest, self._loop.unplanned))

    def _stretched(self, order: Order) -> Order | Stretch:
        """Return a stretch that begins with an order, if the camera may run by itself now."""
        if self._tide is None or order.stream != "watch" or order.index < 0:
            return order
        self._stretch = stretch = Stretch(
            order,
            self._loop,
            self._clock,
            wanted=self._wanted,
            begun=self._begun,
            failed=self._clerk.fail,
            sheds=self._tide.sheds,
        )
        return stretch if stretch.goes_on(0) else order

    def _wanted(self, waiting: int) -> bool:  # noqa: ARG002 - the scope sees to its own buffer
        """Do what is to be done between two pictures; return whether to take more."""
        switch = self._switch
        if switch.stopping or switch.end_of_source or switch.held:
            return False
        self._attend()
        due_ns = min(self._next_look_ns(), self._next_due_ns)
        if self._clock.lockstep and due_ns != self._announced_ns:
            self._announced_ns = due_ns
            if due_ns < NEVER_NS:
                self._clock.announce(due_ns)
        return self._tide is None or not self._tide.is_high

    def _acts(self) -> bool:
        """Return whether something was decided that is to be done, however full the disk is."""
        self._attend()
        return self._loop.acts

    def _begun(self) -> None:
        self._in_hand += 1

    def _rest(self, until_ns: int) -> None:
        """Wait until a time, or until a policy wants to be woken."""
        until_ns = min(until_ns, self._next_due_ns)
        self._on_rest(until_ns)
        self._switch.sleep(self._clock, until_ns)

    @property
    def _next_due_ns(self) -> int:
        """When a policy wants to be woken that was not told already."""
        due_ns = self._chain.due_ns
        return NEVER_NS if due_ns is None or due_ns == self._told_due_ns else due_ns

    def _is_overdue(self) -> bool:
        """Return whether what policies do last has taken too long; it is given up then."""
        if self._end_ns is None or self._clock.now_ns() - self._end_ns < _LAST_S * 1e9:
            return False
        what = f"What policies did last took more than {_LAST_S:g} s: no more pictures are taken."
        self._clerk.tell("failure", {"text": what})
        self._loop.abandon()
        self.done = True
        return True

    def _wait_or_end(self, planned: bool) -> bool:
        """Wait for what leads a run without a plan, or tell all that it ends.

        Return whether there may be more to do.
        """
        now_ns = self._clock.now_ns()
        if self._end_ns is not None:
            return False
        if not planned and self._next_due_ns < NEVER_NS:
            self._rest(NEVER_NS)
            return True
        self._end_ns = now_ns
        if self._chain.heeds_the_end:
            self._hear(End(now_ns))
        return True

    def took(self, frame: Frame) -> None:
        """Store a frame, then look at it or leave it to the worker."""
        self._in_hand -= 1
        if self._stretch is not None:
            self._stretch.settle(frame.exposures)
        self._clerk.account(frame)
        stored = self._clerk.keep(frame)
        if stored is None:
            return
        self._loop.saw(frame)
        if not stored:
            self.gaps += 1
            self._hear(gap_of(frame, "the recorder had no room for it"))
        elif self._is_wanted(frame) and not self._switch.stopping:
            self._hear(frame)
        elif self._lookout is None or self._lookout.idle:
            self._clerk.pass_by(frame)  # otherwise one from before may yet be looked at

    def _is_wanted(self, frame: Frame) -> bool:
        return self._chain.wants(frame.stream) and self._chain.watches(frame.camera)

    def missed(self, gap: Gap) -> None:
        """Journal a gap, and tell the policies that wait for its frame.

        What takes no picture and was not done is no gap, but the business of its policy.
        """
        if gap.index < 0:
            self._hear(gap)
            return
        self._in_hand -= 1
        if self._stretch is not None:
            self._stretch.settle(gap.exposures)
        self._clerk.account(gap)
        self._leave_out(gap)

    def noted(self, kind: str, value: Mapping[str, Any]) -> None:
        """Journal something that happened at the microscope."""
        self._clerk.tell(kind, value)

    def stopping(self) -> bool:
        """Return whether a stop was asked for."""
        return self._switch.stopping

    def ended(self, reason: str) -> None:
        """Learn that no further picture can come; what is in hand is withdrawn."""
        self.withdrawn += self._in_hand
        self._in_hand = 0
        self._switch.finish(reason)

    def cancelled(self, reason: str) -> None:
        """Learn that somebody else asked the runner to stop."""
        self._switch.stop(reason)

    def paused(self, hold: bool) -> None:
        """Learn that somebody else asked the runner to pause or to go on."""
        self._switch.hold(hold)

    # ------------------------------------------------------------------------------ looks

    def finish(self) -> bool:
        """End the worker, and journal what it saw last, though it comes too late to act.

        Returns
        -------
        bool
            Whether it has ended; asked again, it is not ended again.
        """
        if self._lookout is None or self._finished:
            return True
        while not self._switch.stopping and self._wait_for_looks():
            self._take_looks()
        self._finished = self._lookout.end(_JOIN_S)
        if not self._finished:
            self._clerk.tell("failure", {"text": "A detector has not returned."})
        self._take_looks()
        if self._tide is not None:
            count = self._lookout.dropped
            text = f"{count} frames were not looked at, because newer ones were there."
            self._clerk.tell("looks", {"passed_over": count, "text": text})
        return self._finished

    def _wait_for_looks(self) -> bool:
        """Wait a moment for the worker; return whether it may have something to say yet."""
        if self._lookout is None or self._lookout.idle:
            return False
        self._lookout.wait(_TAKE_S)
        return True

    def _next_look_ns(self) -> int:
        """Return when the worker will have something to say, as far as it knows."""
        return NEVER_NS if self._lookout is None else self._lookout.due_ns

    def _take_looks(self) -> None:
        for look in self._lookout.looks() if self._lookout else ():
            self._settle(look, self._clock.now_ns())

    def _hear(self, news: News) -> None:
        if self._lookout is not None:
            self._lookout.put(news)
            return
        self.looking = True
        look = self._chain.hear(news)
        self.looking = False
        if self._clock.lockstep:
            until_ns = self._clock.now_ns() + look.takes_ns
            self._on_rest(until_ns)
            self._clock.wait_until(until_ns, _NOBODY)
        self._settle(look, self._clock.now_ns())

    def _settle(self, look: Look, now_ns: int) -> None:
        shifts = self._clerk.shifts
        for refusal in self._clerk.settle(look, now_ns):
            self._hear_of(refusal)
        if self._stretch is not None and self._clerk.shifts != shifts:
            self._stretch.doubt()

    def _hear_of(self, refusal: Refusal) -> None:
        if not self._switch.stopping and not self._switch.end_of_source:
            self._hear(refusal)

    def _leave_out(self, gap: Gap) -> None:
        self.gaps += 1
        self._clerk.leave_out(gap)
        self._hear(gap)

    def _turn_away(self, refusal: Refusal, order: Order | None, now_ns: int) -> None:
        self._clerk.refuse(refusal)
        if order is None:
            self._hear_of(refusal)
            return
        reason = f"refused by {refusal.guard}: {refusal.reason}"
        for number, camera in enumerate(self._loop.cameras if order.index >= 0 else ()):
            known = order.index + number, order.stream, order.event, reason
            self._leave_out(Gap(*known, t_ns=now_ns, camera=camera))
        self._refused_in_a_row += 1
        if self._refused_in_a_row >= self._max_refusals:
            count = self._refused_in_a_row
            self._switch.stop(f"{count} planned events in a row were {reason}", by_guard=True)

    # ------------------------------------------------------------------------------ hold

    def _hold_on(self) -> None:
        began_ns = self._clock.now_ns()
        self._on_hold(True)
        while True:
            self._switch.settle()
            if not self._switch.held or self._switch.stopping:
                break
            self._switch.pause()
        self._loop.delay(self._clock.now_ns() - began_ns)
        if not self._switch.stopping:
            self._on_hold(False)
