"""Weights of learned detectors: numbers from a file, and never code."""

from ._import import import_model
from ._weights import Weights, load_weights

__all__ = ["Weights", "import_model", "load_weights"]
