"""A camera that runs by itself: its buffer, and when each of its pictures was exposed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from saccade.core import OverrunError, SnapError

from ._in_order import Shot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pymmcore_plus import CMMCorePlus

    from saccade.core import Clock, Order, Roi, Source, Stretch

    from ._manners import Manners
    from ._vigil import Vigil

_WITHOUT_END = 2**31 - 1
_HIGH, _LOW = 0.6, 0.2
"""Shares of the camera's buffer at which something is done, and at which all is well again."""
_LOOK_NS = 100_000_000
"""How often it is asked whether all still stands as the labels say: more would cost pictures."""


_LONGEST_NAP_S, _NAP_SHARE = 2e-3, 0.1
"""How long to sleep between two looks for the next picture, at most; and as a share of it."""
_ROUNDING = 1e-3
"""Share of an exposure by which the clock may be off."""


@dataclass(frozen=True, slots=True)
class Shed:
    """A picture that was given up, or never reached the buffer."""

    place: int
    reason: str
    exposed_ns: int


class FreeRun:
    """Lets the camera run by itself, and fetches what it has taken.

    Its buffer is watched. Above a high mark the camera pauses, until everything was fetched,
    or pictures are given up, until a low mark is reached. It never overwrites what was not
    fetched: where it overflows all the same, it stops, and that is an error by its name.

    Parameters
    ----------
    core : CMMCorePlus
        The microscope.
    manners : Manners
        Patience.
    source : Source
        Says whether to stop, and journals what happened to the buffer.
    clock : Clock
        Stamps the pictures, and times the waits.
    vigil : Vigil
        Told of every answer.
    """

    def __init__(
        self,
        core: CMMCorePlus,
        manners: Manners,
        source: Source,
        clock: Clock,
        vigil: Vigil,
    ) -> None:
        self._core, self._manners, self._source = core, manners, source
        self._clock, self._vigil = clock, vigil
        self._shedding = False
        self._due = 0

    def shots(
        self,
        stretch: Stretch,
        exposure_ms: float,
        roi: Roi,
        standing: Callable[[], None],
    ) -> Iterator[Shot | Shed]:
        """Yield pictures as they come, until there are enough and all were fetched.

        Parameters
        ----------
        stretch : Stretch
            Says whether to go on.
        exposure_ms : float
            The wait for each is bounded by it.
        roi : tuple of int
            Region of the camera.
        standing : callable
            Raises if something else is not as it was; called now and then.

        Raises
        ------
        OverrunError
            If the camera's buffer overflowed; what came before is good.
        SnapError
            If pictures stop coming, or are of another size.
        """
        core, self._due, self._shedding = self._core, 0, False
        stamps, began_ns = _Stamps(), self._clock.now_ns()
        deadline_ns = self._deadline_ns(exposure_ms, self._manners.first_frame_s)
        looked_ns = began_ns
        nap_s = min(_LONGEST_NAP_S, max(self._manners.poll_s, exposure_ms / 1e3 * _NAP_SHARE))
        self._vigil.beat("to begin a stream", self._manners.frame_margin_s)
        core.startSequenceAcquisition(_WITHOUT_END, 0, True)
        room = max(1, core.getBufferTotalCapacity())
        try:
            while True:
                self._vigil.beat("a picture of a stream")
                waiting = core.getRemainingImageCount()
                if self._is_enough(stretch, waiting, room):
                    break
                if waiting:
                    yield from self._fetch(stamps, roi)
                    now_ns = self._clock.now_ns()
                    deadline_ns = self._deadline_ns(exposure_ms, self._manners.frame_margin_s)
                    if now_ns - looked_ns > _LOOK_NS:
                        standing()
                        looked_ns = now_ns
                else:
                    self._wait(deadline_ns, nap_s)
        finally:
            if core.isSequenceRunning():
                core.stopSequenceAcquisition()
        while core.getRemainingImageCount():
            self._vigil.beat("a picture of a stream")
            yield from self._fetch(stamps, roi)
        self._refuse_overflow()

    def _is_enough(self, stretch: Stretch, waiting: int, room: int) -> bool:
        """Return whether the camera is to end; it gives one picture in any case but a stop."""
        goes_on = stretch.goes_on(waiting) and self._is_well(waiting, room, stretch.sheds)
        if goes_on:
            return False
        return self._due > 0 or waiting > 0 or self._source.stopping()

    def _deadline_ns(self, exposure_ms: float, margin_s: float) -> int:
        return self._clock.now_ns() + round(exposure_ms * 1e6 + margin_s * 1e9)

    def _is_well(self, waiting: int, room: int, sheds: bool) -> bool:
        """Watch how full the buffer is; return whether the camera can run on."""
        share = waiting / room
        if self._shedding:
            self._shedding = share > _LOW
        elif share > _HIGH:
            what = "Pictures are given up" if sheds else "It pauses"
            text = f"{waiting} pictures wait in the camera's buffer, which holds {room}. {what}."
            policy = "gap" if sheds else "wait"
            told = {"policy": policy, "waiting": waiting, "room": room, "text": text}
            self._source.noted("overload", told)
            self._shedding = sheds
            return sheds
        return True

    def _wait(self, deadline_ns: int, nap_s: float) -> None:
        """Wait a little for the next picture."""
        core = self._core
        self._refuse_overflow()
        if not core.isSequenceRunning() and not core.getRemainingImageCount():
            raise SnapError("The camera ended the stream by itself.")
        if self._clock.now_ns() > deadline_ns:
            raise SnapError("The camera stopped giving frames.")
        self._clock.nap(nap_s)

    def _refuse_overflow(self) -> None:
        if not self._core.isBufferOverflowed():
            return
        error = OverrunError(
            "The camera's buffer overflowed, and pictures were lost.",
            "Give it a larger buffer, take fewer or smaller frames, or say overload: gap.",
        )
        self._source.noted("overload", {"policy": "stop", "text": str(error)})
        raise error

    def _fetch(self, stamps: _Stamps, roi: Roi) -> Iterator[Shot | Shed]:
        arrived_ns = self._clock.now_ns()
        pixels, tags = self._core.popNextImageAndMD()
        number = str(tags.get("ImageNumber", ""))
        place = int(number) if number.isdigit() else self._due
        exposed_ns = stamps.exposed_ns(arrived_ns, tags.get("ElapsedTime-ms", ""))
        for lost in range(self._due, place):
            yield Shed(lost, "the camera did not deliver it", exposed_ns)
        self._due = max(self._due, place) + 1
        if self._shedding:
            why = "it was given up, because the camera's buffer was almost full"
            yield Shed(place, why, exposed_ns)
            return
        if pixels.shape != roi[:1:-1]:
            raise SnapError("Somebody changed the camera's region during the stream.")
        yield Shot(pixels, exposed_ns, self._clock.now_ns(), place=place)


