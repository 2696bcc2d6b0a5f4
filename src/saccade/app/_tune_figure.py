"""What thresholds come to, as a picture: scores, precision against recall, false alarms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from ._tune import Tuned

_SIZE_IN = (11.0, 3.6)
_DPI = 130
_THERE, _NOTHING, _MARK = "#0072B2", "#999999", "#D55E00"
"""Of Okabe & Ito (2008): told apart by people of any colour vision."""
_BINS = 40


def draw_tuning(tuned: Tuned, file: Path) -> None:
    """Draw what is known of a protocol's threshold.

    Parameters
    ----------
    tuned : Tuned
        As `tune_protocol` returned it.
    file : Path
        A PNG; matplotlib must be there, see `saccade.score.can_draw`.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(_SIZE_IN, dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    scores, recall, alarms = figure.subplots(1, 3)
    _draw_scores(scores, tuned)
    _draw_recall(recall, tuned)
    _draw_alarms(alarms, tuned)
    for axes in (scores, recall, alarms):
        axes.spines[["top", "right"]].set_visible(False)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file)


def _draw_scores(axes: Any, tuned: Tuned) -> None:
    values = np.concatenate([trace.scores for trace in tuned.traces])
    there = np.concatenate([trace.holds() for trace in tuned.traces])
    known = np.isfinite(values)
    edges = np.linspace(0, 1, _BINS + 1)
    for which, colour, label in ((~there, _NOTHING, "nothing there"), (there, _THERE, "something")):
        axes.hist(values[known & which], edges, color=colour, alpha=0.75, label=label)
    axes.set_yscale("log")
    for each in tuned.suggestions:
        axes.axvline(each.above, color=_MARK, linewidth=1)
    axes.set(xlabel=f"score of {tuned.on}", ylabel="frames", title="Scores, frame by frame")
    axes.legend(frameon=False, fontsize="small")


def _draw_recall(axes: Any, tuned: Tuned) -> None:
    known = [each for each in tuned.points if each.precision == each.precision]
    axes.plot([each.recall for each in known], [each.precision for each in known], ".-",
              color=_THERE, linewidth=1)  # fmt: skip
    for each in tuned.suggestions if known else ():
        nearest = min(known, key=lambda point, each=each: abs(point.above - each.above))  # type: ignore[misc]
        axes.plot(nearest.recall, nearest.precision, "o", color=_MARK)
        if each.caught is not None and each.precision is not None:
            ends = (each.caught.low, each.caught.high), (each.precision.low, each.precision.high)
            axes.plot(ends[0], [nearest.precision] * 2, color=_MARK, linewidth=1)
            axes.plot([nearest.recall] * 2, ends[1], color=_MARK, linewidth=1)
        axes.annotate(f"{each.above:g}", (nearest.recall, nearest.precision), (4, 4),
                      textcoords="offset points", fontsize="small")  # fmt: skip
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.04), xlabel="recall", ylabel="precision",
             title="Of the watch alone")  # fmt: skip


def _draw_alarms(axes: Any, tuned: Tuned) -> None:
    fields = len(tuned.traces) / max(len(tuned.seeds), 1)
    axes.plot([each.above for each in tuned.points],
              [each.false_per_h * fields for each in tuned.points],
              color=_NOTHING, label="of the watch alone")  # fmt: skip
    played = "played, and " if tuned.seeds else ""
    for number, each in enumerate(tuned.suggestions):
        rate = each.false_per_h
        axes.plot([each.above] * 2, [rate.low, rate.high], color=_MARK, linewidth=1)
        axes.plot(each.above, rate.value, "o", color=_MARK,
                  label=None if number else f"{played}what to expect")  # fmt: skip
        if each.unseen_per_h is not None:
            axes.plot(each.above, each.unseen_per_h, "x", color="black",
                      label=None if number else "in unseen worlds")  # fmt: skip
    axes.set_yscale("symlog", linthresh=0.1)
    axes.set(xlabel="above", ylabel="false alarms per hour", title="False alarms")
    axes.legend(frameon=False, fontsize="small")
