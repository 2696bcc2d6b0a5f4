"""The command that opens the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from saccade.core import UsageError

from ._console import named_errors, say

if TYPE_CHECKING:
    from pathlib import Path
    from typing import NoReturn


def gui(
    path: Path | None,
    scope: str | None,
    out: Path | None,
    picture: Path | None,
    seconds: float,
) -> None:
    """Open the window, or take its picture."""
    from saccade import gui as windows  # Qt comes with an extra, and only here

    with named_errors():
        if picture is None:
            raise SystemExit(windows.open_window(path, scope, out))
        if path is None or path.is_dir():
            raise UsageError("A picture needs something to show.", "Name a protocol.")
        windows.picture(picture, path, scope=scope, out=out, seconds=seconds)
        say(f"{picture}: the window after {seconds:g} s of {path.name}")


def run(
    protocol: Path, scope: str | None, out: Path | None, *, unattended: bool, shadow: bool
) -> NoReturn:
    """Run a protocol in the window."""
    from saccade import gui as windows

    with named_errors():
        status = windows.run_in_window(protocol, scope, out, unattended=unattended, shadow=shadow)
    raise SystemExit(status)
