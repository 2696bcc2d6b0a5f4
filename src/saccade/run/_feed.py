"""What a scope asks of a run while it plays: the next order, and where to put the answer."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from saccade.core import Frame, Gap, Latest, Order, Refusal, StoreError

from ._loop import Do, Done, Loop, Refused, Wait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from useq import MDAEvent

    from saccade.core import Clock, Decision

    from ._chain import Chain, Look
    from ._report import Report
    from ._switch import Switch

_TAKE_S = 0.2
_JOIN_S = 5.0


class Feed:
    """The `Source` of a run: everything here happens in the thread that acquires.

    Parameters
    ----------
    chain, loop, report, switch, clock
        The parts of the run.
    mode : {'inline', 'lagged'}
        As in `Run`.
    deadline_ms : float or None
        Age at which a lagged decision is dropped.
    on_hold : callable
        Called with True when the run begins to hold and with False when it goes on.
    limits : tuple of int
        Failed looks, and refused planned events, in a row that end the run.
    """

    def __init__(
        self,
        chain: Chain,
        loop: Loop,
        report: Report,
        switch: Switch,
        clock: Clock,
        *,
        mode: Literal["inline", "lagged"],
        deadline_ms: float | None,
        on_hold: Callable[[bool], None],
        limits: tuple[int, int],
    ) -> None:
        self._chain, self._loop, self._report = chain, loop, report
        self._switch, self._clock, self._on_hold = switch, clock, on_hold
        self._deadline_ms = deadline_ms
        self._limits = limits
        self._failed_looks = self._refused_in_a_row = 0
        self.gaps = self.refused = self.withdrawn = 0
        self.looking = False
        self.mailbox: Latest[Frame] | None = Latest() if mode == "lagged" else None
        self._looks: deque[Look] = deque()
        self._worker: threading.Thread | None = None
        self._newest = -1

    # ------------------------------------------------------------------------- Source

    def orders(self) -> Iterator[Order | tuple[Order, ...]]:
        """Yield what to acquire next, until the plan ends or a stop is asked for."""
        if self._loop.unplanned:
            self._decide(self._chain.begin(self._clock.now_ns()), None)
        while not self._switch.stopping and not self._switch.end_of_source:
            self._switch.settle()
            self._take_looks()
            if self._switch.held:
                self._hold_on()
                continue
            now_ns = self._clock.now_ns()
            match self._loop.step(now_ns):
                case Done():
                    return
                case Wait(until_ns):
                    self._switch.sleep(self._clock, until_ns)
                case Refused(refusal, order):
                    self._turn_away(refusal, order, now_ns)
                case Do(orders):
                    self._refused_in_a_row = 0
                    yield orders if len(orders) > 1 else orders[0]

    def took(self, frame: Frame) -> None:
        """Store a frame, then look at it or leave it to the worker."""
        if not self._stored(lambda: self._report.frame(frame)):
            return
        self._newest = frame.index
        self._loop.saw(frame)
        if self._switch.stopping or not self._chain.wants(frame.stream):
            return
        if self.mailbox is not None:
            self.mailbox.put(frame)
            return
        self.looking = True
        look = self._chain.look(frame)
        self.looking = False
        self._settle(look)

    def missed(self, gap: Gap) -> None:
        """Journal a gap, and tell the policies that wait for its frame."""
        self.gaps += 1
        self._tell("gap", gap)
        self._settle(self._chain.miss(gap))

    def noted(self, kind: str, value: Mapping[str, Any]) -> None:
        """Journal something that happened at the microscope."""
        self._tell(kind, value)

    def stopping(self) -> bool:
        """Return whether a stop was asked for."""
        return self._switch.stopping

    def ended(self, reason: str) -> None:
        """Learn that no further picture can come; the order in hand is withdrawn."""
        self.withdrawn += 1
        self._switch.finish(reason)

    def cancelled(self, reason: str) -> None:
        """Learn that somebody else asked the runner to stop."""
        self._switch.stop(reason)

    def paused(self, hold: bool) -> None:
        """Learn that somebody else asked the runner to pause or to go on."""
        self._switch.hold(hold)

    # ------------------------------------------------------------------- lagged detectors

    def begin_worker(self) -> None:
        """Start the thread that looks at the newest frame, in lagged mode."""
        if self.mailbox is not None:
            self._worker = threading.Thread(target=self._work, name="saccade-detect", daemon=True)
            self._worker.start()

    def end_worker(self) -> bool:
        """End that thread; return whether it did."""
        if self.mailbox is None or self._worker is None:
            return True
        self.mailbox.close()
        self._worker.join(_JOIN_S)
        return not self._worker.is_alive()

    def _work(self) -> None:
        mailbox = self.mailbox
        while mailbox is not None and not mailbox.closed:
            frame = mailbox.take(_TAKE_S)
            if frame is not None and not mailbox.closed:
                self._looks.append(self._chain.look(frame))
                self._switch.rouse()

    def _take_looks(self) -> None:
        while self._looks:
            self._settle(self._looks.popleft())

    # -------------------------------------------------------------------------- decisions

    def _settle(self, look: Look) -> None:
        for observation in look.observations:
            self._tell("observation", observation)
        for failure in look.failures:
            self._tell("failure", {"text": str(failure)})
        if isinstance(look.seen, Frame):
            self._failed_looks = self._failed_looks + 1 if look.failures else 0
            if self._failed_looks >= self._limits[0]:
                self._switch.fail(look.failures[0])
        self._decide(look.decisions, look.seen)

    def _decide(self, decisions: tuple[Decision, ...], seen: Frame | Gap | None) -> None:
        if not decisions:
            return
        now_ns = self._clock.now_ns()
        late = isinstance(seen, Frame) and self._too_late(seen, now_ns)
        for decision in decisions:
            self._tell("decision", self._aged(decision))
            if late and decision.actions:
                reason = f"the frame was older than {self._deadline_ms:g} ms"
                for action in decision.actions:
                    self._refuse(Refusal(action, "deadline", reason))
                continue
            base: MDAEvent | None = None if seen is None else seen.event
            for outcome in self._loop.apply((decision,), base, now_ns):
                if isinstance(outcome, Refusal):
                    self._refuse(outcome)
                else:
                    self._tell("action", outcome)

    def _aged(self, decision: Decision) -> Decision:
        if self.mailbox is None or decision.frame < 0:
            return decision
        return replace(decision, age_frames=max(0, self._newest - decision.frame))

    def _too_late(self, frame: Frame, now_ns: int) -> bool:
        if self._deadline_ms is None:
            return False
        return now_ns - frame.t_ns > self._deadline_ms * 1e6

    def _refuse(self, refusal: Refusal) -> None:
        self.refused += 1
        self._tell("refusal", refusal)
        if not refusal.action.planned:
            self._settle(self._chain.refuse(refusal))

    def _turn_away(self, refusal: Refusal, order: Order | None, now_ns: int) -> None:
        self._refuse(refusal)
        if order is None:
            return
        reason = f"refused by {refusal.guard}: {refusal.reason}"
        self.missed(Gap(order.index, order.stream, order.event, reason, t_ns=now_ns))
        self._refused_in_a_row += 1
        if self._refused_in_a_row >= self._limits[1]:
            count = self._refused_in_a_row
            self._switch.stop(f"{count} planned events in a row were {reason}", by_guard=True)

    # ------------------------------------------------------------------------------ hold

    def _hold_on(self) -> None:
        began_ns = self._clock.now_ns()
        self._on_hold(True)
        while self._switch.held and not self._switch.stopping:
            self._switch.settle()
            if self._switch.held and not self._switch.stopping:
                self._switch.sleep(self._clock, self._clock.now_ns() + 1_000_000_000)
        self._loop.delay(self._clock.now_ns() - began_ns)
        if not self._switch.stopping:
            self._on_hold(False)

    # ------------------------------------------------------------------------------ store

    def _tell(self, kind: str, value: object) -> None:
        self._stored(lambda: self._report.tell(kind, value))

    def _stored(self, write: Callable[[], None]) -> bool:
        try:
            write()
        except StoreError as error:
            self._switch.fail(error)
            return False
        return True
