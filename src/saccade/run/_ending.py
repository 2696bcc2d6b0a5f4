"""The way out of a run: SAFE, then the disk, then the verdict, then the microscope is free."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from saccade.core import ScopeError, State, Waits

from ._farewell import Farewell
from ._verdict import Tally, judge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from saccade.core import Clock, Scope, Sink, Verdict

    from ._chain import Chain
    from ._clerk import Clerk
    from ._feed import Feed
    from ._loop import Loop
    from ._report import Report
    from ._supervision import Supervision
    from ._switch import Switch

STATES = {"stopped": State.STOPPED, "failed": State.FAILED}
"""Where a verdict leads; any other to `State.FINISHED`."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Ending:
    """Ends a run, in the same order whatever ended it.

    Parameters
    ----------
    scope, sink, report, feed, clerk, loop, switch, clock, chain, supervision
        The parts of the run.
    """

    def __init__(
        self,
        scope: Scope,
        sink: Sink,
        report: Report,
        feed: Feed,
        clerk: Clerk,
        loop: Loop,
        switch: Switch,
        clock: Clock,
        chain: Chain,
        supervision: Supervision,
    ) -> None:
        self._scope, self._sink, self._report = scope, sink, report
        self._feed, self._clerk, self._loop, self._switch = feed, clerk, loop, switch
        self._clock, self._chain, self._supervision = clock, chain, supervision
        parts = scope, chain, loop, clerk, feed, switch, clock
        self._farewell = Farewell(*parts, self.go_safe)
        self._safe: Mapping[str, str] | None = None
        self._verdict: Verdict | None = None

    def end(self) -> Verdict:
        """Take every step of the way out, whatever became of the one before."""
        looked = (self._feed.finish, self._part)
        kept = (self._leave_supervisor, self._let_go, self._report.drain, self._close)
        for step in (self._farewell.say, self._end_safe, *looked, *kept, self._scope.release):
            try:
                step()
            except Exception as error:  # noqa: BLE001 - kept, and raised in wait(); or told
                if not self._switch.fail(error):
                    self._clerk.tell("failure", {"text": f"On the way out: {error!r}"})
        if self._verdict is None or self._switch.error is not None:
            return self._judge()
        return self._verdict

    def go_safe(self) -> None:
        """Bring the microscope to SAFE, and journal what that took."""
        self._safe = None
        self._safe = self._scope.safe()
        self._clerk.tell("safe", self._safe)

    def _end_safe(self) -> None:
        """Bring it to SAFE for good; a run that leaves anything otherwise has failed.

        A stage that takes its time to stand is told of, and harms nobody.
        """
        self.go_safe()
        told_of = (self._safe or {}).items()
        left = {
            name: told
            for name, told in told_of
            if told.startswith("NOT SAFE") and not told.endswith("still moving")
        }
        if left:
            what = "; ".join(f"{name} is {told}" for name, told in left.items())
            raise ScopeError(f"The microscope was left otherwise: {what}.", "Look after it now.")

    def note_state(self, state: State) -> None:
        """Journal where the run is."""
        wall = _EPOCH + timedelta(microseconds=self._clock.wall_ns() / 1e3)
        stamp = wall.isoformat(timespec="milliseconds")
        self._clerk.tell("state", {"state": state, "wall": stamp})

    def _part(self) -> None:
        """End the processes of detectors."""
        for note in self._chain.close():
            self._clerk.note_detector(note)

    def _let_go(self) -> None:
        """Have stored what was held back."""
        if self._clerk.ring is not None:
            self._clerk.ring.empty()

    def _leave_supervisor(self) -> None:
        self._supervision.end(self._safe)

    def _close(self) -> None:
        self.note_state(STATES.get(self._judge().name, State.FINISHED))
        # Once more: the note itself may have failed.
        self._verdict = self._judge()
        self._sink.close(self._verdict)

    def _waited_s(self) -> float:
        """Return how long pictures have waited for the disk; virtual time stands meanwhile."""
        if self._clock.lockstep:
            return 0.0
        waited_s = self._sink.waited_s if isinstance(self._sink, Waits) else 0.0
        return self._feed.paused_s + waited_s

    def _judge(self) -> Verdict:
        feed = self._feed
        planned = self._loop.issued - feed.withdrawn
        ring = self._clerk.ring
        gaps, thinned = (0, 0) if ring is None else (ring.gaps, ring.thinned)
        tally = Tally(
            planned,
            self._sink.committed,
            feed.gaps + gaps,
            self._clerk.refused,
            feed.done,
            thinned,
            self._waited_s(),
        )
        return judge(self._switch, tally)
