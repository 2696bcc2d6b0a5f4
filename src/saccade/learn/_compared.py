"""Accuracy against latency: what more time for a look buys."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple

from saccade.core import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from saccade.models import Card, Figure

_BUDGETS_MS = (2.0, 5.0, 20.0)
_SCALE_MS = (1, 2, 5, 10, 20, 50, 100, 200, 500)
_SIZE_IN, _DPI = (6.4, 4.2), 130


class Compared(NamedTuple):
    """One model: how long a look takes here, and what its card says that it is worth."""

    name: str
    look_ms: float
    """Median, at 512 x 512 px."""
    kilobytes: float
    figures: Mapping[str, Figure]
    """F1 of its first class, and of masks the AP at IoU 0.5, with their intervals."""


def figures_of(card: Card) -> dict[str, Figure]:
    """Return what is compared of a model.

    Parameters
    ----------
    card : Card
        Of the model.
    """
    first = card.architecture.classes[0]
    told = {"F1": card.metrics.classes[first].f1}
    if card.metrics.mask_ap50 is not None:
        told["masks, AP50"] = card.metrics.mask_ap50
    return told


def draw_compared(models: Sequence[Compared], file: Path) -> None:
    """Draw what each model is worth against how long it looks.

    Parameters
    ----------
    models : sequence of Compared
        Tested on the same, or the picture says nothing.
    file : Path
        PNG or PDF.

    Raises
    ------
    ModelError
        If it can't be drawn or written.
    """
    if find_spec("matplotlib") is None:
        raise ModelError(
            "Nothing can be drawn here: matplotlib is not installed.",
            "Install it: python -m pip install 'saccade[figures]'",
        )
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Picture

    picture = Picture(_SIZE_IN, dpi=_DPI, layout="constrained")
    FigureCanvasAgg(picture)
    plane = picture.subplots()
    ordered = sorted(models, key=lambda each: each.look_ms)
    names = dict.fromkeys(name for each in ordered for name in each.figures)
    for (name, colour), symbol in zip(
        zip(names, ("#0072B2", "#D55E00"), strict=False), "os", strict=False
    ):
        those = [each for each in ordered if name in each.figures]
        values = [each.figures[name] for each in those]
        low = [each.value - each.low for each in values]
        high = [each.high - each.value for each in values]
        times = [each.look_ms for each in those]
        plane.errorbar(
            times, [each.value for each in values], (low, high), marker=symbol, color=colour,
            label=name, capsize=3, linewidth=1,
        )  # fmt: skip
    for each in ordered:
        top = max(figure.high for figure in each.figures.values())
        plane.annotate(
            each.name, (each.look_ms, top), (0, 6), textcoords="offset points", ha="center"
        )
    for budget in _BUDGETS_MS:
        plane.axvline(budget, color="#999999", linewidth=0.8, linestyle=":")
    plane.set(xscale="log", xlabel="a look at 512 x 512 px (ms, median)", ylim=(0, 1.05))
    slowest_ms = max(*_BUDGETS_MS, *(each.look_ms for each in ordered))
    scale = [each for each in _SCALE_MS if each <= slowest_ms]
    plane.minorticks_off()
    plane.set_xticks(scale, [f"{each:g}" for each in scale])
    plane.margins(x=0.12)
    plane.set_title("What more time for a look buys; lines are the budgets", fontsize=10)
    plane.legend(loc="lower right")
    try:
        picture.savefig(file)
    except (OSError, ValueError) as error:
        raise ModelError(f"{file} can't be written: {error}.", "Name a .png.") from None
