"""A run: the pure loop, the thread that drives it, and replay."""

from ._arbiter import Arbiter, Rights
from ._cameras import check_camera
from ._chain import Chain
from ._claims import Actuator, check_claims, in_turns
from ._door import Door
from ._fill import as_watched, blank
from ._history import Past, history
from ._keep import Keep, Ring
from ._loop import Loop
from ._parts import Eye, Eyes, Look, News, Rule, Rules, Start, name_of
from ._replay import Difference, Replay, replay
from ._run import Mode, Run
from ._steps import Do, Done, Refused, Wait
from ._stretch import count_again
from ._watch import Watch

__all__ = [
    "Actuator",
    "Arbiter",
    "Chain",
    "Difference",
    "Do",
    "Done",
    "Door",
    "Eye",
    "Eyes",
    "Keep",
    "Look",
    "Loop",
    "Mode",
    "News",
    "Past",
    "Refused",
    "Replay",
    "Rights",
    "Ring",
    "Rule",
    "Rules",
    "Run",
    "Start",
    "Wait",
    "Watch",
    "as_watched",
    "blank",
    "check_camera",
    "check_claims",
    "count_again",
    "history",
    "in_turns",
    "name_of",
    "replay",
]
