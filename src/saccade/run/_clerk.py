"""What follows from a look: lines in the journal, and actions that try to pass the door."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from saccade.core import (
    ARBITER,
    Action,
    End,
    Frame,
    Gap,
    GuardError,
    IsolatedError,
    PolicyError,
    Refusal,
    Shadowed,
    StoreError,
)

from ._acts import decided, is_dark, rests
from ._history import heard
from ._keep import Ring, occurs
from ._parts import Start
from ._questions import Questions
from ._shadow import not_done

if TYPE_CHECKING:
    from collections.abc import Sequence

    from useq import MDAEvent

    from saccade.core import Decision, Observation

    from ._keep import Keep, Named
    from ._loop import Loop
    from ._parts import Look, News
    from ._report import Report
    from ._shadow import Shadow
    from ._switch import Switch


class Clerk:
    """Journals what was made of each piece of news, and hands its actions to the loop.

    Parameters
    ----------
    loop, report, switch
        The parts of the run.
    lagged : bool
        Whether decisions have an age.
    deadline_ms : float or None
        Age of a frame at which nothing is done about it any more.
    max_failures : int
        Number of failed looks in a row that end the run.
    shadow : Shadow, optional
        Tells what actions would take, and nothing that is decided is done.
    kept : tuple of Keep and callable, optional
        Which frames of the watch are stored; and what names the observations of one.
    """

    def __init__(
        self,
        loop: Loop,
        report: Report,
        switch: Switch,
        *,
        lagged: bool,
        deadline_ms: float | None,
        max_failures: int,
        shadow: Shadow | None = None,
        kept: tuple[Keep, Named] | None = None,
    ) -> None:
        self._kept = kept
        self.ring = None if kept is None else Ring(kept[0], self._store, self.tell)
        """Holds frames back where not all are stored."""

        self._loop, self._report, self._switch = loop, report, switch
        self._lagged, self._deadline_ms = lagged, deadline_ms
        self._max_failures = max_failures
        self._shadow = shadow
        self._failed_looks = 0
        self._planned = True
        self.questions = Questions()
        """What policies have asked a person."""
        self.newest = -1
        """Index of the frame that was taken last."""
        self.shifts = 0
        """How often a guard has come to trust the run less, or more."""
        self.refused = 0
        self.unseen = 0
        """Number of looks that a detector in a process of its own did not take."""

    def settle(self, look: Look, now_ns: int) -> Sequence[Refusal]:
        """Journal a look and act on it; return the refusals that policies should hear of.

        Parameters
        ----------
        look : Look
            What the chain made of some news.
        now_ns : int
            Monotonic time.
        """
        if look.decisions and not isinstance(look.seen, Frame):
            self.tell("heard", heard(look.seen))
        for note in look.notes:
            self.note_detector(note)
        for observation in look.observations:
            self.unseen += bool(observation.unseen)
            self.tell("observation", observation)
            self._hear(observation)
        for failure in look.failures:
            self.tell("failure", {"text": str(failure)})
        for decision in look.decisions:
            self.tell("decision", self._aged(decision))
            if self.questions.note(decision, _event_of(look.seen)):
                self.tell("question", decision.question)
        self._mark(look)
        self._count_failures(look)
        refused = self._tell_outcomes(self._act(look, now_ns))
        lost = self._loop.lost()
        for loss in lost:
            self.refuse(loss)
        if isinstance(look.seen, Refusal):
            return lost  # an answer to a refusal that is refused could go on forever
        return [*refused, *lost]

    def _tell_outcomes(self, outcomes: Sequence[Action | Refusal | Shadowed]) -> list[Refusal]:
        """Journal what became of actions; return the refusals that policies hear of."""
        for outcome in outcomes:
            if isinstance(outcome, Refusal):
                self.refuse(outcome)
            else:
                self.tell("shadowed" if isinstance(outcome, Shadowed) else "action", outcome)
        told = [not_done(one) if isinstance(one, Shadowed) else one for one in outcomes]
        return [outcome for outcome in told if isinstance(outcome, Refusal)]

    def note_detector(self, text: str) -> None:
        """Journal what happened to the process of a detector."""
        self.tell("detector", {"text": text})

    def refuse(self, refusal: Refusal) -> None:
        """Journal a refusal, and tell the guards of it."""
        self.refused += 1
        self.tell("refusal", refusal)
        if refusal.guard != ARBITER:  # it speaks against nobody that somebody else went first
            self._hear(refusal)

    def account(self, done: Frame | Gap) -> None:
        """Tell the guards what became of an event; if a ledger can't be kept, the run fails."""
        try:
            self._loop.settle(done)
        except Exception as error:  # noqa: BLE001 - a guard may fail in any way; nothing may leave then
            self.fail(error)

    def fail(self, error: Exception) -> None:
        """End the run because a guard can't keep its ledger."""
        self._switch.fail(_guard_error(error))

    def tell(self, kind: str, value: object) -> None:
        """Journal a value; if that fails, so does the run."""
        try:
            self._report.tell(kind, value)
        except StoreError as error:
            self._switch.fail(error)

    def keep(self, frame: Frame) -> bool | None:
        """Store a frame; return whether there was room for it, or None if storing failed."""
        self.newest = frame.index
        if self.ring is not None:
            self._report.show(frame)
            self.ring.take(frame)
            return None if self._switch.error is not None else True
        try:
            return self._report.frame(frame)
        except StoreError as error:
            self._switch.fail(error)
            return None

    def leave_out(self, gap: Gap) -> None:
        """Journal a gap, in its place among the frames."""
        if self.ring is not None:
            self.ring.take(gap)
        else:
            self.tell("gap", gap)

    def pass_by(self, frame: Frame) -> None:
        """Learn that nobody is going to look at a frame."""
        if self.ring is not None:
            self.ring.passed(frame.t_ns)

    def _store(self, frame: Frame) -> bool | None:
        try:
            return self._report.store(frame)
        except StoreError as error:
            self._switch.fail(error)
            return None

    def _mark(self, look: Look) -> None:
        """Have kept what is around an occurrence, if a look shows one."""
        if self.ring is None or self._kept is None or not isinstance(look.seen, Frame):
            return
        if occurs(look, *self._kept):
            self.ring.occurred(look.seen.t_ns)
        self.ring.passed(look.seen.t_ns)

    def _hear(self, news: Observation | Refusal) -> None:
        try:
            shifts = self._loop.hear(news)
        except Exception as error:  # noqa: BLE001 - as above
            self.fail(error)
            return
        for shift in shifts:
            self.shifts += 1
            self.tell("shift", shift)
            if shift.stop:
                self._switch.stop(f"{shift.guard}: {shift.cause}", by_guard=True)

    def _count_failures(self, look: Look) -> None:
        # What fails in a process of its own has given the run leave to go on without it.
        own = [each for each in look.failures if not isinstance(each, IsolatedError)]
        if look.observations:
            self._failed_looks = self._failed_looks + 1 if own else 0
        if isinstance(look.seen, Start):
            self._planned = look.seen.planned
        before_any = isinstance(look.seen, Start) and bool(own)
        # Where no plan goes on without it, a run is over with the policy that led it.
        led = [] if self._planned else [f for f in look.failures if isinstance(f, PolicyError)]
        counts = before_any or led or self._failed_looks >= self._max_failures
        # What comes after the last of them, as the end of the run does, has failed in nothing.
        if counts and (failures := (*led, *own)):
            self._switch.fail(failures[0])

    def _act(self, look: Look, now_ns: int) -> Sequence[Action | Refusal | Shadowed]:
        self._note_lifted()
        if not any(decision.actions for decision in look.decisions):
            return ()
        if why_not := self._why_not():
            return self._last(look, now_ns, *why_not)
        outcomes: list[Action | Refusal] = []
        shadow = self._shadow if self._shadowed else None
        ask = self._loop.apply if shadow is None else self._loop.consider
        for decision in look.decisions:
            base = _event_of(look.seen) or self.questions.base(decision)
            outcomes += ask((self._dated(decision, look.seen),), base, now_ns)
        return outcomes if shadow is None else shadow.of(outcomes, look.seen)

    @property
    def _shadowed(self) -> bool:
        return self._shadow is not None and self._shadow.holds

    def _note_lifted(self) -> None:
        """Journal once that a shadowed run does from here on what it decides."""
        if self._shadow is not None and (by := self._shadow.lifted_since()) is not None:
            self.tell("armed", {"text": "what is decided is done from here on", "by": by})

    def _last(self, look: Look, now_ns: int, who: str, why: str) -> list[Action | Refusal]:
        """Refuse what comes too late, except for what puts something to rest in the dark.

        Its policy has done with it, or hears the end.
        """
        done: list[Action | Refusal] = []
        for decision in look.decisions:
            for action in decision.actions:
                at_the_end = isinstance(look.seen, End) and is_dark(action)
                if (at_the_end or rests(action)) and not self._shadowed:
                    one = replace(decision, actions=(action,))
                    done += self._loop.apply((one,), None, now_ns)
                else:
                    done.append(Refusal(decided(action, decision, t_ns=now_ns), who, why))
        return done

    def _why_not(self) -> tuple[str, str] | None:
        """Return who refuses to act on a look that came too late, and why."""
        if self._switch.stopping:
            return "stop", "the run was stopping"
        if self._switch.end_of_source:
            return "end", self._switch.end_of_source
        return None

    def _dated(self, decision: Decision, seen: News) -> Decision:
        """Return a decision whose actions expire when the frame has reached the deadline."""
        if self._deadline_ms is None or not isinstance(seen, Frame):
            return decision
        last_ns = seen.t_ns + round(self._deadline_ms * 1e6)
        actions = tuple(
            replace(each, expires_ns=min(last_ns, each.expires_ns or last_ns))
            for each in decision.actions
        )
        return replace(decision, actions=actions)

    def _aged(self, decision: Decision) -> Decision:
        if not self._lagged or decision.frame < 0:
            return decision
        return replace(decision, age_frames=max(0, self.newest - decision.frame))


def _event_of(seen: News) -> MDAEvent | None:
    """Return the event of what a look rests on, if it rests on one."""
    return seen.event if isinstance(seen, (Frame, Gap)) else None


def _guard_error(cause: Exception) -> GuardError:
    error = GuardError(
        f"A guard can't keep its ledger: {cause!r}.", "Nothing more leaves; mend the guard."
    )
    error.__cause__ = cause
    return error
