"""Where the process of a detector begins; nothing heavy is imported before it is wanted."""

from __future__ import annotations

import json
import os
import signal
import sys

from ._bell import Bell, Ends


def main(told: str) -> None:
    """Look at frames until the run has no more, or is gone.

    Parameters
    ----------
    told : str
        What the run says of it, as JSON: ``ends`` of the bell, ``ticket`` and ``layout`` of
        the memory, ``delay_s`` to wait before anything, ``parent``, ``boot_s`` and
        ``at_most_s``.
    """
    facts = json.loads(told)
    # Whether to stop is for the run to say, not for the terminal.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.stderr is not None:
        os.dup2(2, 1)  # a detector that prints must not print into what a program reads
    _die_first()
    bell = Bell(Ends(*facts["ends"]))
    try:
        bell.wait(facts["delay_s"])
    except EOFError:
        return
    from ._serve import Server

    Server(bell, facts).serve()


def _die_first() -> None:
    """Let the system take this process, not the run, when it is short of memory."""
    if sys.platform == "linux":
        try:
            with open("/proc/self/oom_score_adj", "w", encoding="ascii") as score:
                score.write("1000")
        except OSError:
            return  # not allowed everywhere, and nothing depends on it
