"""How a stand wants to be supervised."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

LIMIT_MS = 50.0
"""Leaves as long again to look at the process and to act in, on a busy machine."""


@dataclass(frozen=True)
class Plan:
    """What a supervisor is to watch for, and its own path to the light.

    Parameters
    ----------
    path : mapping
        Plain data: ``use`` is ``nothing``, ``switch`` (with ``file``) or ``core`` (with ``cfg``,
        ``adapters``, ``dark`` and ``open``).
    limit_ms : float
        For how long the controller may be silent while light may be on.
    """

    path: Mapping[str, Any] = field(default_factory=lambda: {"use": "nothing"})
    limit_ms: float = LIMIT_MS

    @property
    def acts(self) -> bool:
        """Whether there is a path."""
        return bool(self.path["use"] != "nothing")

    def __str__(self) -> str:
        match self.path:
            case {"use": "switch", "file": file}:
                return f"the switch {file}"
            case {"use": "core", "cfg": cfg}:
                return f"its own core with {cfg}"
        return "nothing"
