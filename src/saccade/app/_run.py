"""A run with a folder of its own: what a script makes."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from saccade import run as runs
from saccade.core import StoreError, plain
from saccade.guard import Limits, Modifiable
from saccade.store import Recorder, claim_folder, new_folder, write_run_json
from saccade.supervise import Supervisor

from ._describe import describe
from ._notices import Notices

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from useq import MDAEvent

    from saccade.core import Clock, Frame, Guard, Monitor, Record, Scope, Stand, Verdict
    from saccade.store import DiskUse

_PACKAGES = ("numpy", "pymmcore", "pymmcore-plus", "useq-schema", "tensorstore", "saccade")


class Run(runs.Run):
    """A protocol on a scope, recorded in a run folder.

    Parameters
    ----------
    scope : Scope
        As `saccade.scope.load` returns it.
    watch : iterable of useq.MDAEvent
        The plan, such as a `useq.MDASequence`.
    detect, decide, guards, monitors, mode, deadline_ms
        As in `saccade.run.Run`. `Limits` and `Modifiable` stand at the door in any case, so
        that no run leaves what the scope profile allows.
    out : path, optional
        The run folder, which must not exist or be empty; by default a new one, named by
        date and name, under ``runs``.
    name : str
        What the run is called.
    queue_mb : float
        How much may wait for the disk.
    overload : {'wait', 'gap'}
        What happens to a frame when that is full: the microscope waits, or the frame is
        given up as a gap. In the mode 'stream' it waits in the dark, before it is full.
    keep : Keep, optional
        Which frames of the watch are stored; as in `saccade.run.Run`.
    protocol : mapping, optional
        The protocol as resolved, for ``run.json``.
    unattended : bool
        Let a supervisor watch the run, by what the scope's profile says: see
        `saccade.supervise.Supervisor`. In virtual time there is nothing to watch.
    shadow : bool
        Decide and record, and do nothing of what is decided; as in `saccade.run.Run`.
    arbiter : saccade.run.Arbiter, optional
        Says whose action counts where policies claim the same.

    Examples
    --------
    >>> run = Run(scope, watch, detect=Spots(sigma=2), decide=Burst(burst))  # doctest: +SKIP
    >>> run.decided.connect(print)  # doctest: +SKIP
    >>> run.start().wait()  # doctest: +SKIP
    """

    def __init__(
        self,
        scope: Scope,
        watch: Iterable[MDAEvent] = (),
        *,
        detect: runs.Eyes = None,
        decide: runs.Rules = (),
        guards: Guard | Sequence[Guard] = (),
        monitors: Sequence[Monitor] = (),
        mode: runs.Mode = "inline",
        deadline_ms: float | None = None,
        out: Path | str | None = None,
        name: str = "run",
        queue_mb: float = 1024.0,
        overload: Literal["wait", "gap"] = "wait",
        keep: runs.Keep | None = None,
        protocol: Mapping[str, Any] | None = None,
        unattended: bool = False,
        shadow: bool = False,
        arbiter: runs.Arbiter | None = None,
    ) -> None:
        self.name = name
        self._out = None if out is None else Path(out)
        self._queue_mb, self._overload = queue_mb, overload
        self._facts = {
            "name": name,
            "mode": mode,
            "shadow": shadow,
            **({} if keep is None else {"keep": plain(keep)}),
            "protocol": protocol,
            "parts": describe(detect, decide, guards),
            "arbiter": plain(arbiter),
            "watch": plain(watch) if hasattr(watch, "model_dump") else None,
        }
        self._deferred = _Deferred()
        self._notices = Notices(name, decide, self._note_notice)
        super().__init__(
            scope,
            watch,
            detect=detect,
            decide=decide,
            monitors=monitors,
            guards=with_profile(guards),
            sink=self._deferred,
            mode=mode,
            deadline_ms=deadline_ms,
            clock=scope.clock,
            supervisor=_supervisor(scope) if unattended else None,
            overload=overload,
            keep=keep,
            shadow=shadow,
            arbiter=arbiter,
        )

    @property
    def stored(self) -> int:
        """Number of frames that are on the disk, acknowledged."""
        return self._deferred.committed

    @property
    def waiting_bytes(self) -> int:
        """Bytes of pixels that wait for the disk."""
        return self._deferred.waiting_bytes

    @property
    def disk(self) -> DiskUse | None:
        """How much was written, and how much the disk has left; None before the run begins."""
        return None if self._deferred.sink is None else self._deferred.sink.disk

    def _open(self, stand: Stand) -> None:
        self._notices.open(self)
        if self._out is None:
            self.folder = new_folder(Path("runs"), self.name)
        else:
            self.folder = claim_folder(self._out)
        facts = {**_environment(self._clock), **self._facts, "stand": plain(stand)}
        write_run_json(self.folder, facts)
        self._deferred.sink = Recorder(
            self.folder, queue_mb=self._queue_mb, overload=self._overload, clock=self._clock
        )

    def _end(self) -> None:
        super()._end()
        self._notices.close()

    def _note_notice(self, text: str) -> None:
        self._report.tell("notice", {"text": text})


def with_profile(guards: Guard | Sequence[Guard]) -> tuple[Guard, ...]:
    """Return the guards, behind those that hold a run to its scope profile in any case."""
    given = (guards,) if callable(guards) else tuple(guards)
    always = (Modifiable(), Limits())
    missing = [each for each in always if not any(type(own) is type(each) for own in given)]
    return (*missing, *given)


def _supervisor(scope: Scope) -> Supervisor | None:
    if scope.clock.lockstep:
        return None
    return Supervisor(getattr(scope, "supervision", None))


class _Deferred:
    """A sink that is opened when the run is armed, so that a misfit leaves no folder."""

    sink: Recorder | None = None

    def frame(self, frame: Frame) -> bool:
        return self._opened().frame(frame)

    def note(self, record: Record) -> None:
        self._opened().note(record)

    @property
    def committed(self) -> int:
        return 0 if self.sink is None else self.sink.committed

    @property
    def waiting_bytes(self) -> int:
        return 0 if self.sink is None else self.sink.waiting_bytes

    @property
    def fullness(self) -> float:
        return 0.0 if self.sink is None else self.sink.fullness

    def flush(self, timeout_s: float) -> bool:
        return self._opened().flush(timeout_s)

    def close(self, verdict: Verdict | None = None) -> None:
        if self.sink is not None:
            self.sink.close(verdict)

    def _opened(self) -> Recorder:
        if self.sink is None:
            raise StoreError("The run folder is not open.", "Start the run first.")
        return self.sink


def _environment(clock: Clock) -> dict[str, Any]:
    return {
        "saccade": 1,
        "started": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "clock": {
            "wall_ns": clock.wall_ns(),
            "monotonic_ns": clock.now_ns(),
            "lockstep": clock.lockstep,
        },
        "python": platform.python_version(),
        "platform": platform.platform(),
        "versions": {name: version(name) for name in _PACKAGES},
    }
