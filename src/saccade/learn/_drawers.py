"""Processes that draw crops ahead, so that a graphics card needn't wait for them."""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from saccade.core import worker_pool

from ._batches import Batches

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from ._batches import Batch
    from ._sample import Sample

_AHEAD = 3
"""Batches that each process draws before they are asked for."""


class _Where(NamedTuple):
    """Where in the file the pictures of a sample are."""

    start: int
    shape: tuple[int, int, int]


def drawn_ahead(batches: Batches, processes: int) -> Generator[Batch]:
    """Yield batches for ever, the same as one by one; others draw them ahead.

    Pictures go through a file that all processes map: there may be gigabytes of them.

    Parameters
    ----------
    batches : Batches
        What is drawn.
    processes : int
        That draw.
    """
    with _kept(batches.samples) as (file, where):
        bare = [replace(each, pictures=()) for each in batches.samples]
        made = (batches.architecture, batches.compress, batches.recipe)
        with worker_pool(processes, _begin, str(file), where, bare, *made) as pool:
            ahead = deque(pool.submit(_draw, number) for number in range(_AHEAD * processes))
            try:
                for number in count(len(ahead)):
                    yield ahead.popleft().result()
                    ahead.append(pool.submit(_draw, number))
            finally:
                pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _kept(samples: Sequence[Sample]) -> Iterator[tuple[Path, list[_Where]]]:
    """Write all pictures into one file, for as long as it is needed."""
    with TemporaryDirectory(prefix="saccade-crops-", ignore_cleanup_errors=True) as folder:
        file, where, start = Path(folder) / "pictures", [], 0
        with file.open("wb") as kept:
            for each in samples:
                stack = np.stack(each.pictures).astype(np.float32, copy=False)
                kept.write(stack.tobytes())
                where.append(_Where(start, stack.shape))
                start += stack.size
        yield file, where


_drawing: list[Batches] = []
"""In a process that draws: what it draws."""


def _begin(file: str, where: list[_Where], bare: list[Sample], *made: object) -> None:
    cv2.setNumThreads(1)
    every = np.memmap(file, np.float32, "r")
    samples = [
        replace(each, pictures=tuple(every[start : start + int(np.prod(shape))].reshape(shape)))
        for each, (start, shape) in zip(bare, where, strict=True)
    ]
    _drawing.append(Batches(samples, *made))  # type: ignore[arg-type]


def _draw(number: int) -> Batch:
    return _drawing[0].draw(number)
