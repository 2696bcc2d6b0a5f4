"""What a contender has to work with, and how it plays a schedule over a world."""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum, prod
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from saccade.core import ProfileError
from saccade.sim.world import Light, View

from ._log import Log, Positions, Shot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from saccade.core import Stand
    from saccade.sim.world import World


class Place(NamedTuple):
    """Where the stage can stand."""

    x_um: float = 0.0
    y_um: float = 0.0
    z_um: float = 0.0


class Exposure(NamedTuple):
    """In which light one picture is taken."""

    channel: str
    exposure_ms: float


class Look(NamedTuple):
    """One picture of a schedule."""

    t_s: float
    place: Place
    exposure: Exposure
    stream: str = "watch"


@dataclass(frozen=True)
class Means:
    """What a contender has to work with: the protocol's own places, light and pace.

    Parameters
    ----------
    stand : Stand
        The microscope.
    places : tuple of Place
        Those that the protocol watches.
    exposures : tuple of Exposure
        One fast time point: what the protocol's bursts take, in order.
    fast_s, duration_s : float
        The fast interval; how long a run is.
    shot_s : float
        From the end of an exposure to the next at the same place.
    move_s : float
        How much longer that is at another place.
    burst : int
        Time points of a burst.

    Raises
    ------
    ProfileError
        If a channel has no light source, so that nothing could be compared at equal dose.
    """

    stand: Stand
    places: tuple[Place, ...]
    exposures: tuple[Exposure, ...]
    fast_s: float
    duration_s: float
    shot_s: float = 0.0
    move_s: float = 0.0
    burst: int = 10

    def __post_init__(self) -> None:
        for exposure in self.exposures:
            self.dose_j_per_cm2(exposure)

    @property
    def moment_s(self) -> float:
        """How long one fast time point takes at one place."""
        return fsum(each.exposure_ms / 1000 + self.shot_s for each in self.exposures)

    @property
    def step_s(self) -> float:
        """The fast interval, or as near to it as the microscope can get at one place."""
        return max(self.fast_s, self.moment_s)

    @property
    def visit_s(self) -> float:
        """How long one fast time point takes at another place."""
        return self.moment_s + self.move_s

    @property
    def turns(self) -> int:
        """How many places can be visited within one fast interval, at most all of them."""
        return min(max(int(self.step_s / self.visit_s * (1 + 1e-9)), 1), len(self.places))

    @property
    def moment_j_per_cm2(self) -> float:
        """Dose of one fast time point."""
        return fsum(map(self.dose_j_per_cm2, self.exposures))

    @property
    def field_um(self) -> tuple[float, float]:
        """Width and height of the field of view."""
        height, width = self.stand.shape_px
        return width * self.stand.pixel_size_um, height * self.stand.pixel_size_um

    def moments(self, most_j_per_cm2: float) -> int:
        """Return how many fast time points a dose pays for.

        Parameters
        ----------
        most_j_per_cm2 : float
            The dose.
        """
        return int(most_j_per_cm2 / self.moment_j_per_cm2 * (1 + 1e-9))

    def looks(self, t_s: float, place: Place, stream: str = "watch") -> Iterator[Look]:
        """Yield the pictures of one fast time point.

        Parameters
        ----------
        t_s : float
            Start of its first exposure.
        place : Place
            Where.
        stream : str
            Role of the pictures.
        """
        for exposure in self.exposures:
            yield Look(t_s, place, exposure, stream)
            t_s += exposure.exposure_ms / 1000 + self.shot_s

    def light(self, channel: str) -> Light:
        """Return the light of a channel; of several sources, as if one gave it all."""
        lights = self.stand.sources(channel)
        if not lights or not sum(each.power_mw for each in lights) > 0:
            raise ProfileError(
                f"{self.stand.name!r} declares no light for the channel {channel!r}, so that"
                " nothing can be compared at equal dose.",
                "Declare it under 'lights' with power_mw and area.",
            )
        mw_per_cm2 = sum(each.power_mw / each.area_cm2 for each in lights)
        return Light(channel, mw_per_cm2 * lights[0].area_cm2, lights[0].area_cm2)

    def dose_j_per_cm2(self, exposure: Exposure) -> float:
        """Return the dose of one picture."""
        return self.light(exposure.channel).dose_j_per_cm2(exposure.exposure_ms)


def play(world: World, looks: Iterable[Look], means: Means) -> Log:
    """Play a schedule straight over a world: its light acts, no picture is made.

    Parameters
    ----------
    world : World
        Fresh; lived to the end of the run.
    looks : iterable of Look
        In order of time; what comes after the end of the run is left out.
    means : Means
        The microscope.

    Returns
    -------
    Log
        In coordinates of the stage.
    """
    stand, shots = means.stand, list[Shot]()
    width_um, height_um = means.field_um
    nbytes = prod(stand.shape_px) * np.dtype(stand.dtype).itemsize
    positions = Positions(width_um / 2, height_um / 2)
    lights: dict[str, Light] = {}
    views: dict[tuple[Place, str], View] = {}
    for number, (t_s, place, (channel, exposure_ms), stream) in enumerate(looks):
        if t_s > means.duration_s:
            break
        light = lights.get(channel) or lights.setdefault(channel, means.light(channel))
        key = (place, channel)
        view = views.get(key) or views.setdefault(key, _view(place, channel, stand))
        world.advance(max(t_s, world.t_s))
        world.expose(view, exposure_ms, light)
        shots.append(
            Shot(
                t_s,
                exposure_ms,
                place.x_um,
                place.y_um,
                width_um,
                height_um,
                channel,
                light.dose_j_per_cm2(exposure_ms),
                stream,
                positions.number(place.x_um, place.y_um),
                number,
                nbytes,
            )
        )
    world.advance(max(means.duration_s, world.t_s))
    return Log(tuple(shots))


def _view(place: Place, channel: str, stand: Stand) -> View:
    return View(*place, channel, stand.shape_px, stand.pixel_size_um)
