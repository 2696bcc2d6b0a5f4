"""The process of a detector: it waits to be asked, looks, and answers."""

from __future__ import annotations

import faulthandler
import math
import os
import pickle
import sys
import time
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from saccade.core import Learns, Warms

from ._memory import SLOTS, Layout, Memory
from ._reply import write_done, write_raised, write_seen
from ._request import Boot, Request, unpack, unpack_frame

if TYPE_CHECKING:
    from collections.abc import Mapping

    from saccade.core import Detector, Frame

    from ._bell import Bell

_IDLE_S = 1.0
_GRACE_S = 10.0
"""How much longer than the run allows a look may last: the run kills it first, if it lives."""


class Server:
    """Answers the run's questions, one after the other.

    Parameters
    ----------
    bell : Bell
        Rings when there is a question.
    facts : mapping
        As `saccade.isolate._child.main` was told them.
    """

    def __init__(self, bell: Bell, facts: Mapping[str, Any]) -> None:
        self._bell, self._parent = bell, facts["parent"]
        self._memory = Memory(Layout(**facts["layout"]), facts["ticket"])
        self._switch = _DeadMansSwitch()
        self._boot_s, self._at_most_s = facts["boot_s"], facts["at_most_s"]
        self._detector: Detector | None = None
        self._kept: dict[int, weakref.ref[Any]] = {}

    def serve(self) -> None:
        """Make the detector, then look until the run has no more questions or is gone."""
        self._switch.arm(self._boot_s + _GRACE_S)
        try:
            self._boot()
            self._bell.ring()
            while True:
                self._switch.arm(self._at_most_s + _GRACE_S)
                if self._bell.wait(_IDLE_S):
                    self._answer(unpack(self._memory.request()))
                    self._bell.ring()
                elif sys.platform != "win32" and os.getppid() != self._parent:
                    return
        except (EOFError, BrokenPipeError):
            return

    def _boot(self) -> None:
        try:
            boot: Boot = pickle.loads(self._memory.request())  # noqa: S301 - the run's own words
            made = pickle.loads(boot.recipe)  # noqa: S301 - as above
            self._detector = detector = made() if _makes(made) else made
            if boot.stand is not None and isinstance(detector, Learns):
                detector.learn(boot.stand)
            if boot.blank is not None:
                self._warm(self._frame(unpack(boot.blank)))
            if boot.memory_mb is not None:
                _limit_memory(boot.memory_mb)
        except Exception as error:  # noqa: BLE001 - a detector may fail in any way; the run is told
            write_raised(self._memory, error, {"number": 0})
        else:
            write_done(self._memory, {"number": 0})

    def _answer(self, request: Request) -> None:
        number = {"number": request.number}
        try:
            frame = self._frame(request)
            if request.kind == "warm":
                self._switch.arm(self._boot_s + _GRACE_S, now=True)
                self._warm(frame)
                write_done(self._memory, number)
                return
            seen = self._detector(frame)  # type: ignore[misc]
            takes_ms = self._takes_ms(frame)
            del frame
            write_seen(self._memory, seen, {**number, "held": self._held(), "takes_ms": takes_ms})
        except Exception as error:  # noqa: BLE001 - as above
            write_raised(self._memory, error, {**number, "held": list(range(SLOTS - 1))})

    def _warm(self, frame: Frame) -> None:
        if isinstance(self._detector, Warms):
            self._detector.warm(frame)

    def _takes_ms(self, frame: Frame) -> float:
        own = getattr(self._detector, "takes_ms", 0.0)
        return float(own(frame) if callable(own) else own)

    def _frame(self, request: Request) -> Frame:
        dtype = np.dtype(request.dtype)
        pixels = self._memory.slot(request.slot, dtype, request.shape)
        if request.copy:
            pixels = pixels.copy()
        else:
            self._kept[request.slot] = weakref.ref(pixels)
        pixels.setflags(write=False)
        return unpack_frame(pixels, request.frame)

    def _held(self) -> list[int]:
        """Return the slots whose pictures the detector has not let go of."""
        return [slot for slot, pixels in self._kept.items() if pixels() is not None]


class _DeadMansSwitch:
    """Ends this process when a look goes on although nobody has killed it.

    A thread in C does it, so that code which never gives the interpreter back is ended too.
    """

    def __init__(self) -> None:
        self._nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - for life
        self._armed_s = -math.inf

    def arm(self, seconds: float, *, now: bool = False) -> None:
        """Begin to count anew; about once a second is enough, unless it must be now."""
        now_s = time.monotonic()
        if now or now_s - self._armed_s >= _IDLE_S:
            self._armed_s = now_s
            faulthandler.dump_traceback_later(seconds, exit=True, file=self._nowhere)


def _makes(recipe: Any) -> bool:
    """Return whether a recipe is what makes the detector: a class, or a partial of one."""
    return isinstance(getattr(recipe, "func", recipe), type)


def _limit_memory(memory_mb: float) -> None:
    """Refuse memory far beyond what the detector has by now."""
    if sys.platform == "linux":
        import resource

        import psutil

        most = psutil.Process().memory_info().vms + round(memory_mb * 2**20)
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        if hard != resource.RLIM_INFINITY:
            most = min(most, hard)
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))
