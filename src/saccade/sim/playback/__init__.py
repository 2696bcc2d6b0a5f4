"""Recordings played back as if a camera took them."""

from ._lock import reentrant
from ._pace import Pace
from ._playback import detach_at_exit, ended, playback_core
from ._recording import Recording, open_recording

__all__ = [
    "Pace",
    "Recording",
    "detach_at_exit",
    "ended",
    "open_recording",
    "playback_core",
    "reentrant",
]
