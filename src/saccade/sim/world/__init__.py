"""Worlds: specimens under optics and light, pure and deterministic."""

from ._artefact import Artefact, Counts
from ._canvas import Canvas
from ._drift import Drift
from ._exposure import Exposure
from ._imaging import Imaging, conditions
from ._optics import Optics
from ._sensor import Sensor, noise
from ._settings import in_range, is_count, is_size, make, one_of
from ._specimen import Specimen
from ._values import Channel, Doses, Health, Light, Occurrence, Photons, View
from ._world import World

__all__ = [
    "Artefact",
    "Canvas",
    "Channel",
    "Counts",
    "Doses",
    "Drift",
    "Exposure",
    "Health",
    "Imaging",
    "Light",
    "Occurrence",
    "Optics",
    "Photons",
    "Sensor",
    "Specimen",
    "View",
    "World",
    "conditions",
    "in_range",
    "is_count",
    "is_size",
    "make",
    "noise",
    "one_of",
]
