"""Specimens by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from saccade.core import ProtocolError
from saccade.sim.world import make

from ._bacteria import Bacteria
from ._beads import Beads
from ._calcium import Calcium
from ._dividing_nuclei import DividingNuclei
from ._light_driven import LightDrivenCells
from ._migrating import MigratingCells
from ._mitochondria import Mitochondria
from ._swimmers import Swimmers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from saccade.sim.world import Specimen

SPECIMENS: Mapping[str, Callable[..., Specimen]] = {
    each.name: each
    for each in (
        Bacteria,
        Beads,
        Calcium,
        DividingNuclei,
        LightDrivenCells,
        Mitochondria,
        MigratingCells,
        Swimmers,
    )
}
"""What can live in a world: classes whose first argument is the seed."""


def make_specimen(name: str, seed: int = 0, settings: Mapping[str, Any] | None = None) -> Specimen:
    """Return a specimen, alive at 0 s.

    Parameters
    ----------
    name : str
        One of `SPECIMENS`.
    seed : int
        Of its biology.
    settings : mapping, optional
        Arguments of its class.

    Raises
    ------
    ProtocolError
        If there is no such specimen or setting, or a value is impossible.
    """
    if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
        raise ProtocolError(f"seed is {seed!r}.", "Give a whole number, 0 or more.")
    return make("specimen", SPECIMENS, name, settings, seed=seed)
