"""What the devices do to one world: when what shines on what, and what the camera gets of it."""

from __future__ import annotations

import heapq
import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from saccade.core import Clock
    from saccade.sim.world import Counts, Light, Photons, View, World

_CHUNK_S = 10.0
"""A light that was left on acts in pieces of this length, so that what it does shows."""


class State(Protocol):
    """Tells how the devices stand."""

    def view(self, t_ns: int) -> View:
        """Return what the camera looks at, at a time since the last change."""

    def lights(self, t_ns: int) -> tuple[Light, ...]:
        """Return what shines on the sample."""


@dataclass(frozen=True)
class _Stretch:
    """A time during which nothing changed."""

    begin_ns: int
    end_ns: int
    view: View
    lights: tuple[Light, ...]
    shot: int | None

    @property
    def ms(self) -> float:
        return (self.end_ns - self.begin_ns) / 1e6


class Scene:
    """A world under its devices.

    The devices say beforehand when something changes, by the clock. What happened meanwhile,
    light that was left on included, is worked out later, in order: when a picture is wanted,
    or the truth.

    Parameters
    ----------
    world : World
        Nobody else may let it live on.
    clock : Clock
        The world is as old as it has gone on since now.
    """

    def __init__(self, world: World, clock: Clock) -> None:
        self._world, self._clock = world, clock
        self._start_ns = self._since_ns = clock.now_ns()
        self._state: State | None = None
        self._lock, self._working = threading.Lock(), threading.Lock()
        self._breaks: list[int] = []
        self._past: deque[_Stretch] = deque()
        self._shot: int | None = None
        self._shots = 0
        self._seen: dict[int, tuple[Photons, Light | None]] = {}

    def stand_before(self, state: State) -> None:
        """Learn who tells how the devices stand; until then, nothing shines."""
        self._state = state

    def changing(self, then_ns: int | None = None) -> None:
        """Learn that something is about to change.

        Parameters
        ----------
        then_ns : int or None
            When; None is now, before it does.
        """
        with self._lock:
            if then_ns is None:
                self._go_on(self._clock.now_ns())
            elif then_ns > self._since_ns:
                heapq.heappush(self._breaks, then_ns)

    def open(self, at_ns: int | None = None) -> int:
        """Begin an exposure; return its number.

        Parameters
        ----------
        at_ns : int or None
            When; None is now.
        """
        with self._lock:
            self._go_on(self._clock.now_ns() if at_ns is None else at_ns)
            self._shot, self._shots = self._shots, self._shots + 1
            return self._shot

    def close(self, at_ns: int) -> None:
        """End the exposure.

        Parameters
        ----------
        at_ns : int
            When; not before it began.
        """
        with self._lock:
            self._go_on(at_ns)
            self._shot = None

    def picture(self, shot: int, view: View, exposure_ms: float) -> Counts:
        """Return what the camera makes of an exposure.

        Parameters
        ----------
        shot : int
            Its number; asked for once.
        view : View
            What the camera reads out.
        exposure_ms : float
            How long it was.
        """
        with self._working:
            self._work_off()
            seen = self._seen.pop(shot, None)
            if seen is None:
                seen = np.zeros(view.shape_px, np.float32), None
            photons, light = seen
            return self._world.read_out(photons, view, exposure_ms, light)

    def forget(self, shot: int) -> None:
        """Drop the picture of an exposure that was broken off; its light has acted."""
        with self._working:
            self._work_off()
            self._seen.pop(shot, None)

    @property
    def world(self) -> World:
        """The world as it is now."""
        with self._lock:
            self._go_on(max(self._clock.now_ns(), self._since_ns))
        with self._working:
            self._work_off()
            self._live_on(self._since_ns)
        return self._world

    # ------------------------------------------------------------------------- what happened

    def _go_on(self, to_ns: int) -> None:
        """Write down what happened until a time, piece by piece."""
        while self._breaks and self._breaks[0] <= to_ns:
            self._write_down(heapq.heappop(self._breaks))
        self._write_down(to_ns)

    def _write_down(self, to_ns: int) -> None:
        begin_ns = self._since_ns
        if to_ns <= begin_ns or self._state is None:
            return
        self._since_ns = to_ns
        lights = self._state.lights(begin_ns)
        if lights or self._shot is not None:
            view = self._state.view(begin_ns)
            self._past.append(_Stretch(begin_ns, to_ns, view, lights, self._shot))

    def _work_off(self) -> None:
        while self._past:
            stretch = self._past.popleft()
            if stretch.shot is None:
                self._act(stretch)
            else:
                self._see(stretch, stretch.shot)

    def _act(self, stretch: _Stretch) -> None:
        for begin_ns, ms in _pieces(stretch):
            self._live_on(begin_ns)
            for light in stretch.lights:
                self._world.expose(stretch.view, ms, light)

    def _see(self, stretch: _Stretch, shot: int) -> None:
        self._live_on(stretch.begin_ns)
        view, ms = stretch.view, stretch.ms
        seen = next((each for each in stretch.lights if each.channel == view.channel), None)
        photons = self._world.render(view, ms, seen)
        for light in stretch.lights:
            if light is not seen:
                self._world.expose(view, ms, light)
        if shot in self._seen:
            before, seen_before = self._seen[shot]
            photons, seen = before + photons, seen or seen_before
        self._seen[shot] = photons, seen

    def _live_on(self, t_ns: int) -> None:
        self._world.advance(max((t_ns - self._start_ns) / 1e9, self._world.t_s))


def _pieces(stretch: _Stretch) -> Iterator[tuple[int, float]]:
    chunk_ns = round(_CHUNK_S * 1e9)
    for begin_ns in range(stretch.begin_ns, stretch.end_ns, chunk_ns):
        yield begin_ns, (min(begin_ns + chunk_ns, stretch.end_ns) - begin_ns) / 1e6
