"""What a model is worth, as a picture: precision against recall, and whether its scores hold."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from saccade.detect import calibrated, uncalibrated

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from saccade.models import Calibration

    from ._measure import Seen

FIGURE = "figure.png"
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
"""Of Okabe & Ito (2008): told apart by people of any colour vision."""
_SIZE_IN = (8.4, 3.9)
_DPI = 130
_BINS = 10
_LEAST = 5
"""Places in a bin of scores that say anything."""


def draw(
    seen: Mapping[str, Sequence[Seen]], calibration: Mapping[str, Calibration], folder: Path
) -> Path | None:
    """Draw how well the test's things were found; return the file, None without matplotlib.

    Parameters
    ----------
    seen : mapping of str to sequence of Seen
        What was seen of each class in the test.
    calibration : mapping of str to Calibration
        Of each class.
    folder : Path
        Of the model.
    """
    if find_spec("matplotlib") is None:
        return None
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(_SIZE_IN, dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    found, honest = figure.subplots(1, 2)
    for number, (name, each) in enumerate(seen.items()):
        style = {"color": _COLOURS[number % len(_COLOURS)], "label": name}
        logits = np.concatenate([one.logits for one in each])
        hits = np.concatenate([one.hits for one in each])
        truth = sum(one.truth for one in each)
        _found(found, logits, hits, truth, calibration[name], style)
        _honest(honest, calibrated(logits, calibration[name]), hits, style)
    honest.plot([0, 1], [0, 1], color="#999999", linewidth=0.8, linestyle="--")
    _labelled(found, "recall", "precision", "Of the things in the test, found")
    _labelled(honest, "score", "share that are such things", "Whether the scores can be believed")
    found.legend(fontsize=8, frameon=False, loc="lower left")
    path = folder / FIGURE
    figure.savefig(path, format="png")
    return path


def _found(
    axes: Any,
    logits: np.ndarray,
    hits: np.ndarray,
    truth: int,
    calibration: Calibration,
    style: dict[str, Any],
) -> None:
    """Draw precision against recall, and the point at which the card's threshold lies."""
    order = np.argsort(-logits, kind="stable")
    right = np.cumsum(hits[order])
    recall, precision = right / max(truth, 1), right / np.arange(1, len(order) + 1)
    axes.plot(recall, precision, linewidth=1.4, **style)
    kept = int((logits >= uncalibrated(calibration.threshold, calibration)).sum())
    if kept:
        axes.plot(recall[kept - 1], precision[kept - 1], "o", color=style["color"], markersize=6)


def _honest(axes: Any, scores: np.ndarray, hits: np.ndarray, style: dict[str, Any]) -> None:
    """Draw the share of hits against the score, a point a tenth of the scores."""
    number = np.minimum((scores * _BINS).astype(int), _BINS - 1)
    count = np.bincount(number, minlength=_BINS)
    kept = count >= _LEAST
    mean = np.bincount(number, scores, _BINS)[kept] / count[kept]
    share = np.bincount(number, hits, _BINS)[kept] / count[kept]
    axes.plot(mean, share, linewidth=1.0, marker="o", markersize=4, **style)


def _labelled(axes: Any, x: str, y: str, title: str) -> None:
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.02, 1.02)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.set_title(title, fontsize=10, loc="left")
    axes.grid(visible=True, color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
