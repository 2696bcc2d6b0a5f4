"""One telling of a story: a generator, the action it waits for, and what was seen of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from useq import MDAEvent, MDASequence

from saccade.core import Action, Observation, PolicyError, events_of

from ._pauses import Pause, Pausing
from ._shots import LABEL, PRIORITY, Collected

if TYPE_CHECKING:
    from types import CodeType, GeneratorType

_MOST_STEPS = 100
"""Actions without a frame that a story may ask for before it must wait for one."""


class StoryEnded(BaseException):
    """Thrown into a story that is to end where it is: its ``finally`` clauses run.

    It is no `Exception`, so that a story which handles errors does not handle its end.
    """


class Telling:
    """Leads a generator from one frame that it waits for to the next.

    Parameters
    ----------
    name : str
        Of the story.
    generator : generator
        Yields actions, events or pauses; receives observations.
    label : str
        Role of frames that the story gives no label of its own.
    """

    def __init__(self, name: str, generator: GeneratorType[Any, Any, Any], label: str) -> None:
        self._name = name
        self._generator = generator
        self._code: CodeType = generator.gi_code
        self._own_label = label
        self._collects = False
        self._seen: list[Observation] = []
        self._frame, self._t_ns = -1, 0
        self.pausing: Pausing | None = None
        """What it waits for in the watch, if it does."""
        self.label = label
        """Role of the frames that it waits for."""
        self.left = 0
        """Number of frames that it waits for."""
        self.ended = False

    def __del__(self) -> None:
        """End a story that nobody goes on with, as after a replay that was cut short."""
        if self._generator.gi_frame is not None and not self._generator.gi_running:
            with suppress(Exception):
                self.end("nobody goes on with it", -1, 0)

    def begin(self, frame: int, t_ns: int) -> tuple[Action, ...]:
        """Return what it asks for first.

        Parameters
        ----------
        frame : int
            Index of the frame that it rests on, -1 for none.
        t_ns : int
            Monotonic time.
        """
        return self._go_on(None, frame, t_ns)

    def hear(self, seen: Observation) -> tuple[Action, ...]:
        """Return what it asks for next; nothing if it waits for more frames, or ended.

        Parameters
        ----------
        seen : Observation
            Of a frame that it waits for.
        """
        self.left -= 1
        self._seen.append(seen)
        if not self._collects:
            del self._seen[:-1]
        if self.left > 0:
            return ()
        answer = tuple(self._seen) if self._collects else seen
        self._seen.clear()
        return self._go_on(answer, seen.frame, seen.t_ns)

    def watch(self, seen: Observation) -> tuple[Action, ...]:
        """Return what it asks for after a frame of the watch, if it has waited for that one.

        Parameters
        ----------
        seen : Observation
            In a pause.
        """
        pausing = self.pausing
        if pausing is None:
            return ()
        late = pausing.due_ns is not None and seen.t_ns >= pausing.due_ns
        if not pausing.take(seen) and not late:
            return ()
        return self._after(pausing, seen.frame, seen.t_ns)

    def wake(self, t_ns: int) -> tuple[Action, ...]:
        """Return what it asks for once the time of a pause is over.

        Parameters
        ----------
        t_ns : int
            Monotonic time.
        """
        pausing = self.pausing
        if pausing is None or pausing.due_ns is None or t_ns < pausing.due_ns:
            return ()
        return self._after(pausing, self._frame, t_ns)

    def end(self, why: str, frame: int, t_ns: int) -> tuple[Action, ...]:
        """End it where it is; return what its ``finally`` clauses ask for.

        A story that ends hears of no frame any more: each thing that it yields is answered at
        once, by an invalid observation. Pauses delay what comes after them.

        Parameters
        ----------
        why : str
            Completes "it ended because".
        frame, t_ns
            As in `begin`.

        Raises
        ------
        PolicyError
            If it raises, yields nonsense, or does not end; what it asked for until then is in
            the error.
        """
        self.ended, self.pausing, self.left = True, None, 0
        self._frame, self._t_ns = frame, t_ns
        actions: list[Action] = []
        unseen = Observation(0.0, verdict="invalid", frame=frame, t_ns=t_ns, unseen=why)
        delay_s = 0.0
        resume = partial(self._generator.throw, StoryEnded(why))
        for _ in range(_MOST_STEPS):
            try:
                step = resume()
            except (StopIteration, StoryEnded):
                return _in_order(actions)
            except Exception as error:
                raise self._failure(repr(error), error, actions) from error
            answer: object = None
            if isinstance(step, Pause):
                delay_s += step.for_s or 0.0
            else:
                actions.append(self._rested(_delayed(self._action(step, actions), delay_s)))
                answer = (unseen,) * self.left if self._collects else unseen
                delay_s, self.left = 0.0, 0
            resume = partial(self._generator.send, answer)
        raise self._failure("it does not end, though it was told to", None, actions)

    def _after(self, pausing: Pausing, frame: int, t_ns: int) -> tuple[Action, ...]:
        self.pausing = None
        return self._go_on(pausing.answer(), frame, t_ns)

    def _go_on(self, answer: object, frame: int, t_ns: int) -> tuple[Action, ...]:
        actions: list[Action] = []
        self._frame, self._t_ns = frame, t_ns
        while len(actions) < _MOST_STEPS:
            try:
                step = self._generator.send(answer)
            except StopIteration:
                self.ended = True
                return _in_order(map(_at_rest, actions))
            except Exception as error:
                raise self._failure(repr(error), error, actions) from error
            if isinstance(step, Pause):
                self.pausing = Pausing(step, t_ns)
                return _in_order(actions)
            actions.append(self._rested(self._told(step, actions)))
            if self.left > 0:
                return _in_order(actions)
            answer = None
        raise self._broken(f"it asked {_MOST_STEPS} times for nothing that gives a frame", actions)

    def _told(self, step: object, actions: Sequence[Action]) -> Action:
        """Return the action of a step; one that makes no sense ends the story."""
        try:
            return self._action(step, actions)
        except PolicyError as error:
            raise self._broken(error, actions) from None

    def _action(self, step: object, actions: Sequence[Action]) -> Action:
        if isinstance(step, MDAEvent):
            step = (step,)
        if isinstance(step, (MDASequence, Sequence)) and not isinstance(step, str):
            step = Action(tuple(events_of(step)), label=LABEL, priority=10)
        if not isinstance(step, Action) or not all(isinstance(e, MDAEvent) for e in step.events):
            what = f"it yielded {step!r}, which is neither an action nor events"
            raise self._failure(what, None, actions)
        if not step.events and step.interval_s is None and step.correction is None:
            raise self._failure("it yielded an action that does nothing", None, actions)
        self._collects = isinstance(step, Collected)
        self.left = sum(map(_gives_frame, step.events))
        self.label = self._own_label if step.label == LABEL else step.label
        if isinstance(step, Collected):
            return Action(step.events, self.label, step.priority, triggered=step.triggered)
        return replace(step, label=self.label)

    def _rested(self, action: Action) -> Action:
        """Return an action as one that rests on the frame at which the story is."""
        rested = replace(action, frame=self._frame, t_ns=self._t_ns)
        return _at_rest(rested) if self.ended else rested

    def _broken(self, why: PolicyError | str, actions: Sequence[Action]) -> PolicyError:
        """Return the error of a story that can't go on, with what its ``finally`` asks for."""
        failure = self._failure(why, None, actions) if isinstance(why, str) else why
        try:
            last = self.end(str(failure), self._frame, self._t_ns)
        except PolicyError as error:
            last = error.actions
        return PolicyError(failure.what, failure.do, _in_order((*map(_at_rest, actions), *last)))

    def _failure(
        self, what: str, error: BaseException | None, actions: Sequence[Action]
    ) -> PolicyError:
        self.ended = True
        line = self._line(error)
        where = f"{Path(self._code.co_filename).name}, line {line}" if line else "its end"
        return PolicyError(
            f"Story {self._name!r} failed at {where}: {what}.",
            "A story yields actions, such as snap(...), acquisition events, or pauses.",
            _in_order(map(_at_rest, actions)),
        )

    def _line(self, error: BaseException | None) -> int | None:
        line = self._generator.gi_frame.f_lineno if self._generator.gi_frame else None
        trace = error.__traceback__ if error is not None else None
        while trace is not None:
            if trace.tb_frame.f_code is self._code:
                line = trace.tb_lineno
            trace = trace.tb_next
        return line


def _gives_frame(event: MDAEvent) -> bool:
    return event.action.type == "acquire_image"


def _in_order(actions: Iterable[Action]) -> tuple[Action, ...]:
    """Return actions that are done one after the other, none before the one in front of it."""
    told = tuple(actions)
    first = max((each.priority for each in told), default=PRIORITY)
    return tuple(replace(each, priority=max(first, PRIORITY)) for each in told)


def _at_rest(action: Action) -> Action:
    """Return an action of a story that is over: what it sets without a picture stays so."""
    if any(map(_gives_frame, action.events)):
        return action
    return replace(action, lets_go=True)


def _delayed(action: Action, delay_s: float) -> Action:
    if not delay_s:
        return action
    events = tuple(
        event.model_copy(update={"min_start_time": (event.min_start_time or 0.0) + delay_s})
        for event in action.events
    )
    return replace(action, events=events)
