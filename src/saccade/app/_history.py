"""Decide again from a run folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from saccade.core import DamagedRunError, UsageError, stand_from_plain
from saccade.run import Chain, history, replay
from saccade.store import RunFolder

from ._parts import build_parts
from ._told import told_action

if TYPE_CHECKING:
    from collections.abc import Mapping

    from saccade import run as runs
    from saccade.core import Frame
    from saccade.run import Difference, Replay

    from ._protocol import Protocol


_MISFITS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def replay_run(
    path: Path | str, *, detect: runs.Eyes = None, decide: runs.Rules | None = None
) -> Replay:
    """Decide again from the stored frames of a run, and compare.

    Parameters
    ----------
    path : path
        The run folder.
    detect, decide : optional
        Parts to use in place of the run's own; needed where these were code of a script.

    Raises
    ------
    FolderError
        If it is not a run folder.
    DamagedRunError
        If its files don't say what those of a run do.
    UsageError
        If another detector is to look at frames that were thinned out.
    ProtocolError
        If the run's parts can't be made from what it says of them.
    """
    folder = RunFolder(Path(path))
    try:
        return _replayed(folder, detect, decide)
    except _MISFITS as error:
        # What fails by itself has a name already; here, lines say what no run could.
        why = " ".join(f"{type(error).__name__}: {error}".split())
        raise DamagedRunError(f"{path} can't be decided again: {why}.") from error


@dataclass(frozen=True)
class WhatIf:
    """A frame that another protocol would have answered otherwise."""

    frame: int
    before: str
    """What was asked for then; empty for nothing."""
    now: str
    """What would have been asked for; empty for nothing."""
    reason: str
    """Of the other protocol."""

    def __str__(self) -> str:
        was = self.before or "nothing"
        return f"frame {self.frame}: {self.now or 'nothing'}, where it was {was}: {self.reason}"


def what_if(path: Path | str, protocol: Protocol) -> tuple[WhatIf, ...]:
    """Decide again with the detectors and policies of another protocol.

    What would have been decided first is certain; what would have come of it was never taken, so
    that later answers are what this protocol would have said to the frames that there are.

    Parameters
    ----------
    path : path
        The run folder.
    protocol : Protocol
        Whose ``detect`` and ``decide`` are tried.

    Raises
    ------
    FolderError, DamagedRunError
        As `replay_run`.
    """
    parts = build_parts(protocol.spec())
    found = replay_run(path, detect=dict(parts.eyes) or None, decide=parts.rules)
    frames: dict[int, list[Difference]] = {}
    for each in found.differences:
        if each.what == "decision":
            frames.setdefault(each.frame, []).append(each)
    told = (_what_if(frame, of) for frame, of in frames.items())
    return tuple(each for each in told if each.before != each.now)


def _what_if(frame: int, differences: list[Difference]) -> WhatIf:
    """Return what was asked for at a frame, and what would have been, by all policies."""
    before, now = (
        ", ".join(told_action(action) for each in of if each for action in each["actions"])
        for of in (
            [each.recorded for each in differences],
            [each.again for each in differences],
        )
    )
    reasons = [each.again["reason"] for each in differences if each.again]
    return WhatIf(frame, before, now, "; ".join(filter(None, reasons)) or "no such policy")


def _replayed(folder: RunFolder, detect: runs.Eyes, decide: runs.Rules | None) -> Replay:
    spec: Mapping[str, Any] = folder.run.get("parts", {})
    given = detect
    if detect is None:
        detect = dict(build_parts({"detect": spec.get("detect", {})}).eyes) or None
    if decide is None:
        decide = build_parts({"decide": spec.get("decide", ())}).rules
    frames = folder.frames()
    thinned = _thinned_looks(folder)
    if thinned and given is not None:
        raise UsageError(
            f"{thinned} frames that were looked at were thinned out, and not stored.",
            "Decide again without another detector: what was seen then is in the journal.",
        )

    def frame_of(index: int) -> Frame | None:
        if thinned:
            return None  # a detector that remembers must not miss some of them
        for frame in frames:
            if frame.index == index:
                return frame
        raise DamagedRunError(f"Frame {index} of {folder.path} was looked at, and is not there.")

    chain = Chain(detect, decide, patient=True)
    try:
        chain.learn(stand_from_plain(folder.run.get("stand", {"name": "unknown"})))
        lines = ((line.kind, line.value) for line in folder.lines())
        return replay(history(lines, frame_of), chain)
    finally:
        chain.close()


def _thinned_looks(folder: RunFolder) -> int:
    """Return how many frames were looked at that were thinned out afterwards."""
    looked: set[int] = set()
    thinned: set[int] = set()
    for line in folder.lines():
        if line.kind == "observation":
            looked.add(line.value["frame"])
        elif line.kind == "thinned":
            thinned.update(range(line.value["first"], line.value["last"] + 1))
    return len(looked & thinned)
