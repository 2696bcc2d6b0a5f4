"""What all artefacts have in common: a time, a seed, and hooks that change nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from saccade.core import is_number, require

if TYPE_CHECKING:
    from saccade.sim.world import Counts, Exposure, Light, Photons, View


@dataclass(frozen=True, kw_only=True)
class Spoils:
    """An artefact that is there for a while, and does nothing yet.

    Parameters
    ----------
    start_s, end_s : float
        It is there from the one until before the other, since the start of the world.
    seed : int
        Of whatever is random about it.

    Raises
    ------
    ProtocolError
        If a value is impossible.
    """

    kind: ClassVar[str] = ""
    start_s: float = 0.0
    end_s: float = math.inf
    seed: int = 0

    def __post_init__(self) -> None:
        self._need("start_s", is_number(self.start_s) and self.start_s >= 0, "0 or more")
        endless = isinstance(self.end_s, float) and self.end_s == math.inf
        ok = (endless or is_number(self.end_s)) and self.end_s >= self.start_s
        self._need("end_s", ok, f"at or after the start, {self.start_s:g}")
        ok = isinstance(self.seed, int) and not isinstance(self.seed, bool) and self.seed >= 0
        self._need("seed", ok, "a whole number, 0 or more")

    def active(self, t_s: float) -> bool:
        """Return whether it is there at a time."""
        return self.start_s <= t_s < self.end_s

    def shows(self, exposure: Exposure) -> bool:  # noqa: ARG002 - some look where it is
        """Return whether it spoils the picture of an exposure."""
        return True

    def view(self, view: View, t_s: float) -> View:  # noqa: ARG002
        """Return where the camera really looks."""
        return view

    def light(self, light: Light, t_s: float) -> Light:  # noqa: ARG002
        """Return the light that really shines."""
        return light

    def photons(self, photons: Photons, exposure: Exposure) -> Photons:  # noqa: ARG002
        """Return what really reaches the sensor."""
        return photons

    def counts(self, counts: Counts, before: Counts | None, exposure: Exposure) -> Counts:  # noqa: ARG002
        """Return what the camera really hands out."""
        return counts

    def _random(self, *key: int) -> np.random.Generator:
        """Return a generator that depends on the seed, the kind and a key alone."""
        name = int.from_bytes(self.kind.encode()[:8], "big")
        # Keys may be negative; seeds must not be.
        return np.random.default_rng([self.seed, name, *(2 * abs(k) + (k < 0) for k in key)])

    def _need(self, name: str, ok: bool, must: str) -> None:
        require(ok, f"{self.kind}.{name}", getattr(self, name), must, "Correct it.")

    def _need_range(self, name: str, low: float, high: float = math.inf) -> None:
        value = getattr(self, name)
        must = f"a number from {low:g} to {high:g}" if high < math.inf else f"{low:g} or more"
        self._need(name, is_number(value) and low <= value <= high, must)


def milliseconds(t_s: float) -> int:
    """Return a time as the key of what is random about an exposure."""
    return round(t_s * 1000)
