"""Colours that are told apart with any eyes (Okabe & Ito, 2008), each with a sign of its own."""

from __future__ import annotations

from typing import NamedTuple


class Mark(NamedTuple):
    """How something is drawn: never by its colour alone."""

    colour: str
    sign: str
    symbol: str
    """As pyqtgraph calls it."""


MARKS = {
    "decision": Mark("#009E73", "\N{BLACK RIGHT-POINTING TRIANGLE}", "t2"),
    "refusal": Mark("#D55E00", "\N{MULTIPLICATION SIGN}", "x"),
    "gap": Mark("#E69F00", "\N{WHITE SQUARE}", "s"),
    "shadowed": Mark("#CC79A7", "\N{WHITE CIRCLE}", "o"),
    "note": Mark("#999999", "!", "+"),
}
CURVES = ("#56B4E9", "#F0E442", "#0072B2", "#CC79A7", "#009E73")
POINTS = "#F0E442"
THRESHOLDS = "#E69F00"
LAMPS = {
    "idle": "#999999",
    "armed": "#56B4E9",
    "running": "#009E73",
    "held": "#E69F00",
    "finished": "#999999",
    "stopped": "#999999",
    "failed": "#D55E00",
}
