"""How strict the engine is: tolerances, patience and retries."""

from __future__ import annotations

from dataclasses import dataclass

_SAFE_S = 0.5
"""Within which SAFE is made, a shutter that does not close among what it tries."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How near is near enough, how long to wait, and how often to try again.

    Parameters
    ----------
    xy_um, z_um : float
        How far a stage may read back from where it was sent.
    exposure_rel : float
        How far, relatively, an exposure may read back from what was asked; cameras round to
        the time of a line.
    settle_s : float
        How long a device may stay busy.
    setting_retries, snap_retries : int
        How often to try again before a frame is given up.
    poll_s : float
        How often a busy device is asked.
    frame_margin_s : float
        How much longer than its exposure a frame of a hardware-timed burst may take.
    first_frame_s : float
        The same for the first frame, which may wait for an outer trigger.
    call_s : float
        How long one command or question may take; an exposure, as much longer as it is and
        `frame_margin_s`. Then the microscope is taken for hung: it is made SAFE, and the run
        fails.
    open_ms : float
        How much longer than its exposure the light may be on for a picture, by the clock: the
        shutter's own time, and the camera's. What is more is charged as further exposures.
    repeats : bool
        Whether the camera may give the same picture twice: recordings do, and cameras that only
        pretend. A real one never does, because of its noise: there it is an old picture.
    arm_s : float
        How long all that may take which a run asks before it begins, and puts back at its end;
        also a hardware autofocus.
    """

    xy_um: float = 0.5
    z_um: float = 0.1
    exposure_rel: float = 0.02
    settle_s: float = 10.0
    setting_retries: int = 2
    snap_retries: int = 1
    poll_s: float = 3e-4
    frame_margin_s: float = 2.0
    first_frame_s: float = 20.0
    call_s: float = 10.0
    arm_s: float = 120.0
    open_ms: float = 100.0
    repeats: bool = False

    @property
    def dark_within_s(self) -> float:
        """How long light may shine in vain, at most, if something hangs.

        The last picture may be waited for, then the command that ends it and the one that looks
        whether it is dark may each take as long as they may; then SAFE is made.
        """
        return max(self.first_frame_s, self.frame_margin_s) + 2 * self.call_s + _SAFE_S
