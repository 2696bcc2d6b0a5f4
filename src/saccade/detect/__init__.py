"""From a frame to an observation: spots, change and focus."""

from ._change import Change
from ._focus import Focus
from ._spots import Spots

__all__ = ["Change", "Focus", "Spots"]
