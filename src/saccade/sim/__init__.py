"""The virtual microscope: living specimens whose events are known, and recordings."""

from .playback import Pace, Recording, detach_at_exit, ended, open_recording, playback_core

__all__ = [
    "Pace",
    "Recording",
    "detach_at_exit",
    "ended",
    "open_recording",
    "playback_core",
]
