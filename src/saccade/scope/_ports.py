"""What two Micro-Manager configurations share, so that neither is independent of the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from saccade.core import ProfileError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SERIAL = "SerialManager"
_PORT = "Port"


def refuse_shared_ports(of_run: Path, of_supervisor: Path) -> None:
    """Raise if the supervisor's devices hang on what the run's hang on.

    A driver that hangs holds its port, and its adapter; the light would hang with it.

    Parameters
    ----------
    of_run, of_supervisor : Path
        Micro-Manager configuration files.

    Raises
    ------
    ProfileError
        If they name the same serial port, or the same device of it.
    """
    shared = sorted(set(_ports(of_run)) & set(_ports(of_supervisor)))
    if shared:
        raise ProfileError(
            f"{of_supervisor} and {of_run} share {', '.join(shared)}: what hangs there would "
            "keep the supervisor from the light.",
            "Give the light, or a gate in front of it, a port of its own.",
        )


def _ports(path: Path) -> Iterator[str]:
    """Yield the serial ports that a configuration opens."""
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        match [part.strip() for part in line.split(",")]:
            case ["Device", _, library, name] if library == _SERIAL:
                yield name
            case ["Property", _, name, port] if name == _PORT and port != "Undefined":
                yield port
