"""The Python devices that light the sample: sources, shutter and filter wheel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymmcore_plus.experimental.unicore import (
    GenericDevice,
    ShutterDevice,
    StateDevice,
    pymm_property,
)

from saccade.sim.playback import reentrant

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from saccade.core import Clock


def _pass_by() -> None:
    """Do nothing."""


class SimLight(GenericDevice):
    """A light source; what it gives reaches the sample while the shutter is open.

    Properties: ``State``, on or off; ``Power``, in percent; ``Power_mW``, what that is at the
    sample.

    Parameters
    ----------
    full_mw : float
        Power at the sample at 100 %.
    changing : callable
        Called before anything changes.
    """

    def __init__(self, full_mw: float, changing: Callable[[], None]) -> None:
        super().__init__()
        reentrant(self)
        self._full_mw, self._changing = full_mw, changing
        self.switched: Callable[[], None] = _pass_by
        """Called after it was switched on or off."""
        self.on = False
        self._percent = 100.0

    @property
    def power_mw(self) -> float:
        """Power at the sample, if the shutter is open."""
        return self._full_mw * self._percent / 100 if self.on else 0.0

    @pymm_property(name="State", allowed_values=[0, 1])
    def _state(self) -> int:
        return int(self.on)

    @_state.setter
    def _set_state(self, value: int) -> None:
        if bool(int(value)) != self.on:
            self._changing()
            self.on = bool(int(value))
            self.switched()

    @pymm_property(name="Power", limits=(0.0, 100.0))
    def _power(self) -> float:
        return self._percent

    @_power.setter
    def _set_power(self, value: float) -> None:
        self._changing()
        self._percent = float(value)

    @pymm_property(name="Power_mW")
    def _milliwatts(self) -> float:
        return self._full_mw * self._percent / 100


class SimShutter(ShutterDevice):
    """The one shutter that all light passes.

    Parameters
    ----------
    clock : Clock
        What it is timed by.
    changing : callable
        As `Motion` calls it.
    switch_ms : float
        How long it takes to open or to close. Light passes only while it is wide open.
    """

    def __init__(
        self, clock: Clock, changing: Callable[[int | None], None], switch_ms: float
    ) -> None:
        super().__init__()
        reentrant(self)
        self._clock, self._changing = clock, changing
        self._switch_ns = round(switch_ms * 1e6)
        self._open = False
        self.switched: Callable[[], None] = _pass_by
        """Called after it was told to open or to close."""
        self.rests_ns = clock.now_ns()
        """When it stands as it was told to."""
        self.register_property("State", default_value=0, allowed_values=[0, 1], getter=_is_open,
                               setter=_set_open)  # fmt: skip

    def get_open(self) -> bool:
        """Return whether it was told to open."""
        return self._open

    def set_open(self, open: bool) -> None:
        """Open or close."""
        if bool(open) == self._open:
            return
        now_ns = self._clock.now_ns()
        self._changing(None)
        self._open = bool(open)
        self.rests_ns = now_ns + self._switch_ns
        self._changing(self.rests_ns)
        self._clock.announce(self.rests_ns)
        self.switched()

    def shut_with_exposure(self) -> None:
        """Close as of the last change, the end of an exposure: the camera's own signal does it."""
        self._open = False
        self.rests_ns = self._clock.now_ns() + self._switch_ns
        self.switched()

    def lets_through(self, t_ns: int) -> bool:
        """Return whether light passes at a time not before it was last told something."""
        return self._open and t_ns >= self.rests_ns

    def busy(self) -> bool:
        """Return whether it opens or closes."""
        return self._clock.now_ns() < self.rests_ns


def _is_open(shutter: SimShutter) -> int:
    return int(shutter.get_open())


def _set_open(shutter: SimShutter, value: int) -> None:
    shutter.set_open(bool(int(value)))


class SimWheel(StateDevice):
    """The filter wheel, with one filter a channel.

    Parameters
    ----------
    filters : sequence of str
        Names of the channels.
    clock : Clock
        What it is timed by.
    changing : callable
        As `Motion` calls it.
    switch_ms : float
        How long it takes from one filter to any other.
    """

    def __init__(
        self,
        filters: Sequence[str],
        clock: Clock,
        changing: Callable[[int | None], None],
        switch_ms: float,
    ) -> None:
        self._position = 0
        super().__init__(dict(enumerate(filters)))
        reentrant(self)
        self._filters = tuple(filters)
        self._clock, self._changing = clock, changing
        self._switch_ns = round(switch_ms * 1e6)
        self._rests_ns = clock.now_ns()

    def get_state(self) -> int:
        """Return the number of the filter."""
        return self._position

    def set_state(self, position: int) -> None:
        """Turn to another filter."""
        if int(position) == self._position:
            return
        self._changing(None)
        self._position = int(position)
        self._rests_ns = self._clock.now_ns() + self._switch_ns
        self._changing(self._rests_ns)
        self._clock.announce(self._rests_ns)

    def filter_at(self, t_ns: int) -> str:
        """Return the filter in the light at a time since it was last told to turn; none is ''."""
        return self._filters[self._position] if t_ns >= self._rests_ns else ""

    def busy(self) -> bool:
        """Return whether it turns."""
        return self._clock.now_ns() < self._rests_ns
