"""A run: the pure loop, the thread that drives it, and replay."""

from ._chain import Chain
from ._door import Door
from ._fill import blank
from ._history import Past, history
from ._loop import Loop
from ._parts import Eye, Eyes, Look, News, Rule, Rules, Start
from ._replay import Difference, Replay, replay
from ._run import Run
from ._steps import Do, Done, Refused, Wait
from ._watch import Watch

__all__ = [
    "Chain",
    "Difference",
    "Do",
    "Done",
    "Door",
    "Eye",
    "Eyes",
    "Look",
    "Loop",
    "News",
    "Past",
    "Refused",
    "Replay",
    "Rule",
    "Rules",
    "Run",
    "Start",
    "Wait",
    "Watch",
    "blank",
    "history",
    "replay",
]
