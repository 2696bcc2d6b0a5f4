"""What policies claim: the actuators that each sets for good, and where two would meet."""

from __future__ import annotations

from itertools import combinations, islice
from typing import TYPE_CHECKING, NamedTuple

from saccade.core import ConflictError

from ._acts import is_picture

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from useq import MDAEvent

    from saccade.core import Action, Correction

    from ._arbiter import Arbiter
    from ._parts import Eye, Rule

_BY_CHANNEL = ("exposure", "light")
_MOST_EVENTS = 10_000
"""Of a policy's own plan that are looked through for properties."""


class Actuator(NamedTuple):
    """Something that stays as it was set last, so that two who set it undo each other.

    Attributes
    ----------
    what : str
        ``pace`` (the interval of the watch), ``xy``, ``z``, ``exposure``, ``light``, ``mask`` or
        ``region`` (how its events are corrected), or a property, as in ``Pump.State``.
    channel : str or None
        Whose exposure, light, mask or region; None is that of every channel.
    each : bool
        Whether each picture asks for it anew, as for an objective or a binning: nobody who does so
        as well is undone.
    """

    what: str
    channel: str | None = None
    each: bool = False

    def meets(self, other: Actuator) -> bool:
        """Return whether both are, in part at least, the same, and would undo each other."""
        of_all = self.channel is None or other.channel is None
        same = self.what == other.what and (of_all or self.channel == other.channel)
        return same and not (self.each and other.each)

    def __str__(self) -> str:
        return self.what if self.channel is None else f"{self.what} of {self.channel}"


def used_by(action: Action) -> tuple[Actuator, ...]:
    """Return what an action sets for good.

    Parameters
    ----------
    action : Action
        Where it takes pictures is no part of it: that is a matter of turns, not of claims.
    """
    pace = () if action.interval_s is None else (Actuator("pace"),)
    correction = () if action.correction is None else _corrected(action.correction)
    return tuple(dict.fromkeys((*pace, *correction, *_properties(action.events))))


def claimed_by(rule: Rule, eye: Eye) -> tuple[Actuator, ...]:
    """Return what a policy says that it sets, and what properties its own plan names.

    Parameters
    ----------
    rule : Rule
        Its policy may have an attribute ``claims``, words as in `Actuator`.
    eye : Eye
        That it listens to: of one that looks at a single channel follow corrections of this.
    """
    words: Iterable[str] = getattr(rule.policy, "claims", ())
    said = (Actuator(word, eye.channel if word in _BY_CHANNEL else None) for word in words)
    plan: Iterable[MDAEvent] = getattr(rule.policy, "plans", getattr(rule.policy, "do", ()))
    return tuple(dict.fromkeys((*said, *_properties(islice(plan, _MOST_EVENTS)))))


def check_claims(
    rules: Sequence[Rule], eyes: Mapping[str, Eye], arbiter: Arbiter | None = None
) -> None:
    """Raise if two policies would set the same thing, and nothing says whose action counts.

    Parameters
    ----------
    rules : sequence of Rule
        The policies of a run, each with the name of a detector.
    eyes : mapping of str to Eye
        The detectors.
    arbiter : Arbiter, optional
        Settles what both policies of a pair are named in.

    Raises
    ------
    ConflictError
        With what they would set, and what to do.
    """
    order = () if arbiter is None else arbiter.order
    claims = [claimed_by(rule, eyes[rule.on or ""]) for rule in rules]
    for (one, ones), (other, others) in combinations(zip(rules, claims, strict=True), 2):
        _check_role(one, other)
        met = next((mine for mine in ones for its in others if mine.meets(its)), None)
        if met is not None and not {one.name, other.name} <= set(order):
            raise ConflictError(
                f"{_both(one, other)} both set {met}, and would undo each other.",
                "Say in an arbiter whose action counts, "
                f"arbiter: {{order: [{one.name}, {other.name}]}}, or leave one out."
                + _naming(one, other),
            )


def in_turns(rules: Sequence[Rule], arbiter: Arbiter | None = None) -> tuple[str, ...]:
    """Return which policies may want to take pictures at once, and nothing says who goes first.

    Parameters
    ----------
    rules : sequence of Rule
        The policies of a run.
    arbiter : Arbiter, optional
        Says it for those that it names.
    """
    order = () if arbiter is None else arbiter.order
    taking = [rule for rule in rules if _takes_turns(rule)]
    return tuple(
        f"{_both(one, other)} may want the microscope at the same time: the first to ask goes "
        "first. A priority, or an arbiter, says it otherwise."
        for one, other in combinations(taking, 2)
        if one.policy.priority == other.policy.priority  # type: ignore[attr-defined]
        and not {one.name, other.name} <= set(order)
    )


def _takes_turns(rule: Rule) -> bool:
    policy = rule.policy
    alone = getattr(policy, "share", True) is False
    return alone and hasattr(policy, "priority") and hasattr(policy, "do")


def _check_role(one: Rule, other: Rule) -> None:
    if one.name == other.name and all(hasattr(each.policy, "answered") for each in (one, other)):
        raise ConflictError(
            f"{_both(one, other)} both ask a person, and would hear the answers to each other.",
            "Give each a name of its own, name: ...",
        )
    label = getattr(one.policy, "label", None)
    if label is None or label != getattr(other.policy, "label", None):
        return
    if one.hears(label) or other.hears(label):
        raise ConflictError(
            f"{_both(one, other)} both take frames in the role {label!r}, and would take those "
            "of the other for their own.",
            "Give each a label of its own.",
        )


def _both(one: Rule, other: Rule) -> str:
    if one.name == other.name:
        return f"Two policies {one.name!r}"
    return f"The policies {one.name!r} and {other.name!r}"


def _naming(one: Rule, other: Rule) -> str:
    return " Give them names first, name: ..." if one.name == other.name else ""


def _corrected(correction: Correction) -> Iterator[Actuator]:
    if correction.x_um is not None or correction.y_um is not None:
        yield Actuator("xy")
    if correction.z_um is not None:
        yield Actuator("z")
    if correction.exposure_times is not None:
        yield Actuator("exposure", correction.channel)
    if correction.light_times is not None:
        yield Actuator("light", correction.channel)
    if correction.mask is not None:
        yield Actuator("mask", correction.channel)
    if correction.region is not None:
        yield Actuator("region", correction.channel)


def _properties(events: Iterable[MDAEvent]) -> Iterator[Actuator]:
    asked = [(event, {each[:2] for each in event.properties or ()}) for event in events]
    pictures = [named for event, named in asked if is_picture(event)]
    for _, named in asked:
        for place in sorted(named):
            in_each = bool(pictures) and all(place in each for each in pictures)
            yield Actuator(".".join(place), each=in_each)
