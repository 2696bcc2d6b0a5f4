"""The camera: one picture, or a hardware-timed burst, and never an old picture as new."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from saccade.core import LitError, RealClock, RecordingEndedError, SnapError, StoppedError

from ._in_order import InOrder, Shot
from ._vigil import Vigil

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pymmcore_plus import CMMCorePlus

    from saccade.core import Clock, Pixels, Roi

    from ._manners import Manners


def _pass_by() -> None:
    """Do nothing."""


def _dark_in_time() -> bool:
    """Return that it is."""
    return True


class Camera:
    """Takes pictures through the core, with a bounded number of tries.

    Parameters
    ----------
    core : CMMCorePlus
        The microscope.
    manners : Manners
        Patience and retries.
    stopping : callable
        Asked while waiting.
    note : callable
        Receives what the journal should hold.
    clock : Clock, optional
        Stamps the pictures, and times the waits; by default real time.
    exposing : callable, optional
        Called before each try.
    vigil : Vigil, optional
        Told of every answer.
    exposed : callable, optional
        Called after each exposure of a single picture, whatever became of it. Returns whether
        the light was on no longer than it should be; if it was, there is no other try.
    names : tuple of str
        Of the cameras that expose together, each with a picture of its own; one without a name.
    """

    def __init__(
        self,
        core: CMMCorePlus,
        manners: Manners,
        stopping: Callable[[], bool],
        note: Callable[[str, Mapping[str, object]], None],
        clock: Clock | None = None,
        exposing: Callable[[], None] = _pass_by,
        vigil: Vigil | None = None,
        exposed: Callable[[], bool] = _dark_in_time,
        names: tuple[str, ...] = ("",),
    ) -> None:
        self._exposed, self._names, self._count = exposed, names, len(names)
        self._vigil = vigil or Vigil(manners.call_s)
        self._core, self._manners, self._clock = core, manners, clock or RealClock()
        self._stopping, self._note, self._exposing = stopping, note, exposing
        self._last: dict[int, Pixels] = {}
        self._late = False

    def snap(self, size_px: tuple[int, int], exposure_ms: float = 0.0) -> tuple[Shot | str, ...]:
        """Return the picture of each camera, all of one exposure; or why there is none.

        Parameters
        ----------
        size_px : tuple of int
            Width and height that they must have.
        exposure_ms : float
            How long the exposure is; the camera may take as much longer.

        Raises
        ------
        SnapError
            If no camera gave any, or only those of another size, at every try. As long as one
            of them has none, there is another try, unless the light was on for too long.
        RecordingEndedError
            If a recording is played back and is over.
        StoppedError
            If a stop was asked for between two tries.
        """
        for attempt in range(self._manners.snap_retries + 1):
            if self._stopping():
                raise StoppedError("A stop was asked for before the exposure.")
            self._late = False
            try:
                self._vigil.beat("whether a sequence runs")
                self.end_live_view()
                self._exposing()
                shots = self._try(size_px, attempt, exposure_ms)
                if not (why := "; ".join(each for each in shots if isinstance(each, str))):
                    return shots
                if self._late or attempt == self._manners.snap_retries:
                    return shots
                self._note("retry", {"attempt": attempt, "problem": why})
            except (RecordingEndedError, StoppedError, LitError):
                raise
            except Exception as error:  # noqa: BLE001 - drivers raise anything; it is a failed try
                problem = " ".join(str(error).split()) or repr(error)
                if self._late:
                    problem += "; the light was on for too long to try again"
                    break
                self._note("retry", {"attempt": attempt, "problem": problem})
        what = f"No picture after {attempt + 1} tries: {problem}"
        raise SnapError(what, exposures=attempt + 1)

    def end_live_view(self) -> None:
        """Stop a sequence that somebody else started; with it every snap would fail."""
        if self._core.isSequenceRunning():
            self._core.stopSequenceAcquisition()
            self._note("interference", {"text": "A live view was running and was stopped."})

    def burst(self, count: int, exposure_ms: float, roi: Roi, *, fixed: bool) -> Iterator[Shot]:
        """Yield the frames of a hardware-timed sequence, in order, as they arrive.

        Of several cameras, all pictures of one exposure come before those of the next.

        Parameters
        ----------
        count : int
            How many exposures to take.
        exposure_ms : float
            Of the longest frame; the wait for each is bounded by it.
        roi : tuple of int
            Region of the camera; the burst ends if it changes.
        fixed : bool
            Whether all frames have that exposure; then the burst ends if it changes.

        Raises
        ------
        SnapError
            If frames of a camera stop coming, the buffer overflows, or somebody changes region or
            exposure meanwhile; what came before is good.
        StoppedError
            If a stop was asked for; the sequence is ended.
        """
        core = self._core
        self._vigil.beat("to begin a burst", self._manners.frame_margin_s)
        self.end_live_view()
        order = InOrder(count, self._names)
        try:
            core.startSequenceAcquisition(count, 0, True)
            first_ns = self._deadline_ns(exposure_ms, self._manners.first_frame_s)
            deadlines_ns = [first_ns] * self._count
            while not order.whole:
                self._vigil.beat("a picture of a burst")
                if self._stopping():
                    raise StoppedError("A stop was asked for during a burst.")
                if core.getRemainingImageCount():
                    shot, camera, number = self._pop()
                    self._refuse_changed(shot, roi, exposure_ms if fixed else None)
                    own = order.put(shot, camera, number)
                    yield from order.ready()
                    margin_s = self._manners.frame_margin_s
                    deadlines_ns[own] = self._deadline_ns(exposure_ms, margin_s)
                elif not self._wait_for_frame(min(deadlines_ns[own] for own in order.late)):
                    break
            yield from order.rest()
        except SnapError:
            yield from order.rest()
            raise
        finally:
            if core.isSequenceRunning():
                core.stopSequenceAcquisition()

    def _deadline_ns(self, exposure_ms: float, margin_s: float) -> int:
        return self._clock.now_ns() + round(exposure_ms * 1e6 + margin_s * 1e9)

    def _wait_for_frame(self, deadline_ns: int) -> bool:
        """Wait a little; return whether a frame may still come."""
        core = self._core
        if core.isBufferOverflowed():
            raise SnapError("The camera's buffer overflowed.")
        if not core.isSequenceRunning() and not core.getRemainingImageCount():
            return False
        if self._clock.now_ns() > deadline_ns:
            raise SnapError("The camera stopped giving frames.")
        self._clock.nap(self._manners.poll_s)
        return True

    def _try(
        self, size_px: tuple[int, int], attempt: int, exposure_ms: float
    ) -> tuple[Shot | str, ...]:
        core = self._core
        self._vigil.beat("an exposure", exposure_ms / 1e3 + self._manners.frame_margin_s)
        # The public snapImage also emits to listeners, who have no part in the exposure; this
        # is the hook that UniMMCore overrides, too.
        began_ns = self._clock.now_ns()
        try:
            core._do_snap_image()  # noqa: SLF001
        finally:
            exposed_ns = self._clock.now_ns()
            self._late = not self._exposed()
        shots: list[Shot | str] = []
        for number in range(self._count):
            self._vigil.beat("a picture", self._manners.frame_margin_s)
            try:
                pixels = core.getImage() if self._count == 1 else core.getImage(number)
                available_ns = self._clock.now_ns()
                if pixels.shape != size_px[::-1]:
                    what = f"the picture is {pixels.shape}, the camera said {size_px[::-1]}"
                    raise SnapError(what)
                self._refuse_old(pixels, available_ns - began_ns < exposure_ms * 5e5, number)
                shots.append(Shot(pixels, exposed_ns, available_ns, attempt))
            except (RecordingEndedError, StoppedError, LitError):
                raise
            except Exception as error:
                if number == self._count - 1 and not any(isinstance(s, Shot) for s in shots):
                    raise
                shots.append(" ".join(str(error).split()) or repr(error))
        return tuple(shots)

    def _refuse_old(self, pixels: Pixels, early: bool, number: int = 0) -> None:
        """Raise if this is a picture that was there already, as far as can be known."""
        last, self._last[number] = self._last.get(number), pixels
        if self._manners.repeats:
            return
        if early:
            raise SnapError("the picture came sooner than it could have been exposed")
        if last is not None and _same(pixels, last):
            raise SnapError("the camera gave the picture before once more")

    def _pop(self) -> tuple[Shot, str, int]:
        """Return a picture, its camera, and the core's own count of those of that camera."""
        arrived_ns = self._clock.now_ns()
        pixels, tags = self._core.popNextImageAndMD()
        number = str(tags.get("ImageNumber", ""))
        shot = Shot(pixels, arrived_ns, self._clock.now_ns())
        return shot, str(tags.get("Camera", "")), int(number) if number.isdigit() else -1

    def _refuse_changed(self, shot: Shot, roi: Roi, exposure_ms: float | None) -> None:
        # Asked after the frame arrived: what holds now held while it was exposed.
        core = self._core
        if tuple(core.getROI()) != roi or shot.pixels.shape != roi[:1:-1]:
            raise SnapError("Somebody changed the camera's region during the burst.")
        if exposure_ms is not None and core.getExposure() != exposure_ms:
            raise SnapError("Somebody changed the exposure during the burst.")


def _same(one: Pixels, other: Pixels) -> bool:
    """Return whether two pictures are the same to the last bit, and show anything at all."""
    # One row tells nearly always, and lies together: whoever waits for the frame waits for this.
    row = len(one) // 2
    if one.shape != other.shape or one[row].tobytes() != other[row].tobytes():
        return False
    return bool((one != one.flat[0]).any()) and np.array_equal(one, other)
