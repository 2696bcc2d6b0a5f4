"""What comes next: the plan, decided actions, and the door between them and the hardware."""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

from saccade.core import ARBITER, Action, Gap, Order, Refusal

from ._acts import decided, is_picture, late, masked, needs_setting, problem, rests
from ._arbiter import Rights, broken_off
from ._corrections import Corrections
from ._fill import as_found, as_it_was, fill, inherit, named, resting
from ._lens import Lens
from ._pauses import Pauses
from ._steps import Do, Done, Playing, Refused, Step, Wait
from ._watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from useq import MDAEvent, SLMImage

    from saccade.core import Decision, Frame, Observation, Shift, Stand

    from ._door import Door


_OF_ITS_TIME = ("index", "min_start_time", "metadata", "pos_name")
"""What events have of their own that are alike in all that is set."""


class Loop:
    """The pure heart of a run: no thread, no hardware, no clock of its own.

    Whoever drives it asks `step` for what to do, and hands decisions to `apply`. Actions go
    before the plan, the highest priority first; those that share let each other, and the plan,
    go on in their pauses. What an event of an action does not name is
    as it was in the frame that the action rests on, or else as it was in the watch before;
    and so is what a planned event does not name.

    Parameters
    ----------
    watch : iterable of useq.MDAEvent
        The plan.
    door : Door
        The guards.
    rights : Rights, optional
        Who may set what; without it everybody may.
    """

    def __init__(self, watch: Iterable[MDAEvent], door: Door, rights: Rights | None = None) -> None:
        self._watch = Watch(watch)
        self._door = door
        self._rights = rights or Rights()
        self._lost: list[Refusal] = []
        self._in_hand: Action | None = None
        self._channel_group: str | None = None
        self._playing: list[Playing] = []
        self._current: Playing | None = None
        self._pauses = Pauses()
        self._admitted = 0
        self._index = 0
        self.cameras: tuple[str, ...] = ("",)
        """Those that expose together, in the order of their pictures; one without a name."""
        self._busy = False
        self._round_over = False
        self._moved: frozenset[str] = frozenset()
        self._home: Frame | None = None
        self._rest: MDAEvent | None = None
        self._corrections = Corrections()
        self._corrected = False
        self._mask: SLMImage | None = None
        self._masks = False
        self._lens = Lens()

    @property
    def issued(self) -> int:
        """Number of indices given out: frames, gaps and refused planned events."""
        return self._index

    @property
    def unplanned(self) -> bool:
        """Whether there is no plan, or nothing is left of it."""
        return self._watch.empty

    @property
    def planned(self) -> MDAEvent | None:
        """The planned event that comes next."""
        return self._watch.next

    @property
    def interval_s(self) -> float | None:
        """Interval of the watch that a policy set, if any did."""
        return self._watch.interval_s

    def came_round(self) -> bool:
        """Return whether a round of the watch is over that was not asked for before."""
        over, self._round_over = self._round_over, False
        return over

    def learn(self, stand: Stand) -> None:
        """Tell the guards, and the loop, what microscope this is."""
        self._channel_group = stand.channel_group
        self._rest = as_found(stand)
        if stand.modulator is not None:
            self._mask = resting(stand.modulator)
            self._corrections.rests(self._mask)
        self._corrections.learn(stand.lights)
        self._lens = Lens(stand.turret)
        self.cameras = stand.cameras or ("",)
        self._door.learn(stand)

    def step(self, now_ns: int) -> Step:
        """Return what to do now.

        Parameters
        ----------
        now_ns : int
            Monotonic time.
        """
        self._pauses.ended(now_ns)
        self._in_hand = None
        if not self._playing:
            self._current = None
            return self._step_watch(now_ns)
        playing = self._first()
        if playing.action.share:
            return self._step_shared(now_ns)
        return self._expired(playing, now_ns) or self._step_action(playing, now_ns)

    def _first(self) -> Playing:
        """Return the action that goes before all others."""
        current = self._current
        if self._rights.running == "finish" and current is not None and current.begun:
            return current
        return self._playing[0]

    @property
    def acts(self) -> bool:
        """Whether there is anything decided that is not done yet."""
        return bool(self._playing)

    def goes_on(self, now_ns: int) -> bool:
        """Return whether the plan wants the picture that it had last once more, and nothing else.

        Parameters
        ----------
        now_ns : int
            Monotonic time.
        """
        return not (self._playing or self._corrected) and self._watch.goes_on(now_ns)

    def may_go_on(self, event: MDAEvent, count: int, now_ns: int) -> bool:
        """Return whether the guards would let so many more pictures through, as they are.

        Parameters
        ----------
        event : useq.MDAEvent
            What each is like.
        count : int
            How many.
        now_ns : int
            Monotonic time.
        """
        return self._door.consider_more(Action((event,), "watch", t_ns=now_ns), count)

    def take_again(self, event: MDAEvent, now_ns: int) -> Order | None:
        """Return the order of the next picture of the plan, which the camera took by itself.

        Parameters
        ----------
        event : useq.MDAEvent
            As the first of its stretch was played.
        now_ns : int
            Monotonic time.
        """
        if not self._watch.goes_on(now_ns) or (planned := self._watch.due(now_ns)) is None:
            return None
        self._watch.take(now_ns)
        self._round_over = self._watch.round_over
        own = {name: getattr(planned[0], name) for name in _OF_ITS_TIME}
        event = event.model_copy(update=own)
        self._door.enter(Action((event,), "watch", t_ns=now_ns))
        self._pauses.began(now_ns)
        return self._order(event, "watch", now_ns)

    def charge(self, event: MDAEvent, exposures: int, now_ns: int) -> None:
        """Let the guards know of exposures that no picture came of.

        Parameters
        ----------
        event : useq.MDAEvent
            As it was exposed.
        exposures : int
            How often.
        now_ns : int
            Monotonic time.
        """
        for _ in range(exposures):
            self._door.enter(Action((event,), "watch", t_ns=now_ns))
            self._door.settle(Gap(-1, "watch", event, "", t_ns=now_ns, exposures=1))

    def saw(self, frame: Frame) -> None:
        """Learn what the hardware really did for a planned event."""
        if frame.stream == "watch":
            self._home, self._rest = frame, None
            self._corrections.found(frame)

    def settle(self, done: Frame | Gap) -> None:
        """Tell the guards what became of an event, a picture at a time."""
        self._door.settle(done)

    def hear(self, news: Observation | Refusal) -> list[Shift]:
        """Tell the guards what was seen or refused; return what that changes.

        Parameters
        ----------
        news : Observation or Refusal
            In the order of the journal.
        """
        shifts = self._door.hear(news)
        if any(shift.own_pace for shift in shifts):
            self._watch.pace(None)
            self._rights.free("pace")
        return shifts

    def delay(self, shift_ns: int) -> None:
        """Move the rest of the plan, and of the action under way, back, as after a hold."""
        self._watch.delay(shift_ns)
        for playing in self._playing:
            if playing is self._current or playing.action.share:
                playing.delay(shift_ns)
                playing.last_ns += shift_ns

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
        return [
            self._admit(self._asked(action, decision, base, now_ns, self._door.let_through), now_ns)
            for decision in decisions
            for action in decision.actions
        ]

    def consider(
        self, decisions: Iterable[Decision], base: MDAEvent | None, now_ns: int
    ) -> list[Action | Refusal]:
        """Return what would become of decided actions, and do none of them.

        Parameters
        ----------
        decisions, base, now_ns
            As in `apply`.
        """
        return [
            self._asked(action, decision, base, now_ns, self._door.consider)
            for decision in decisions
            for action in decision.actions
        ]

    def _asked(
        self,
        action: Action,
        decision: Decision,
        base: MDAEvent | None,
        now_ns: int,
        door: Callable[[Action], Action | Refusal],
    ) -> Action | Refusal:
        if objection := problem(action) or self._corrections.objection(action.correction):
            return Refusal(decided(action, decision), "run", objection)
        if why := self._rights.objection(action, decision.policy, now_ns):
            return Refusal(decided(action, decision, t_ns=now_ns), ARBITER, why)
        # Guards must see what will be played, hence also what would be put back before it.
        disturbed = self._moved.union(*(playing.names for playing in self._playing))
        lens = self._lens.within(action.events, base)
        events = tuple(
            self._put_back(lens(inherit(event, base) if base else event), disturbed)
            if needs_setting(event)
            else event
            for event in action.events
        )
        action = decided(action, decision, events=events, t_ns=now_ns)
        if expired := late(action, now_ns):
            return expired
        return door(action)

    def lost(self) -> list[Refusal]:
        """Return what has lost, since the last call, to actions that go first."""
        lost, self._lost = self._lost, []
        return lost

    def _admit(self, answer: Action | Refusal, now_ns: int) -> Action | Refusal:
        if isinstance(answer, Refusal):
            return answer
        self._lost += self._rights.took(answer, now_ns)
        if answer.interval_s is not None:
            self._watch.pace(answer.interval_s)
        if answer.correction is not None:
            self._corrections.take(answer.correction)
            self._corrected = True
            self._masks |= answer.correction.mask is not None
        if answer.events:
            self._masks |= masked(answer.events)
            self._lens.take(answer.events)
            if self._rights.running == "break":
                self._break_off(answer, self._rights.place(answer.policy))
            self._enter(answer)
        return answer

    def _break_off(self, by: Action, place: int) -> None:
        """Give up what has begun of policies that come behind."""
        for playing in [each for each in self._playing if each.begun and each.rank[0] > place]:
            self._lost.append(broken_off(playing, by))
            self._drop(playing)

    def _expired(self, playing: Playing, now_ns: int) -> Refused | None:
        """Give up an action that comes too late to begin; return its refusal."""
        expired = late(playing.action, now_ns) if playing.t0_ns is None else None
        if expired is None:
            return None
        self._drop(playing)
        return Refused(expired)

    def _step_action(self, playing: Playing, now_ns: int) -> Step:
        """Go on with the first action, which lets nothing else come between."""
        self._busy = True
        if playing is not self._current:
            playing.delay(now_ns - playing.last_ns)
            self._current = playing
        if playing.t0_ns is None:
            playing.t0_ns = now_ns
        playing.last_ns = now_ns
        if (due_ns := playing.due_ns()) > now_ns:
            return Wait(due_ns)
        return self._play(playing, now_ns)

    def _step_shared(self, now_ns: int) -> Step:
        """Go on with whatever is due among actions that share, and the plan in their pauses."""
        self._current = None
        sharing = (playing for playing in self._playing if playing.action.share)
        soonest = min(sharing, key=lambda each: (each.soon_ns(now_ns), each.rank))
        soon_ns = soonest.soon_ns(now_ns)
        if soon_ns <= now_ns:
            if expired := self._expired(soonest, now_ns):
                return expired
            if soonest.t0_ns is None:
                soonest.t0_ns = now_ns
            soonest.delay(now_ns - soonest.due_ns())  # delayed, never rushed; as is the plan
            self._busy = True
            return self._play(soonest, now_ns)
        planned = self._watch.due(now_ns)
        if planned is None or planned[1] > now_ns:
            return Wait(soon_ns if planned is None else min(soon_ns, planned[1]))
        if self._pauses.fits(soon_ns - now_ns):
            return self._step_watch(now_ns)
        self._busy = True
        return Wait(soon_ns)

    def _play(self, playing: Playing, now_ns: int) -> Do | Refused:
        """Play what is due of an action; if a guard objects, nothing more of it is played."""
        action = playing.action
        count = len(playing.left) if action.triggered else 1
        due = tuple(self._put_back(playing.left.popleft(), self._moved) for _ in range(count))
        asked = replace(action, events=due, t_ns=now_ns)
        answer = self._door.play(asked)
        if isinstance(answer, Refusal):
            self._drop(playing)
            return Refused(replace(answer, action=replace(action, t_ns=now_ns)))
        self._moved |= named(answer.events)
        self._in_hand = asked
        if not playing.left:
            self._drop(playing)
        return Do(tuple(self._order(event, action.label, now_ns) for event in answer.events))

    def _drop(self, playing: Playing) -> None:
        self._current = None if playing is self._current else self._current
        self._playing.remove(playing)
        heapq.heapify(self._playing)

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
        self._watch.take(now_ns)
        self._round_over = self._watch.round_over
        if event.slm_image is not None:
            self._mask, self._masks = event.slm_image, True
        event, self._corrected = self._corrections.applied(event), False
        event = self._put_back(self._lens.planned(event), self._moved)
        answer = self._door.let_through(Action((event,), "watch", t_ns=now_ns))
        if isinstance(answer, Refusal):
            return Refused(answer, self._order(event, "watch", now_ns))
        self._lens.took(answer.events[0])
        self._moved = frozenset()
        self._pauses.began(now_ns)
        return Do((self._order(answer.events[0], "watch", now_ns),))

    def abandon(self) -> None:
        """Give up the plan and every action, except for what puts something to rest in the dark.

        What was in the microscope's hands when the run ended is done once more: nobody knows
        whether it was done.
        """
        waiting = sorted(self._playing)
        left = [replace(each.action, events=tuple(each.left)) for each in waiting]
        kept = [each for each in (self._in_hand, *left) if each is not None and rests(each)]
        self._watch, self._playing, self._current = Watch(()), [], None
        self._moved, self._in_hand = frozenset(), None
        for action in kept:
            self._enter(action)

    def hurry(self) -> None:
        """Let nothing that is left wait for its time any more."""
        for playing in self._playing:
            playing.left = deque(
                event.model_copy(update={"min_start_time": None}) for event in playing.left
            )
            playing.t0_ns = None

    @property
    def has_rest(self) -> bool:
        """Whether something waits to be put to rest, or was about to be."""
        waiting = [each.action for each in self._playing]
        return any(each is not None and rests(each) for each in (self._in_hand, *waiting))

    def _enter(self, action: Action) -> None:
        self._admitted += 1
        rank = (self._rights.place(action.policy), -action.priority, self._admitted)
        left = deque(action.events)
        heapq.heappush(self._playing, Playing(rank, action, named(left), left))

    def _put_back(self, event: MDAEvent, names: frozenset[str]) -> MDAEvent:
        """Return the event with these settings as they were in the watch, if it names none.

        Once there are masks, each picture names its own: what a modulator shows stays.
        """
        if self._masks and self._mask is not None and event.slm_image is None and is_picture(event):
            event = event.model_copy(update={"slm_image": self._mask})
        if not (names and needs_setting(event)):
            return event
        if self._rest is None and self._home is not None:
            self._rest = as_it_was(self._home, self._channel_group)
        return event if self._rest is None else fill(event, self._rest, names)

    def _order(self, event: MDAEvent, stream: str, now_ns: int) -> Order:
        if not is_picture(event):
            return Order(event, -1, stream, now_ns)
        first, self._index = self._index, self._index + len(self.cameras)
        return Order(event, first, stream, now_ns)
