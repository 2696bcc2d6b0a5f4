"""The supervisor: a small process of its own that puts the light out when the controller is lost.

The program, ``python -m saccade.supervise``, imports the standard library only; the rest
is imported when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._plan import LIMIT_MS, Plan
from ._switch import Switch

if TYPE_CHECKING:
    from ._supervisor import Supervisor

__all__ = ["LIMIT_MS", "Plan", "Supervisor", "Switch"]


def __getattr__(name: str) -> Any:
    if name == "Supervisor":
        from ._supervisor import Supervisor

        return Supervisor
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
