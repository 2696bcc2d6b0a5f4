"""The demonstration that ships with the program."""

from __future__ import annotations

from pathlib import Path

from saccade.core import ProtocolError

_NAME = "watch-beads.yaml"


def demo_protocol() -> Path:
    """Return the protocol file of ``saccade demo``.

    Raises
    ------
    ProtocolError
        If the installation lacks it.
    """
    here = Path(__file__).parent
    places = (here / "protocols", here.parents[2] / "hardware_configs" / "protocols")
    for place in places:
        if (place / _NAME).is_file():
            return place / _NAME
    raise ProtocolError(f"{_NAME} is not in this installation.", "Install Saccade again.")
