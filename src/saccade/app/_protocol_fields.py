"""The entries of a protocol file, each with the values that make sense."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, PlainValidator
from pydantic_core import PydanticCustomError
from useq import MDASequence

from saccade.core import TOLD, FileModel
from saccade.sim.devices import Simulation

from ._sequence import read_sequence

# What any file system takes as part of a name, and Windows does not reserve.
_SAFE_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9_-])?")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def _safe_name(name: str) -> str:
    if not _SAFE_NAME.fullmatch(name) or _RESERVED.fullmatch(name):
        raise PydanticCustomError(
            "name",
            "{name} can't name a folder everywhere; use up to 64 of a-z A-Z 0-9 . _ -",
            {"name": repr(name[:80])},
        )
    return name


def _sequence(value: object) -> MDASequence:
    if isinstance(value, MDASequence):
        return value
    read = read_sequence(value, "watch")
    if read.sequence is None or read.problems:
        told = "; ".join(map(str, read.problems))
        raise PydanticCustomError(TOLD, "{told}", {"told": told})
    return read.sequence


Word: TypeAlias = Annotated[str, Field(min_length=1, max_length=120)]


class Part(FileModel):
    """A part by its registered name, with its settings beside."""

    model_config = ConfigDict(extra="allow")

    use: Word

    @property
    def settings(self) -> dict[str, Any]:
        """What the part itself is to be made with."""
        return dict(self.model_extra or {})


class Isolation(FileModel):
    """What a detector in a process of its own may take; as in `saccade.isolate.Isolated`."""

    takes_at_most_ms: Annotated[float, Field(gt=0, le=1e7)] = 5000.0
    memory_mb: Annotated[float, Field(gt=0, le=1e7)] | None = None
    starts_within_s: Annotated[float, Field(gt=0, le=1e4)] = 60.0


def _isolation(value: object) -> object:
    """Return what ``true`` and ``false`` stand for."""
    if value is True:
        return {}
    return None if value is False else value


class DetectorPart(Part):
    """A detector, its settings, the channel and camera it looks at, its time in virtual time."""

    isolate: Annotated[Isolation | None, BeforeValidator(_isolation)] = None
    channel: Word | None = None
    camera: Word | None = None
    takes_ms: Annotated[float, Field(ge=0)] | Literal["measured"] | None = None


class PolicyPart(Part):
    """A policy, its settings, the detector and camera it listens to, what an arbiter calls it."""

    on: Word | None = None
    name: Word | None = None
    camera: Word | None = None


class Arbitration(FileModel):
    """Whose action counts where several policies want the same; as in `saccade.run.Arbiter`."""

    order: Annotated[tuple[Word, ...], Field(min_length=1, max_length=50)]
    running: Literal["pause", "finish", "break"] = "pause"
    lasts_s: Annotated[float, Field(gt=0)] | None = None


class GuardPart(Part):
    """A guard and its settings."""


class Kept(FileModel):
    """Which frames of a stream are stored; as in `saccade.run.Keep`."""

    every: Annotated[int, Field(ge=1)] = 10
    before_s: Annotated[float, Field(ge=0, lt=1e6)] = 2.0
    after_s: Annotated[float, Field(ge=0, lt=1e6)] = 2.0
    above: Annotated[float, Field(ge=0, le=1)] | None = None
    on: Word | None = None
    memory_mb: Annotated[float, Field(gt=0, le=1e7)] = 1024.0


class Recording(FileModel):
    """How much may wait for the disk, what happens when that is full, and what is stored."""

    queue_mb: Annotated[float, Field(gt=0, le=1e6)] = 1024.0
    overload: Literal["wait", "gap"] = "wait"
    keep: Kept | None = None


Watch: TypeAlias = Annotated[MDASequence, PlainValidator(_sequence)]
SafeName: TypeAlias = Annotated[str, AfterValidator(_safe_name)]
Simulated: TypeAlias = Simulation
Mode: TypeAlias = Literal["inline", "lagged", "stream"]
