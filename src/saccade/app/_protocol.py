"""Protocol files: an experiment as data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, PrivateAttr, model_validator
from pydantic_core import PydanticCustomError

from saccade.core import (
    TOLD,
    FileModel,
    Problem,
    ProtocolError,
    check_plain,
    did_you_mean,
    fit,
    one_error,
    read_yaml,
)

from ._protocol_fields import (
    Arbitration,
    DetectorPart,
    GuardPart,
    Mode,
    PolicyPart,
    Recording,
    SafeName,
    Simulated,
    Watch,
    Word,
)
from ._registry import problems_of
from ._sequence import count_frames, last_due_s, read_sequence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

VERSION = 1
_WHAT = "protocol"
_BUDGET = "saccade.guard:Budget"
# Of a kind: each looks at every frame.
_MOST_PARTS = 50
_DO = "The README says what a protocol file holds."


class Protocol(FileModel):
    """A protocol, as its file says it.

    Attributes
    ----------
    scope : str
        As `saccade.scope.load` takes it.
    watch : useq.MDASequence
        The plan.
    detect : dict of str to DetectorPart
        By the name that policies listen to.
    decide, guard : tuple
        In order.
    arbiter : Arbitration or None
        Whose action counts where several policies want the same.
    deadline_ms : float or None
        Age at which a decision is dropped, where frames go on meanwhile.
    sim : Simulation or None
        Settings of the simulation, where the scope is one.
    unattended : bool
        Whether a supervisor watches the run, because nobody else does.
    shadow : bool
        Whether nothing of what is decided is done.
    """

    saccade: Literal[1]
    name: SafeName
    scope: Word
    mode: Mode = "inline"
    watch: Watch
    detect: dict[Word, DetectorPart] = Field(default_factory=dict, max_length=_MOST_PARTS)
    decide: Annotated[tuple[PolicyPart, ...], Field(max_length=_MOST_PARTS)] = ()
    arbiter: Arbitration | None = None
    guard: Annotated[tuple[GuardPart, ...], Field(max_length=_MOST_PARTS)] = ()
    deadline_ms: Annotated[float, Field(gt=0)] | None = None
    record: Recording = Recording()
    sim: Simulated | None = None
    unattended: bool = False
    shadow: bool = False

    _given: dict[str, Any] = PrivateAttr(default_factory=dict)
    _path: Path | None = PrivateAttr(default=None)

    def model_post_init(self, context: Any, /) -> None:
        """Keep what was given: useq's own dump of a plan can't always be read back."""
        self._given = context["given"]
        self._path = context["path"]

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        if self.deadline_ms is not None and self.mode == "inline":
            raise PydanticCustomError(
                TOLD,
                "deadline_ms is for 'lagged' and 'stream'; inline decisions have no age",
            )
        return self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Protocol) and self.resolved() == other.resolved()

    __hash__ = None  # type: ignore[assignment]

    @property
    def path(self) -> Path | None:
        """The file that it was read from."""
        return self._path

    @property
    def folder(self) -> Path | None:
        """Folder of the file that it was read from."""
        return None if self._path is None else self._path.absolute().parent

    @property
    def planned(self) -> int | None:
        """Number of pictures that the plan asks for, None if they are too many to count."""
        return count_frames(self.watch)

    @property
    def last_due_s(self) -> float:
        """When the last pictures that may come are due, in s; 0 where the plan gives no times."""
        return min([last_due_s(self.watch), *self._budgets("time_s")])

    @property
    def allowed_bytes(self) -> float | None:
        """What a budget lets the run write; None where none does."""
        return min((1e6 * each for each in self._budgets("disk_mb")), default=None)

    def resolved(self) -> dict[str, Any]:
        """Return it as plain data, defaults written out, that `protocol_of` reads back."""
        plain = self.model_dump(mode="json", exclude={"watch", "sim"})
        # As given: what is left out depends on the specimen, and stands with the scope.
        plain["sim"] = self.sim and self.sim.model_dump(mode="json", exclude_unset=True)
        watch = {"watch": self._given["watch"]}
        return {name: {**plain, **watch}[name] for name in type(self).model_fields}

    def spec(self) -> dict[str, Any]:
        """Return detectors, policies and guards as plain data."""
        plain = self.resolved()
        return {kind: plain[kind] for kind in ("detect", "decide", "guard")}

    def warnings(self) -> tuple[str, ...]:
        """Return what is allowed, and probably not meant."""
        return (*read_sequence(self._given["watch"], "watch").warnings, *self._unheard())

    def _budgets(self, of: str) -> list[float]:
        parts = (each.settings for each in self.guard if each.use == _BUDGET)
        return [float(each[of]) for each in parts if each.get(of) is not None]

    def _unheard(self) -> Iterator[str]:
        heard = {each.on or next(iter(self.detect), None) for each in self.decide}
        if (keep := self.record.keep) is not None and keep.above is not None:
            heard |= set(self.detect) if keep.on is None else {keep.on}
        for name in self.detect:
            if name not in heard:
                yield f"No policy listens to the detector {name!r}: it only observes."
        if self.sim is not None and self.scope.partition(":")[0] in ("demo", "playback"):
            yield f"The scope {self.scope!r} has no use for sim."
        if not self.guard:
            yield "No guard stands between this protocol and the microscope."


def load_protocol(path: Path | str) -> Protocol:
    """Return the protocol of a file.

    Parameters
    ----------
    path : Path or str
        A YAML file.

    Raises
    ------
    ProtocolError
        If it isn't there, or says something that can't be used.
    """
    path = Path(path)
    return protocol_of(read_yaml(path, ProtocolError, _WHAT), path)


def protocol_of(document: object, source: Path | str = "the protocol") -> Protocol:
    """Return the protocol that plain data describe, as ``run.json`` has them.

    Parameters
    ----------
    document : mapping
        As `Protocol.resolved` returned it.
    source : Path or str
        Where it comes from, for messages; a path is that of its file.

    Raises
    ------
    ProtocolError
        If it says something that can't be used.
    """
    given = check_plain(document, source, ProtocolError, _WHAT)
    _check_version(given, source)
    context = {"given": given, "path": source if isinstance(source, Path) else None}
    protocol = fit(Protocol, given, source=source, raises=ProtocolError, do=_DO, context=context)
    if problems := [*_deaf(protocol), *_kept(protocol), *_misfitting_parts(protocol)]:
        raise one_error(problems, source=source, raises=ProtocolError, do=_DO)
    return protocol


def _check_version(document: Mapping[str, Any], source: object) -> None:
    version = document.get("saccade")
    if "saccade" not in document:
        hint = did_you_mean("saccade", document) if document else ""
        raise ProtocolError(f"{source}: saccade is missing.", f"Begin with 'saccade: 1'. {hint}")
    if version != VERSION or isinstance(version, bool):
        raise ProtocolError(
            f"{source} is a protocol of version {version!r}; this Saccade reads {VERSION}.",
            "Begin it with 'saccade: 1', or install a newer Saccade.",
        )


def _deaf(protocol: Protocol) -> Iterator[Problem]:
    names = list(protocol.detect)
    for place, part in enumerate(protocol.decide):
        if part.on is None and len(names) != 1:
            hint = f"Name one of: {', '.join(names)}." if names else "Add it under detect."
            yield Problem(f"decide.{place}.on does not say which detector it listens to", hint)
        elif part.on is not None and part.on not in names:
            yield Problem(
                f"decide.{place}.on is {part.on!r}, no detector", did_you_mean(part.on, names)
            )


def _kept(protocol: Protocol) -> Iterator[Problem]:
    keep = protocol.record.keep
    if keep is None:
        return
    if protocol.mode != "stream":
        hint = "Leave it out: every frame is stored then."
        yield Problem(f"record.keep is for the mode 'stream', not {protocol.mode!r}", hint)
    if keep.on is not None and keep.on not in protocol.detect:
        hint = did_you_mean(keep.on, protocol.detect)
        yield Problem(f"record.keep.on is {keep.on!r}, no detector", hint)


def _misfitting_parts(protocol: Protocol) -> Iterator[Problem]:
    for name, eye in protocol.detect.items():
        yield from problems_of(eye.use, eye.settings, f"detect.{name}")
    for place, rule in enumerate(protocol.decide):
        yield from problems_of(rule.use, rule.settings, f"decide.{place}")
    for place, guard in enumerate(protocol.guard):
        yield from problems_of(guard.use, guard.settings, f"guard.{place}")
