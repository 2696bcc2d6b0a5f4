"""A microscope without hardware."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from saccade.core import Frame, Gap, Order, ScopeBusyError, ScopeError, Stand, Times, VirtualClock

from ._frames import SIDE_PX, picture_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import ArrayLike
    from useq import MDAEvent

    from saccade.core import Clock, Pixels, Roi, Source, Stretch

Pictures: TypeAlias = "Callable[[Order], ArrayLike] | Sequence[float | ArrayLike] | None"

DEFAULT_STAND = Stand(
    "fake",
    channel_group="Channel",
    channels=("DAPI", "FITC"),
    channel="DAPI",
    shape_px=(SIDE_PX, SIDE_PX),
)


@dataclass(frozen=True)
class Setting:
    """How a microscope is set; what an event does not name stays as it is."""

    x_um: float = 0.0
    y_um: float = 0.0
    z_um: float = 0.0
    exposure_ms: float = 10.0
    channel: str | None = None
    roi: Roi | None = None

    def then(self, event: MDAEvent) -> Setting:
        """Return the setting after an event."""
        channel, roi = event.channel, event.roi
        named: dict[str, Any] = {
            "x_um": event.x_pos,
            "y_um": event.y_pos,
            "z_um": event.z_pos,
            "exposure_ms": event.exposure,
            "channel": None if channel is None else channel.config,
            "roi": None if roi is None else (roi.offset_x, roi.offset_y, roi.width, roi.height),
        }
        return replace(self, **{name: to for name, to in named.items() if to is not None})


class FakeScope:
    """A `saccade.core.Scope` that serves made pictures, and fails when it is told to.

    Parameters
    ----------
    pictures : callable, or sequence of float or array, (y, x), optional
        What the camera sees: a function of the order; or scores or images, one for each
        frame of the watch, the last for all that follow. Black if there is nothing.
    stand : Stand
        What it says of itself.
    clock : Clock, optional
        Exposures take their time on it; give it to the `saccade.run.Run` as well. By
        default a virtual one.
    gaps : collection of int
        Indices of frames that it misses.
    fails_at : int, optional
        Index of the order at which it breaks down with a `ScopeError`.
    ends_at : int, optional
        Index of the order at which it says that no further picture can come.
    slow_s : float
        Time that each picture takes besides, in seconds of the real clock.
    properties : mapping of str to str, optional
        What devices are set to, by ``Device.Property``. It does not put them back by itself, so
        that a test sees who does.
    stuck : mapping of str to str, optional
        By ``Device.Property``, a value that it can't be set to.

    Examples
    --------
    >>> from useq import MDAEvent
    >>> from saccade.run import Run
    >>> from saccade.testing import FakeScope, MemorySink
    >>> scope, sink = FakeScope([0.1, 0.9]), MemorySink()
    >>> run = Run(scope, [MDAEvent(), MDAEvent()], sink=sink, clock=scope.clock)
    >>> str(run.start().wait(timeout_s=10))
    'completed'
    >>> scope.calls
    ['hold', 'frame 0', 'frame 1', 'safe', 'release']
    """

    def __init__(
        self,
        pictures: Pictures = None,
        *,
        stand: Stand = DEFAULT_STAND,
        clock: Clock | None = None,
        gaps: Collection[int] = (),
        fails_at: int | None = None,
        ends_at: int | None = None,
        slow_s: float = 0.0,
        properties: Mapping[str, str] | None = None,
        stuck: Mapping[str, str] | None = None,
    ) -> None:
        self._pictures, self._stand = pictures, stand
        self.clock: Clock = VirtualClock() if clock is None else clock
        self._gaps, self._fails_at, self._ends_at = gaps, fails_at, ends_at
        self._slow_s = slow_s
        self._lock = threading.Lock()
        self._owner: str | None = None
        self._aborted = threading.Event()
        self._watched = 0
        self._found = self.setting = Setting(exposure_ms=stand.exposure_ms, channel=stand.channel)
        """How the microscope is set now."""
        self.properties = dict(properties or {})
        """What devices are set to."""
        self.stuck = dict(stuck or {})
        """What they can't be set to."""
        self.lit = False
        """Whether there is light on the sample."""
        self.calls: list[str] = []
        """What was done to it, in order."""

    def stand(self) -> Stand:
        """Return what was given."""
        return self._stand

    def hold(self, owner: str) -> None:
        """Take it for one run; raise `ScopeBusyError` if another has it."""
        with self._lock:
            if self._owner is not None:
                raise ScopeBusyError(f"The microscope is held by {self._owner}.")
            self._owner, self._found = owner, self.setting
        self._aborted.clear()
        self.calls.append("hold")

    def play(self, source: Source, folder: Path | None) -> None:  # noqa: ARG002 - the shape of a scope
        """Acquire what the source yields until it ends, in the calling thread.

        Raises
        ------
        ScopeError
            If it was told to fail, or is not held.
        """
        if self._owner is None:
            raise ScopeError("The scope is not held.", "Call hold() before play().")
        for item in source.orders():
            for order in _orders_of(item):
                if source.stopping():
                    break
                if not self._carry_out(order, source):
                    break

    def abort(self) -> None:
        """End the exposure under way; any thread may call it."""
        self.calls.append("abort")
        self._aborted.set()

    def safe(self) -> Mapping[str, str]:
        """Turn the light off."""
        self.calls.append("safe")
        self.lit = False
        return {"light": "off"}

    def release(self) -> None:
        """Set it as it was found, and let others have it."""
        self.calls.append("release")
        with self._lock:
            self.setting, self._owner = self._found, None

    def _carry_out(self, order: Order, source: Source) -> bool:
        """Do what is ordered; return whether to go on."""
        self.setting = self.setting.then(order.event)
        for device, name, value in order.event.properties or ():
            if self.stuck.get(f"{device}.{name}") == str(value):
                self._miss(order, source, f"{device}.{name} is stuck")
                return True
            self.properties[f"{device}.{name}"] = str(value)
            self.calls.append(f"{device}.{name} = {value}")
        if order.index < 0:
            self.calls.append(order.event.action.type)
        elif order.index == self._fails_at:
            raise ScopeError("The microscope was told to fail.")
        elif order.index == self._ends_at:
            source.ended("the recording is over")
            return False
        elif order.index in self._gaps:
            self._miss(order, source, "told to")
        else:
            return self._take(order, source)
        return True

    def _miss(self, order: Order, source: Source, reason: str) -> None:
        self.calls.append(f"gap {order.index}")
        now_ns = self.clock.now_ns()
        source.missed(Gap(order.index, order.stream, order.event, reason, t_ns=now_ns))

    def _take(self, order: Order, source: Source) -> bool:
        began_ns = self.clock.now_ns()
        self.lit = True
        stopped = self._aborted.wait(self._slow_s) if self._slow_s else False
        end_ns = began_ns + round(self.setting.exposure_ms * 1e6)
        stopped = self.clock.wait_until(end_ns, self._aborted) or stopped
        self.lit = False
        if stopped:
            return False
        self.calls.append(f"frame {order.index}")
        source.took(self._frame(order, began_ns))
        return True

    def _frame(self, order: Order, began_ns: int) -> Frame:
        setting, now_ns = self.setting, self.clock.now_ns()
        pixels = self._picture(order)
        sensor_px = (pixels.shape[1], pixels.shape[0])
        if setting.roi is not None:
            left, top, width, height = setting.roi
            pixels = pixels[top : top + height, left : left + width]
        return Frame(
            pixels,
            order.index,
            order.stream,
            order.event,
            setting.exposure_ms,
            now_ns,
            x_um=setting.x_um,
            y_um=setting.y_um,
            z_um=setting.z_um,
            channel=setting.channel,
            roi=setting.roi or (0, 0, *sensor_px),
            sensor_px=sensor_px,
            pixel_size_um=self._stand.pixel_size_um,
            times=Times(order.asked_ns, began_ns, began_ns, now_ns, now_ns),
        )

    def _picture(self, order: Order) -> Pixels:
        if callable(self._pictures):
            made: Any = self._pictures(order)
        elif not self._pictures:
            made = 0.0
        else:
            made = self._pictures[min(self._watched, len(self._pictures) - 1)]
        self._watched += order.stream == "watch"
        is_score = isinstance(made, (int, float))
        pixels = picture_of(made, self._stand.shape_px) if is_score else np.array(made)
        pixels.setflags(write=False)
        return pixels


def _orders_of(item: Order | tuple[Order, ...] | Stretch) -> Iterator[Order]:
    """Yield the orders of whatever a source gives, as they are asked for."""
    if isinstance(item, Order):
        yield item
    elif isinstance(item, tuple):
        yield from item
    else:
        yield item.first
        while item.goes_on(0):
            if (order := item.next()) is not None:
                yield order
        item.cut(1)
