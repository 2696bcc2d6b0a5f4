"""The action of a burst: what policies that ask for one have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from saccade.core import Action

from ._settings import check_events, check_label, check_seconds, check_whole

if TYPE_CHECKING:
    from useq import MDAEvent

    from saccade.core import Observation


class Asks(Protocol):
    """A policy with the settings of a burst."""

    @property
    def label(self) -> str:
        """Role of the frames that come of it."""

    @property
    def priority(self) -> int:
        """Higher goes first."""

    @property
    def triggered(self) -> bool:
        """Whether it is one hardware-timed sequence."""

    @property
    def share(self) -> bool:
        """Whether the plan goes on in the pauses between its frames."""

    @property
    def expires_s(self) -> float | None:
        """Time after the frame at which it is no longer worth starting."""


def check_burst(owner: str, policy: Asks, do: object) -> tuple[MDAEvent, ...]:
    """Return the events of a burst; raise a `ProtocolError` if it can't be asked for.

    Parameters
    ----------
    owner : str
        Name of the policy, for messages.
    policy : Asks
        Its settings.
    do : object
        What it was given to acquire.
    """
    check_whole(f"{owner}.priority", policy.priority)
    if policy.expires_s is not None:
        check_seconds(f"{owner}.expires_s", policy.expires_s)
    check_label(owner, policy.label)
    return check_events(f"{owner}.do", do)


def burst_on(seen: Observation, events: tuple[MDAEvent, ...], policy: Asks) -> Action:
    """Return the action that acquires events because of what was seen.

    Parameters
    ----------
    seen : Observation
        What it rests on.
    events : tuple of useq.MDAEvent
        What to acquire.
    policy : Asks
        Who asks.
    """
    expires_s = policy.expires_s
    return Action(
        events,
        label=policy.label,
        priority=policy.priority,
        expires_ns=None if expires_s is None else seen.t_ns + round(expires_s * 1e9),
        triggered=policy.triggered,
        share=policy.share,
        frame=seen.frame,
        t_ns=seen.t_ns,
    )
