"""Detectors in processes of their own, which can be lost without losing the run.

Light to import: the process of a detector begins here.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._isolated import Isolated

__all__ = ["Isolated"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module(f"{__name__}._isolated"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
