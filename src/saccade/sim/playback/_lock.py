"""The lock of a Python device."""

from __future__ import annotations

import threading
from typing import Any


def reentrant(device: Any) -> None:
    """Let a listener, called while a device is locked, read that device.

    The lock that UniMMCore gives a device would wait for itself for ever.
    """
    device._lock = threading.RLock()  # noqa: SLF001
