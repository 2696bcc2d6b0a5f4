"""A script of faults: what goes wrong, on which call, once or for good."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, TypeVar

import numpy as np

from saccade.core import did_you_mean, is_number, require

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

Wrong: TypeAlias = Literal["raise", "hang", "slow", "wrong", "nan"]
T = TypeVar("T")

WRONGS: tuple[Wrong, ...] = ("raise", "hang", "slow", "wrong", "nan")
ANY = "any"
"""Stands for whatever call comes."""
LONGEST_HANG_S = 30.0
"""What hangs goes on after this, so that no test can be kept for ever."""
_SLOW_MS = 20.0
_OFF = 7.0


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong; plain data, which a protocol file can hold as well.

    Parameters
    ----------
    call : str
        Name of the call, or ``any``.
    what : {'raise', 'hang', 'slow', 'wrong', 'nan'}
        ``raise`` an error instead; ``hang`` until healed, half a minute at most, and do it then;
        be ``slow`` by `ms`, then do it; do or answer something ``wrong``; put ``nan`` where a
        number was. A call without a number can't do the last, and goes well.
    on : int
        Number of the first call that is affected, counted among those that match.
    times : int or None
        Number of calls that are; None is for good.
    device : str, optional
        Label of the only device whose calls match.
    value : optional
        What a ``wrong`` call does or answers; by default something near the truth.
    ms : float
        How slow.

    Raises
    ------
    ProtocolError
        If a value is impossible.
    """

    call: str = ANY
    what: Wrong = "raise"
    on: int = 1
    times: int | None = 1
    device: str | None = None
    value: Any = None
    ms: float = _SLOW_MS

    def __post_init__(self) -> None:
        do = "Correct it, or leave it out."
        require(
            isinstance(self.call, str) and bool(self.call), "Fault.call", self.call, "a name", do
        )
        hint = f"one of {', '.join(WRONGS)}"
        require(self.what in WRONGS, "Fault.what", self.what, hint, did_you_mean(self.what, WRONGS))
        require(_counts(self.on), "Fault.on", self.on, "a whole number above 0", do)
        once = self.times is None or _counts(self.times)
        require(once, "Fault.times", self.times, "a whole number above 0, or nothing", do)
        require(is_number(self.ms) and self.ms >= 0, "Fault.ms", self.ms, "0 or more", do)


class Happened(NamedTuple):
    """A fault that was due, and the call that it befell."""

    fault: Fault
    device: str
    call: str
    t_ns: int


class Faults:
    """Faults that devices, disks or anything else can be given; any thread may use it.

    Parameters
    ----------
    *planned : Fault
        More can be planned at any time.

    Examples
    --------
    >>> from saccade.testing import Fault, Faults
    >>> faults = Faults(Fault("set_position_um", "wrong", on=2, value=7.5))
    >>> [faults.go("Z", "set_position_um", (um,), lambda um: um) for um in (1.0, 2.0, 3.0)]
    [1.0, 7.5, 3.0]
    """

    def __init__(self, *planned: Fault) -> None:
        self._lock = threading.Lock()
        self._within = threading.local()
        self._planned: list[tuple[Fault, list[int]]] = []
        self._free = threading.Event()
        self.happened: list[Happened] = []
        """What has gone wrong, in order."""
        self.counts: Counter[tuple[str, str]] = Counter()
        """Calls so far, by device and name."""
        self.plan(*planned)

    def plan(self, *faults: Fault) -> None:
        """Let more go wrong; calls count from now on."""
        with self._lock:
            self._free.clear()
            self._planned += [(fault, [0]) for fault in faults]

    def heal(self) -> None:
        """Forget what was planned, and let go of what hangs."""
        with self._lock:
            self._planned.clear()
            self._free.set()

    def check(self, calls: Collection[str]) -> None:
        """Raise a `ProtocolError` if a fault is planned for a call that can't come."""
        known = (ANY, *calls)
        for fault, _ in self._planned:
            hint = did_you_mean(fault.call, known)
            require(fault.call in known, "Fault.call", fault.call, "a call", hint)

    def due(self, device: str, call: str, t_ns: int = 0) -> Fault | None:
        """Count a call; return what goes wrong with it, if anything does."""
        with self._lock:
            self.counts[device, call] += 1
            found = None
            for fault, seen in self._planned:
                if fault.call not in (ANY, call) or fault.device not in (None, device):
                    continue
                seen[0] += 1
                last = math.inf if fault.times is None else fault.on + fault.times
                if found is None and fault.on <= seen[0] < last:
                    found = fault
            if found is not None:
                self.happened.append(Happened(found, device, call, t_ns))
            return found

    def wait(self, seconds: float = LONGEST_HANG_S) -> None:
        """Hang: return when healed, or after that time."""
        self._free.wait(min(seconds, LONGEST_HANG_S))

    def go(
        self,
        device: str,
        call: str,
        args: tuple[Any, ...],
        truly: Callable[..., T],
        sleep: Callable[[float], object] | None = None,
        t_ns: int = 0,
        leave_out: bool = False,
    ) -> T:
        """Do a call as it was planned; calls within it are its own affair.

        Parameters
        ----------
        device, call : str
            Whose, and which.
        args : tuple
            Of `truly`.
        truly : callable
            Does it.
        sleep : callable, optional
            Takes the seconds by which it is slow; by default it waits in real time.
        t_ns : int
            When it is.
        leave_out : bool
            Whether to do a call ``wrong`` is not to do it, because it has no argument.

        Raises
        ------
        RuntimeError
            If that was planned.
        """
        if getattr(self._within, "deep", False):
            return truly(*args)
        fault = self.due(device, call, t_ns)
        if fault is not None and fault.what == "wrong" and leave_out:
            return None  # type: ignore[return-value]
        self._within.deep = True
        try:
            return truly(*args) if fault is None else self._fail(fault, call, args, truly, sleep)
        finally:
            self._within.deep = False

    def _fail(
        self,
        fault: Fault,
        call: str,
        args: tuple[Any, ...],
        truly: Callable[..., Any],
        sleep: Callable[[float], object] | None,
    ) -> Any:
        match fault.what:
            case "raise":
                raise RuntimeError(f"Planned fault of {call}{args}")
            case "hang":
                self.wait()
            case "slow":
                (sleep or self.wait)(fault.ms / 1e3)
            case "wrong" if fault.value is not None and args:
                new = fault.value if isinstance(fault.value, tuple) else (fault.value,)
                return truly(*args[: len(args) - len(new)], *new)
            case "wrong" | "nan":
                return spoilt(fault.what, fault.value, args, truly)
        return truly(*args)


