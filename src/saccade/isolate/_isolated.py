"""A detector in a process of its own: what happens to it does not happen to the run."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any, NoReturn, Self

from saccade.core import IsolatedError, UnseenError, is_number, needs_of, require

from ._account import IN_A_ROW, Account
from ._process import LostError, Process
from ._recipe import error_of, layout_for, not_started, pickled
from ._request import Boot, request

if TYPE_CHECKING:
    from collections.abc import Callable

    from saccade.core import Detector, Frame, Needs, Observation, Stand

    from ._reply import Raised

TAKES_AT_MOST_MS = 5000.0
_CLOSE_S = 5.0


class Isolated:
    """A detector that looks at frames in a process of its own.

    It is the same detector: the same frames give the same observations. But when it takes too
    long, takes too much memory, crashes or hangs, its process is killed, and the run goes on:
    frames that it did not look at are invalid observations, which say why in ``unseen``. It is
    started again, without its memory of earlier frames. After three failures in a row it rests
    for 30 s, then it is tried once; if it fails again it rests for twice as long, up to 10 min.
    Exceptions that it raises count as well; they do not end its process before the third.

    The process is a new interpreter. It has the detector, and nothing of the script that the
    run is made in; it ends with the run, or with the process of the run, however that ends.

    Parameters
    ----------
    detector : Detector, or class or `functools.partial` of a class that makes one
        What can be pickled, hence comes from a module. What a class makes is made there only.
    takes_at_most_ms : float
        How long a look may take.
    memory_mb : float, optional
        How much memory its process may have, all that it imports included. It is looked at
        during looks, about every 50 ms; on Linux the system also refuses it so much more than
        it had when it was ready.
    starts_within_s : float
        How long it may take to be made and warmed.

    Raises
    ------
    ProtocolError
        If a setting can't be used, or the detector can't be sent to another process.

    Notes
    -----
    Score, points, boxes, labels, measurements, verdict and identity come back. Events come
    without the sequence that they belong to, as in a journal. Only what fits in twice a full
    picture of the microscope can be looked at.

    Examples
    --------
    >>> from saccade.detect import Spots
    >>> from saccade.testing import blob_frame
    >>> apart = Isolated(Spots(sigma=2))
    >>> apart(blob_frame()) == Spots(sigma=2)(blob_frame())
    True
    >>> apart.close()
    """

    def __init__(
        self,
        detector: Detector | Callable[[], Detector],
        *,
        takes_at_most_ms: float = TAKES_AT_MOST_MS,
        memory_mb: float | None = None,
        starts_within_s: float = 60.0,
    ) -> None:
        self.detector = detector
        self.settings: dict[str, Any] = {
            "takes_at_most_ms": takes_at_most_ms,
            "memory_mb": memory_mb,
            "starts_within_s": starts_within_s,
        }
        for name, value in self.settings.items():
            ok = is_number(value) and value > 0
            ok = ok or (name == "memory_mb" and value is None)
            require(ok, f"Isolated.{name}", value, "a number above 0", "Leave it out, or raise it.")
        self.patient = False
        """Whether frames wait while it starts again, as where time is not real."""
        self._recipe = pickled(detector)
        self.stand: Stand | None = None
        self.blank: Frame | None = None
        """What it has learnt and was warmed with, and is again whenever it starts."""
        self._lock = threading.RLock()
        self._epoch = 0
        self._process: Process | None = None
        self._dying: list[Process] = []
        self._account = Account()
        self._takes_ms = 0.0

    def __call__(self, frame: Frame) -> Observation:
        """Return what it sees.

        Parameters
        ----------
        frame : Frame
            Any.

        Raises
        ------
        UnseenError
            If it did not look at the frame, or has not come back from it.
        IsolatedError
            If it raised an exception, told by its ``repr``.
        """
        with self._lock:
            epoch = self._epoch
            try:
                reply, seen = self._at_work(frame).ask("look", frame)
            except LostError as lost:
                self._lost(str(lost), frame, epoch)
            except (UnseenError, IsolatedError):
                raise
            except Exception as error:
                raise IsolatedError(repr(error)) from error
            if reply.raised is not None:
                self._raised(reply.raised, frame, epoch)
            self._takes_ms = reply.takes_ms
            self._account.succeed()
            assert seen is not None  # noqa: S101 - `ask` has seen to it
            return seen

    def learn(self, stand: Stand) -> None:
        """Start the process, and let the detector learn the microscope there.

        Parameters
        ----------
        stand : Stand
            Tells how large pictures can be, too.

        Raises
        ------
        UsageError
            If the detector does not fit the microscope.
        IsolatedError
            If it can't be made.
        """
        with self._lock:
            self.close()
            self.stand, self.blank = stand, None
            self._first_start(None)

    def warm(self, frame: Frame) -> None:
        """Let the detector do there what its first frame would otherwise wait for.

        Parameters
        ----------
        frame : Frame
            A blank one; the detector is warmed with the like whenever it starts again.

        Raises
        ------
        IsolatedError
            If it can't.
        """
        with self._lock:
            process = self._process or self._first_start(frame)
            try:
                reply, _ = process.ask("warm", frame)
            except LostError as lost:
                self._let_go(process)
                raise not_started(str(lost)) from lost
            if reply.raised is not None:
                raise error_of(reply.raised)
            self.blank = frame

    @property
    def needs(self) -> tuple[Needs, ...]:
        """What the detector says that it needs; what a class makes says it when it learns."""
        return needs_of(self.detector)

    def takes_ms(self, frame: Frame) -> float:  # noqa: ARG002 - the last is the one that is meant
        """Return how long the detector says that its last look takes, in virtual time."""
        return self._takes_ms

    def fresh(self) -> Self:
        """Return a detector with the same settings and no memory, in another process."""
        other = type(self)(self.detector, **self.settings)
        other.patient, other.stand, other.blank = self.patient, self.stand, self.blank
        return other

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self.fresh()

    def told(self) -> tuple[str, ...]:
        """Return what has happened to its process since the last call."""
        return self._account.told()

    def close(self) -> None:
        """End the process; any thread may call it, also while the detector looks.

        The next look starts another.
        """
        self._epoch += 1
        process = self._process
        if process is not None:
            process.kill()  # so that whoever waits for it does not go on
        if not self._lock.acquire(timeout=_CLOSE_S):
            return  # whoever has the lock lets go of the process that is dead by now
        try:
            self._account.sum_up()
            if self._process is not None:
                self._let_go(self._process)
            for each in self._dying:
                each.end()
            self._dying.clear()
        finally:
            self._lock.release()

    @property
    def pid(self) -> int | None:
        """Number of its process; None if there is none."""
        process = self._process
        return None if process is None else process.pid

    # ------------------------------------------------------------------------ the process

    def _at_work(self, frame: Frame) -> Process:
        """Return a process that can be asked, or raise an error that says why there is none."""
        process, account = self._process, self._account
        if process is None and not account.in_a_row:
            return self._first_start(frame)
        if process is None and frame.t_ns < account.due_ns:
            self._miss(account.resting)
        process = process or self._start(frame)
        if not process.ready:
            raised = process.become_ready(wait=self.patient)
            if raised is not None:
                raise LostError(f"it can't be made: {raised.told[:300]}")
            if not process.ready:
                self._miss(account.resting)
        return process

    def _first_start(self, frame: Frame | None) -> Process:
        """Return a process that is ready; what keeps it from that speaks for itself."""
        process = self._start(frame)
        try:
            raised = process.become_ready(wait=True)
        except LostError as lost:
            self._let_go(process)
            raise not_started(str(lost)) from lost
        if raised is not None:
            self._let_go(process)
            raise error_of(raised)
        return process

    def _start(self, frame: Frame | None, delay_s: float = 0.0) -> Process:
        blank = None if self.blank is None else request("warm", self.blank)
        boot = Boot(self._recipe, self.stand, blank, self.settings["memory_mb"])
        self._process = Process(
            boot,
            layout_for(self._recipe, self.stand, frame),
            boot_s=self.settings["starts_within_s"],
            at_most_s=self.settings["takes_at_most_ms"] / 1e3,
            delay_s=delay_s,
        )
        return self._process

    def _let_go(self, process: Process) -> None:
        """End a process without waiting for it: what has much memory is slow to die."""
        process.kill()
        self._process = None
        for each in self._dying:
            if each.gone():
                each.end()
        self._dying = [each for each in (*self._dying, process) if not each.gone()]

    # --------------------------------------------------------------------------- failures

    def _lost(self, why: str, frame: Frame, epoch: int) -> NoReturn:
        """Count a failure, start again, and say that the frame was not seen."""
        if self._process is not None:
            self._let_go(self._process)
        if epoch != self._epoch:
            raise UnseenError("the run ended")
        rest_s = self._account.fail(frame.index, why)
        self._account.due_ns = frame.t_ns + round(rest_s * 1e9)
        if not self.patient:
            with contextlib.suppress(OSError):  # tried again on a later frame
                self._start(frame, rest_s)
        self._miss(why)

    def _raised(self, raised: Raised, frame: Frame, epoch: int) -> NoReturn:
        if self._account.in_a_row + 1 >= IN_A_ROW:
            self._lost(f"it raised {raised.told[:300]}", frame, epoch)
        self._account.stumble()
        raise IsolatedError(raised.told)

    def _miss(self, why: str) -> NoReturn:
        self._account.miss()
        raise UnseenError(why)
