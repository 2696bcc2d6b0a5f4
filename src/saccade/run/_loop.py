"""What comes next: the plan, decided actions, and the door between them and the hardware."""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from saccade.core import Action, Frame, Order, Refusal

from ._fill import as_it_was, fill, named
from ._watch import Watch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from useq import MDAEvent

    from saccade.core import Decision, Stand

    from ._door import Door


@dataclass(frozen=True)
class Do:
    """Acquire this now; several orders are one hardware-timed sequence."""

    orders: tuple[Order, ...]


@dataclass(frozen=True)
class Wait:
    """Nothing is due before this time, in monotonic ns."""

    until_ns: int


@dataclass(frozen=True)
class Refused:
    """Something that was not let through; a planned event that wasn't has an order."""

    refusal: Refusal
    order: Order | None = None


@dataclass(frozen=True)
class Done:
    """The plan is at its end and no action is left."""


Step: TypeAlias = Do | Wait | Refused | Done


@dataclass(order=True)
class _Playing:
    """An action that passed the door, and what is left of it."""

    rank: tuple[int, int]
    action: Action = field(compare=False)
    left: deque[MDAEvent] = field(compare=False)
    t0_ns: int | None = field(default=None, compare=False)
    last_ns: int = field(default=0, compare=False)

    def resume(self, now_ns: int) -> None:
        """Take up the timeline again after a more urgent action."""
        if self.t0_ns is not None:
            self.t0_ns += now_ns - self.last_ns

    def due_ns(self) -> int:
        """Return when its next event is due, in monotonic ns."""
        return (self.t0_ns or 0) + round((self.left[0].min_start_time or 0.0) * 1e9)


class Loop:
    """The pure heart of a run: no thread, no hardware, no clock of its own.

    Whoever drives it asks `step` for what to do, and hands decisions to `apply`. Actions go
    before the plan, the highest priority first; what an action does not name is as it was
    in the frame that it rests on, and what a planned event does not name is as it was in
    the watch before.

    Parameters
    ----------
    watch : iterable of useq.MDAEvent
        The plan.
    door : Door
        The guards.
    channel_group : str or None
        Group of presets, to name a channel that no event named.
    """

    def __init__(
        self, watch: Iterable[MDAEvent], door: Door, channel_group: str | None = None
    ) -> None:
        self._watch = Watch(watch)
        self._door = door
        self._channel_group = channel_group
        self._playing: list[_Playing] = []
        self._sequence = 0
        self._index = 0
        self._moved: frozenset[str] = frozenset()
        self._home: Frame | None = None
        self._busy = False
        self._current: _Playing | None = None

    @property
    def issued(self) -> int:
        """Number of indices given out: frames, gaps and refused planned events."""
        return self._index

    @property
    def unplanned(self) -> bool:
        """Whether there is no plan, or nothing is left of it."""
        return self._watch.empty

    @property
    def interval_s(self) -> float | None:
        """Interval of the watch that a policy set, if any did."""
        return self._watch.interval_s

    def learn(self, stand: Stand) -> None:
        """Tell the guards, and the loop, what microscope this is."""
        self._channel_group = stand.channel_group
        self._door.learn(stand)

    def step(self, now_ns: int) -> Step:
        """Return what to do now.

        Parameters
        ----------
        now_ns : int
            Monotonic time.
        """
        if not self._playing:
            self._current = None
            return self._step_watch(now_ns)
        playing = self._playing[0]
        expires_ns = playing.action.expires_ns
        if playing.t0_ns is None and expires_ns is not None and now_ns > expires_ns:
            heapq.heappop(self._playing)
            late_ms = (now_ns - expires_ns) / 1e6
            return Refused(Refusal(playing.action, "deadline", f"it came {late_ms:.1f} ms late"))
        return self._step_action(playing, now_ns)

    def saw(self, frame: Frame) -> None:
        """Learn what the hardware really did for a planned event."""
        if frame.stream == "watch":
            self._home = frame

    def delay(self, shift_ns: int) -> None:
        """Move the rest of the plan back, as after a hold."""
        self._watch.delay(shift_ns)

    def apply(
        self, decisions: Iterable[Decision], base: MDAEvent | None, now_ns: int
    ) -> list[Action | Refusal]:
        """Take decided actions through the door; return what became of each.

        Parameters
        ----------
        decisions : iterable of Decision
            What the policies chose.
        base : useq.MDAEvent or None
            The event of the frame that they rest on.
        now_ns : int
            Monotonic time.
        """
        chosen = [action for decision in decisions for action in decision.actions]
        return [self._admit(action, base, now_ns) for action in chosen]

    def _admit(self, action: Action, base: MDAEvent | None, now_ns: int) -> Action | Refusal:
        if base is not None and action.events:
            events = tuple(fill(event, base) for event in action.events)
            action = replace(action, events=events)
        answer = self._door.let_through(replace(action, t_ns=action.t_ns or now_ns))
        if isinstance(answer, Refusal):
            return answer
        if answer.interval_s is not None:
            self._watch.pace(answer.interval_s)
        if answer.events:
            self._sequence += 1
            rank = (-answer.priority, self._sequence)
            heapq.heappush(self._playing, _Playing(rank, answer, deque(answer.events)))
        return answer

    def _step_action(self, playing: _Playing, now_ns: int) -> Step:
        self._busy = True
        if playing is not self._current:
            playing.resume(now_ns)
            self._current = playing
        if playing.t0_ns is None:
            playing.t0_ns = now_ns
            self._moved |= named(playing.action.events)
        playing.last_ns = now_ns
        if (due_ns := playing.due_ns()) > now_ns:
            return Wait(due_ns)
        count = len(playing.left) if playing.action.triggered else 1
        events = [playing.left.popleft() for _ in range(count)]
        if not playing.left:
            heapq.heappop(self._playing)
        return Do(tuple(self._order(event, playing.action.label, now_ns) for event in events))

    def _step_watch(self, now_ns: int) -> Step:
        planned = self._watch.due(now_ns)
        if planned is None:
            return Done()
        event, due_ns = planned
        if due_ns > now_ns:
            return Wait(due_ns)
        if self._busy:
            self._watch.delay(now_ns - due_ns)
            self._busy = False
        self._watch.take()
        if self._moved and self._home is not None:
            event = fill(event, as_it_was(self._home, self._channel_group), self._moved)
        answer = self._door.let_through(Action((event,), "watch", t_ns=now_ns))
        if isinstance(answer, Refusal):
            return Refused(answer, self._order(event, "watch", now_ns))
        self._moved = frozenset()
        return Do((self._order(answer.events[0], "watch", now_ns),))

    def _order(self, event: MDAEvent, stream: str, now_ns: int) -> Order:
        if not is_picture(event):
            return Order(event, -1, stream, now_ns)
        self._index += 1
        return Order(event, self._index - 1, stream, now_ns)


def is_picture(event: MDAEvent) -> bool:
    """Return whether an event asks for a frame, rather than for focusing or a custom action."""
    return getattr(event.action, "type", "acquire_image") == "acquire_image"
