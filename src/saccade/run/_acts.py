"""What can be said of an action by itself: whose it is, what it needs, whether it is too late."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from saccade.core import Action, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from useq import MDAEvent

    from saccade.core import Decision


def decided(action: Action, decision: Decision, **changes: Any) -> Action:
    """Return an action as one that rests on the decision's frame, and on what that rests on.

    So it can't pass as planned, nor as the answer to another detector.

    Parameters
    ----------
    action : Action
        As a policy made it.
    decision : Decision
        That it belongs to.
    **changes
        Other fields that are to be different; at once, because a copy costs.
    """
    frame = decision.frame if action.frame is None else action.frame
    whose = decision.policy
    return replace(action, frame=frame, weights=decision.weights, policy=whose, **changes)


def is_picture(event: MDAEvent) -> bool:
    """Return whether an event asks for a frame, rather than for focusing or a custom action."""
    return getattr(event.action, "type", "acquire_image") == "acquire_image"


def masked(events: Iterable[MDAEvent]) -> bool:
    """Return whether any of some events shows a mask."""
    return any(event.slm_image is not None for event in events)


def needs_setting(event: MDAEvent) -> bool:
    """Return whether it matters for an event where the stage stands, and in what light."""
    return getattr(event.action, "type", "acquire_image") != "custom"


def is_dark(action: Action) -> bool:
    """Return whether an action takes no picture, and lights nothing."""
    return not any(needs_setting(event) or event.slm_image for event in action.events)


def rests(action: Action) -> bool:
    """Return whether an action puts something to rest, in the dark."""
    return action.lets_go and bool(action.events) and is_dark(action)


def late(action: Action, now_ns: int) -> Refusal | None:
    """Return the refusal of an action that is no longer worth doing."""
    if action.expires_ns is None or now_ns <= action.expires_ns:
        return None
    late = f"{(now_ns - action.expires_ns) / 1e6:.1f} ms"
    return Refusal(action, "deadline", f"it came {late} late", f"the same, {late} earlier")


def problem(action: Action) -> str:
    """Return why an action can't be done by any microscope; empty if it can."""
    interval_s = action.interval_s
    if interval_s is not None and not 0.0 <= interval_s < math.inf:
        return f"an interval of {interval_s} s can't be kept"
    if action.events and action.label == "watch":
        return "the label 'watch' is the plan's own"
    return ""
