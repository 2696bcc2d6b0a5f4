"""What a shadowed run would have done, counted and told."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from ._console import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from saccade.app import Run
    from saccade.core import Shadowed


class ShadowTally:
    """Actions that were decided and not done; filled by a run's signal.

    Parameters
    ----------
    run : Run
        Before it starts.
    """

    def __init__(self, run: Run) -> None:
        self._actions = self._frames = self._refused = 0
        self._dose_j_per_cm2: float | None = 0.0
        self._lock = threading.Lock()
        run.shadowed.connect(self._add)

    def summary(self) -> dict[str, Any]:
        """Return what it has counted, as plain data.

        Returns
        -------
        dict
            ``actions`` in all; of these, how many guards would have ``refused``; ``frames``
            and ``dose_j_per_cm2`` of the others, the dose None if that of any is not known.
        """
        with self._lock:
            return {
                "actions": self._actions,
                "refused": self._refused,
                "frames": self._frames,
                "dose_j_per_cm2": self._dose_j_per_cm2,
            }

    def _add(self, shadowed: Shadowed) -> None:
        with self._lock:
            self._actions += 1
            if shadowed.guard:
                self._refused += 1
                return
            self._frames += shadowed.frames
            known = self._dose_j_per_cm2 is not None and shadowed.dose_j_per_cm2 is not None
            more = shadowed.dose_j_per_cm2 if known else None
            self._dose_j_per_cm2 = None if more is None else (self._dose_j_per_cm2 or 0.0) + more


def told_shadow(summary: Mapping[str, Any]) -> str:
    """Return what a `ShadowTally` has counted, in a sentence.

    Parameters
    ----------
    summary : mapping
        As `ShadowTally.summary` returns it.
    """
    refused = f", {summary['refused']} would have been refused" if summary["refused"] else ""
    frames, dose = summary["frames"], _light(summary["dose_j_per_cm2"])
    return (
        f"shadow: {summary['actions']} actions decided and not done{refused}; "
        f"they would have taken {frames} frames, {dose}"
    )


def say_shadowed(shadowed: Shadowed) -> None:
    """Say of one action that it was not done, and what it would have taken."""
    if shadowed.guard:
        say(f"shadow: {shadowed.guard} would have refused it: {shadowed.reason}")
        return
    light = _light(shadowed.dose_j_per_cm2)
    say(f"shadow: not done; it would have taken {shadowed.frames} frames, {light}")


def _light(dose_j_per_cm2: float | None) -> str:
    return "light unknown" if dose_j_per_cm2 is None else f"{dose_j_per_cm2:.3g} J/cm²"
