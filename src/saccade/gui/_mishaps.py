"""What a button of somebody else's raises is told, and ends nothing."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from saccade.core import SaccadeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType


@contextmanager
def mishaps_told(tell: Callable[[SaccadeError], None]) -> Iterator[None]:
    """Tell of exceptions that no one caught in the window's thread; some bindings abort there.

    Parameters
    ----------
    tell : callable
        Receives each. Tracebacks go to standard error as ever.
    """
    before = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        before(kind, error, trace)
        if isinstance(error, SaccadeError):
            tell(error)
        elif isinstance(error, Exception):
            told = " ".join(f"{kind.__name__}: {error}".split())
            tell(SaccadeError(f"That did not work: {told}.", "See the log of the core (View)."))

    sys.excepthook = hook
    try:
        yield
    finally:
        sys.excepthook = before
