"""One byte from process to process: there is something to look at, or something was seen."""

from __future__ import annotations

import os
import sys
from typing import NamedTuple

if sys.platform == "win32":
    from multiprocessing import Pipe
    from multiprocessing.connection import PipeConnection
else:
    import select

_RING = b"!"
_MOST_RINGS = 64


class Ends(NamedTuple):
    """What the other process needs, as the system names it there: descriptors or handles."""

    listen: int
    ring: int


if sys.platform == "win32":

    class Bell:
        """Rings in another process, and waits for its ring.

        Parameters
        ----------
        ends : Ends
            Handles of two pipes; they are closed with the bell.
        """

        def __init__(self, ends: Ends) -> None:
            self._listen = PipeConnection(ends.listen, writable=False)
            self._ring = PipeConnection(ends.ring, readable=False)

        def ring(self) -> None:
            """Ring; raise an `OSError` if nobody can hear it any more."""
            self._ring.send_bytes(_RING)

        def wait(self, timeout_s: float) -> bool:
            """Return whether it rang; raise an `EOFError` if nobody can ring any more."""
            try:
                if not self._listen.poll(timeout_s):
                    return False
                self._listen.recv_bytes(_MOST_RINGS)
            except OSError as error:
                raise EOFError from error
            return True

        def close(self) -> None:
            """Let go of the pipes."""
            self._listen.close()
            self._ring.close()

    def _pipe() -> tuple[int, int]:
        """Return handles of an end to read from and one to write to."""
        reader, writer = Pipe(duplex=False)
        handles = reader.fileno(), writer.fileno()
        reader._handle = writer._handle = None  # noqa: SLF001 - the bells close them
        return handles

    def _close(end: int) -> None:
        PipeConnection(end).close()

    def set_inheritable(end: int) -> None:
        """Let a process that is started get this end."""
        os.set_handle_inheritable(end, True)

else:

    class Bell:
        """Rings in another process, and waits for its ring.

        Parameters
        ----------
        ends : Ends
            Descriptors of two pipes; they are closed with the bell.
        """

        def __init__(self, ends: Ends) -> None:
            self._ends: Ends | None = ends
            self._listening = select.poll()
            self._listening.register(ends.listen, select.POLLIN)

        def ring(self) -> None:
            """Ring; raise an `OSError` if nobody can hear it any more."""
            os.write(self._open().ring, _RING)

        def wait(self, timeout_s: float) -> bool:
            """Return whether it rang; raise an `EOFError` if nobody can ring any more."""
            ends = self._open()
            if not self._listening.poll(timeout_s * 1e3):
                return False
            # Not a message with a length: half of one could be waited for without an end.
            if not os.read(ends.listen, _MOST_RINGS):
                raise EOFError
            return True

        def close(self) -> None:
            """Let go of the pipes."""
            ends, self._ends = self._ends, None
            for end in ends or ():
                os.close(end)

        def _open(self) -> Ends:
            if self._ends is None:
                raise EOFError
            return self._ends

    def _pipe() -> tuple[int, int]:
        """Return descriptors of an end to read from and one to write to."""
        return os.pipe()

    def _close(end: int) -> None:
        os.close(end)

    def set_inheritable(end: int) -> None:
        """Let a process that is started get this end."""
        os.set_inheritable(end, True)


def bell_and_ends() -> tuple[Bell, Ends]:
    """Return a bell, and the ends for a bell in another process that answers it."""
    here, rings_here = _pipe()
    there, rings_there = _pipe()
    return Bell(Ends(here, rings_there)), Ends(there, rings_here)


def close_ends(ends: Ends) -> None:
    """Let go of ends that another process has by now."""
    for end in ends:
        _close(end)
