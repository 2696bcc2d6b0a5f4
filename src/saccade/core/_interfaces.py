"""The shapes that parts of a run must have; a plain function is enough for most."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, runtime_checkable

from ._values import (
    Action,
    Decision,
    Frame,
    Gap,
    Observation,
    Order,
    Record,
    Refusal,
    Shift,
    Verdict,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from ._clock import Clock
    from ._errors import SupervisorError
    from ._stand import Stand


Detector: TypeAlias = Callable[[Frame], Observation]
"""May say in an attribute ``needs`` what it can't do without, see `Needs`."""
Monitor: TypeAlias = Callable[[Frame, Observation], Observation]
Policy: TypeAlias = Callable[[Observation], Decision]
PolicyKind: TypeAlias = Literal[
    "event-driven", "outcome-driven", "quality-driven", "information-driven"
]
"""What a policy is led by, as it may say in an attribute ``kind``."""
Guard: TypeAlias = Callable[[Action], Action | Refusal]
"""Asked when an action is decided or planned; with an attribute ``as_played = True``, asked of
each decided event again just before the microscope gets it, and its ledger is kept then."""


@runtime_checkable
class Warms(Protocol):
    """A detector that wants one look at a blank frame before the run is armed."""

    def warm(self, frame: Frame) -> None:
        """Do what the first frame would otherwise wait for; leave no memory of it."""


@runtime_checkable
class Learns(Protocol):
    """A part that wants to know the microscope before the run is armed."""

    def learn(self, stand: Stand) -> None:
        """Take what is needed from the stand; raise a `UsageError` if it isn't there."""


@runtime_checkable
class Closes(Protocol):
    """A detector, monitor or policy that holds what a run must let go of, such as a process."""

    def close(self) -> None:
        """Let go of it; called when the microscope is SAFE, and when a run can't be armed."""


@runtime_checkable
class Apart(Protocol):
    """A detector outside of the run's process, that can be lost and started again."""

    patient: bool
    """Whether a frame waits while it starts again, where time is not real; set by the run."""

    def told(self) -> tuple[str, ...]:
        """Return what happened to it since the last call, in sentences, for the journal."""


@runtime_checkable
class Commits(Protocol):
    """A guard with a ledger: told of each action that passed every guard."""

    def commit(self, action: Action) -> None:
        """Enter the action into the ledger."""


@runtime_checkable
class Settles(Protocol):
    """A guard with a ledger of what really happened."""

    def settle(self, done: Frame | Gap) -> None:
        """Correct the ledger: what was let through became this frame, or this gap.

        Where several cameras expose together, each has one; the exposure goes with the first.
        """


@runtime_checkable
class Hears(Protocol):
    """A guard that trusts a run more or less, by what it is told."""

    def hear(self, news: Observation | Refusal) -> Shift | None:
        """Take note of what was seen or refused; return what changes, if anything does."""


class Stretch(Protocol):
    """Pictures with the same settings that a camera takes by itself, one after the other."""

    @property
    def first(self) -> Order:
        """The order that the first picture is for; its settings hold for all of them."""

    @property
    def sheds(self) -> bool:
        """Whether pictures are given up where they come too fast; else the camera pauses."""

    def goes_on(self, waiting: int) -> bool:
        """Return whether the camera may run on; asked before it starts, and all the time then.

        Parameters
        ----------
        waiting : int
            Pictures that it has taken and nobody has fetched.
        """

    def next(self) -> Order | None:
        """Return the order that the next picture is for, None if it is one too many."""

    def cut(self, exposures: int) -> None:
        """Learn how often the sample was exposed for pictures that nobody has."""


