"""The command that opens the window."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from saccade.core import UsageError

from ._console import err, named_errors, say
from ._inspect import tell_bars

if TYPE_CHECKING:
    from pathlib import Path
    from typing import NoReturn


class Theme(StrEnum):
    """What the window is painted in."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


def gui(
    path: Path | None,
    scope: str | None,
    out: Path | None,
    picture: Path | None,
    seconds: float,
    *,
    attach: Path | None = None,
    until_painted: bool = False,
    reset_layout: bool = False,
    theme: str | None = None,
    pictures: Path | None = None,
) -> None:
    """Open the window, or take its picture."""
    from saccade import gui as windows  # Qt comes with an extra, and only here

    with named_errors():
        if attach is not None:
            raise SystemExit(windows.follow_run(attach))
        if pictures is not None:
            _draw(pictures, path, scope)
            return
        if picture is None:
            status = windows.open_window(
                path,
                scope,
                out,
                until_painted=until_painted,
                reset_layout=reset_layout,
                theme=theme,
            )
            raise SystemExit(status)
        if path is None or path.is_dir():
            raise UsageError("A picture needs something to show.", "Name a protocol.")
        theme = theme or "light"  # not the system's: pictures are to be the same anywhere
        windows.picture(picture, path, scope=scope, out=out, seconds=seconds, theme=theme)
        say(f"{picture}: the window after {seconds:g} s of {path.name}")


def _draw(folder: Path, path: Path | None, scope: str | None) -> None:
    """Write pictures of every view."""
    from saccade import gui as windows

    if path is None or path.is_dir():
        raise UsageError("Pictures need something to show.", "Name a protocol.")
    with err.status("running ...") as status:
        files = windows.pictures(folder, path, scope=scope, progress=status.update)
    for file in files:
        say(str(file))


def run(
    protocol: Path, scope: str | None, out: Path | None, *, unattended: bool, shadow: bool
) -> NoReturn:
    """Run a protocol in the window."""
    from saccade import gui as windows

    with named_errors():
        status = windows.run_in_window(protocol, scope, out, unattended=unattended, shadow=shadow)
    raise SystemExit(status)


def bench(frames: int, as_json: bool) -> NoReturn:
    """Measure what the window costs, and how soon it does what it is told."""
    from saccade import gui as windows

    with named_errors(as_json), err.status("measuring ...") as status:
        result = windows.bench_window(frames=frames, progress=status.update)
    tell_bars(result, as_json)
