"""What a policy that holds focus remembers: a probe under way, and how sharp the watch was."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._sharpest import Outcome
    from ._trend import Trend

_FRAMES = 3
"""Of the watch after a probe, by whose sharpness the later ones are judged."""
_IN_A_ROW = 2
_MOST_ROUNDS = 8
"""How often a probe goes on beyond its planes."""


@dataclass
class Fall:
    """Tells when the watch has clearly lost sharpness since the last probe.

    Parameters
    ----------
    share : float
        Of its sharpness that it must have lost, two frames in a row.
    """

    share: float
    _first: list[float] = field(default_factory=list)
    _low: int = 0

    def judge(self, sharpness: float) -> str:
        """Return in what way the sharpness has fallen; empty if it has not.

        Parameters
        ----------
        sharpness : float
            Of the newest frame of the watch.
        """
        if len(self._first) < _FRAMES:
            self._first.append(sharpness)
            return ""
        usual = sum(self._first) / _FRAMES
        self._low = self._low + 1 if sharpness < (1 - self.share) * usual else 0
        if self._low < _IN_A_ROW:
            return ""
        return f"the sharpness fell to {sharpness / usual:.0%} of what it was"

    def restart(self) -> None:
        """Let the next frames tell how sharp it is usually."""
        self._first.clear()
        self._low = 0


@dataclass
class Probe:
    """Planes of which some are still to come.

    Parameters
    ----------
    planes_um : list of float
        Where they are to be taken now.
    sudden : bool
        Whether the focus was lost at once, as far as is known.
    """

    planes_um: list[float]
    sudden: bool = False
    seen: list[tuple[float, float]] = field(default_factory=list)
    """Where each was taken, in µm, and how sharp it was."""
    left: int = field(init=False)
    _rounds: int = 1

    def __post_init__(self) -> None:
        self.left = len(self.planes_um)

    def beyond(self, outcome: Outcome, step_um: float) -> list[float]:
        """Return the planes that follow on the side where the focus is; none if that is enough.

        Parameters
        ----------
        outcome : Outcome
            Of the planes until now.
        step_um : float
            From plane to plane.
        """
        if outcome not in ("below", "above") or self._rounds >= _MOST_ROUNDS:
            return []
        count = len(self.planes_um)
        z_um = [z for z, _ in self.seen]
        first_um = min(z_um) - count * step_um if outcome == "below" else max(z_um) + step_um
        return [first_um + number * step_um for number in range(count)]

    def take(self, plane: tuple[float, float] | None) -> None:
        """Take what came of one plane.

        Parameters
        ----------
        plane : tuple of float or None
            Where it was taken and how sharp it was, None if nobody knows.
        """
        self.left -= 1
        if plane is not None:
            self.seen.append(plane)

    def go_on(self, planes_um: list[float]) -> None:
        """Wait for further planes.

        Parameters
        ----------
        planes_um : list of float
            Where.
        """
        self.planes_um, self.left = planes_um, len(planes_um)
        self._rounds += 1


@dataclass
class Place:
    """What is remembered of one stage position and tile.

    Parameters
    ----------
    key : tuple of int
        Position and tile.
    planned_um : float
        Where the plan has its plane.
    trend : Trend
        Of the correction that puts the watch in focus.
    fall : Fall
        Of the sharpness of the watch.
    seen_ns : int
        When the watch was seen last.
    """

    key: tuple[int, int]
    planned_um: float
    trend: Trend
    fall: Fall
    seen_ns: int
    interval_ns: int = 0
    """From one frame of the watch to the next, lately."""
    offset_um: float = 0.0
    """By which the watch is corrected at present."""
    before_um: float = 0.0
    """By which it was corrected before."""
    probed_ns: int | None = None
    probe: Probe | None = None
    """The one under way."""
    new: bool = False
    """Whether the last probe was the first of its trend, so that no drift is known."""

    @property
    def ahead_um(self) -> float:
        """Correction that is right for the next frame of the watch."""
        return self.trend.at(self.seen_ns + self.interval_ns)
