"""From an observation to a decision: bursts, staying, following, pace, focus and stories."""

from ._burst import Burst
from ._focus import Focus
from ._follow import Follow
from ._pace import Pace
from ._shots import burst, snap
from ._stay import Stay
from ._story import Story, from_story, story

__all__ = [
    "Burst",
    "Focus",
    "Follow",
    "Pace",
    "Stay",
    "Story",
    "burst",
    "from_story",
    "snap",
    "story",
]
