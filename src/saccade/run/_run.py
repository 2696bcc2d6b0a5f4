"""One execution of a protocol on a scope: thread, states, hold and stop."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING, Literal, TypeAlias

from saccade.core import RealClock, Rests, State, UsageError

from ._chain import Chain
from ._clerk import Clerk
from ._door import Door
from ._ending import STATES, Ending
from ._feed import Feed
from ._fill import as_watched, blank
from ._keep import check_keep
from ._lockstep import LockstepLookout
from ._lookout import Lookout
from ._loop import Loop
from ._report import Report
from ._shadow import Shadow
from ._signals import Signals
from ._supervision import Supervision
from ._switch import Switch
from ._tide import Tide, check_streams

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from useq import MDAEvent

    from saccade.core import (
        Clock,
        Guard,
        Monitor,
        Question,
        Scope,
        Sink,
        Stand,
        Supervisor,
        Verdict,
    )

    from ._arbiter import Arbiter
    from ._keep import Keep
    from ._lookout import AnyLookout
    from ._parts import Eyes, Rules

Mode: TypeAlias = Literal["inline", "lagged", "stream"]

_SLICE_S = 0.5
_SWITCH_INTERVAL_S = 2e-4
"""A busy listener gives the interpreter back after this, not after the usual 5 ms."""


def _pass_by(until_ns: int) -> None:
    """Do nothing: the microscope leaves no light on."""


class Run(Signals):
    """A protocol on a scope, from arming to its verdict.

    The states, and the ways between them::

        idle -> armed -> running <-> held
                 |          |         |
                 +----------+---------+--> finished | stopped | failed

    Every way out goes through SAFE before any file is closed.

    Parameters
    ----------
    scope : Scope
        The microscope.
    watch : iterable of useq.MDAEvent
        The plan, such as a `useq.MDASequence`; may be empty where a story leads.
    detect, decide, monitors
        As in `Chain`.
    guards : Guard or sequence of Guard
        They stand at the one door.
    sink : Sink
        Where frames and records go; the run closes it.
    mode : {'inline', 'lagged', 'stream'}
        Whether the next event waits for the decision on the last frame; or detectors run in
        a worker that looks at the newest frame only; or the camera runs by itself besides, as
        long as the plan wants the same picture once more and nothing else is to be done.
    deadline_ms : float, optional
        Age at which a decision is dropped, where frames go on meanwhile.
    clock : Clock, optional
        What all waiting goes through; the microscope's own, if its time is not real. In
        lockstep detectors take the time that they declare, see `Eye`.
    folder : Path, optional
        Where the scope may log.
    max_failures : int
        Number of looks in a row that may fail before the run does.
    max_refusals : int
        Number of planned events in a row that guards may refuse before the run stops.
    supervisor : Supervisor, optional
        Puts the light out if this process dies or hangs; without it the run fails.
    overload : {'wait', 'gap'}
        What happens where a camera that runs by itself is faster than the disk: it pauses, or
        pictures are given up as gaps.
    keep : Keep, optional
        Which frames of the watch are stored in the mode 'stream'; by default all.
    shadow : bool
        Decide and record as ever, and do nothing of what is decided: the watch goes on as
        planned. The journal has a `Shadowed` for each action; policies hear that it was refused.
    arbiter : Arbiter, optional
        Says whose action counts where policies claim the same; without it they may not.

    Raises
    ------
    ConflictError
        If two policies would set the same thing, and no arbiter names both.
    """

    def __init__(
        self,
        scope: Scope,
        watch: Iterable[MDAEvent] = (),
        *,
        detect: Eyes = None,
        decide: Rules = (),
        monitors: Sequence[Monitor] = (),
        guards: Guard | Sequence[Guard] = (),
        sink: Sink,
        mode: Mode = "inline",
        deadline_ms: float | None = None,
        clock: Clock | None = None,
        folder: Path | None = None,
        max_failures: int = 3,
        max_refusals: int = 10,
        supervisor: Supervisor | None = None,
        overload: Literal["wait", "gap"] = "wait",
        keep: Keep | None = None,
        shadow: bool = False,
        arbiter: Arbiter | None = None,
    ) -> None:
        self.folder = folder
        self.verdict: Verdict | None = None
        self._scope, self._sink = scope, sink
        self._clock = clock or RealClock()
        virtual = self._clock.lockstep
        self._chain = Chain(detect, decide, monitors, declared=virtual, patient=virtual)
        check_keep(keep, mode, self._chain.detectors)
        door = Door((guards,) if callable(guards) else guards)
        self._loop = Loop(watch, door, self._chain.rights(arbiter))
        self._switch = Switch()
        self._report = Report(sink, self._by_kind(), self._clock)
        self._lookout = None if mode == "inline" else self._new_lookout()
        self._streams = mode == "stream"
        self._shadow = Shadow() if shadow else None
        self._clerk = Clerk(
            self._loop,
            self._report,
            self._switch,
            lagged=self._lookout is not None,
            deadline_ms=deadline_ms,
            max_failures=max_failures,
            shadow=self._shadow,
            kept=None if keep is None else (keep, self._chain.named),
        )
        self._feed = Feed(
            self._chain,
            self._loop,
            self._clerk,
            self._switch,
            self._clock,
            lookout=self._lookout,
            on_rest=scope.rest if isinstance(scope, Rests) else _pass_by,
            on_hold=self._on_hold,
            max_refusals=max_refusals,
            tide=Tide(sink, self._clock, self._clerk.tell, overload) if self._streams else None,
        )
        self._supervision = Supervision(supervisor, scope, self._clerk, self._give_up)
        self._ending = Ending(
            scope,
            sink,
            self._report,
            self._feed,
            self._clerk,
            self._loop,
            self._switch,
            self._clock,
            self._chain,
            self._supervision,
        )
        self._state = State.IDLE
        self._thread: threading.Thread | None = None

    @property
    def state(self) -> State:
        """Where the run is."""
        return self._state

    @property
    def committed(self) -> int:
        """Number of frames whose pixels and journal line are on disk."""
        return self._sink.committed

    @property
    def dropped_looks(self) -> int:
        """Number of frames that a lagged detector did not get to see."""
        return 0 if self._lookout is None else self._lookout.dropped

    @property
    def unseen_looks(self) -> int:
        """Number of looks that detectors in processes of their own did not take."""
        return self._clerk.unseen

    @property
    def dropped_signals(self) -> int:
        """Number of signals that listeners were too slow for; the journal has them all."""
        return self._report.dropped

    def start(self) -> Run:
        """Arm the run, then let it go in a thread of its own; if it can't be armed, try again.

        Raises
        ------
        UsageError
            If a part does not fit this scope; nothing has moved.
        ScopeBusyError
            If another run holds the scope.
        """
        if self._state is not State.IDLE:
            raise UsageError(f"This run is {self._state} already.", "Make a new one.")
        self._arm()
        self._thread = threading.Thread(target=self._main, name="saccade-run", daemon=True)
        self._thread.start()
        return self

    def wait(self, timeout_s: float | None = None) -> Verdict:
        """Wait for the end and return the verdict.

        Parameters
        ----------
        timeout_s : float, optional
            None waits as long as it takes.

        Raises
        ------
        TimeoutError
            If the run goes on.
        SaccadeError
            What made the run fail.
        """
        if self._thread is None:
            raise UsageError("This run was not started.", "Call start() first.")
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while self._thread.is_alive():
            left_s = _SLICE_S if deadline is None else deadline - time.monotonic()
            if left_s <= 0:
                raise TimeoutError(f"The run is still {self._state} after {timeout_s} s.")
            self._thread.join(min(left_s, _SLICE_S))
        if self._switch.error is not None:
            raise self._switch.error
        if self.verdict is None:
            raise UsageError("The run ended without a verdict.", "Please report this.")
        return self.verdict

    def stop(self, reason: str = "asked to") -> None:
        """End the run as soon as the exposure in progress is over; any thread may call it."""
        if self._state.ended or not self._switch.stop(reason) or self._state is State.IDLE:
            return
        self._cut_short()

    def _give_up(self, error: BaseException) -> None:
        """End the run because of what another thread has found out."""
        self._switch.fail(error)
        self._cut_short()

    def _cut_short(self) -> None:
        self._scope.abort()
        if self._feed.looking:
            # The run's thread is with a detector, which may be slow; the microscope is idle.
            self._scope.safe()

    def hold(self) -> None:
        """Take no further picture until `resume`; the microscope goes to SAFE meanwhile."""
        self._switch.hold(True)

    def resume(self) -> None:
        """Go on after a `hold`; the plan is moved back by the time that was held."""
        self._switch.hold(False)

    @property
    def in_shadow(self) -> bool:
        """Whether nothing of what is decided is done now."""
        return self._shadow is not None and self._shadow.holds

    def arm(self, by: str = "") -> None:
        """Let a shadowed run do what it decides, from the next decision on.

        Parameters
        ----------
        by : str
            Who says so, for the journal.

        Raises
        ------
        UsageError
            If it is not shadowed, or has ended.
        """
        if self._shadow is None or not self._shadow.holds:
            raise UsageError("This run does what it decides.", "Only a shadowed run is armed.")
        if self._state.ended:
            raise UsageError("This run has ended.", "Start another, without --shadow.")
        self._shadow.lift(by)

    @property
    def questions(self) -> tuple[Question, ...]:
        """What policies ask a person now, the oldest first; see `asked` and `answer`."""
        return self._clerk.questions.open

    def left_s(self, question: Question) -> float:
        """Return for how long a question may be answered."""
        return max(0.0, (question.until_ns - self._clock.now_ns()) / 1e9)

    def answer(self, question: str, yes: bool, by: str = "") -> None:
        """Answer a question; any thread may call it.

        Parameters
        ----------
        question : str
            Its id.
        yes : bool
            Whether what it asks for is to be done.
        by : str
            Who says so, for the journal.

        Raises
        ------
        UsageError
            If no such question is open.
        """
        if why := self._clerk.questions.answer(question, yes, by):
            raise UsageError(f"There is no open question {question!r}.", why)
        self._switch.rouse()

    # ------------------------------------------------------------------------- the thread

    def _new_lookout(self) -> AnyLookout:
        if self._clock.lockstep:
            return LockstepLookout(self._chain, self._clock)
        return Lookout(self._chain, self._switch)

    def _arm(self) -> None:
        stand = self._scope.stand()
        if self._streams:
            check_streams(stand)
        try:
            watched = as_watched(stand, self._loop.planned)
            self._chain.learn(watched)
            self._loop.learn(stand)
            if self._shadow is not None:
                self._shadow.learn(watched)
            self._take(watched)
        except BaseException:
            self._chain.close()
            raise
        self._change(State.ARMED)

    def _take(self, stand: Stand) -> None:
        self._scope.hold(f"run {self.folder or hex(id(self))}")
        try:
            self._chain.warm(blank(stand))
            self._supervision.prove()
            self._open(stand)
            self._supervision.begin(self.folder)
        except BaseException:
            self._supervision.give_up()
            self._scope.release()
            raise

    def _open(self, stand: Stand) -> None:
        """Make the sink ready, now that everything fits; for subclasses that own theirs."""

    def _main(self) -> None:
        switch_interval_s = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH_INTERVAL_S)
        try:
            if self._lookout is not None:
                self._lookout.start()
            self._change(State.RUNNING)
            self._scope.play(self._feed, self.folder)
        except BaseException as error:  # noqa: BLE001 - kept, and raised in wait()
            self._switch.fail(error)
        finally:
            self._end()
            sys.setswitchinterval(switch_interval_s)

    def _end(self) -> None:
        self._clerk.questions.close()
        self.verdict = self._ending.end()
        self._state = STATES.get(self.verdict.name, State.FINISHED)
        self._report.close(self.verdict)

    def _on_hold(self, held: bool) -> None:
        if held:
            self._ending.go_safe()
        self._change(State.HELD if held else State.RUNNING)

    def _change(self, state: State) -> None:
        self._state = state
        self._ending.note_state(state)
