"""How a run ended, counted rather than claimed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from saccade.core import Verdict

if TYPE_CHECKING:
    from ._switch import Switch


_LATE_S = 0.1
"""Pictures that the disk kept from being taken for less are not late."""


@dataclass(frozen=True)
class Tally:
    """What was planned, and what became of it."""

    planned: int
    """Pictures that were ordered, or refused in the plan, less those withdrawn."""
    committed: int
    gaps: int
    refused: int
    done: bool
    """Whether nothing was left to do."""
    thinned: int = 0
    """Pictures that were taken and, as was asked for, not stored."""
    waited_s: float = 0.0
    """How long the disk has kept pictures from being taken."""

    @property
    def missing(self) -> int:
        """Number of pictures of which nobody knows."""
        return self.planned - self.committed - self.gaps - self.thinned


def judge(switch: Switch, tally: Tally) -> Verdict:
    """Return the verdict on a run.

    Parameters
    ----------
    switch : Switch
        Knows whether it was stopped, and why.
    tally : Tally
        Counted from what is on disk.
    """
    reason = switch.end_of_source
    stored = (tally.planned, tally.committed, tally.gaps, tally.refused)
    counts = (*stored, switch.by_guard, tally.thinned)
    if switch.error is not None:
        return Verdict("failed", str(switch.error) or repr(switch.error), *counts)
    if switch.stopping:
        return Verdict("stopped", switch.reason, *counts)
    if tally.missing:
        what = f"{tally.missing} frames are neither stored nor known as gaps"
        return Verdict("failed", what, *counts)
    if not tally.done and not reason:
        return Verdict("failed", "the microscope ended before the plan did", *counts)
    late = f"the disk made it wait for {tally.waited_s:.1f} s" if tally.waited_s >= _LATE_S else ""
    reason = "; ".join(each for each in (reason, late) if each)
    if tally.gaps:
        return Verdict("completed_with_gaps", reason, *counts)
    return Verdict("completed_late" if late else "completed", reason, *counts)
