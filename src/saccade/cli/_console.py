"""What every command prints with, and how it ends."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from enum import IntEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from saccade.core import SaccadeError, UsageError

from ._progress import ProgressConsole

if TYPE_CHECKING:
    from collections.abc import Iterator


AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON, for a program to read.")]


class Exit(IntEnum):
    """How a command ends."""

    FINISHED = 0
    FAILED = 1
    USAGE = 2
    STOPPED_BY_GUARD = 3
    INTERRUPTED = 130


_FILE_WIDTH = 120
"""Of what goes to a file or a pipe, where no terminal tells its own."""

out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else _FILE_WIDTH)
err = ProgressConsole(stderr=True, highlight=False, soft_wrap=True)


def say(text: str = "") -> None:
    """Print a plain line."""
    out.print(text, markup=False)


def answer(value: Any) -> None:
    """Print a value as JSON, for a program to read."""
    sys.stdout.write(json.dumps(value, indent=2, default=str) + "\n")


@contextmanager
def named_errors(as_json: bool = False) -> Iterator[None]:
    """Turn a `SaccadeError` into one clear message and an exit code; no traceback.

    Parameters
    ----------
    as_json : bool
        Whether the message goes out as JSON, too.
    """
    try:
        yield
    except SaccadeError as error:
        code = Exit.USAGE if isinstance(error, UsageError) else Exit.FAILED
        if as_json:
            answer(
                {
                    "error": type(error).__name__,
                    "what": error.what,
                    "do": error.do,
                    "exit_code": int(code),
                }
            )
        err.print(f"{_name(error)}: {error.what}", markup=False, style="red")
        if error.do:
            err.print(error.do, markup=False)
        raise SystemExit(int(code)) from None


def _name(error: SaccadeError) -> str:
    return type(error).__name__.removesuffix("Error").lower() + " error"