class Source(Protocol):
    """What a scope pulls its events from: the run, seen from below."""

    def orders(self) -> Iterator[Order | tuple[Order, ...] | Stretch]:
        """Yield what to acquire next; a tuple is one hardware-timed sequence."""

    def took(self, frame: Frame) -> None:
        """Receive a frame, in the thread that acquired it, before the next event."""

    def missed(self, gap: Gap) -> None:
        """Receive a gap in place of a frame."""

    def noted(self, kind: str, value: Mapping[str, Any]) -> None:
        """Receive something that the journal should hold, such as a retry."""

    def ended(self, reason: str) -> None:
        """Learn that no further picture can come, as at the end of a recording."""

    def cancelled(self, reason: str) -> None:
        """Learn that somebody else, such as a window, asked the runner to stop."""

    def paused(self, hold: bool) -> None:
        """Learn that somebody else asked the runner to pause or to go on."""

    def stopping(self) -> bool:
        """Return whether a stop was asked for; asked often."""


class Scope(Protocol):
    """A microscope, as a run needs it."""

    @property
    def clock(self) -> Clock:
        """Time as it passes for the microscope; a run waits on the same."""

    def stand(self) -> Stand:
        """Return what is known of it, without moving anything."""

    def hold(self, owner: str) -> None:
        """Take it for one run; raise `ScopeBusyError` if another has it."""

    def play(self, source: Source, folder: Path | None) -> None:
        """Acquire what the source yields until it ends; blocks in the calling thread."""

    def abort(self) -> None:
        """Cut short what is being waited for; any thread may call it."""

    def safe(self) -> Mapping[str, str]:
        """Bring it to SAFE; never raises.

        Returns
        -------
        mapping of str to str
            What was done to each device and read back, ``NOT SAFE: ...`` where it wasn't.
        """

    def release(self) -> None:
        """Put back what the run changed, and let others have it; never raises."""


@runtime_checkable
class Rests(Protocol):
    """A microscope that does not leave light on while nothing is done."""

    def rest(self, until_ns: int) -> None:
        """Learn, between two events, that nothing comes before a time."""


class Pulse(Protocol):
    """Lets a supervisor know that the thread which commands the microscope lives."""

    def lit(self, seconds: float | None) -> None:
        """Say that light may be on, and when this thread will be heard of again."""

    def lent(self, seconds: float | None) -> None:
        """Say the same, while somebody looks who may hold up the interpreter for a while."""

    def dark(self) -> None:
        """Say that no light is on."""


@runtime_checkable
class Pulses(Protocol):
    """A microscope that says when light may be on."""

    def report_to(self, pulse: Pulse | None) -> None:
        """Say so from now on; None is to nobody."""


@runtime_checkable
class Fills(Protocol):
    """A sink that says how full it is, so that a camera which runs by itself can wait."""

    @property
    def fullness(self) -> float:
        """Share of what may wait for the disk that does so, 0 to 1."""


@runtime_checkable
class Waits(Protocol):
    """A sink that says how long pictures have waited for room in it."""

    @property
    def waited_s(self) -> float:
        """Seconds for which whoever hands over has waited, in all."""


class Supervisor(Protocol):
    """A process that puts the light out when this one is lost."""

    def start(self) -> Mapping[str, Any]:
        """Start it, and let it prove that it can; raise a `SupervisorError` if it can't."""

    def watch(self, folder: Path | None, on_alarm: Callable[[SupervisorError], None]) -> Pulse:
        """Let it watch from now on; `on_alarm` is called if it acts, dies or hangs."""

    def end(self, *, safe: bool = True) -> Mapping[str, Any]:
        """End it, when the light is off or isn't known to be; raise if it ended before."""


class Sink(Protocol):
    """Where frames and records go."""

    def frame(self, frame: Frame) -> bool | None:
        """Queue pixels and their journal line; may wait while the queue is full.

        Returns
        -------
        bool or None
            False if there was no room and a gap was journalled in place of the frame.

        Raises
        ------
        StoreError
            If an earlier write failed, or the queue stayed full.
        """

    def note(self, record: Record) -> None:
        """Queue a journal line behind what was queued before."""

    @property
    def committed(self) -> int:
        """Number of frames whose pixels and journal line are on disk."""

    def flush(self, timeout_s: float) -> bool:
        """Wait until everything queued is on disk; return whether it is."""

    def close(self, verdict: Verdict | None = None) -> None:
        """Commit what is queued, write the verdict, and close every file."""
