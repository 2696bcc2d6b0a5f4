"""Steps that each get their turn, also after one that never returns."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_STEP_S = 0.3
"""What is not back after this, when every other step is, is not waited for."""


class _Turns:
    def __init__(self, steps: Mapping[str, Callable[[], str]]) -> None:
        self.changed = threading.Condition()
        self.waiting = deque(steps.items())
        self.told: dict[str, str] = {}
        self.began_s = time.monotonic()
        self.worker: threading.Thread | None = None

    def begin(self) -> None:
        """Let a new thread go on with what waits; the one before ends with what it is at."""
        self.began_s = time.monotonic()
        self.worker = threading.Thread(target=self._work, name="saccade-safe", daemon=True)
        self.worker.start()

    def _work(self) -> None:
        while True:
            with self.changed:
                if threading.current_thread() is not self.worker or not self.waiting:
                    return
                name, step = self.waiting.popleft()
                self.began_s = time.monotonic()
            answer = step()
            with self.changed:
                self.told[name] = answer
                self.changed.notify_all()


def in_turn(steps: Mapping[str, Callable[[], str]], turn_s: float) -> dict[str, str]:
    """Take steps one after the other; none waits long for the one before.

    Parameters
    ----------
    steps : mapping of str to callable
        They return what to tell, and never raise.
    turn_s : float
        How long a step has before the next one begins beside it.

    Returns
    -------
    dict of str to str
        What each step told; of one that did not return, that it is ``NOT SAFE``.
    """
    turns = _Turns(steps)
    with turns.changed:
        turns.begin()
        while len(turns.told) < len(steps):
            limit_s = turn_s if turns.waiting else _STEP_S
            left_s = turns.began_s + limit_s - time.monotonic()
            if left_s > 0:
                turns.changed.wait(left_s)
            elif turns.waiting:
                turns.begin()
            else:
                break
        return {name: turns.told.get(name, "NOT SAFE: no answer") for name in steps}
