"""Names as a person reads them."""

from __future__ import annotations

import re


def short(name: str) -> str:
    """Return the name of a part, and of those that it is made of, without their modules."""
    return re.sub(r"[\w.]+:", "", name)
