"""What was caught against what it cost, as a picture."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from saccade.core import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from ._score import Score

# Of Okabe & Ito (2008) and Tol (2021): told apart by people of any colour vision; the markers
# differ as well.
_COLOURS = (
    "#D55E00", "#000000", "#0072B2", "#56B4E9", "#332288", "#009E73", "#44AA99", "#999933",
    "#777777", "#E69F00", "#CC79A7", "#882255",
)  # fmt: skip
_MARKERS = ("*", "s", "o", "^", "v", "D", "P", "X", "<", ">", "p", "h")
_SIZE_IN = (7.0, 4.6)
_DPI = 150


def can_draw() -> bool:
    """Return whether matplotlib is installed."""
    from importlib.util import find_spec

    return find_spec("matplotlib") is not None


def draw(scores: Mapping[str, Iterable[Score]], title: str, path: Path) -> None:
    """Draw the share captured where it watches against dose, a point a run.

    Each contender has a colour and a marker of its own.

    Parameters
    ----------
    scores : mapping of str to iterable of Score
        By contender, in the order of the legend.
    title : str
        What was scored.
    path : Path
        A PNG file.

    Raises
    ------
    UsageError
        If matplotlib is not installed.
    """
    if not can_draw():
        raise UsageError(
            "Figures need matplotlib, which is not installed.",
            "Install it with: python -m pip install 'saccade[figures]'",
        )
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullFormatter

    figure = Figure(_SIZE_IN, dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for number, (name, each) in enumerate(scores.items()):
        _points(axes, number, name, list(each))
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_ylim(-0.03, 1.03)
    axes.set_xlabel("dose, all positions together (J/cm²)")
    axes.set_ylabel("share captured of the time of\noccurrences at the watched places")
    axes.set_title(title, fontsize=10, loc="left")
    axes.grid(visible=True, which="major", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=8, frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    figure.savefig(path, format="png")


def _points(axes: Any, number: int, name: str, scores: list[Score]) -> None:
    """Draw each run small, and the mean of a contender large and outlined."""
    shown = [s for s in scores if s.dose_j_per_cm2 > 0 and math.isfinite(s.share)]
    if not shown:
        return
    colour, marker = _COLOURS[number % len(_COLOURS)], _MARKERS[number % len(_MARKERS)]
    dose, share = ([s.dose_j_per_cm2 for s in shown], [s.share for s in shown])
    # The first is what it is about: large, and never behind another.
    size, above = (260, 5) if number == 0 else (90, 3)
    style = {"color": colour, "marker": marker}
    axes.scatter(dose, share, s=18, alpha=0.55, linewidths=0, **style)
    mean = math.fsum(dose) / len(dose), math.fsum(share) / len(share)
    axes.scatter(*mean, s=size, edgecolor="white", label=name, zorder=above, **style)
