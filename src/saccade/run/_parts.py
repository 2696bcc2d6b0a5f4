"""What a chain is made of: detectors and what they look at, policies and whom they hear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from saccade.core import (
    Answer,
    Decision,
    Due,
    End,
    Frame,
    Gap,
    Identity,
    Observation,
    Policy,
    ProtocolError,
    Refusal,
    Round,
    SaccadeError,
    did_you_mean,
    is_number,
    require,
)

if TYPE_CHECKING:
    from saccade.core import Detector


@dataclass(frozen=True)
class Start:
    """The beginning of a run, before anything was seen."""

    t_ns: int = 0
    """Monotonic time."""
    planned: bool = False
    """Whether there is a plan, so that no policy needs to lead."""


@dataclass(frozen=True)
class Recalled:
    """A frame that was looked at and not stored: what was seen in it, as the journal has it."""

    index: int
    stream: str
    observations: tuple[Observation, ...]


News: TypeAlias = Start | Frame | Gap | Refusal | Round | Due | End | Recalled | Answer
"""What a chain can be told of."""


@dataclass(frozen=True)
class Eye:
    """A detector, and which frames it looks at.

    Parameters
    ----------
    detector : Detector
        Function from a frame to an observation.
    channel : str or None
        Only frames of this channel; None is all of them.
    camera : str or None
        Where several cameras expose together, whose pictures: a camera's name, or ``all``;
        None is the first.
    takes_ms : float, 'measured' or None
        How long it takes where time is virtual: so long; as long as its looks at a blank
        frame take beforehand; or what its own ``takes_ms`` says, a number or a function of
        the frame, else no time at all.

    Raises
    ------
    ProtocolError
        If it can't take so long.
    """

    detector: Detector
    channel: str | None = None
    takes_ms: float | Literal["measured"] | None = None
    camera: str | None = None

    def __post_init__(self) -> None:
        given = self.takes_ms
        ok = given is None or given == "measured" or (is_number(given) and given >= 0)
        must = "0 or more, or 'measured'"
        require(ok, "takes_ms", given, must, "Give the time of one look in milliseconds.")

    def declared_ms(self, frame: Frame) -> float:
        """Return how long a look takes in virtual time, if it was not measured."""
        if isinstance(self.takes_ms, (int, float)):
            return float(self.takes_ms)
        own = getattr(self.detector, "takes_ms", 0.0)
        return float(own(frame) if callable(own) else own)


@dataclass(frozen=True)
class Rule:
    """A policy, and the name of the detector that it listens to.

    Parameters
    ----------
    policy : Policy
        Function from an observation to a decision. Attributes say more: ``streams``, a set
        of the roles of frames that it hears (None is all, by default the watch); ``begin``,
        ``missed``, ``refused``, ``rounded``, ``due`` and ``ended``, which are called with the time
        before the first frame, with a gap, with a refusal, with the end of a time point of the
        watch, once the time ``due_ns`` has come that it asks for, and with the end of the run, and
        return a decision; ``answered``, called with the answer to a question that a decision of
        its own has asked; ``leads``, whether it begins only a run that has no plan (by default,
        if it hears all).
    on : str or None
        None is the first detector.
    name : str or None
        What its decisions say whose they are, and an arbiter calls it; by default its own.
    camera : str or None
        Where several cameras expose together, whose pictures it hears of: a camera's name, or
        ``all``; None is the one that its detector looks at, or else the first.

    Further attributes of a policy: ``claims``, what it sets for good (``pace``, ``xy``, ``z``,
    ``exposure``, or a property, ``Pump.State``), so that no other may set it as well.
    """

    policy: Policy
    on: str | None = None
    name: str | None = None
    camera: str | None = None

    def hears(self, stream: str) -> bool:
        """Return whether the policy wants to know of frames in this role."""
        streams = getattr(self.policy, "streams", frozenset({"watch"}))
        return streams is None or stream in streams

    @property
    def leads(self) -> bool:
        """Whether the policy begins only a run that has no plan."""
        everything = getattr(self.policy, "streams", "") is None
        return bool(getattr(self.policy, "leads", everything))


@dataclass(frozen=True)
class Look:
    """All that was made of one piece of news."""

    seen: News
    observations: tuple[Observation, ...] = ()
    decisions: tuple[Decision, ...] = ()
    failures: tuple[SaccadeError, ...] = field(default=(), compare=False)
    notes: tuple[str, ...] = field(default=(), compare=False)
    """What happened to detectors in processes of their own."""

    @property
    def takes_ns(self) -> int:
        """How long the detectors took, one after the other."""
        return round(sum(each.elapsed_ms for each in self.observations) * 1e6)


Eyes: TypeAlias = "Detector | Mapping[str, Detector | Eye] | None"
Rules: TypeAlias = "Policy | Rule | Sequence[Policy | Rule]"


def named_eyes(detect: Eyes) -> dict[str, Eye]:
    """Return detectors by name; without any, one that sees nothing.

    Parameters
    ----------
    detect : Eyes
        As `Chain` takes them.
    """
    if detect is None:
        detect = _blind
    if not isinstance(detect, Mapping):
        detect = {"detect": detect}
    return {name: eye if isinstance(eye, Eye) else Eye(eye) for name, eye in detect.items()}


def linked_rules(decide: Rules, eyes: Mapping[str, Eye]) -> tuple[Rule, ...]:
    """Return policies, each with the name of a detector that is there.

    Parameters
    ----------
    decide : Rules
        As `Chain` takes them.
    eyes : mapping of str to Eye
        The detectors; not empty.

    Raises
    ------
    ProtocolError
        If a rule listens to a detector that isn't there.
    """
    many = decide if isinstance(decide, Sequence) else (decide,)
    first = next(iter(eyes))
    rules = tuple(
        Rule(each.policy, each.on or first, each.name or name_of(each.policy), each.camera)
        for each in (rule if isinstance(rule, Rule) else Rule(rule) for rule in many)
    )
    for rule in rules:
        if rule.on not in eyes:
            raise ProtocolError(
                f"A policy listens to the detector {rule.on!r}, which isn't there.",
                did_you_mean(rule.on or "", eyes),
            )
    return rules


def name_of(part: object) -> str:
    """Return what a part calls itself.

    Parameters
    ----------
    part : object
        A detector, monitor or policy.
    """
    return str(getattr(part, "__name__", type(part).__name__))


def gap_of(frame: Frame, reason: str) -> Gap:
    """Return what policies hear of a frame that was taken but can't be looked at.

    Parameters
    ----------
    frame : Frame
        The one.
    reason : str
        Why not.
    """
    return Gap(
        frame.index,
        frame.stream,
        frame.event,
        reason,
        frame.retries,
        frame.t_ns,
        frame.exposures,
        frame.camera,
    )


def _blind(frame: Frame) -> Observation:  # noqa: ARG001 - the shape of a detector
    return Observation(0.0, detector=Identity("none"))
