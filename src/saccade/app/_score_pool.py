"""Worlds shared out among processes."""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import FIRST_COMPLETED, wait
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING

import cv2

from saccade.core import SaccadeError, worker_pool

from ._score_job import play_world, prepare

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ._score_job import Job

_GLANCE_S = 0.5


def play_worlds(
    job: Job, seeds: Sequence[int], processes: int, progress: Callable[[], None]
) -> None:
    """Play worlds, each in one of some processes; what is done is on disk, come what may.

    Parameters
    ----------
    job : Job
        What is scored.
    seeds : sequence of int
        Of the worlds.
    processes : int
        How many; a single one is this process itself.
    progress : callable
        Called now and then.

    Raises
    ------
    SaccadeError
        The first that any world raised.
    """
    if min(processes, len(seeds)) <= 1:
        _play_here(job, seeds, progress)
        return
    before = set(multiprocessing.active_children())
    count = min(processes, len(seeds))
    pool = worker_pool(count, prepare, _threads_each(count))
    try:
        left = {pool.submit(play_world, job, seed) for seed in seeds}
        while left:
            done, left = wait(left, _GLANCE_S, FIRST_COMPLETED)
            for each in done:
                each.result()
            progress()
    except BrokenProcessPool as error:
        raise SaccadeError(
            "A process that played a world was ended from outside, perhaps for want of memory.",
            "Run it again with fewer --processes; what is done stays done.",
        ) from error
    finally:
        pool.shutdown(wait=not left, cancel_futures=True)
        if left:
            _end(set(multiprocessing.active_children()) - before)


def _threads_each(processes: int) -> int:
    """Return how many threads a network may take in each of some processes."""
    return max(1, (os.cpu_count() or 1) // processes)


def _play_here(job: Job, seeds: Sequence[int], progress: Callable[[], None]) -> None:
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        for seed in seeds:
            play_world(job, seed)
            progress()
    finally:
        cv2.setNumThreads(threads)


def _end(children: set[multiprocessing.process.BaseProcess]) -> None:
    """End processes in the middle of a world: nothing of it is on disk but whole results."""
    for child in children:
        child.terminate()
    for child in children:
        child.join(5.0)
