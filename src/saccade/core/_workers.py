"""Processes that work for this one, and don't outlive it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_GLANCE_S = 60.0
_ORPHANED = 3
"""Exit status of a worker whose parent is gone."""


def worker_pool(
    processes: int, prepare: Callable[..., None] | None = None, *args: Any
) -> ProcessPoolExecutor:
    """Return a pool of spawned processes that are deaf to Ctrl+C and end when this one does.

    A pool's processes would else wait for work for ever where their parent was killed.

    Parameters
    ----------
    processes : int
        How many.
    prepare : callable, optional
        Called first in each of them; of a module, as its arguments go through a pipe.
    *args
        Of it.
    """
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(processes, context, _begin, (prepare, args))


def _begin(prepare: Callable[..., None] | None, args: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is the parent's business
    parent = multiprocessing.parent_process()
    if parent is not None:
        watch = threading.Thread(
            target=_end_with, args=(parent.sentinel,), name="end with parent", daemon=True
        )
        watch.start()
    if prepare is not None:
        prepare(*args)


def _end_with(sentinel: int) -> None:
    while not wait([sentinel], _GLANCE_S):
        pass
    os._exit(_ORPHANED)
