"""How much waits for the disk while a camera runs by itself, and when it has to pause."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from saccade.core import Fills, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from saccade.core import Clock, Sink, Stand

    from ._switch import Switch

_HIGH, _LOW = 0.8, 0.4
"""Shares of the recorder's queue at which a camera pauses, and at which it goes on."""
_NAP_NS = 5_000_000


class Tide:
    """What is queued for the disk, between a high and a low mark.

    Parameters
    ----------
    sink : Sink
        If it is a `saccade.core.Fills`, it says how full it is; else it is never full. Nor is
        it in virtual time, which does not pass while a disk is waited for.
    clock : Clock
        Of the run.
    tell : callable
        Journals what happened, by kind.
    overload : {'wait', 'gap'}
        Whether the camera pauses at the high mark; else the sink gives up what has no room.
    """

    def __init__(
        self,
        sink: Sink,
        clock: Clock,
        tell: Callable[[str, object], None],
        overload: Literal["wait", "gap"] = "wait",
    ) -> None:
        self._fills = sink if isinstance(sink, Fills) and not clock.lockstep else None
        self._clock = clock
        self._tell = tell
        self.sheds = overload == "gap"

    @property
    def is_high(self) -> bool:
        """Whether the camera is to pause."""
        return self._fills is not None and not self.sheds and self._fills.fullness > _HIGH

    def fall(self, switch: Switch, acts: Callable[[], bool]) -> float:
        """Wait in the dark until there is room again, or the run is to stop, to hold or to act.

        Return for how many seconds.

        Parameters
        ----------
        switch : Switch
            Of the run.
        acts : callable
            Returns whether something was decided that can't wait.
        """
        clock = self._clock
        began_ns = clock.now_ns()
        while self._fills is not None and self._fills.fullness > _LOW:
            if switch.stopping or switch.held or acts():
                break
            switch.settle()
            switch.sleep(clock, clock.now_ns() + _NAP_NS)
        switch.rouse()
        waited_ms = (clock.now_ns() - began_ns) / 1e6
        text = f"The disk was too slow for the camera, which paused for {waited_ms:.0f} ms."
        self._tell("overload", {"policy": "wait", "waited_ms": waited_ms, "text": text})
        return waited_ms / 1e3


def check_streams(stand: Stand) -> None:
    """Refuse a microscope whose camera can't run by itself.

    Parameters
    ----------
    stand : Stand
        The microscope.

    Raises
    ------
    UsageError
        If it can't.
    """
    if stand.cameras:
        raise UsageError(
            f"The mode 'stream' is for one camera; {stand.name!r} has several cameras that expose"
            f" together, {', '.join(stand.cameras)}.",
            "Use the mode 'inline' or 'lagged', or choose one of them in the profile.",
        )
    if not stand.streams:
        raise UsageError(
            f"The camera of {stand.name!r} can't run by itself, as the mode 'stream' wants it.",
            "Use the mode 'lagged': detectors look at the newest frame there, too.",
        )
