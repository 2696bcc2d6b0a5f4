"""When light may be on, as the engine knows it, told to whoever supervises the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._lease import LEASE_S

if TYPE_CHECKING:
    from pymmcore_plus import CMMCorePlus

    from saccade.core import Pulse

    from ._manners import Manners

_GRACE_S = 1.0
"""How long the light may take to be put out when a lease is over, or a burst is given up."""


class Glow:
    """Says when light may be on, and how long the hardware may keep the run's thread.

    Nothing is promised in the dark: a stage, a detector or a disk may take as long as it
    likes. Where no shutter closes by itself after an exposure, it is never dark.

    Parameters
    ----------
    core : CMMCorePlus
        Knows whether there is a shutter.
    manners : Manners
        How long things may take.
    pulse : Pulse or None
        Is told; None is nobody.
    """

    def __init__(self, core: CMMCorePlus, manners: Manners, pulse: Pulse | None) -> None:
        self._core, self._manners, self._pulse = core, manners, pulse
        self._stays_on = False

    def settle(self, held_open: bool) -> None:
        """Say that settings are made now, with the shutter open or not.

        Parameters
        ----------
        held_open : bool
            Whether a shutter is left open between events.
        """
        if self._pulse is not None:
            self._stays_on = held_open or not self._shuts()
            self.command()

    def command(self) -> None:
        """Say that one more command is given."""
        if self._pulse is not None:
            if self._stays_on:
                self._pulse.lit(self._manners.settle_s)
            else:
                self._pulse.dark()

    def open(self) -> None:
        """Say that a shutter opens, to stay so."""
        if self._pulse is not None:
            self._stays_on = True
            self.command()

    def expose(self, exposure_ms: float) -> None:
        """Say that an exposure begins.

        Parameters
        ----------
        exposure_ms : float
            Its length.
        """
        if self._pulse is not None:
            self._pulse.lit(exposure_ms / 1e3 + self._manners.frame_margin_s)

    def await_frame(self, exposure_ms: float, *, first: bool) -> None:
        """Say that the next frame of a hardware-timed burst is waited for.

        The engine gives it up first, and needs a moment to end the burst.

        Parameters
        ----------
        exposure_ms : float
            Its length.
        first : bool
            Whether it is the first, which may wait for a trigger.
        """
        if self._pulse is not None:
            manners = self._manners
            margin_s = manners.first_frame_s if first else manners.frame_margin_s
            self._pulse.lit(exposure_ms / 1e3 + margin_s + _GRACE_S)

    def look(self, held_open: bool, left_ms: float = 0.0) -> None:
        """Say that somebody looks at what was taken; that may hold up everything.

        Parameters
        ----------
        held_open : bool
            Whether a shutter is left open.
        left_ms : float
            What is left of a hardware-timed burst, in the light.
        """
        if self._pulse is None:
            return
        if held_open:
            self._pulse.lent(left_ms / 1e3 + LEASE_S + _GRACE_S)
        elif left_ms or not self._shuts():
            self._pulse.lent(None)
        else:
            self._pulse.dark()

    def rest(self, held_open: bool) -> None:
        """Say that an event is over.

        Parameters
        ----------
        held_open : bool
            Whether a shutter is left open; the lease closes it in time.
        """
        if self._pulse is None:
            return
        if held_open:
            self._pulse.lit(LEASE_S + _GRACE_S)
        elif self._shuts():
            self._pulse.dark()
        else:
            self._pulse.lit(None)

    def _shuts(self) -> bool:
        return bool(self._core.getShutterDevice()) and self._core.getAutoShutter()
