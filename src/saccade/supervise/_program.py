"""The supervisor's program: watches the controller, and puts the light out when it is lost.

It imports the standard library only, so that it starts fast, stays small, and has nothing
in common with what may have brought the controller down.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._ear import DEATH, Ear
from ._paths import make_path, prove, unsafe
from ._vitals import stands_still

if TYPE_CHECKING:
    from ._paths import LightPath, Told

LOG = "supervisor.jsonl"
"""Name of its log in the run folder."""
ENDED, REFUSED, MADE_SAFE, NOT_MADE_SAFE = 0, 2, 3, 4
"""How the program ends: after the run; with no proof; light out; light not known to be out."""

_PR_SET_PDEATHSIG = 1
"""Of ``linux/prctl.h``."""
_FIRST = 10
_ORDER_S = 60.0
_AGAIN_S = 0.2
_TRIES = 50
"""How often the light is told to go out before it is called NOT SAFE for good."""


def main() -> int:
    """Prove the path, watch the controller, act if need be; return how it ended."""
    _go_first()
    ear = Ear(sys.stdin.fileno(), os.dup(sys.stdout.fileno()))
    ear.heed(signal.SIGTERM, "the supervisor was told to end")
    _hear_of_death(ear)
    first = ear.order(_ORDER_S)
    if first is None:
        return REFUSED
    try:
        path = make_path(first["path"])
        proof = prove(path)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with it, it is no proof
        ear.say({"failed": " ".join(str(error).split()) or repr(error)})
        return REFUSED
    ear.say({"ready": {"path": path.name, "acts": path.acts, "proof": proof}})
    return _Watch(ear, path, first["pid"]).watch()


def _hear_of_death(ear: Ear) -> None:
    """Let Linux tell at once that the controller's thread which started this process is gone.

    The end of the pipe comes later, when all of the controller's memory is given back and its
    writes have come to their end: tens of milliseconds, where there is much of it.
    """
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    ear.heed(signal.SIGUSR1, DEATH)
    with suppress(OSError):  # the pipe is enough
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGUSR1), 0, 0, 0)


def _go_first() -> None:
    """Let nothing keep this process waiting, where that is allowed; on Windows it begins so."""
    if sys.platform != "win32":
        with suppress(OSError):
            os.nice(-_FIRST)


class _Watch:
    def __init__(self, ear: Ear, path: LightPath, controller: int) -> None:
        self._ear, self._path, self._controller = ear, path, controller
        self._folder: Path | None = None

    def watch(self) -> int:
        still = partial(stands_still, self._controller)
        while (order := self._ear.watch(still)) is not None:
            self._go_into(order)
        return self._end() if self._ear.goodbye else self._act(self._ear.cause)

    def _go_into(self, order: dict[str, Any]) -> None:
        self._folder = Path(order["folder"]) if order["folder"] else None
        self._log({"what": "watching", "path": self._path.name, "pid": os.getpid()})

    def _catch_up(self) -> None:
        """Carry out orders that something more urgent overtook."""
        for order in self._ear.last_orders():
            self._go_into(order)

    def _end(self) -> int:
        told = self._path.put_back() if self._ear.goodbye == "bye" else self._off()
        self._catch_up()
        wrong = any(map(unsafe, told.values()))
        report = {"what": "ended", "told": told}
        self._log(report)
        self._ear.say({"ended": report})
        return NOT_MADE_SAFE if wrong else ENDED

    def _act(self, cause: str) -> int:
        began_ns = time.perf_counter_ns()
        told = self._path.off()
        ended_ns = time.perf_counter_ns()
        self._catch_up()
        self._tell(cause, told, began_ns, ended_ns)
        if self._path.acts and any(map(unsafe, told.values())):
            told = self._off()
            self._tell(cause, told, began_ns, time.perf_counter_ns())
        return MADE_SAFE if self._made_safe(told) else NOT_MADE_SAFE

    def _off(self) -> Told:
        """Put the light out, again and again until it reads back as out."""
        told = self._path.off()
        for _ in range(_TRIES):
            if not any(map(unsafe, told.values())):
                break
            time.sleep(_AGAIN_S)
            told = self._path.off()
        return told

    def _made_safe(self, told: Told) -> bool:
        return self._path.acts and not any(map(unsafe, told.values()))

    def _tell(self, cause: str, told: Told, began_ns: int, ended_ns: int) -> None:
        name, took_ms = self._path.name, (ended_ns - began_ns) / 1e6
        if not self._path.acts:
            text = "There is no path to the light but the controller's own: it may be ON."
        elif self._made_safe(told):
            text = f"The light is out, through {name}, {took_ms:.1f} ms later, and read back."
        else:
            text = f"NOT SAFE: the light may be ON: {told} through {name}."
        report = {
            "what": "safe" if self._made_safe(told) else "not safe",
            "cause": cause,
            "text": text,
            "t_ns": ended_ns,
            "took_ms": round(took_ms, 3),
            "told": told,
        }
        self._ear.say({"acted": report})
        _warn(f"saccade supervisor: {cause}. {text}")
        self._log(report, sync=True)

    def _log(self, line: dict[str, Any], *, sync: bool = False) -> None:
        """Append a line to the log in the run folder; never raises, and seldom waits."""
        if self._folder is None:
            return
        wall = datetime.now(UTC).isoformat(timespec="milliseconds")
        try:
            with (self._folder / LOG).open("ab", buffering=0) as log:
                log.write(json.dumps({"wall": wall, **line}).encode() + b"\n")
                if sync:
                    os.fsync(log.fileno())
        except OSError as error:
            _warn(f"saccade supervisor: {LOG} can't be written: {error}")


def _warn(text: str) -> None:
    with suppress(OSError):  # no terminal is left
        os.write(2, text.encode(errors="replace") + b"\n")
