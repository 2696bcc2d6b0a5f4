"""What a window has not shown yet: filled by the run's signals, emptied by a timer."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from saccade.core import plain

from ._entries import Entry, entry_of

if TYPE_CHECKING:
    from saccade.app import Run
    from saccade.core import Decision, Frame, Observation

WATCH = "watch"
"""Stream of what is planned."""
_MOST = 5000
"""Entries that wait to be shown; older ones are in the run folder."""


@dataclass
class Batch:
    """What has come since the last time."""

    newest: tuple[Frame, ...] = ()
    """Of each camera the newest, the newest of all last; those between were not shown."""
    planned: int = 0
    """Frames of the plan."""
    frames: int = 0
    """All frames."""
    due_s: float = 0.0
    """When the newest frame of the plan was due, in s after the first."""
    observations: list[Observation] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)


@dataclass(frozen=True)
class Progress:
    """How far a run has come."""

    planned: int = 0
    """Frames of the plan that were taken."""
    frames: int = 0
    """All frames that were."""
    due_s: float = 0.0
    """When the newest of the plan was due, in s after the first."""
    rung: str = ""
    """How far the run is trusted, as the ladder among its guards said last."""

    def after(self, batch: Batch) -> Progress:
        """Return how far it has come with what came since."""
        return Progress(
            self.planned + batch.planned,
            self.frames + batch.frames,
            max(self.due_s, batch.due_s),
            next((each.rung for each in reversed(batch.entries) if each.rung), self.rung),
        )


class News:
    """Collects what a run tells, for whoever asks now and then.

    Signals of a run come in a thread of its own; whoever listens there must not dawdle, and must
    not touch a window. So what comes is only kept here.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest: dict[str, Frame] = {}
        self._frames = self._planned = 0
        self._due_s = 0.0
        self._observations: deque[Observation] = deque(maxlen=_MOST)
        self._entries: deque[Entry] = deque(maxlen=_MOST)

    @classmethod
    def of(cls, run: Run) -> News:
        """Return the news of a run that has not started yet."""
        news = cls()
        run.framed.connect(news._on_frame)
        run.observed.connect(news.see)
        run.decided.connect(news._on_decision)
        for kind, signal in (
            ("refusal", run.refused),
            ("gap", run.gapped),
            ("shadowed", run.shadowed),
            ("question", run.asked),
        ):
            signal.connect(partial(news._on_record, kind))
        run.noted.connect(news._on_record)
        return news

    def take(self) -> Batch:
        """Return what has come since the last call."""
        with self._lock:
            batch = Batch(
                tuple(self._newest.values()),
                self._planned,
                self._frames,
                self._due_s,
                list(self._observations),
                list(self._entries),
            )
            self._newest, self._frames, self._planned = {}, 0, 0
            self._observations.clear()
            self._entries.clear()
        return batch

    def see_frames(self, newest: Frame, frames: int, planned: int, due_s: float = 0.0) -> None:
        """Keep the newest of some frames of a camera, and count them and those of the plan.

        Parameters
        ----------
        newest : Frame
            The last of them.
        frames, planned : int
            How many there are, and how many of the plan.
        due_s : float
            When the newest of the plan was due, in s; 0 if there is none among them.
        """
        with self._lock:
            self._due_s = due_s or self._due_s
            self._newest.pop(newest.camera, None)
            self._newest[newest.camera] = newest
            self._frames += frames
            self._planned += planned

    def count(self, frames: int, planned: int) -> None:
        """Count frames that nobody can see any more, and those of the plan among them."""
        with self._lock:
            self._frames += frames
            self._planned += planned

    def see(self, seen: Observation) -> None:
        """Keep what was seen in a frame."""
        with self._lock:
            self._observations.append(seen)

    def tell(self, kind: str, value: Any) -> None:
        """Keep a record, as plain data, if it has something to say."""
        entry = entry_of(kind, value)
        if entry is not None:
            with self._lock:
                self._entries.append(entry)

    def _on_frame(self, frame: Frame) -> None:
        planned = frame.stream == WATCH
        due_s = frame.event.min_start_time if planned and frame.event is not None else None
        self.see_frames(frame, 1, planned, due_s or 0.0)

    def _on_decision(self, decision: Decision) -> None:
        if decision.actions:
            self._on_record("decision", decision)
            return
        reason = Entry("decision", decision.frame, "", decision.reason, decision.policy)
        with self._lock:
            self._entries.append(reason)

    def _on_record(self, kind: str, value: object) -> None:
        self.tell(kind, plain(value))
