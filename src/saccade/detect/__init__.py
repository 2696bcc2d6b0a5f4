"""From a frame to an observation: spots, pairs, change and focus."""

from ._change import Change
from ._focus import Focus
from ._pairs import Pairs
from ._spots import Spots

__all__ = ["Change", "Focus", "Pairs", "Spots"]
