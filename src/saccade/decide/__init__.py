"""From an observation to a decision: bursts, overviews, following, light where it is wanted, ..."""

from ._ask import Ask
from ._burst import Burst
from ._drift import Drift
from ._expose import Expose
from ._focus import Focus
from ._follow import Follow
from ._notify import Notify
from ._overview import Overview
from ._pace import Pace
from ._pauses import Pause, wait_frames, wait_s, wait_score
from ._regions import Regions
from ._regulate import Regulate
from ._schedule import Schedule
from ._shots import burst, snap
from ._stay import Stay
from ._stimulate import Stimulate
from ._story import Story, from_story, story
from ._switch import Switch
from ._telling import StoryEnded

__all__ = [
    "Ask",
    "Burst",
    "Drift",
    "Expose",
    "Focus",
    "Follow",
    "Notify",
    "Overview",
    "Pace",
    "Pause",
    "Regions",
    "Regulate",
    "Schedule",
    "Stay",
    "Stimulate",
    "Story",
    "StoryEnded",
    "Switch",
    "burst",
    "from_story",
    "snap",
    "story",
    "wait_frames",
    "wait_s",
    "wait_score",
]