def faulty(
    thing: T,
    calls: Iterable[str],
    faults: Faults,
    label: str = "",
    *,
    sleep: Callable[[float], object] | None = None,
    now_ns: Callable[[], int] = time.perf_counter_ns,
    leave_out: Collection[str] = (),
) -> T:
    """Let an object's methods fail by a script, and return it.

    Parameters
    ----------
    thing : object
        A device, a driver of your own, anything; its class is left alone.
    calls : iterable of str
        Names of methods; those that it does not have are passed over.
    faults : Faults
        What goes wrong.
    label : str
        What faults call the object.
    sleep, now_ns : callable, optional
        How it waits when it is slow, and what time it is; by default real time.
    leave_out : collection of str
        Methods without an argument that are wrong if they are not done.

    Examples
    --------
    >>> from saccade.testing import Fault, Faults, faulty
    >>> names = faulty(
    ...     type("Names", (), {"get": lambda self: ["a", "b"]})(),
    ...     ["get"],
    ...     Faults(Fault("get", "wrong", on=2)),
    ... )
    >>> [names.get() for _ in range(3)]
    [['a', 'b'], ['a'], ['a', 'b']]
    """

    def stand_in(call: str, truly: Callable[..., Any]) -> Callable[..., Any]:
        def failing(*args: Any, **options: Any) -> Any:
            def do(*given: Any) -> Any:
                return truly(*given, **options)

            out = call in leave_out
            return faults.go(label, call, args, do, sleep, t_ns=now_ns(), leave_out=out)

        return failing

    for call in calls:
        if hasattr(thing, call):
            setattr(thing, call, stand_in(call, getattr(thing, call)))
    return thing


def spoilt(
    what: Literal["wrong", "nan"], value: Any, args: tuple[Any, ...], truly: Callable[..., Any]
) -> Any:
    """Do a call with something wrong: its arguments where it has any, else its answer.

    Parameters
    ----------
    what : {'wrong', 'nan'}
        As in `Fault`.
    value : object
        The answer, if it is not None.
    args : tuple
        Of the call.
    truly : callable
        Does it. A call that has nothing to falsify is left out if ``wrong``.
    """
    change = amiss if what == "wrong" else nan_for
    if (changed := change_last(change, args)) is not None:
        return truly(*changed)
    if value is not None:
        return value
    if what == "wrong" and args:
        return None
    answer = truly(*args)
    falsified = change(answer)
    return answer if falsified is None else falsified


def change_last(change: Callable[[Any], Any | None], args: Iterable[Any]) -> tuple[Any, ...] | None:
    """Return arguments of which the last that can be is changed; None if none can be."""
    changed = list(args)
    for place in reversed(range(len(changed))):
        if not isinstance(changed[place], str) and (new := change(changed[place])) is not None:
            changed[place] = new
            return tuple(changed)
    return None


def amiss(value: Any) -> Any | None:
    """Return something like a value that is not it; None where nothing is like it.

    Parameters
    ----------
    value : object
        Numbers and texts of numbers are off by 7, truths are lies, of several the first is
        wrong, of names the last is missing, and a picture is turned by a row.
    """
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return type(value)(value + _OFF)
    if isinstance(value, str):
        return _text(value, lambda number: number + _OFF) or (f"{value}~" if value else None)
    if isinstance(value, (tuple, list)) and value:
        if all(isinstance(each, str) for each in value):
            return value[:-1]
        return type(value)([amiss(value[0]), *value[1:]])
    if isinstance(value, np.ndarray) and value.size:
        return np.roll(value, 1, axis=0) ^ (value.dtype.type(1))
    return None


def nan_for(value: Any) -> Any | None:
    """Return NaN in the shape of a value; None if there is no real number in it."""
    if isinstance(value, float):
        return math.nan
    if isinstance(value, str):
        return _text(value, lambda _: math.nan)
    if isinstance(value, (tuple, list)) and any(isinstance(each, float) for each in value):
        return type(value)([math.nan if isinstance(each, float) else each for each in value])
    return None


def _text(value: str, change: Callable[[float], float]) -> str | None:
    try:
        return f"{change(float(value)):g}"
    except ValueError:
        return None


def _counts(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
