"""Commands that may take long, one at a time, in a thread of their own."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from saccade.core import SaccadeError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SLICE_S = 0.2


class Background:
    """Does one thing at a time beside whoever asked for it, and tells what went wrong."""

    def __init__(self) -> None:
        self.busy = ""
        """What is being done; completes "It is"."""
        self._error: SaccadeError | None = None
        self._worker: threading.Thread | None = None

    def take_error(self) -> SaccadeError | None:
        """Return what went wrong since the last call, once."""
        error, self._error = self._error, None
        return error

    def _in_background(self, what: str, do: Callable[[], object]) -> None:
        if self.busy:
            raise UsageError(f"It is {self.busy} already.", "Wait for it.")
        self.busy = what

        def work() -> None:
            with self._told():
                do()

        self._worker = threading.Thread(target=work, name=f"saccade-gui-{what}", daemon=True)
        self._worker.start()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except SaccadeError as error:
            self._error = error
        except Exception as error:  # noqa: BLE001 - whatever a device raises is to be shown
            self._error = SaccadeError(
                f"{type(error).__name__}: {error}", "See the log of the microscope."
            )
        finally:
            self.busy = ""

    def _await(self, wait: Callable[[float], object]) -> None:
        """Wait for an end, and keep what went wrong until then.

        Parameters
        ----------
        wait : callable
            Waits for so many seconds; raises a `TimeoutError` if there is no end by then.
        """
        while True:
            try:
                wait(_SLICE_S)
            except TimeoutError:
                continue
            except SaccadeError as error:
                self._error = error
            return

    def _join(self, seconds: float) -> None:
        """Wait for what is being done."""
        if self._worker is not None:
            self._worker.join(seconds)
