"""The demonstrations that ship with the program."""

from __future__ import annotations

from pathlib import Path

from saccade.core import ProtocolError, read_yaml

from ._protocol import Protocol, load_protocol, protocol_of

_BEADS, _DIVISIONS = "watch-beads.yaml", "catch-divisions.yaml"
_TIME_POINTS = 60
"""Of the watch: two hours, which take some twenty seconds."""
_SEED = 5
"""Of a world in which cells divide before the watched fields within that time."""


def demo_file(*, camera: bool = False) -> Path:
    """Return the protocol file of ``saccade demo``.

    Parameters
    ----------
    camera : bool
        That of Micro-Manager's demo camera, rather than of the virtual microscope.

    Raises
    ------
    ProtocolError
        If the installation lacks it.
    """
    name = _BEADS if camera else _DIVISIONS
    here = Path(__file__).parent
    for place in (here / "protocols", here.parents[2] / "hardware_configs" / "protocols"):
        if (place / name).is_file():
            return place / name
    raise ProtocolError(f"{name} is not in this installation.", "Install Saccade again.")


def demo_protocol(*, camera: bool = False) -> Protocol:
    """Return the protocol of ``saccade demo``: that of the file, cut to fit into a minute.

    Parameters
    ----------
    camera : bool
        As in `demo_file`; nothing is cut then.
    """
    path = demo_file(camera=camera)
    if camera:
        return load_protocol(path)
    document = dict(read_yaml(path, ProtocolError, "protocol"))
    watch = document["watch"]
    document["watch"] = {**watch, "time_plan": {**watch["time_plan"], "loops": _TIME_POINTS}}
    document["sim"] = {**document["sim"], "seed": _SEED}
    return protocol_of(document, path)
