"""One telling of a story: a generator, the action it waits for, and what was seen of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from useq import MDAEvent, MDASequence

from saccade.core import Action, Observation, PolicyError

from ._shots import LABEL, Collected

if TYPE_CHECKING:
    from types import CodeType, GeneratorType

_MOST_STEPS = 100
"""Actions without a frame that a story may ask for before it must wait for one."""


class Telling:
    """Leads a generator from one frame that it waits for to the next.

    Parameters
    ----------
    name : str
        Of the story.
    generator : generator
        Yields actions or events, receives observations.
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
        self.label = label
        """Role of the frames that it waits for."""
        self.left = 0
        """Number of frames that it waits for."""
        self.ended = False

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

    def close(self) -> None:
        """End it early; its ``finally`` clauses run."""
        self.ended = True
        try:
            self._generator.close()
        except Exception as error:
            raise self._failure(repr(error), error) from error

    def _go_on(self, answer: object, frame: int, t_ns: int) -> tuple[Action, ...]:
        actions: list[Action] = []
        while len(actions) < _MOST_STEPS:
            try:
                step = self._generator.send(answer)
            except StopIteration:
                self.ended = True
                return tuple(actions)
            except Exception as error:
                raise self._failure(repr(error), error) from error
            action = self._action(step)
            actions.append(replace(action, frame=frame, t_ns=t_ns))
            if self.left > 0:
                return tuple(actions)
        raise self._failure(f"it asked {_MOST_STEPS} times for nothing that gives a frame")

    def _action(self, step: object) -> Action:
        if isinstance(step, MDAEvent):
            step = (step,)
        if isinstance(step, (MDASequence, Sequence)) and not isinstance(step, str):
            step = Action(tuple(step), label=LABEL, priority=10)
        if not isinstance(step, Action) or not all(isinstance(e, MDAEvent) for e in step.events):
            raise self._failure(f"it yielded {step!r}, which is neither an action nor events")
        if not step.events and step.interval_s is None and step.correction is None:
            raise self._failure("it yielded an action that does nothing")
        self._collects = isinstance(step, Collected)
        self.left = sum(_gives_frame(event) for event in step.events)
        self.label = self._own_label if step.label == LABEL else step.label
        if isinstance(step, Collected):
            return Action(step.events, self.label, step.priority, triggered=step.triggered)
        return replace(step, label=self.label)

    def _failure(self, what: str, error: BaseException | None = None) -> PolicyError:
        self.ended = True
        line = self._line(error)
        where = f"{Path(self._code.co_filename).name}, line {line}" if line else "its end"
        return PolicyError(
            f"Story {self._name!r} failed at {where}: {what}.",
            "A story yields actions, such as snap(...), or acquisition events.",
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
