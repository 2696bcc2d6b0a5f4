"""Lines of the table: what happened, at which frame, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from saccade.app import told_action

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["decision", "refusal", "gap", "shadowed", "shift", "note", "what if"]
TOLD = ("decision", "refusal", "gap", "shadowed", "shift")
"""Kinds of records that are told of."""
NOTES = ("failure", "detector", "interference", "listener", "safe", "armed", "question")
"""Kinds of other records that are, if they have something to say."""


@dataclass(frozen=True)
class Entry:
    """One line."""

    kind: Kind
    frame: int
    """-1 where there is none."""
    what: str
    """Empty where a policy has decided to do nothing."""
    reason: str
    policy: str = ""
    """Whose decision it is, or was refused."""
    rung: str = ""
    """How far the run is trusted from here on, where that has changed."""


def entry_of(kind: str, value: Any) -> Entry | None:
    """Return what a record of the journal says to a person, if it has something to say.

    A decision to do nothing says why; it is for those only who ask about its frame.

    Parameters
    ----------
    kind : str
        Of the record.
    value : mapping
        As `saccade.core.plain` makes it, and the journal holds it.
    """
    if not isinstance(value, dict):
        return None
    match kind:
        case "decision":
            what = ", ".join(told_action(each) for each in value["actions"])
            return Entry("decision", value["frame"], what, value["reason"], value.get("policy", ""))
        case "refusal":
            allowed = f"; allowed: {value['allowed']}" if value.get("allowed") else ""
            what = f"{told_action(value['action'])} refused by {value['guard']}"
            reason = value["reason"] + allowed
            return Entry("refusal", _frame(value), what, reason, _policy(value))
        case "gap":
            return Entry("gap", value["index"], "no frame", value["reason"])
        case "shadowed":
            what = f"{told_action(value['action'])}, not done (shadow)"
            return Entry("shadowed", _frame(value), what, value["reason"], _policy(value))
        case "shift":
            what = f"{value['now']}, was {value['was']}"
            reason = f"{value['guard']}: {value['cause']}"
            return Entry("shift", value.get("frame", -1), what, reason, rung=value["now"])
        case _ if kind in NOTES and value.get("text"):
            return Entry("note", -1, kind, value["text"])
    return None


def _policy(value: Mapping[str, Any]) -> str:
    return str(value["action"].get("policy", ""))


def _frame(value: Mapping[str, Any]) -> int:
    frame = value["action"].get("frame")
    return -1 if frame is None else int(frame)
