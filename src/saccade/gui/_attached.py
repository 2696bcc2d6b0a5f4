"""A run that another process drives, as a window sees it: read from its folder."""

from __future__ import annotations

import math
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from saccade import app
from saccade.core import SaccadeError, State, UsageError, observation_from_plain
from saccade.store import RunFolder, Tail, verdict_of

from ._news import WATCH, News
from ._session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from saccade.app import Spent
    from saccade.core import Question, Verdict
    from saccade.store import DiskUse, Line

    from ._news import Batch

_EVERY_S, _JOIN_S = 0.1, 5.0
_ASK_EVERY_S, _USED_EVERY_S = 0.5, 1.0
_DRIVEN = "This run is driven by another process."


class AttachedSession(Session):
    """Follows a run by its folder; killing the window does not touch the run.

    Hold, stop and answers are sent to the process that drives it, if that was started for being
    reached (``saccade run --reach``); nothing else can be commanded from here.

    Parameters
    ----------
    folder : Path
        Of the run.

    Raises
    ------
    FolderError
        If it is no run folder.
    """

    drives = False

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._run_folder, self._path = RunFolder(folder), folder
        self._tail, self._box = Tail(folder), News()
        self._state, self._stored = State.ARMED, 0
        self._verdict: Verdict | None = None
        self._open: set[str] = set()
        """Questions that the journal tells of, and no end of."""
        self._questions: dict[Question, float] = {}
        """And until when they can be answered, by this process' clock, in s."""
        self._asked_s = self._used_s = -math.inf
        clock = self._run_folder.run.get("clock")
        self._began_ns = clock.get("monotonic_ns") if isinstance(clock, dict) else None
        self._gone_s = 0.0
        self._spent: Spent | None = None
        self._disk: DiskUse | None = None
        with suppress(SaccadeError):  # a script's run holds no protocol
            self.protocol = app.protocol_of(self._run_folder.run.get("protocol"))
        self._closed = threading.Event()
        self._reader = threading.Thread(target=self._read, name="saccade-gui-read", daemon=True)
        self._reader.start()

    # ----------------------------------------------------------------------- what there is

    @property
    def state(self) -> State:
        """Where the run is, by its journal."""
        return self._state

    @property
    def armed(self) -> bool:
        """Never: what is armed is begun by the process that armed it."""
        return False

    @property
    def verdict(self) -> Verdict | None:
        """How the run ended."""
        return self._verdict

    @property
    def folder(self) -> Path:
        """Of the run."""
        return self._path

    @property
    def stored(self) -> int:
        """Number of frames that the journal tells of."""
        return self._stored

    @property
    def spent(self) -> Spent | None:
        """Light that was given, by what the run last said; None if it can't be reached."""
        return self._spent

    @property
    def disk(self) -> DiskUse | None:
        """What was written and what the disk has left, by what the run last said."""
        return self._disk

    @property
    def gone_s(self) -> float:
        """For how long the run has gone on, by the newest line of its journal."""
        return self._gone_s

    @property
    def questions(self) -> tuple[Question, ...]:
        """What policies ask a person, as far as it can be answered from here."""
        return tuple(self._questions)

    def left_s(self, question: Question) -> float:
        """Return for how long a question may be answered, by what its run last said."""
        return max(0.0, self._questions.get(question, 0.0) - time.monotonic())

    def answer(self, question: Question, yes: bool) -> None:
        """Answer a question; the run's own time-out counts.

        Raises
        ------
        UsageError
            If it is not open any more, or the run can't be reached.
        """
        app.reach_answer(self._path, question.id, yes)
        self._open.discard(question.id)
        self._questions = {each: s for each, s in self._questions.items() if each != question}

    def take(self) -> Batch:
        """Return what the journal has told since the last call."""
        return self._box.take()

    # ---------------------------------------------------------------------------- commands

    def hold(self, on: bool = True) -> None:
        """Ask the process that drives it to hold the run, or to let it go on."""
        self._ask("hold" if on else "resume")

    def stop(self, reason: str = "") -> None:  # noqa: ARG002 - the other process says why
        """Ask the process that drives it to make it safe and end."""
        if self.going:
            self._ask("stop")

    def close(self) -> None:
        """Follow it no more; the run goes on."""
        self._closed.set()
        self._reader.join(_JOIN_S)

    def _ask(self, word: str) -> None:
        try:
            app.reach(self._path, word)
        except SaccadeError as error:
            self._error = error

    def _refuse_while_going(self) -> None:
        raise UsageError(_DRIVEN, "Open a window of its own for another: saccade gui PROTOCOL.")

    def _in_background(self, what: str, do: Callable[[], object]) -> None:  # noqa: ARG002 - refused
        self._refuse_while_going()

    # ------------------------------------------------------------------------ in the thread

    def _read(self) -> None:
        while not self._closed.wait(_EVERY_S):
            try:
                lines = self._tail.take()
                self._tell(lines)
                self._be_at(lines)
                self._ask_what_is_open()
                self._ask_what_is_used()
            except SaccadeError as error:
                self._error = error
                return
            if self._verdict is not None and not lines:
                return

    def _ask_what_is_open(self) -> None:
        """Learn from the run which questions can be answered, while the journal tells of any."""
        if self._verdict is not None:
            self._open.clear()
        now_s = time.monotonic()
        if self._open and now_s - self._asked_s < _ASK_EVERY_S:
            return
        self._asked_s = now_s
        try:
            told = app.reach_questions(self._path) if self._open else ()
        except SaccadeError as error:
            self._box.tell("question", {"text": f"It can't be answered from here. {error}"})
            self._open.clear()
            told = ()
        self._questions = {question: now_s + left_s for question, left_s in told}

    def _ask_what_is_used(self) -> None:
        """Learn from the run now and then how much light and disk it has used, if it tells."""
        now_s = time.monotonic()
        if self._verdict is not None or now_s - self._used_s < _USED_EVERY_S:
            return
        self._used_s = now_s
        with suppress(UsageError):  # it was not started for being reached
            self._spent, self._disk = app.reach_usage(self._path)

    def _tell(self, lines: list[Line]) -> None:
        newest: Line | None = None
        frames = planned = 0
        due_s = 0.0
        for line in lines:
            match line.kind:
                case "frame":
                    newest, frames = line, frames + 1
                    if line.value.get("stream") == WATCH:
                        planned, due_s = planned + 1, _due_s(line) or due_s
                case "observation":
                    self._box.see(observation_from_plain(line.value))
                case "thinned":
                    thinned = line.value["last"] - line.value["first"] + 1
                    self._box.count(thinned, thinned if line.value["stream"] == WATCH else 0)
                case "question":
                    self._open.add(line.value["id"])
                    self._box.tell("question", line.value)
                case "state":
                    self._state = State(line.value["state"])
                case "verdict":
                    self._verdict = verdict_of(line)
                case kind:
                    self._box.tell(kind, line.value)
                    self._close(line.value.get("question"))
        if newest is not None:
            self._stored += frames
            self._box.see_frames(self._run_folder.read(newest), frames, planned, due_s)

    def _be_at(self, lines: list[Line]) -> None:
        if lines and self._began_ns is not None:
            self._gone_s = max(0.0, (lines[-1].t_ns - self._began_ns) / 1e9)

    def _close(self, question: Mapping[str, Any] | None) -> None:
        """Take note that a policy has decided on what it had asked."""
        if question is not None:
            self._open.discard(question["id"])


def _due_s(line: Line) -> float:
    event = line.value.get("event") or {}
    return float(event.get("min_start_time") or 0.0)
