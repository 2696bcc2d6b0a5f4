"""What the supervisor of a run wrote beside its journal, in a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from saccade.core import parse_json

if TYPE_CHECKING:
    from pathlib import Path

SUPERVISOR = "supervisor.jsonl"
_WATCHED = "watching"
_ENDED = "ended"
_MOST_BYTES = 1_000_000


def supervisor_said(folder: Path) -> str:
    """Return in a sentence what the supervisor of a run did, if there is anything to tell.

    Parameters
    ----------
    folder : Path
        The folder of the run.

    Returns
    -------
    str
        Empty if there was no supervisor, or none was needed. A damaged log is no damage to
        the run: what can be read of it counts.
    """
    path = folder / SUPERVISOR
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES)
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"{SUPERVISOR} can't be read: {error.strerror}."
    lines = [each for each in map(_read, text.splitlines()) if each]
    for line in reversed(lines):
        if "cause" in line:
            return (
                f"The supervisor acted at {line.get('wall')}: {line['cause']}. {line.get('text')}"
            )
    if any(line.get("what") == _ENDED for line in lines):
        return ""
    return "The supervisor wrote no farewell: it died, or the run goes on."


def _read(line: bytes) -> dict[str, object]:
    try:
        value = parse_json(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
