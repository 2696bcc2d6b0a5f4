"""What a window has not shown yet: filled by the run's signals, emptied by a timer."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from saccade.app import Run
    from saccade.core import Action, Decision, Frame, Gap, Observation, Refusal, Shadowed

Kind = Literal["decision", "refusal", "gap", "shadowed", "note"]

WATCH = "watch"
"""Stream of what is planned."""
_MOST = 5000
"""Entries that wait to be shown; older ones are in the run folder."""


@dataclass(frozen=True)
class Entry:
    """A line of the table: what happened, at which frame, and why."""

    kind: Kind
    frame: int
    what: str
    reason: str


@dataclass
class Batch:
    """What has come since the last time."""

    frame: Frame | None = None
    """The newest; those between were not shown."""
    planned: int = 0
    """Frames of the plan."""
    frames: int = 0
    """All frames."""
    observations: list[Observation] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)


class News:
    """Collects what a run tells, for whoever asks now and then.

    Signals of a run come in a thread of its own; whoever listens there must not dawdle, and must
    not touch a window. So what comes is only kept here.

    Parameters
    ----------
    run : Run
        Before it starts.
    """

    def __init__(self, run: Run) -> None:
        self._lock = threading.Lock()
        self._frame: Frame | None = None
        self._frames = self._planned = 0
        self._observations: deque[Observation] = deque(maxlen=_MOST)
        self._entries: deque[Entry] = deque(maxlen=_MOST)
        run.framed.connect(self._on_frame)
        run.observed.connect(self._on_observation)
        run.decided.connect(self._on_decision)
        run.refused.connect(self._on_refusal)
        run.gapped.connect(self._on_gap)
        run.shadowed.connect(self._on_shadowed)
        run.noted.connect(self._on_note)

    def take(self) -> Batch:
        """Return what has come since the last call."""
        with self._lock:
            batch = Batch(
                self._frame,
                self._planned,
                self._frames,
                list(self._observations),
                list(self._entries),
            )
            self._frame, self._frames, self._planned = None, 0, 0
            self._observations.clear()
            self._entries.clear()
        return batch

    def _on_frame(self, frame: Frame) -> None:
        with self._lock:
            self._frame = frame
            self._frames += 1
            self._planned += frame.stream == WATCH

    def _on_observation(self, seen: Observation) -> None:
        with self._lock:
            self._observations.append(seen)

    def _on_decision(self, decision: Decision) -> None:
        if decision.actions:
            what = ", ".join(_told(each) for each in decision.actions)
            self._add(Entry("decision", decision.frame, what, decision.reason))

    def _on_refusal(self, refusal: Refusal) -> None:
        frame = -1 if refusal.action.frame is None else refusal.action.frame
        allowed = f"; allowed: {refusal.allowed}" if refusal.allowed else ""
        what = f"{_told(refusal.action)} refused by {refusal.guard}"
        self._add(Entry("refusal", frame, what, refusal.reason + allowed))

    def _on_gap(self, gap: Gap) -> None:
        self._add(Entry("gap", gap.index, "no frame", gap.reason))

    def _on_shadowed(self, shadowed: Shadowed) -> None:
        frame = -1 if shadowed.action.frame is None else shadowed.action.frame
        what = f"{_told(shadowed.action)}, not done (shadow)"
        self._add(Entry("shadowed", frame, what, shadowed.reason))

    def _on_note(self, kind: str, value: Any) -> None:
        if kind in ("failure", "detector", "interference", "listener", "safe"):
            text = value.get("text", "") if isinstance(value, dict) else str(value)
            if text:
                self._add(Entry("note", -1, kind, text))

    def _add(self, entry: Entry) -> None:
        with self._lock:
            self._entries.append(entry)


def _told(action: Action) -> str:
    if action.interval_s is not None:
        return f"an interval of {action.interval_s:g} s"
    if action.correction is not None:
        return "the plan corrected"
    return f"{action.label} of {len(action.events)}"
