"""A recording served as if a camera took it."""

from __future__ import annotations

import atexit
import os
import weakref
from typing import TYPE_CHECKING, Any

from saccade.core import RealClock, RecordingError

from ._pace import Pace, projector

if TYPE_CHECKING:
    from pymmcore_plus.experimental.unicore import UniMMCore

    from saccade.core import Clock

    from ._recording import Recording

_attached: weakref.WeakSet[Any] = weakref.WeakSet()


def playback_core(
    recording: Recording,
    *,
    pace: Pace = "fast",
    interval_s: float | None = None,
    position_spacing_um: float = 1000.0,
    move_ms: float = 0.0,
    clock: Clock | None = None,
) -> UniMMCore:
    """Return a Micro-Manager core whose microscope shows a recording.

    Devices: camera ``Playback`` (read-only properties ``Frame``, the time shown last, and
    ``Recording``), stages ``XY`` and ``Z``, and ``Channels``, with one preset for each
    recorded channel in the channel group ``Channel``.

    Parameters
    ----------
    recording : Recording
        What is shown.
    pace : {"fast", "real"}
        ``fast``: the recording moves on by one time when a position, channel and plane
        that was already shown at the present time is snapped again; an exposure takes no
        time. ``real``: it moves on by the clock, from the first snap, and an exposure
        takes as long as it should.
    interval_s : float or None
        Time between frames for ``real``, instead of what the recording states.
    position_spacing_um : float
        Recorded position p stands at x = p * position_spacing_um, y = 0; the camera shows
        the nearest. Planes stand ``recording.z_step_um`` apart, the first at 0.
    move_ms : float
        How long a stage is busy with a move.
    clock : Clock or None
        What moves and exposures are timed by; None for real time.

    Returns
    -------
    UniMMCore
        Past the last frame, ``snapImage`` raises `saccade.core.RecordingEndedError` and a
        sequence stops short; `ended` tells why.

    Raises
    ------
    RecordingError
        If it can't be played at that pace.
    """
    if not position_spacing_um > 0:
        raise RecordingError(
            f"Positions can't stand {position_spacing_um} µm apart.", "Give a distance above 0."
        )
    clock = clock or RealClock()
    shown = projector(recording, pace, interval_s, clock)
    # Else the signals of a core follow Qt to its thread, if Qt happens to be imported.
    os.environ.setdefault("PYMM_SIGNALS_BACKEND", "psygnal")
    from ._core import PlaybackCore

    core = PlaybackCore(shown, position_spacing_um, clock, move_ms, expose=pace == "real")
    detach_at_exit(core)
    return core


def ended(core: object) -> str | None:
    """Return why a core can show no further picture, None if it can.

    Parameters
    ----------
    core : object
        Any core; one that plays no recording never ends.
    """
    shown = getattr(core, "projector", None)
    return shown.ended if shown is not None else None


def detach_at_exit(core: Any) -> None:
    """Have a core's notification thread let go of Python before the interpreter ends.

    MMCore 12 calls back from a thread of its own, and one such call during finalisation
    aborts the process.

    Parameters
    ----------
    core : pymmcore.CMMCore
        The core; it is not kept alive by this.
    """
    _attached.add(core)


@atexit.register
def _detach() -> None:
    if not _attached:
        return
    import pymmcore

    for core in list(_attached):
        # The plain core's method: those of CMMCorePlus refuse to be called.
        pymmcore.CMMCore.registerCallback(core, None)
