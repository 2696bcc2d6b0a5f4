"""The command that needs the truth: score."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from saccade import app
from saccade.core import UsageError
from saccade.score import LEAST_SHOTS, SLACK, can_draw, draw

from ._console import Exit, answer, err, named_errors, out, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from saccade.app import Scoreboard
    from saccade.score import Interval, Merit, RecordingScore, Row

_FIGURE = "score.png"
_TENTH = 0.0995
_CAUGHT = (
    "what is caught", "everywhere", "where it watches", "time there", "s per J/cm²", "false /h",
    "reaction s",
)  # fmt: skip
_SPENT = (
    "what it costs", "J/cm²", "a place", "at most", "bleached", "harmed", "averted", "taken",
    "kept", "MB",
)  # fmt: skip


def score(
    path: Path,
    specimen: str | None,
    recording: Path | None,
    events: Path | None,
    folder: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Score a protocol in worlds, or on a recording."""
    with named_errors(as_json):
        protocol = app.load_protocol(path)
        tolerance = options.pop("tolerance")
        if recording is not None or events is not None:
            movie, marks = _both(specimen, recording, events)
            result = app.score_on_recording(protocol, movie, marks, tolerance)
            answer(result.plain()) if as_json else _tell_recording(result, marks)
            return
        board = _scored(protocol, specimen, folder, as_json, options)
        figure = _drawn(board)
    if as_json:
        answer({**board.plain(), "figure": None if figure is None else str(figure)})
    else:
        _tell(board, figure)


def _both(specimen: str | None, recording: Path | None, events: Path | None) -> tuple[Path, Path]:
    if recording is None or events is None:
        missing = "--recording" if recording is None else "--events"
        raise UsageError(f"{missing} is missing.", "A recording is scored by its events file.")
    if specimen is not None:
        raise UsageError(
            "--specimen and --recording were both given.", "Score one after the other."
        )
    return recording, events


def _scored(
    protocol: app.Protocol,
    specimen: str | None,
    folder: Path | None,
    as_json: bool,
    options: dict[str, Any],
) -> Scoreboard:
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    )  # fmt: skip
    with Progress(*columns, console=err, transient=True, disable=as_json) as progress:
        task = progress.add_task(f"scoring {protocol.name}", total=None)
        try:
            return app.score_protocol(
                protocol,
                specimen,
                out=folder,
                progress=lambda done, of: progress.update(task, completed=done, total=of),
                **options,
            )
        except KeyboardInterrupt:
            progress.stop()
            err.print("Interrupted. What is done stays done: the same command goes on with it.")
            raise SystemExit(int(Exit.INTERRUPTED)) from None


def _drawn(board: Scoreboard) -> Path | None:
    if not can_draw():
        return None
    figure = board.folder / _FIGURE
    title = (
        f"{board.protocol} on {board.specimen}: {len(board.seeds)} worlds of "
        f"{board.rules.duration_s / 3600:.3g} h"
    )
    draw(board.by_contender, title, figure)
    return figure


def _tell(board: Scoreboard, figure: Path | None) -> None:
    rules = board.rules
    kinds = f", only {', '.join(rules.kinds)}" if rules.kinds else ""
    say(
        f"{board.protocol} on {board.specimen}: {len(board.seeds)} worlds of "
        f"{rules.duration_s / 3600:.3g} h (seeds {board.seeds[0]} to {board.seeds[-1]}){kinds}"
    )
    say(
        f"caught: {LEAST_SHOTS} frames in a row at most {SLACK:g} x {rules.fast_s:g} s apart; "
        f"false: nothing in view within {rules.margin_s:g} s"
    )
    out.print(_table(_CAUGHT, map(_caught, board.rows)))
    out.print(_table(_SPENT, map(_spent, board.rows)))
    if board.merit is not None:
        _tell_merit(board.merit)
    for note in board.notes:
        say(f"note: {note}")
    if board.reused:
        say(f"{board.reused} of {len(board.scores)} results were there already.")
    say(f"results: {board.folder / 'results'}")
    if figure is None:
        say("no figure: install matplotlib with: python -m pip install 'saccade[figures]'")
    else:
        say(f"figure: {figure}")


def _tell_merit(merit: Merit) -> None:
    say(
        f"per J/cm² it captures {_times(merit.over_fixed)} of the best fixed rate "
        f"({merit.best_fixed})"
    )
    of = merit.of_oracle
    say(f"and {of.value:.2f} [{of.low:.2f}, {of.high:.2f}] of what the oracle does with its dose")


def _times(ratio: Interval) -> str:
    if math.isinf(ratio.value):
        return "infinitely many times as much as nothing, which is the share"
    return f"{ratio.value:.1f} [{ratio.low:.1f}, {ratio.high:.1f}] times that"


def _table(names: Sequence[str], rows: Iterable[tuple[str, ...]]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for place, name in enumerate(names):
        table.add_column(name, justify="right" if place else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    return table


def _caught(row: Row) -> tuple[str, ...]:
    reaction = f"{row.reaction_median_s:.2g} ({row.reaction_p90_s:.2g})"
    return (
        row.contender,
        _share(row.recall).partition(" ")[0],
        _share(row.watched_recall),
        _share(row.watched_share),
        f"{row.captured_s_per_j_cm2.value:.3g}",
        f"{row.false_alarms_per_h:.3g}" if row.bursts else "",
        "" if math.isnan(row.reaction_median_s) else reaction,
    )


def _spent(row: Row) -> tuple[str, ...]:
    return (
        row.contender,
        f"{row.dose_j_per_cm2:.3g}",
        f"{row.dose_mean_j_per_cm2:.3g}",
        f"{row.dose_max_j_per_cm2:.3g}",
        f"{_percent(row.bleached)}%",
        f"{row.harmed:.3g}",
        f"{row.averted:.3g}",
        f"{row.frames:.0f}",
        f"{row.kept:.0f}",
        f"{row.nbytes / 1e6:.0f}",
    )


def _tell_recording(result: RecordingScore, events: Path) -> None:
    fast = f"{len(result.fast)} of {result.frames}"
    say(f"{fast} frames would have been fast ones: {_ranges(result.fast) or 'none'}")
    for each in result.marks:
        word = "caught" if each.caught else "noticed" if each.noticed else "missed"
        say(f"frame {each.mark.frame:>5}  {each.mark.kind or 'mark'}: {word}")
    within = f"within {result.tolerance} frames"
    say(f"caught {_share(result.caught)}, with {LEAST_SHOTS} fast frames in a row {within}")
    say(f"noticed {_share(result.noticed)}, with a trigger {within}")
    say(f"{result.false_alarms} of {len(result.triggers)} triggers are elsewhere")
    if result.made:
        made = " or ".join(result.made)
        say(f"The marks of {events.name} were made {made}: references, not truth.")


def _share(share: Interval) -> str:
    if math.isnan(share.value):
        return "-"
    return f"{_percent(share.value)}% [{_percent(share.low)}, {_percent(share.high)}]"


def _percent(share: float) -> str:
    return f"{100 * share:.0f}" if share >= _TENTH else f"{100 * share:.2g}"


def _ranges(frames: Sequence[int]) -> str:
    """Return numbers as ranges: 3-7, 9."""
    parts: list[list[int]] = []
    for number in frames:
        if parts and number == parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return ", ".join(f"{p[0]}-{p[-1]}" if len(p) > 1 else str(p[0]) for p in parts)
