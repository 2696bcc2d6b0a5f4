"""A run from a protocol file and a scope."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from saccade.run import Keep

from ._parts import arbiter_of, build_parts
from ._run import Run
from ._usage import Spent, spent_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from saccade.core import Scope
    from saccade.scope import MicroManagerScope
    from saccade.sim.devices import Simulation

    from ._protocol import Protocol


@dataclass(frozen=True)
class Assembled:
    """A run that was put together, and where its light is counted."""

    run: Run
    spent: Callable[[], Spent] | None
    """Returns how much light was given, if a guard keeps count."""


def open_scope(
    name: str, beside: Path | None = None, sim: Simulation | None = None
) -> MicroManagerScope:
    """Return the microscope that a protocol or a command line names.

    Parameters
    ----------
    name : str
        As `saccade.scope.load` takes it.
    beside : Path, optional
        Folder in which a relative path is looked for first.
    sim : Simulation, optional
        What a protocol sets of a simulation; other microscopes have no use for it.
    """
    from saccade.scope import load

    settings = {} if sim is None else sim.model_dump(exclude_unset=True)
    if beside is not None and Path(name).suffix and (beside / name).exists():
        return load(beside / name, sim=settings)
    return load(name, sim=settings)


def assemble(protocol: Protocol, scope: Scope, out: Path | None = None) -> Assembled:
    """Return the run that a protocol describes, not yet started.

    Parameters
    ----------
    protocol : Protocol
        As loaded.
    scope : Scope
        The microscope.
    out : Path, optional
        Run folder; by default a new one under ``runs``.

    Raises
    ------
    ProtocolError
        If a part can't be made.
    """
    parts = build_parts(protocol.spec())
    run = Run(
        scope,
        protocol.watch,
        detect=dict(parts.eyes) or None,
        decide=parts.rules,
        guards=parts.guards,
        mode=protocol.mode,
        deadline_ms=protocol.deadline_ms,
        out=out,
        name=protocol.name,
        queue_mb=protocol.record.queue_mb,
        overload=protocol.record.overload,
        keep=None if protocol.record.keep is None else Keep(**protocol.record.keep.model_dump()),
        protocol=protocol.resolved(),
        unattended=protocol.unattended,
        shadow=protocol.shadow,
        arbiter=arbiter_of(protocol),
    )
    return Assembled(run, spent_of(parts.guards))
