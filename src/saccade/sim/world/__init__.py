"""Worlds: specimens under optics and light, pure and deterministic."""

from ._artefact import Artefact
from ._canvas import Canvas
from ._drift import Drift
from ._optics import Optics
from ._sensor import Sensor, noise
from ._specimen import Specimen
from ._values import Channel, Doses, Health, Light, Occurrence, Photons, View
from ._world import Imaging, World

__all__ = [
    "Artefact",
    "Canvas",
    "Channel",
    "Doses",
    "Drift",
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
    "noise",
]
