"""The camera: one picture, or a hardware-timed burst, and never an old picture as new."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from saccade.core import RecordingEndedError, SnapError, StoppedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pymmcore_plus import CMMCorePlus

    from saccade.core import Pixels

    from ._manners import Manners


@dataclass(frozen=True, slots=True)
class Shot:
    """Pixels, and when the exposure ended and they were available, in monotonic ns."""

    pixels: Pixels
    exposed_ns: int
    available_ns: int
    retries: int = 0
    place: int = 0
    """Number of the frame in its burst."""


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
    """

    def __init__(
        self,
        core: CMMCorePlus,
        manners: Manners,
        stopping: Callable[[], bool],
        note: Callable[[str, Mapping[str, object]], None],
    ) -> None:
        self._core, self._manners = core, manners
        self._stopping, self._note = stopping, note

    def snap(self, size_px: tuple[int, int]) -> Shot:
        """Return one picture.

        Parameters
        ----------
        size_px : tuple of int
            Width and height that it must have.

        Raises
        ------
        SnapError
            If the camera gave none, or one of another size, at every try.
        RecordingEndedError
            If a recording is played back and is over.
        StoppedError
            If a stop was asked for between two tries.
        """
        for attempt in range(self._manners.snap_retries + 1):
            if self._stopping():
                raise StoppedError("A stop was asked for before the exposure.")
            self.end_live_view()
            try:
                return self._try(size_px, attempt)
            except RecordingEndedError:
                raise
            except Exception as error:  # noqa: BLE001 - drivers raise anything; it is a failed try
                problem = " ".join(str(error).split()) or repr(error)
                self._note("retry", {"attempt": attempt, "problem": problem})
        raise SnapError(f"No picture after {attempt + 1} tries: {problem}")

    def end_live_view(self) -> None:
        """Stop a sequence that somebody else started; with it every snap would fail."""
        if self._core.isSequenceRunning():
            self._core.stopSequenceAcquisition()
            self._note("interference", {"text": "A live view was running and was stopped."})

    def burst(self, count: int, exposure_ms: float) -> Iterator[Shot]:
        """Yield the frames of a hardware-timed sequence as they arrive.

        Parameters
        ----------
        count : int
            How many to take.
        exposure_ms : float
            Of one frame; the wait for each is bounded by it.

        Raises
        ------
        SnapError
            If frames stop coming or the camera's buffer overflows; what came before is good.
        StoppedError
            If a stop was asked for; the sequence is ended.
        """
        core, margin_s = self._core, self._manners.frame_margin_s
        self.end_live_view()
        core.startSequenceAcquisition(count, 0, True)
        try:
            deadline = time.monotonic() + exposure_ms / 1e3 + self._manners.first_frame_s
            place = -1
            while place < count - 1:
                if self._stopping():
                    raise StoppedError("A stop was asked for during a burst.")
                if core.getRemainingImageCount():
                    place = max(place + 1, self._number(shot := self._pop()))
                    yield self._placed(shot, place)
                    deadline = time.monotonic() + exposure_ms / 1e3 + margin_s
                elif core.isBufferOverflowed():
                    raise SnapError("The camera's buffer overflowed.")
                elif not core.isSequenceRunning() and not core.getRemainingImageCount():
                    return
                elif time.monotonic() > deadline:
                    raise SnapError(f"No frame came for {margin_s} s beyond the exposure.")
                else:
                    time.sleep(self._manners.poll_s)
        finally:
            if core.isSequenceRunning():
                core.stopSequenceAcquisition()

    def _try(self, size_px: tuple[int, int], attempt: int) -> Shot:
        core = self._core
        # The public snapImage also emits to listeners, one of which could raise before the
        # exposure or hold it up; this is the hook that UniMMCore overrides, too.
        core._do_snap_image()  # noqa: SLF001
        exposed_ns = time.perf_counter_ns()
        pixels = core.getImage()
        available_ns = time.perf_counter_ns()
        if pixels.shape != size_px[::-1]:
            raise SnapError(f"the picture is {pixels.shape}, the camera said {size_px[::-1]}")
        return Shot(pixels, exposed_ns, available_ns, attempt)

    def _pop(self) -> tuple[Pixels, Mapping[str, Any], int]:
        arrived_ns = time.perf_counter_ns()
        pixels, tags = self._core.popNextImageAndMD()
        return pixels, cast("Mapping[str, Any]", tags), arrived_ns

    @staticmethod
    def _number(shot: tuple[Pixels, Mapping[str, Any], int]) -> int:
        """Return the camera's own number of a frame, which jumps when frames were lost."""
        try:
            return int(shot[1].get("ImageNumber", "-1"))
        except ValueError:
            return -1

    @staticmethod
    def _placed(shot: tuple[Pixels, Mapping[str, Any], int], place: int) -> Shot:
        pixels, _, arrived_ns = shot
        return Shot(pixels, arrived_ns, time.perf_counter_ns(), place=place)