class _Stamps:
    """When pictures were exposed, on our clock, by what the camera says of the time between.

    A picture that waited in the buffer arrives late, never early: the smallest delay of any
    so far tells how the camera's time lies to ours.
    """

    def __init__(self) -> None:
        self._start_ns: float | None = None
        self._last_ns = 0

    def exposed_ns(self, arrived_ns: int, elapsed_ms: str) -> int:
        """Return when a picture was there, in monotonic ns; after the one before in any case.

        Parameters
        ----------
        arrived_ns : int
            When it was fetched.
        elapsed_ms : str
            Since the stream began, by the camera; empty if it does not say.
        """
        try:
            elapsed_ns = float(elapsed_ms) * 1e6
        except ValueError:
            elapsed_ns = None
        if elapsed_ns is None:
            stamp_ns = arrived_ns
        else:
            start_ns = arrived_ns - elapsed_ns
            self._start_ns = start_ns if self._start_ns is None else min(start_ns, self._start_ns)
            stamp_ns = min(arrived_ns, round(self._start_ns + elapsed_ns))
        self._last_ns = max(stamp_ns, self._last_ns + 1)
        return self._last_ns


class Tally:
    """Which picture is for which order, and what a stretch came to, its light included.

    The shutter is open from its beginning to its end. What is more than the pictures' own
    exposures, as far as the clock tells, is charged as further ones: where the light is gated
    by the camera, that is more than the sample had, and never less.

    Parameters
    ----------
    stretch : Stretch
        Gives the orders.
    open_ms : float
        How much longer the shutter may be open, for its own time.
    """

    def __init__(self, stretch: Stretch, open_ms: float) -> None:
        self._stretch = stretch
        self._first: Order | None = stretch.first
        self._open_ms = open_ms
        self._exposure_ms, self._began_ns = 0.0, 0
        self._over = self._charged = 0
        self.frames = 0
        self.why = "enough"
        """Why it ended."""

    def begin(self, exposure_ms: float, now_ns: int) -> None:
        """Learn that there is light from now on, and how long an exposure is."""
        self._exposure_ms, self._began_ns = exposure_ms, now_ns

    def order(self) -> Order | None:
        """Return what the next picture is for, None if it is one too many."""
        order, self._first = self._first or self._stretch.next(), None
        self._over += order is None
        return order

    def exposures(self, until_ns: int) -> int:
        """Return for how many exposures there was light since the last picture; at least one."""
        count = max(1, self._due(until_ns))
        self._charged += count
        return count

    def close(self, stretch: Stretch, now_ns: int) -> dict[str, object]:
        """Let the run know of exposures in vain; return what the journal should hold.

        When a camera that runs by itself is ended, one more exposure has begun.

        Parameters
        ----------
        stretch : Stretch
            Hears of it.
        now_ns : int
            It is dark since then.
        """
        if not self._began_ns:
            return {}
        cut = max(self._over + 1, self._due(now_ns))
        self._began_ns = 0
        stretch.cut(cut)
        return {"frames": self.frames, "cut": cut, "why": self.why}

    def _due(self, until_ns: int) -> int:
        """Return how many exposures there was light for that nothing was charged for yet."""
        lit_ms = (until_ns - self._began_ns) / 1e6 - self._open_ms
        if self._exposure_ms <= 0:
            return 0
        return math.ceil(lit_ms / self._exposure_ms - _ROUNDING) - self._charged


class WatchedStretch:
    """A `saccade.core.Stretch` as the engine sees it: what it takes is not the microscope's.

    Parameters
    ----------
    stretch : Stretch
        Of the run.
    vigil : Vigil
        Rests while the run is at work.
    """

    def __init__(self, stretch: Stretch, vigil: Vigil) -> None:
        self._stretch, self._vigil = stretch, vigil
        self.first: Order = stretch.first
        self.unwatched = stretch
        self.sheds = stretch.sheds

    def goes_on(self, waiting: int) -> bool:
        """Return whether the camera may run on."""
        return self._vigil.tell(lambda: self._stretch.goes_on(waiting))

    def next(self) -> Order | None:
        """Return the order that the next picture is for."""
        return self._vigil.tell(self._stretch.next)

    def cut(self, exposures: int) -> None:
        """Tell of exposures that no picture came of."""
        self._vigil.tell(lambda: self._stretch.cut(exposures))
