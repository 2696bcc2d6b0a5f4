"""What a run tells the world, as signals in the past tense."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psygnal import Signal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from psygnal import SignalInstance

_NAMES = {
    "frame": "framed",
    "gap": "gapped",
    "observation": "observed",
    "decision": "decided",
    "question": "asked",
    "action": "acted",
    "refusal": "refused",
    "shadowed": "shadowed",
    "state": "state_changed",
    "note": "noted",
    "verdict": "finished",
}


class Signals:
    """Signals of a run; outward only, and emitted in a thread of their own.

    Each carries the value that went to the journal; ``noted`` carries the kind and the value
    of every record that has no signal of its own, ``finished`` the verdict.
    """

    state_changed = Signal(object)
    framed = Signal(object)
    gapped = Signal(object)
    observed = Signal(object)
    decided = Signal(object)
    asked = Signal(object)
    acted = Signal(object)
    refused = Signal(object)
    shadowed = Signal(object)
    noted = Signal(str, object)
    finished = Signal(object)

    def _by_kind(self) -> Mapping[str, SignalInstance]:
        """Return the signal for each kind of record, ``note`` for those that have none."""
        return {kind: getattr(self, name) for kind, name in _NAMES.items()}
