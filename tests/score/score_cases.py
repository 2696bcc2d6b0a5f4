"""Tiny logs and truths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from saccade.core import LightSource, Stand
from saccade.score import Burst, Exposure, Log, Means, Place, Rules, Shot
from saccade.sim.world import Channel, Health, Occurrence, World

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

WELL = Health(10, 0, 0, 1.0, 0.0)

STAND = Stand(
    "test",
    lights=(LightSource("LED", 2.0, 1e-3, ("FITC",)),),
    channels=("FITC",),
    channel="FITC",
    shape_px=(100, 100),
    pixel_size_um=1.0,
)
"""1 ms is 2 mW / 0.001 cm² * 1 ms = 2e-3 J/cm²."""

DOSE = 2e-2
"""Of 10 ms."""


def occurrence(
    onset_s: float, end_s: float, x_um: float = 0.0, *, track: int = 0, kind: str = "division"
) -> Occurrence:
    return Occurrence(kind, onset_s, end_s, track, x_um, 0.0)


def shots(times_s: Iterable[float], x_um: float = 0.0, **more: Any) -> tuple[Shot, ...]:
    facts = {"channel": "FITC", "dose_j_per_cm2": DOSE, "nbytes": 20_000} | more
    return tuple(
        Shot(t_s, 10.0, x_um, 0.0, 100.0, 100.0, **{"frame": n} | facts)
        for n, t_s in enumerate(times_s)
    )


def log(*parts: tuple[Shot, ...], bursts: tuple[Burst, ...] = ()) -> Log:
    taken = sorted(shot for part in parts for shot in part)
    return Log(tuple(shot._replace(frame=n) for n, shot in enumerate(taken)), bursts)


def rules(**given: Any) -> Rules:
    return Rules(**{"fast_s": 1.0, "duration_s": 100.0, "margin_s": 5.0} | given)


def means(places: int = 2, **given: Any) -> Means:
    facts: dict[str, Any] = {
        "stand": STAND,
        "places": tuple(Place(200.0 * n) for n in range(places)),
        "exposures": (Exposure("FITC", 10.0),),
        "fast_s": 1.0,
        "duration_s": 100.0,
        "burst": 5,
    }
    return Means(**facts | given)


class Scripted:
    """A specimen whose occurrences are written down; light averts what begins after it."""

    name = "scripted"
    size_um = (1000.0, 1000.0)
    layers_um = (0.0,)

    def __init__(
        self, occurrences: tuple[Occurrence, ...], fatal_j_per_cm2: float = np.inf
    ) -> None:
        self.channels = {"FITC": Channel("FITC", 488, 520)}
        self._all, self._fatal = occurrences, fatal_j_per_cm2
        self._places = np.array([(o.x_um, o.y_um) for o in occurrences]).reshape(-1, 2)
        self._dose = np.zeros(len(occurrences))
        self._averted = np.zeros(len(occurrences), bool)
        self._onsets = np.array([o.onset_s for o in occurrences])
        self.t_s = 0.0

    def advance(self, t_s: float) -> None:
        self.t_s = t_s

    def places_um(self) -> NDArray[np.float64]:
        return self._places

    def paint(self, canvas: Any, channel: str) -> None:
        raise AssertionError("nobody looks")

    def absorb(self, doses: NDArray[np.float64], channel: str) -> None:
        self._dose += doses
        self._averted |= (self._dose >= self._fatal) & (self._onsets > self.t_s)

    @property
    def occurrences(self) -> tuple[Occurrence, ...]:
        begun = (self._onsets <= self.t_s) & ~self._averted
        return tuple(o for o, here in zip(self._all, begun, strict=True) if here)

    @property
    def health(self) -> Health:
        averted = int(self._averted.sum())
        worst = float(self._dose.max(initial=0.0))
        return Health(len(self._all), averted, averted, float(np.exp(-worst)), worst)


def scripted_world(*occurrences: Occurrence, fatal_j_per_cm2: float = np.inf) -> World:
    return World(Scripted(occurrences, fatal_j_per_cm2))
