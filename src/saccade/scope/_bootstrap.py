"""Bring pymmcore-plus in without its side effects, and let it go without an abort."""

from __future__ import annotations

import atexit
import logging
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pymmcore_plus import CMMCorePlus

_LOG = "pymmcore-plus"


def import_quietly() -> None:
    """Import pymmcore-plus so that signals stay in their thread and logs out of the home.

    Signals through Qt would move listeners to the window's thread, and a raising one would
    end the process. The library's own log handler writes every event to the user's folder
    (0.12 ms an event), and its set-up turns the root logger to DEBUG.
    """
    os.environ.setdefault("PYMM_SIGNALS_BACKEND", "psygnal")
    asked_for = os.environ.get("PYMM_LOG_FILE")
    root_level = logging.getLogger().level
    os.environ["PYMM_LOG_FILE"] = asked_for or os.devnull
    try:
        import pymmcore_plus  # noqa: F401
    finally:
        if asked_for is None:
            del os.environ["PYMM_LOG_FILE"]
            for handler in list(logging.getLogger(_LOG).handlers):
                if isinstance(handler, logging.FileHandler):
                    logging.getLogger(_LOG).removeHandler(handler)
                    handler.close()
        logging.getLogger().setLevel(root_level)


def detach_at_exit(core: CMMCorePlus) -> None:
    """Take the core's callback off before the interpreter ends.

    MMCore 12 calls back from a thread of its own; at interpreter shutdown that aborts the
    process (status 134) in one script of ten. CMMCorePlus forbids `registerCallback`, hence
    the call on the base class.
    """
    import pymmcore

    atexit.register(lambda: pymmcore.CMMCore.registerCallback(core, None))


@contextmanager
def logs_into(folder: Path | None) -> Iterator[None]:
    """Let pymmcore-plus log its warnings into a run folder for a while.

    Parameters
    ----------
    folder : Path or None
        None leaves logging alone. Only warnings: the journal already holds every event.
    """
    if folder is None:
        yield
        return
    logger = logging.getLogger(_LOG)
    level, propagate = logger.level, logger.propagate
    handler = logging.FileHandler(folder / "micromanager.log", encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    others = [(old, old.level) for old in logger.handlers]
    logger.addHandler(handler)
    logger.setLevel(logging.WARNING)
    logger.propagate = False
    for old, _ in others:
        old.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        handler.close()
        logger.setLevel(level)
        logger.propagate = propagate
        for old, old_level in others:
            old.setLevel(old_level)
