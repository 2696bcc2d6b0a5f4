"""Detectors that another process can import, and soon."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from saccade.core import Identity, Observation, Point, ProfileError
from saccade.isolate._memory import Memory
from saccade.isolate._serve import _DeadMansSwitch
from saccade.testing import FaultyDetector, score_of


@dataclass
class Everything:
    """Sees as much as an observation can hold."""

    whole: bool = False
    seen: int = 0

    def __call__(self, frame):
        self.seen += 1
        number = int if self.whole else float
        places = [(number(y), number(y + 1), 0.1 * y, 1.5, -2.5) for y in range(40)]
        return Observation(
            0.25,
            points=tuple(Point(*place) for place in places),
            boxes=((1.0, 2.0, 3.0, 4.0),),
            labels=(frame.pixels > frame.pixels.mean()).astype(np.int32),
            measurements={"count": self.seen, "nan": float("nan"), "mean": frame.pixels.mean()},
            verdict="doubtful",
            detector=Identity("everything", "2", "sha256:12"),
        )


class Recounts(Everything):
    """Sees as much, and can begin anew."""

    def fresh(self):
        return Recounts()


@dataclass
class Keeps:
    """Compares the first picture that it was given with the newest, and keeps them all."""

    frames: list[Any] = field(default_factory=list)

    def __call__(self, frame):
        self.frames.append(frame.pixels)
        firsts = {f"first {n}": score_of(each) for n, each in enumerate(self.frames)}
        return Observation(score_of(frame.pixels), measurements=firsts)


class Curious:
    """Tells what is in its process."""

    def __init__(self) -> None:
        self.made_in = os.getpid()
        self.learnt = self.warmed = 0

    def learn(self, stand):
        self.learnt += 1

    def warm(self, frame):
        self.warmed += 1

    def takes_ms(self, frame):
        return 10.0 + frame.index

    def __call__(self, frame):
        return Observation(
            0.5,
            measurements={
                "pid": os.getpid(),
                "made in": self.made_in,
                "learnt": self.learnt,
                "warmed": self.warmed,
                "pymmcore": "pymmcore" in sys.modules,
                "t": frame.event.index["t"],
                "z_um": frame.event.z_pos or 0.0,
                "writeable": bool(frame.pixels.flags.writeable),
            },
        )


class Fussy:
    """Does not fit."""

    def learn(self, stand):
        raise ProfileError(f"There is no pixel size on {stand.name!r}.", "Calibrate it.")

    def __call__(self, frame):
        return Observation(0.0)


class Unmakeable:
    """Can be made here, but not there."""

    def __setstate__(self, state):
        raise RuntimeError("its weights are gone")

    def __getstate__(self):
        return {"weights": 1}

    def __call__(self, frame):
        return Observation(0.0)


@dataclass
class Scribbles:
    """Overwrites the answer of its own process with nonsense."""

    on: int

    def __call__(self, frame):
        if frame.index == self.on:
            real = Memory.put_reply

            def scribbled(memory, reply):
                real(memory, os.urandom(len(reply)))
                Memory.put_reply = real

            Memory.put_reply = scribbled
        return Observation(0.5)


class Exits:
    """Ends its process when it is made."""

    def __reduce__(self):
        return os._exit, (3,)

    def __call__(self, frame):
        raise AssertionError


class Grabs:
    """Wants far too much at once, where the picture is bright."""

    def __call__(self, frame):
        if frame.pixels.any():
            self.memory = bytearray(2**34)
        return Observation(0.0)


class Hoards:
    """Takes 600 MB and waits."""

    def __call__(self, frame):
        if sys.platform == "linux":
            import resource

            resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)
        self.memory = b"\1" * 600 * 2**20
        time.sleep(60)


class Short:
    """Hangs, in a process whose countdown is short."""

    def __init__(self, fault, on):
        self.fault = FaultyDetector(fault, on=on)

    def __call__(self, frame):
        if frame.index in self.fault.on:
            _DeadMansSwitch().arm(2.0, now=True)
        return self.fault(frame)
