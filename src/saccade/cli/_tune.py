"""The command that finds thresholds, and other settings, in simulated worlds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table

from saccade import app
from saccade.core import UsageError
from saccade.score import can_draw

from ._console import answer, err, named_errors, out, say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from saccade.app import Searched, Tuned

_FIGURE = "tune.png"


def tune(
    path: Path,
    folder: Path,
    search: Sequence[str],
    trials: int,
    as_json: bool,
    *,
    run: Path | None,
    recording: Path | None,
    events: Path | None,
    marking: Mapping[str, Any],
    policy: str | None,
    unseen: int,
    false_per_h: Sequence[float],
    **options: Any,
) -> None:
    """Suggest thresholds, or search settings."""
    with named_errors(as_json), err.status("playing ...") as status:
        protocol = app.load_protocol(path)
        if search:
            ranges = tuple(_range(text) for text in search)
            wishes: dict[str, Any] = {"false_per_h": false_per_h[0]} if false_per_h else {}
            plan = app.SearchPlan(ranges=ranges, trials=trials, **wishes, **options)
            found = app.search_protocol(protocol, plan, folder, status.update)
            answer(found.plain()) if as_json else _tell_search(found)
            return
        how: dict[str, Any] = {"policy": policy}
        if false_per_h:
            how["false_per_h"] = tuple(false_per_h)
        if run is None and recording is None and events is None:
            plan_ = app.TunePlan(unseen=unseen, **how, **options)
            tuned = app.tune_protocol(protocol, plan_, status.update)
        else:
            how["marking"] = app.Marking(**marking)
            tuned = _recorded(protocol, run, recording, events, how)
        figure = None
        if can_draw():
            figure = folder / _FIGURE
            app.draw_tuning(tuned, figure)
    if as_json:
        answer({**tuned.plain(), "figure": figure and str(figure)})
    else:
        _tell(tuned, figure)


def _recorded(
    protocol: app.Protocol,
    run: Path | None,
    recording: Path | None,
    events: Path | None,
    how: Mapping[str, Any],
) -> Tuned:
    if recording is None and run is None:
        raise UsageError("--events marks a --recording or a --run.", "Name one.")
    if recording is None:
        assert run is not None  # noqa: S101 - one of them is
        return app.tune_on_run(protocol, run, events=events, **how)
    if events is None or run is not None:
        raise UsageError("A movie needs its marks, and no run.", "Add --events FILE.csv.")
    return app.tune_on_recording(protocol, recording, events, **how)


def _range(text: str) -> app.Range:
    path, _, ends = text.partition("=")
    low, _, high = ends.partition(":")
    try:
        numbers = [
            int(each) if each.lstrip("-").isdecimal() else float(each) for each in (low, high)
        ]
    except ValueError:
        raise UsageError(
            f"--search {text} is no range.", "Such as decide.0.above=0.3:0.9."
        ) from None
    return app.Range(path, *numbers)


def _number(text: str) -> float:
    return int(text) if text.lstrip("-").isdecimal() else float(text)


def _tell(tuned: Tuned, figure: Path | None) -> None:
    if tuned.seeds:
        hours = tuned.hours * len(tuned.seeds)
        of = f"{len(tuned.seeds)} worlds of {tuned.specimen}, {hours:.3g} h"
    else:
        there = sum(len(each.there_s) for each in tuned.traces)
        of = f"{tuned.specimen}, {tuned.hours:.3g} h, {there} marked"
    say(f"{tuned.policy} on {tuned.on}, {of}.")
    names = "false /h", "caught", "precision", "J/cm² a run", "unseen /h", ""
    table = Table("wanted /h", "above", "below", *names)
    for each in tuned.suggestions:
        unseen = "" if each.unseen_per_h is None else f"{each.unseen_per_h:.3g}"
        kept = {None: "", True: "as promised", False: "not as promised"}[each.kept]
        table.add_row(
            f"{each.wanted_per_h:g}",
            f"{each.above:g}",
            f"{each.below:g}",
            str(each.false_per_h),
            "" if each.caught is None else str(each.caught),
            "" if each.precision is None else str(each.precision),
            "" if each.dose_j_per_cm2 is None else f"{each.dose_j_per_cm2:.3g}",
            unseen,
            kept,
        )
    out.print(table)
    say("In brackets: what as much again will show, 95 %; of shares, their intervals.")
    if figure is not None:
        say(f"{figure} shows scores, precision against recall, and false alarms.")


def _tell_search(found: Searched) -> None:
    table = Table("trial", "s per J/cm²", "captured", "false /h", "J/cm² a run", "settings")
    for each in found.trials[:10]:
        settings = ", ".join(f"{name} {value:.4g}" for name, value in each.settings.items())
        figures = f"{each.captured:.1%}", f"{each.false_per_h:.3g}", f"{each.dose_j_per_cm2:.3g}"
        table.add_row(str(each.number), f"{each.value:.3g}", *figures, settings)
    out.print(table)
    say(f"{len(found.trials)} trials in {found.file}, {found.before} of them from before.")
