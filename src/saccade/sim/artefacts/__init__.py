"""Artefacts: what goes wrong with pictures, on request and with its truth."""

from ._base import Spoils
from ._bubble import Bubble
from ._camera import DeadFrames, Saturation, Stripes
from ._lamp import DyingLamp, LampFlicker
from ._marker import Marker
from ._matter import Debris, OutOfFocusPlane
from ._registry import ARTEFACTS, make_artefact
from ._stage import DefocusStep, StageJump

__all__ = [
    "ARTEFACTS",
    "Bubble",
    "DeadFrames",
    "Debris",
    "DefocusStep",
    "DyingLamp",
    "LampFlicker",
    "Marker",
    "OutOfFocusPlane",
    "Saturation",
    "Spoils",
    "StageJump",
    "Stripes",
    "make_artefact",
]
