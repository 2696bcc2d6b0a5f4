"""Bring pymmcore-plus in without its side effects."""

from __future__ import annotations

import logging
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


_LOG = "pymmcore-plus"


def import_quietly() -> None:
    """Import pymmcore-plus so that signals stay in their thread and logs out of the home.

    Signals through Qt would move listeners to the window's thread, and a raising one would
    end the process. The library's own log handler writes every event to the user's folder
    (0.12 ms an event), and its set-up turns the root logger to DEBUG.
    """
    os.environ.setdefault("PYMM_SIGNALS_BACKEND", "psygnal")
    root_level = logging.getLogger().level
    try:
        if os.environ.get("PYMM_LOG_FILE"):
            import pymmcore_plus
        else:
            # It makes no log file where it believes that it is tested; else this one is none.
            with _environment(PYTEST_RUNNING="1", PYMM_LOG_FILE=os.devnull):
                import pymmcore_plus  # noqa: F401
            _drop_log_files()
    finally:
        logging.getLogger().setLevel(root_level)


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
    handler = _Log(folder / "micromanager.log", encoding="utf-8", delay=True)
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


class _Log(logging.FileHandler):
    """A log that a full disk ends in silence: the recorder is who tells of the disk."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, if the file can be opened; logging itself would raise at the caller."""
        with suppress(OSError):
            super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Do nothing, where logging would print a traceback for each line."""


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _drop_log_files() -> None:
    logger = logging.getLogger(_LOG)
    for handler in list(logger.handlers):
        if isinstance(handler, logging.FileHandler):
            logger.removeHandler(handler)
            handler.close()
