"""A process of its own for what a stranger's file is read by: confined, timed, and heard."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_TOLD_BYTES = 10_000
# What the child needs of the environment: no tokens, no proxies, no paths of the user's.
_ENVIRONMENT = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "LD_LIBRARY_PATH", "LANG")


def told_by(
    script: str, settings: Mapping[str, Any], folder: Path, timeout_s: float
) -> dict[str, Any]:
    """Return what a script beside this one says in its last line, as JSON.

    Parameters
    ----------
    script : str
        Its name; it gets the settings as its only argument.
    settings : mapping
        Plain data.
    folder : Path
        Where it works.
    timeout_s : float
        After which it is ended.

    Returns
    -------
    dict
        With ``error``, empty if nothing went wrong.

    Raises
    ------
    TimeoutError
        If it did not come to an end.
    """
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    command = [sys.executable, "-I", str(Path(__file__).with_name(script)), json.dumps(settings)]
    try:
        done = subprocess.run(  # noqa: S603 - this interpreter, and a file of our own
            command,
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise TimeoutError from None
    told = {"error": "", **_last_line(done.stdout)}
    if done.returncode and not told["error"]:
        told["error"] = f"the process that read it ended with {done.returncode}"
    return told


def _last_line(output: bytes) -> dict[str, Any]:
    try:
        told = json.loads(output[-_TOLD_BYTES:].splitlines()[-1])
    except (IndexError, ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
