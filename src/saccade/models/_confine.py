"""A process that is kept from acting on the world, as far as Python tells what it does."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_NEVER = (
    "ftplib.", "imaplib.", "http.client.", "os.exec", "os.fork", "os.forkpty", "os.kill",
    "os.posix_spawn", "os.spawn", "os.startfile", "os.system",
    "pickle.find_class", "poplib.", "pty.spawn", "smtplib.", "socket.", "subprocess.Popen",
    "telnetlib.", "urllib.Request", "webbrowser.open", "winreg.",
)  # fmt: skip
_CHANGES = (
    "os.chflags", "os.chmod", "os.chown", "os.link", "os.mkdir", "os.remove", "os.rename",
    "os.rmdir", "os.setxattr", "os.symlink", "os.truncate", "os.utime", "shutil.",
    "tempfile.mkdtemp", "tempfile.mkstemp",
)  # fmt: skip
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class BreachError(PermissionError):
    """The process tried what it is kept from."""


def confine(writable: Path, foreign: Path | None, told: Callable[[str], object]) -> None:
    """Refuse processes, sockets, pickles and writing elsewhere, for the rest of this process.

    What is asked of the system by compiled code is not seen: this finds what should not happen,
    and is no prison.

    Parameters
    ----------
    writable : Path
        The only folder in which files may be made or changed.
    foreign : Path or None
        A folder of which nothing may be imported, nor compiled.
    told : callable
        Is given each breach in words, as it happens; then a `BreachError` is raised.
    """
    root = os.path.realpath(writable)
    strange = None if foreign is None else os.path.realpath(foreign)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if why := _breach(event, arguments, root, strange):
            told(why)
            raise BreachError(why)

    sys.addaudithook(hook)


def limit(memory_bytes: int, cpu_s: int) -> None:
    """Bound memory and processor time of this process from here on, where the system can.

    Parameters
    ----------
    memory_bytes : int
        Beyond what it has; on Linux.
    cpu_s : int
        In all; not on Windows.
    """
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        most = pages * resource.getpagesize() + memory_bytes
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _breach(event: str, arguments: tuple[Any, ...], root: str, strange: str | None) -> str:
    if event.startswith(_NEVER):
        return f"{event} {arguments!r:.200}"
    if event == "open":
        path, mode, flags = arguments
        writes = isinstance(flags, int) and bool(flags & _WRITES)
        writes = writes or (isinstance(mode, str) and not set("wax+").isdisjoint(mode))
        return f"open {path!r} to write" if writes and not _within(path, root) else ""
    if event.startswith(_CHANGES):
        paths = [each for each in arguments if isinstance(each, str | bytes | os.PathLike)]
        # Within an open folder, as shutil does it, a name tells nothing: its folder was told.
        away = [each for each in paths if Path(os.fsdecode(each)).is_absolute()]
        return f"{event} {arguments!r:.200}" if not all(_within(p, root) for p in away) else ""
    if strange is not None and event in ("import", "compile", "exec"):
        return f"{event} of {strange}" if _names(event, arguments, strange) else ""
    return ""


def _within(path: object, root: str) -> bool:
    if not isinstance(path, str | bytes | os.PathLike):
        return True  # an open file
    # Where the last part is a link, what it points to counts.
    real = os.path.realpath(os.fsdecode(path))
    return real == os.devnull or os.path.commonpath([real, root]) == root


def _names(event: str, arguments: tuple[Any, ...], strange: str) -> bool:
    if event == "exec":
        return str(getattr(arguments[0], "co_filename", "")).startswith(strange)
    return any(isinstance(each, str) and each.startswith(strange) for each in arguments)
