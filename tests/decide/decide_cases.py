"""Observations for the tests of policies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from saccade.core import Observation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from saccade.core import Decision, Policy


def seen(score: float, frame: int = 0, t_s: float | None = None, **values: Any) -> Observation:
    """Return an observation; a frame a second unless said otherwise."""
    t_ns = round((frame if t_s is None else t_s) * 1e9)
    return Observation(score, frame=frame, t_ns=t_ns, **values)


def play(policy: Policy, scores: Sequence[float | None], **values: Any) -> list[Decision]:
    """Return the decision on each score, a frame a second; None is an invalid frame."""
    return [
        policy(
            seen(0.0, t, verdict="invalid", **values) if score is None else seen(score, t, **values)
        )
        for t, score in enumerate(scores)
    ]


def fired(policy: Policy, scores: Sequence[float | None], **values: Any) -> list[int]:
    """Return the frames at which a policy acted."""
    return [one.frame for one in play(policy, scores, **values) if one.actions]
