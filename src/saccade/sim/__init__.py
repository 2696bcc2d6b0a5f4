"""The virtual microscope: living specimens whose events are known, and recordings."""

from .artefacts import ARTEFACTS, make_artefact
from .playback import Pace, Recording, detach_at_exit, ended, open_recording, playback_core
from .specimens import SPECIMENS, make_specimen
from .world import (
    Artefact,
    Channel,
    Drift,
    Health,
    Imaging,
    Light,
    Occurrence,
    Optics,
    Sensor,
    Specimen,
    View,
    World,
    conditions,
)

__all__ = [
    "ARTEFACTS",
    "SPECIMENS",
    "Artefact",
    "Channel",
    "Drift",
    "Health",
    "Imaging",
    "Light",
    "Occurrence",
    "Optics",
    "Pace",
    "Recording",
    "Sensor",
    "Specimen",
    "View",
    "World",
    "conditions",
    "detach_at_exit",
    "ended",
    "make_artefact",
    "make_specimen",
    "open_recording",
    "playback_core",
]
