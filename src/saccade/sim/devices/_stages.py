"""The Python stages: XY, focus, and the offset of the hardware autofocus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymmcore_plus.core import FocusDirection
from pymmcore_plus.experimental.unicore import StageDevice, XYStageDevice, pymm_property

from saccade.sim.playback import reentrant

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._motion import Motion


class SimXY(XYStageDevice):
    """The XY stage.

    Parameters
    ----------
    motion : Motion
        Of two axes.
    """

    def __init__(self, motion: Motion) -> None:
        super().__init__()
        reentrant(self)
        self._motion = motion

    def set_position_um(self, x: float, y: float) -> None:
        """Leave for a place."""
        self._motion.go(float(x), float(y))

    def get_position_um(self) -> tuple[float, float]:
        """Return where it says that it is."""
        x, y = self._motion.now()
        return x, y

    def truly_at(self, t_ns: int) -> tuple[float, float]:
        """Return where it is at a time, rather than where it says."""
        x, y = self._motion.truly_at(t_ns)
        return x, y

    def busy(self) -> bool:
        """Return whether it moves or settles."""
        return self._motion.busy()

    def home(self) -> None:
        """Leave for the middle."""
        self._motion.go(0.0, 0.0)

    def stop(self) -> None:
        """Stay where it is."""
        self._motion.stop()

    def set_origin_x(self) -> None:
        """Refuse: the specimen is where it is."""
        raise NotImplementedError("The origin is that of the specimen.")

    set_origin_y = set_origin_x


class SimZ(StageDevice):
    """A drive with one axis: the focus.

    Parameters
    ----------
    motion : Motion
        Of one axis.
    """

    def __init__(self, motion: Motion) -> None:
        super().__init__()
        reentrant(self)
        self._motion = motion

    def set_position_um(self, val: float) -> None:
        """Leave for a height."""
        self._motion.go(float(val))

    def get_position_um(self) -> float:
        """Return where it says that it is."""
        return self._motion.now()[0]

    def truly_at(self, t_ns: int) -> float:
        """Return where it is at a time, rather than where it says."""
        return self._motion.truly_at(t_ns)[0]

    def get_focus_direction(self) -> FocusDirection:
        """Return that higher is nearer to the sample."""
        return FocusDirection.TowardSample

    def busy(self) -> bool:
        """Return whether it moves or settles."""
        return self._motion.busy()

    def home(self) -> None:
        """Leave for zero."""
        self._motion.go(0.0)

    def stop(self) -> None:
        """Stay where it is."""
        self._motion.stop()

    def set_origin(self) -> None:
        """Refuse: the specimen is where it is."""
        raise NotImplementedError("The origin is that of the specimen.")


class SimOffset(SimZ):
    """The offset of the hardware autofocus, which holds the sample in focus while it is locked.

    Locked, the plane in focus is as far from the specimen's own as the offset says, wherever
    the sample drifts and the focus drive stands; unlocked, the offset does nothing.

    Parameters
    ----------
    motion : Motion
        Of one axis.
    changing : callable
        Called before the lock is changed.
    """

    def __init__(self, motion: Motion, changing: Callable[[], None]) -> None:
        super().__init__(motion)
        self._changing = changing
        self.holds = False

    @pymm_property(name="Lock", allowed_values=[0, 1])
    def _lock_state(self) -> int:
        return int(self.holds)

    @_lock_state.setter
    def _set_lock(self, value: int) -> None:
        self._changing()
        self.holds = bool(int(value))
