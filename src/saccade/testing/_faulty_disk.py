"""A disk on which faults can be planned, or which is slow, or full."""

from __future__ import annotations

import builtins
import errno
import io
import os
import shutil
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from unittest.mock import patch

from ._faults import Faults

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

CALLS = ("open", "write", "sync", "rename", "make", "truncate")
_DISK = "disk"


class FaultyDisk:
    """Everything under a folder goes through a script of faults while this is entered.

    It stands in the way of Python's own calls, in the whole process, so it needs neither
    rights nor a file system of its own. What other folders hold is left alone. Calls are
    ``open``, ``write``, ``sync``, ``rename``, ``make`` (a folder) and ``truncate``; a fault
    that raises is an `OSError`, by its ``value`` ``EIO`` (the default), ``ENOSPC`` or any other
    name of one. A ``wrong`` write takes half of what it is given, as a disk may; a ``wrong`` call
    of any other kind, and one without a number, goes well.

    Parameters
    ----------
    folder : Path
        What lies on the disk.
    faults : Faults, optional
        What goes wrong. Its `counts` are those of `calls` as well.
    room_bytes : int, optional
        How much can be written until the disk is full. The write that does not fit is done as
        far as it does, the next one is refused. What is deleted or cut off gives nothing back.
    mb_per_s, call_ms : float, optional
        How slow it is: so many MiB are written in a second, and each call takes so long.

    Examples
    --------
    >>> from saccade.testing import Fault, FaultyDisk, Faults
    >>> disk = FaultyDisk(folder, Faults(Fault("sync", on=3, times=None)))  # doctest: +SKIP
    >>> with disk:  # doctest: +SKIP
    ...     run.start().wait()
    """

    def __init__(
        self,
        folder: Path,
        faults: Faults | None = None,
        *,
        room_bytes: int | None = None,
        mb_per_s: float | None = None,
        call_ms: float = 0.0,
    ) -> None:
        self._folder = str(folder.resolve())
        self.faults = faults or Faults()
        self.faults.check(CALLS)
        self.room_bytes = room_bytes
        self.written = 0
        """Bytes that were written."""
        self._mb_per_s, self._call_ms = mb_per_s, call_ms
        self._lock = threading.Lock()
        self._handles: set[int] = set()
        self._true: dict[str, Any] = {}
        self._patches = ExitStack()

    def __enter__(self) -> Self:
        replaced: dict[str, tuple[Any, Callable[..., Any]]] = {
            "open": (io, self._open),
            "fsync": (os, self._sync),
            "fdatasync": (os, self._sync_data),
            "writev": (os, self._writev),
            "replace": (os, self._rename),
            "mkdir": (os, self._make),
        }
        for name, (module, stand_in) in replaced.items():
            if hasattr(module, name):
                self._true[name] = getattr(module, name)
                self._patches.enter_context(patch.object(module, name, stand_in))
        self._true["os.open"] = os.open
        self._patches.enter_context(patch.object(os, "open", self._os_open))
        self._patches.enter_context(patch.object(builtins, "open", self._open))
        if self.room_bytes is not None:
            self._true["disk_usage"] = shutil.disk_usage
            self._patches.enter_context(patch.object(shutil, "disk_usage", self._usage))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._patches.close()

    # ---------------------------------------------------------------------- what it is asked for

    def _here(self, path: object) -> bool:
        if isinstance(path, (str, os.PathLike)):
            return str(Path(path).absolute()).startswith(self._folder)
        return False

    def _open(self, file: Any, mode: str = "r", *args: Any, **options: Any) -> Any:
        if not (self._here(file) and set(mode) & set("wax+")):
            return self._true["open"](file, mode, *args, **options)
        opened = self._go("open", lambda: self._true["open"](file, mode, *args, **options), file)
        self._handles.add(opened.fileno())
        return _File(opened, self)

    def _os_open(self, path: Any, *args: Any, **options: Any) -> int:
        handle: int = self._true["os.open"](path, *args, **options)
        if self._here(path):
            self._handles.add(handle)
        else:
            self._handles.discard(handle)
        return handle

    def _sync(self, handle: Any) -> None:
        self._sync_by("fsync", handle)

    def _sync_data(self, handle: Any) -> None:
        self._sync_by("fdatasync", handle)

    def _sync_by(self, name: str, handle: Any) -> None:
        if self._number(handle) in self._handles:
            self._go("sync", lambda: self._true[name](handle))
        else:
            self._true[name](handle)

    def _writev(self, handle: int, buffers: Sequence[memoryview]) -> int:
        if handle not in self._handles:
            return int(self._true["writev"](handle, buffers))
        pieces = [memoryview(buffer).cast("B") for buffer in buffers]
        return self.write(pieces, lambda some: self._true["writev"](handle, some))

    def _rename(self, old: Any, new: Any, **options: Any) -> None:
        if self._here(new):
            self._go("rename", lambda: self._true["replace"](old, new, **options), new)
        else:
            self._true["replace"](old, new, **options)

    def _make(self, path: Any, *args: Any, **options: Any) -> None:
        if self._here(path):
            self._go("make", lambda: self._true["mkdir"](path, *args, **options), path)
        else:
            self._true["mkdir"](path, *args, **options)

    def _usage(self, path: Any) -> Any:
        usage = self._true["disk_usage"](path)
        if self._here(path) and self.room_bytes is not None:
            free = max(0, self.room_bytes - self.written)
            return usage._replace(free=min(usage.free, free))
        return usage

    # ------------------------------------------------------------------------------- how it goes

    def write(
        self, buffers: Sequence[memoryview], truly: Callable[[Sequence[memoryview]], int]
    ) -> int:
        """Write buffers as far as there is room, and return how far that is."""
        wanted = sum(buffer.nbytes for buffer in buffers)

        def some() -> int:
            with self._lock:
                room = wanted if self.room_bytes is None else self.room_bytes - self.written
                if wanted and room <= 0:
                    raise _os_error("ENOSPC")
                self.written += min(wanted, room)
            if self._mb_per_s:
                time.sleep(min(wanted, room) / 2**20 / self._mb_per_s)
            return truly(_cut(buffers, room) if room < wanted else buffers)

        return int(self._go("write", some, half=lambda: truly(_cut(buffers, max(1, wanted // 2)))))

    def truncate(self, truly: Callable[[], int]) -> int:
        """Cut a file."""
        return int(self._go("truncate", truly))

    def forget(self, handle: int) -> None:
        """Learn that a file was closed, and its number may be another's."""
        self._handles.discard(handle)

    def _go(
        self,
        call: str,
        truly: Callable[[], Any],
        path: object = None,
        half: Callable[[], Any] | None = None,
    ) -> Any:
        if self._call_ms:
            time.sleep(self._call_ms / 1e3)
        fault = self.faults.due(_DISK, call, time.perf_counter_ns())
        match fault.what if fault else None:
            case "raise" if fault:
                raise _os_error(str(fault.value or "EIO"), path)
            case "hang":
                self.faults.wait()
            case "slow" if fault:
                time.sleep(fault.ms / 1e3)
            case "wrong" if half:
                return half()
        return truly()

    @staticmethod
    def _number(handle: Any) -> int:
        return handle if isinstance(handle, int) else int(handle.fileno())


class _File:
    """A file open for writing, whose writes go through the disk."""

    def __init__(self, file: Any, disk: FaultyDisk) -> None:
        self._file, self._disk = file, disk

    def write(self, data: Any) -> int:
        if isinstance(data, str):
            nbytes = len(data.encode())
            return self._disk.write([memoryview(bytes(nbytes))], lambda _: self._file.write(data))
        return self._disk.write(
            [memoryview(data).cast("B")], lambda some: self._file.write(some[0])
        )

    def truncate(self, *size: int) -> int:
        return self._disk.truncate(lambda: self._file.truncate(*size))

    def close(self) -> None:
        if not self._file.closed:
            self._disk.forget(self._file.fileno())
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __iter__(self) -> Any:
        return iter(self._file)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def _cut(buffers: Sequence[memoryview], nbytes: int) -> list[memoryview]:
    cut: list[memoryview] = []
    for buffer in buffers:
        if nbytes <= 0:
            break
        cut.append(buffer[:nbytes])
        nbytes -= buffer.nbytes
    return cut


def _os_error(name: str, path: object = None) -> OSError:
    number = getattr(errno, name)
    where = () if path is None else (str(path),)
    return OSError(number, os.strerror(number), *where)
