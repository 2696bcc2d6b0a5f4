"""Colours that are told apart with any eyes, on dark and on light, each with a sign of its own.

They are those of Okabe & Ito (2008); on light ground, where some of them are too pale to be seen,
darker ones of the same hue stand in for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeVar

V = TypeVar("V")


class Mark(NamedTuple):
    """How something is drawn: never by its colour alone."""

    colour: str
    sign: str
    symbol: str
    """As pyqtgraph calls it."""


class Ground(NamedTuple):
    """What a window is painted on, and what is written there."""

    window: str
    base: str
    """Of lists and fields."""
    other: str
    """Of every second row, and of buttons."""
    text: str
    faint: str
    """Of what can't be used now."""
    chosen: str
    chosen_text: str
    link: str


GROUNDS = {
    "light": Ground(
        "#EFEFEF", "#FFFFFF", "#E4E4E4", "#141414", "#767676", "#005A9C", "#FFFFFF", "#005A9C"
    ),
    "dark": Ground(
        "#2D3135", "#16181A", "#3D4247", "#EDEDED", "#9A9A9A", "#2A77AD", "#FFFFFF", "#7CC4F0"
    ),
}
_SHAPES = {
    "decision": ("\N{BLACK RIGHT-POINTING TRIANGLE}", "t2"),
    "refusal": ("\N{MULTIPLICATION SIGN}", "x"),
    "gap": ("\N{WHITE SQUARE}", "s"),
    "shadowed": ("\N{WHITE CIRCLE}", "o"),
    "shift": ("\N{UP DOWN ARROW}", "t"),
    "doubtful": ("\N{WHITE HEXAGON}", "h"),
    "invalid": ("\N{CIRCLED TIMES}", "crosshair"),
    "what if": ("?", "d"),
    "note": ("!", "+"),
}
_MARKS = {
    "dark": (
        *("#009E73", "#D55E00", "#E69F00", "#CC79A7", "#F0E442", "#E69F00", "#D55E00"),
        *("#56B4E9", "#999999"),
    ),
    "light": (
        *("#007A59", "#B84A00", "#8A6100", "#A8477F", "#7A6A00", "#8A6100", "#B84A00"),
        *("#0072B2", "#666666"),
    ),
}
_CURVES = {
    "dark": ("#56B4E9", "#F0E442", "#7F9CF5", "#CC79A7", "#4FC3A1"),
    "light": ("#0072B2", "#7A6A00", "#3B3FA8", "#A8477F", "#007A59"),
}
_LAMPS = {
    "dark": ("#999999", "#56B4E9", "#009E73", "#E69F00", "#999999", "#999999", "#E8701A"),
    "light": ("#666666", "#0072B2", "#007A59", "#8A6100", "#666666", "#666666", "#B84A00"),
}
_STATES = ("idle", "armed", "running", "held", "finished", "stopped", "failed")
_LINES = {"dark": "#E69F00", "light": "#8A6100"}
POINTS = "#F0E442"
"""Drawn in pictures, which are dark on any ground."""
HEAT = (240, 110, 0)
"""What a score rests on, drawn in pictures: red, green, blue."""
LIT = (86, 180, 233, 90)
"""Where light was let through a mask, drawn in pictures: red, green, blue and opacity."""

_now = ["light"]
"""The ground that is in use; one for the whole program, as the palette is."""


class _Themed(Mapping[str, V]):
    """Gives what belongs to the ground that is in use."""

    def __init__(self, of: Mapping[str, Mapping[str, V]]) -> None:
        self._of = of

    def __getitem__(self, name: str) -> V:
        return self._of[_now[0]][name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._of["light"])

    def __len__(self) -> int:
        return len(self._of["light"])


MARKS: Mapping[str, Mark] = _Themed(
    {
        ground: {
            kind: Mark(colour, *shape)
            for (kind, shape), colour in zip(_SHAPES.items(), colours, strict=True)
        }
        for ground, colours in _MARKS.items()
    }
)
LAMPS: Mapping[str, str] = _Themed(
    {ground: dict(zip(_STATES, colours, strict=True)) for ground, colours in _LAMPS.items()}
)


def curves() -> tuple[str, ...]:
    """Return the colours of detectors on the timeline, in order."""
    return _CURVES[_now[0]]


def threshold() -> str:
    """Return the colour of thresholds on the timeline."""
    return _LINES[_now[0]]


def ground() -> Ground:
    """Return what a window is painted on."""
    return GROUNDS[_now[0]]


def use_ground(name: str) -> None:
    """Take another ground; who has drawn on the one before draws anew.

    Parameters
    ----------
    name : {'light', 'dark'}
        Which.
    """
    _now[0] = name if name in GROUNDS else "light"
