"""Artefacts by their kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from saccade.sim.world import make

from ._bubble import Bubble
from ._camera import DeadFrames, Saturation, Stripes
from ._lamp import DyingLamp, LampFlicker
from ._marker import Marker
from ._matter import Debris, OutOfFocusPlane
from ._stage import DefocusStep, StageJump

if TYPE_CHECKING:
    from collections.abc import Mapping

    from saccade.sim.world import Artefact

    from ._base import Spoils

_ALL: tuple[type[Spoils], ...] = (
    Bubble,
    DeadFrames,
    Debris,
    DefocusStep,
    DyingLamp,
    LampFlicker,
    Marker,
    OutOfFocusPlane,
    Saturation,
    StageJump,
    Stripes,
)

ARTEFACTS: Mapping[str, type[Spoils]] = {each.kind: each for each in _ALL}
"""What can go wrong in a world."""


def make_artefact(kind: str, settings: Mapping[str, Any] | None = None) -> Artefact:
    """Return an artefact.

    Parameters
    ----------
    kind : str
        One of `ARTEFACTS`.
    settings : mapping, optional
        Arguments of its class.

    Raises
    ------
    ProtocolError
        If there is no such kind or setting, or a value is impossible.
    """
    return make("artefact", ARTEFACTS, kind, settings)
