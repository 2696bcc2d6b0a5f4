"""Knows by when the microscope must have answered, and cuts off a thread that waits in vain."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, TypeVar

from saccade.core import HungError, StoppedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from saccade.core import Frame, Gap, Order, Source, Stretch

T = TypeVar("T")

_LOOK_S = 0.01
"""How often somebody looks whether the microscope is late."""
_DO = "Bring the microscope back to life, and start Saccade anew."


class Vigil:
    """How long the microscope may still take, in real time whatever the clock.

    Parameters
    ----------
    call_s : float
        How long one call may take.
    """

    def __init__(self, call_s: float) -> None:
        self._call_s = call_s
        self._lock = threading.Lock()
        self._due: tuple[float, str] | None = None
        self.cut = False
        """Whether the microscope is given up; nothing may follow what it does last."""

    def beat(self, what: str = "", extra_s: float = 0.0) -> None:
        """Say that the microscope has answered, and is asked for something else now.

        Parameters
        ----------
        what : str
            What it is asked for.
        extra_s : float
            How much longer than a call that may take.

        Raises
        ------
        StoppedError
            If it was given up meanwhile.
        """
        if self.cut:
            raise StoppedError("The microscope was given up.")
        self._due = time.perf_counter() + self._call_s + extra_s, what

    def rest(self) -> None:
        """Say that nothing is asked of the microscope for now."""
        if self.cut:
            raise StoppedError("The microscope was given up.")
        self._due = None

    def wait(self, done: threading.Event) -> None:
        """Wait until something is done.

        Raises
        ------
        HungError
            If the microscope does not answer in time.
        """
        while not done.wait(_LOOK_S):
            due = self._due
            if due is None or time.perf_counter() < due[0]:
                continue
            with self._lock:
                if due is not self._due or done.is_set():
                    continue
                self.cut = True
            raise hung(due[1])

    def tell(self, step: Callable[[], T]) -> T:
        """Call the source, who may take as long as it likes, unless the microscope is given up."""
        with self._lock:  # whoever gives it up waits, or was first
            self.rest()
        answer = step()
        self.beat("go on")
        return answer


class Watched:
    """A `saccade.core.Source` as the engine sees it: time that it takes is not the microscope's.

    Parameters
    ----------
    source : Source
        The run.
    vigil : Vigil
        Rests while the source is at work; nothing reaches the source that comes too late.
    """

    def __init__(self, source: Source, vigil: Vigil) -> None:
        self._source, self._vigil = source, vigil

    def orders(self) -> Iterator[Order | tuple[Order, ...] | Stretch]:
        """Yield what to acquire next."""
        orders = self._source.orders()
        while (item := self._vigil.tell(lambda: next(orders, None))) is not None:
            yield item

    def took(self, frame: Frame) -> None:
        """Hand over a frame."""
        self._vigil.tell(lambda: self._source.took(frame))

    def missed(self, gap: Gap) -> None:
        """Hand over a gap."""
        self._vigil.tell(lambda: self._source.missed(gap))

    def noted(self, kind: str, value: Mapping[str, Any]) -> None:
        """Hand over what the journal should hold."""
        self._vigil.tell(lambda: self._source.noted(kind, value))

    def ended(self, reason: str) -> None:
        """Tell that no further picture can come."""
        self._vigil.tell(lambda: self._source.ended(reason))

    def cancelled(self, reason: str) -> None:
        """Tell that somebody else asked the runner to stop; from any thread."""
        self._source.cancelled(reason)

    def paused(self, hold: bool) -> None:
        """Tell that somebody else asked the runner to pause or to go on; from any thread."""
        self._source.paused(hold)

    def stopping(self) -> bool:
        """Return whether a stop was asked for, or the microscope is given up."""
        return self._vigil.cut or self._source.stopping()


class Side:
    """Work in a thread of its own, which is left behind if it does not return.

    Parameters
    ----------
    work : callable
        What to do.
    name : str
        Of the thread.
    """

    def __init__(self, work: Callable[[], T], name: str) -> None:
        self._work = work
        self._answer: Any = None
        self._error: BaseException | None = None
        self.done = threading.Event()
        """Set once it has returned."""
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.thread.start()

    def answer(self) -> Any:
        """Return what it returned, or raise what it raised."""
        self.thread.join(1.0)
        if self._error is not None:
            raise self._error
        return self._answer

    def _run(self) -> None:
        try:
            self._answer = self._work()
        except BaseException as error:  # noqa: BLE001 - raised by whoever waits
            self._error = error
        finally:
            self.done.set()


def within(seconds: float, what: str, work: Callable[[], T]) -> T:
    """Return what some work returns, if it does in time.

    Parameters
    ----------
    seconds : float
        How long it may take.
    what : str
        What the microscope is asked for.
    work : callable
        Is left behind, in a thread of its own, if it takes longer.

    Raises
    ------
    HungError
        If it does.
    """
    side = Side(work, "saccade-ask")
    if not side.done.wait(seconds):
        raise hung(what)
    answer: T = side.answer()
    return answer


def hung(what: str) -> HungError:
    """Return the error of a microscope that does not answer.

    Parameters
    ----------
    what : str
        What it was asked for.
    """
    return HungError(f"The microscope does not answer: {what or 'a call'}.", _DO)
