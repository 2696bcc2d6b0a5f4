"""Who is who: identities of what a detector finds, from frame to frame."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from saccade.core import (
    ANY_SIZE,
    Detector,
    Explained,
    Needs,
    Observation,
    Point,
    ProtocolError,
    explained,
    is_number,
    require,
)

from ._linker import Linker
from ._parts import Wrapper
from ._pixels import place
from ._settings import is_positive

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from saccade.core import Frame

_DEFAULT_REACH_PX = 15.0
_LINKING_MS = 0.3
_LINKING_MS_EACH = 0.011


@dataclass(frozen=True, kw_only=True, eq=False)
class Tracker(Wrapper):
    """Gives each point that a detector finds an identity, the same in every frame.

    It goes from frame to frame and never back, by the cheapest assignment of points to those
    who are expected (Jaqaman et al. 2008): each where it was, carried on by a share of its
    velocity, so that two who meet and part again are rarely taken for one another. Who is not
    found for some frames keeps its identity. Identities are numbers from 0 on, and none comes
    twice, at whatever position. Points are linked where they are on the stage, so that it may
    move meanwhile.

    The score is that of the detector.

    Parameters
    ----------
    detector : Detector
        Whatever gives points; in a protocol a mapping with ``use``.
    reach : float, optional
        How far, in pixels, one may be from where it is expected. Default 15; less than half of
        the distance between neighbours.
    reach_um : float, optional
        The same in µm, in place of ``reach``.
    memory : int
        Frames for which one that is not found is still expected.
    inertia : float
        Share of the velocity that carries on from frame to frame: 0 for what jitters, 1 for
        what goes straight on.

    Raises
    ------
    ProtocolError
        If a setting can't be used.

    Notes
    -----
    Identities are in the ``track`` of the points. Measurements are those of the detector, and
    ``tracks`` (points with an identity), ``begun`` and ``ended`` (in this frame), and
    ``speed_um_s`` and ``fastest_um_s`` (median and greatest of those seen before, 0 without).
    An invalid observation is passed on, and changes nothing. Of two things that become one, one
    goes on; a cell that divides is one of the two, and the other begins.
    """

    detector: Detector = field(kw_only=False)
    reach: float | None = None
    reach_um: float | None = None
    memory: int = 3
    inertia: float = 0.5
    _linkers: dict[object, Linker] = field(default_factory=dict, init=False, repr=False)
    _count: list[int] = field(default_factory=lambda: [0], init=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        do = "Give about what things move from one frame to the next, and half as much again."
        for name in ("reach", "reach_um"):
            value = getattr(self, name)
            ok = value is None or is_positive(value)
            require(ok, f"Tracker.{name}", value, "a number above 0", do)
        if self.reach is not None and self.reach_um is not None:
            raise ProtocolError(
                f"Tracker has reach={self.reach!r} and reach_um={self.reach_um!r}, not one reach.",
                "Leave one of them out.",
            )
        ok = isinstance(self.memory, int) and not isinstance(self.memory, bool) and self.memory >= 0
        do = "0 forgets at once."
        require(ok, "Tracker.memory", self.memory, "a whole number of at least 0", do)
        ok = is_number(self.inertia) and 0 <= self.inertia <= 1
        require(ok, "Tracker.inertia", self.inertia, "a number from 0 to 1", "0.5 suits cells.")

    @property
    def needs(self) -> tuple[Needs, ...]:
        """What the detector can't do without, and the size of a pixel for a reach in µm."""
        own = () if self.reach_um is None else (Needs(pixel_size_um=ANY_SIZE),)
        return (*own, *super().needs)

    def __call__(self, frame: Frame) -> Observation:
        """Return what the detector sees, each point with its identity.

        Parameters
        ----------
        frame : Frame
            The next one of its position.
        """
        return self._followed(frame, self.detector(frame))

    def explain(self, frame: Frame) -> Explained:
        """Return the same, and what the detector's score rests on."""
        seen, heat = explained(self.detector, frame)
        return Explained(self._followed(frame, seen), heat)

    def _followed(self, frame: Frame, seen: Observation) -> Observation:
        told = replace(seen, detector=self.said_by(seen))
        if seen.verdict == "invalid" or not is_positive(frame.pixel_size_um):
            return replace(told, verdict="invalid")
        key = place(frame)
        linker = self._linkers.get(key)
        if linker is None:
            reach_um = self.reach_um or (self.reach or _DEFAULT_REACH_PX) * frame.pixel_size_um
            linker = self._linkers[key] = Linker(reach_um, self.memory, self.inertia)
        places = np.array([(p.x_um, p.y_um) for p in seen.points], np.float64).reshape(-1, 2)
        sound = np.isfinite(places).all(axis=1)
        step = linker.take(places[sound], frame.t_ns / 1e9, self._count[0])
        self._count[0] += step.begun
        tracks: list[Any] = [None] * len(places)
        for number, track in zip(np.flatnonzero(sound).tolist(), step.ids.tolist(), strict=True):
            tracks[number] = track
        speeds = step.speed_um_s[np.isfinite(step.speed_um_s)]
        return replace(
            told,
            points=tuple(
                Point(p.y_px, p.x_px, p.strength, p.x_um, p.y_um, track)
                for p, track in zip(seen.points, tracks, strict=True)
            ),
            measurements={
                **seen.measurements,
                "tracks": float(len(step.ids)),
                "begun": float(step.begun),
                "ended": float(step.ended),
                "speed_um_s": _or_zero(np.median, speeds),
                "fastest_um_s": _or_zero(np.max, speeds),
            },
        )

    def takes_ms(self, frame: Frame) -> float:
        """Return how long the detector takes, and linking those that are followed by now."""
        linker = self._linkers.get(place(frame))
        followed = 0 if linker is None else len(linker.ids)
        return super().takes_ms(frame) + _LINKING_MS + _LINKING_MS_EACH * followed


def _or_zero(function: Any, values: NDArray[np.float64]) -> float:
    return float(function(values)) if len(values) else 0.0
