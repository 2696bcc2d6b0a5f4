"""Trials in processes of their own, which are renewed: what a trial leaves behind dies with it."""

from __future__ import annotations

import atexit
import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Item = TypeVar("Item")
Result = TypeVar("Result")

_CHUNK = 10
_ITEMS_A_PROCESS = 200
PATIENCE_S = 900.0


def say(text: str) -> None:
    """Print for whoever waits for a long form, with ``pytest -s``."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def in_processes(
    trial: Callable[[Item], Result], items: Sequence[Item], processes: int | None = None
) -> list[Result]:
    """Return what a function returns for each item, in order.

    Parameters
    ----------
    trial : callable
        Of a module; items and results go through a pipe.
    items : sequence
        One a call.
    processes : int, optional
        How many at once; by default one in a short form, else as many as there are processors.
    """
    count = processes or (1 if len(items) < 200 else (os.cpu_count() or 1))
    results: list[Result] = []
    began_s = time.monotonic()
    for start in range(0, len(items), _ITEMS_A_PROCESS * count):
        batch = items[start : start + _ITEMS_A_PROCESS * count]
        chunks = [batch[place : place + _CHUNK] for place in range(0, len(batch), _CHUNK)]
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(count, spawn, initializer=_leave_at_once) as pool:
            futures = [pool.submit(_several, trial, chunk) for chunk in chunks]
            for future in futures:
                results += future.result(PATIENCE_S)
        if len(results) < len(items):
            say(f"{len(results)} of {len(items)}, {time.monotonic() - began_s:.0f} s")
    return results


def _leave_at_once() -> None:
    """Let a process end without taking its cores down: one in thousands hangs in that.

    The destructor of Micro-Manager's core waits for the thread of its log, which now and then
    never ends (seen with pymmcore 12.5.1.75.0, in the garbage collection at the very end).
    """
    atexit.register(os._exit, 0)


def _several(trial: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    return [trial(item) for item in items]
