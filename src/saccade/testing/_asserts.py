"""Assertions about policies and guards that say what came instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from saccade.core import Action, Identity, Observation, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from saccade.core import Decision, Guard, Policy


def observations_of(
    scores: Iterable[float], interval_s: float = 1.0, **known: Any
) -> tuple[Observation, ...]:
    """Return observations of a watch, one for each score.

    Parameters
    ----------
    scores : iterable of float
        From 0 to 1.
    interval_s : float
        Time from one frame to the next.
    **known
        Further fields that all have in common, such as ``verdict`` or ``position``.

    Examples
    --------
    >>> [(seen.frame, seen.t_ns) for seen in observations_of([0.1, 0.2], interval_s=2)]
    [(0, 0), (1, 2000000000)]
    """
    return tuple(
        Observation(
            score,
            detector=Identity("stub", "1"),
            frame=index,
            t_ns=round(index * interval_s * 1e9),
            **known,
        )
        for index, score in enumerate(scores)
    )


def decisions_of(
    policy: Policy, scores: Iterable[float], interval_s: float = 1.0, **known: Any
) -> tuple[Decision, ...]:
    """Return what a policy decides on these scores, one after the other.

    Parameters
    ----------
    policy : Policy
        A fresh one.
    scores, interval_s, **known
        As in `observations_of`.

    Examples
    --------
    >>> from saccade.core import Decision
    >>> [decision.rule for decision in decisions_of(lambda seen: Decision(rule="look"), [0.5])]
    ['look']
    """
    return tuple(policy(seen) for seen in observations_of(scores, interval_s, **known))


def assert_decides(
    policy: Policy,
    scores: Sequence[float],
    expected: Sequence[bool | str],
    interval_s: float = 1.0,
    **known: Any,
) -> None:
    """Assert what a policy decides on these scores.

    Parameters
    ----------
    policy : Policy
        A fresh one.
    scores, interval_s, **known
        As in `observations_of`.
    expected : sequence of bool or str
        For each score whether it acts; or the rule by which it decides.

    Raises
    ------
    AssertionError
        With every score, and what came and what should have come.

    Examples
    --------
    >>> from saccade.core import Action, Decision
    >>> def above_half(seen):
    ...     return Decision((Action(),) if seen.score > 0.5 else ())
    >>> assert_decides(above_half, [0.2, 0.8], [False, True])
    """
    decisions = decisions_of(policy, scores, interval_s, **known)
    came = [
        decision.rule if isinstance(what, str) else bool(decision.actions)
        for decision, what in zip(decisions, expected, strict=True)
    ]
    if came != list(expected):
        rows = zip(scores, expected, came, decisions, strict=True)
        table = "\n".join(
            f"{'  ' if want == got else '! '}score {score:g}: expected {want!r}, came {got!r}"
            f" ({decision.rule}: {decision.reason})"
            for score, want, got, decision in rows
        )
        raise AssertionError(f"The policy decided otherwise:\n{table}")


def assert_lets_through(guard: Guard, action: Action) -> Action:
    """Assert that a guard lets an action through, and return what it made of it.

    Parameters
    ----------
    guard : Guard
        Its ledger, if it has one, is left as it is.
    action : Action
        What is intended.

    Raises
    ------
    AssertionError
        With the reason of the refusal.

    Examples
    --------
    >>> from saccade.core import Action
    >>> assert_lets_through(lambda action: action, Action(label="burst")).label
    'burst'
    """
    answer = guard(action)
    if isinstance(answer, Refusal):
        raise AssertionError(f"{answer.guard} refused {action.label!r}: {answer.reason}")
    return answer


def assert_refuses(guard: Guard, action: Action, reason: str = "") -> Refusal:
    """Assert that a guard refuses an action, and return the refusal.

    Parameters
    ----------
    guard : Guard
        Its ledger, if it has one, is left as it is.
    action : Action
        What is intended.
    reason : str
        What the reason must contain.

    Raises
    ------
    AssertionError
        If the action passes, or is refused for another reason.

    Examples
    --------
    >>> from saccade.core import Action, Refusal
    >>> refusal = assert_refuses(lambda action: Refusal(action, "Wall", "never"), Action())
    >>> refusal.guard
    'Wall'
    """
    answer = guard(action)
    if not isinstance(answer, Refusal):
        raise AssertionError(f"{action.label!r} was let through.")
    if reason not in answer.reason:
        raise AssertionError(f"It was refused for another reason: {answer.reason}")
    return answer
