"""A run: the pure loop, the thread that drives it, and replay."""

from ._chain import Chain, Eye, Look, Rule
from ._door import Door
from ._loop import Do, Done, Loop, Refused, Wait
from ._run import Run
from ._watch import Watch

__all__ = [
    "Chain",
    "Do",
    "Done",
    "Door",
    "Eye",
    "Look",
    "Loop",
    "Refused",
    "Rule",
    "Run",
    "Wait",
    "Watch",
]
