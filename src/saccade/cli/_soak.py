"""The command that runs a protocol for long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from rich.table import Table

from saccade import app

from ._console import Exit, answer, err, named_errors, out, say

if TYPE_CHECKING:
    from pathlib import Path

    from saccade.app import Soak


def soak(path: Path, scope: str | None, as_json: bool, **options: Any) -> NoReturn:
    """Run a protocol for long, and say what grows."""
    with named_errors(as_json), err.status("running ...") as status:
        protocol = app.load_protocol(path)
        result = app.soak(protocol, scope, progress=status.update, **options)
    if as_json:
        answer(result.plain())
    else:
        _tell(result)
    raise SystemExit(int(Exit.FINISHED if result.holds else Exit.FAILED))


def _tell(result: Soak) -> None:
    table = Table(title=f"an hour is {result.frames_per_s * 3600:,.0f} frames")
    for name in ("", "an hour", "95 % from", "to", "most"):
        table.add_column(name, justify="right" if name else "left", no_wrap=True)
    for slope in result.slopes:
        bounds = (f"{each:+.3f}" for each in (slope.value, slope.low, slope.high))
        table.add_row(f"{slope.name} {slope.unit}", *bounds, f"{slope.most:.1f}")
    if result.slopes:
        out.print(table)
    say(
        f"{result.frames:,} frames in {result.runs} runs and {result.seconds:.0f} s: "
        f"{result.hours:.2f} h at {result.frames_per_s:g} frames/s"
    )
    for failure in result.failures:
        say(f"problem: {failure}")
    if not result.slopes:
        say("problem: too short to tell; give it more minutes")
    say("holds" if result.holds else "FALLS SHORT")
