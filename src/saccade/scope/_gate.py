"""The shutter around exposures: open for no longer than it should be, and what more is charged."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from saccade.core import LitError, ScopeError, SettingError

from ._safe import close, left_open

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pymmcore_plus import CMMCorePlus
    from useq import MDAEvent

    from saccade.core import Clock, Source

    from ._glow import Glow
    from ._lease import Lease
    from ._safe import Safety
    from ._vigil import Vigil

_JITTER_MS = 0.1


class Gate:
    """Opens and closes the shutter where events ask for it, and proves that it is closed.

    Parameters
    ----------
    core : CMMCorePlus
        The microscope.
    safety : Safety
        What to do if it can't be closed.
    source : Source
        Hears of what went wrong.
    clock : Clock
        Tells how long there was light.
    vigil : Vigil
        Told of every answer.
    glow : Glow
        Tells a supervisor when light may be on.
    lease : Lease
        For how long it may be left open.
    wait_for : callable
        Waits until devices are at rest.
    open_ms : float
        How much longer than its exposure the light may be on for a picture.
    """

    def __init__(
        self,
        core: CMMCorePlus,
        safety: Safety,
        source: Source,
        clock: Clock,
        vigil: Vigil,
        glow: Glow,
        lease: Lease,
        wait_for: Callable[[Iterable[str]], None],
        open_ms: float,
    ) -> None:
        self._core, self._safety, self._source = core, safety, source
        self._clock, self._vigil, self._glow, self._lease = clock, vigil, glow, lease
        self._wait_for, self._open_ms = wait_for, open_ms
        self._opened_ns = 0
        self.held_open = ""
        """The shutter that an event has left open."""
        self.exposure_ms = 0.0
        """Of the exposure that is under way, if one is."""
        self.begun = self.leaks = 0
        """Exposures of the present event; and those that there was light for besides."""

    def begin(self) -> None:
        """Forget the event before."""
        self.exposure_ms, self.begun, self.leaks = 0.0, 0, 0

    def expose(self) -> None:
        """Learn that an exposure begins."""
        self.lit()
        self.begun += 1
        self._glow.expose(self.exposure_ms)

    def lit(self) -> None:
        """Learn that there is light from now on that nobody else charges."""
        self._opened_ns = self._clock.now_ns()

    def open(self, event: MDAEvent) -> None:
        """Open the shutter for an event that leaves it open, or find it as the last one left it.

        Raises
        ------
        SettingError
            If it does not open.
        """
        self._vigil.beat("to open a shutter")
        core = self._core
        shutter = core.getShutterDevice()
        if not shutter or not (
            self.held_open or (event.keep_shutter_open and core.getAutoShutter())
        ):
            return
        if self.held_open not in ("", shutter):  # a preset has chosen another one
            core.setShutterOpen(self.held_open, False)
        if core.getAutoShutter():
            core.setAutoShutter(False)
        self.held_open = shutter
        self._glow.open()
        if not core.getShutterOpen():
            core.setShutterOpen(True)
            self._wait_for((shutter,))
            if not core.getShutterOpen():
                raise SettingError(f"{shutter} did not open.")

    def close(self) -> None:
        """Close the shutter that was left open; a run must not go on beside one that won't.

        Raises
        ------
        ScopeError
            If it does not close.
        """
        shutter = self.held_open
        self._lease.end()
        self._glow.command()
        try:
            self._core.setShutterOpen(shutter, False)
            self._core.setAutoShutter(True)
        except Exception as error:
            why = " ".join(str(error).split()) or repr(error)
            do = "See to the light; the run ended by SAFE, and its journal tells how that went."
            raise ScopeError(f"{shutter} did not close: {why}.", do) from error
        self._safety.forget(shutter)
        self.held_open = ""

    def darken(self) -> bool:
        """See to it that the core has closed its shutter, as it should after an exposure.

        Returns
        -------
        bool
            Whether the light of this event was never on for longer than it should be.

        Raises
        ------
        LitError
            If it can't be closed; all that can be done is done then.
        """
        if self.held_open:
            return True
        self._charge_late()
        if not (shutter := left_open(self._core)):
            return not self.leaks
        self._vigil.beat(f"to close {shutter}")
        self.leaks += 1  # how long the light was on longer is not known
        told = close(self._core, shutter, self._clock)
        self._source.noted("failure", {"text": f"{shutter} was open after an exposure: {told}."})
        if told.startswith("NOT SAFE"):
            self._safety.make_if_playing()
            raise LitError(f"{shutter} does not close.", "Put the light out by hand.")
        return False

    def _charge_late(self) -> None:
        """Count light that was on for longer than the exposure, as far as the clock tells."""
        lit_ms = (self._clock.now_ns() - self._opened_ns) / 1e6
        late_ms = lit_ms - self.exposure_ms - self._open_ms
        if late_ms > _JITTER_MS and self.exposure_ms > 0:
            self.leaks += math.ceil(late_ms / self.exposure_ms)
            text = (
                f"An exposure of {self.exposure_ms:g} ms had the shutter open for {lit_ms:.0f} ms."
            )
            self._source.noted("failure", {"text": text})
