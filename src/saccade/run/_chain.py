"""From a frame to decisions: detectors, monitors, policies; no hardware, no clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from saccade.core import (
    Decision,
    DetectorError,
    Frame,
    Gap,
    Identity,
    Learns,
    Observation,
    Policy,
    PolicyError,
    ProtocolError,
    SaccadeError,
    Warms,
    did_you_mean,
)

if TYPE_CHECKING:
    from saccade.core import Detector, Monitor, Refusal, Stand


@dataclass(frozen=True)
class Eye:
    """A detector, and which frames it looks at.

    Parameters
    ----------
    detector : Detector
        Function from a frame to an observation.
    channel : str or None
        Only frames of this channel; None is all of them.
    """

    detector: Detector
    channel: str | None = None


@dataclass(frozen=True)
class Rule:
    """A policy, and the name of the detector that it listens to.

    Parameters
    ----------
    policy : Policy
        Function from an observation to a decision.
    on : str or None
        None is the first detector.
    """

    policy: Policy
    on: str | None = None


@dataclass(frozen=True)
class Look:
    """All that was made of one frame, gap or refusal."""

    seen: Frame | Gap | None
    observations: tuple[Observation, ...] = ()
    decisions: tuple[Decision, ...] = ()
    failures: tuple[SaccadeError, ...] = field(default=(), compare=False)


Eyes: TypeAlias = "Detector | Mapping[str, Detector | Eye] | None"
Rules: TypeAlias = "Policy | Rule | Sequence[Policy | Rule]"


class Chain:
    """Detectors, monitors and policies in a row.

    Parameters
    ----------
    detect : Detector, or mapping of names to Detector or Eye, or None
        Without one, every frame is observed with score 0.
    decide : Policy, Rule, or a sequence of these
        Each hears one detector.
    monitors : sequence of Monitor
        Each may change the verdict of an observation.

    Raises
    ------
    ProtocolError
        If a rule listens to a detector that isn't there.
    """

    def __init__(self, detect: Eyes, decide: Rules = (), monitors: Sequence[Monitor] = ()) -> None:
        self._eyes = _named_eyes(detect)
        self._rules = _rules(decide, self._eyes)
        self._monitors = tuple(monitors)

    def learn(self, stand: Stand) -> None:
        """Tell every part what microscope it works for."""
        parts = [eye.detector for eye in self._eyes.values()]
        for part in (*parts, *self._monitors, *(rule.policy for rule in self._rules)):
            if isinstance(part, Learns):
                part.learn(stand)

    def warm(self, blank: Frame) -> None:
        """Let every detector do beforehand what its first frame would wait for."""
        for eye in self._eyes.values():
            if isinstance(eye.detector, Warms):
                eye.detector.warm(blank)

    def wants(self, stream: str) -> bool:
        """Return whether any policy wants to know of frames in this role."""
        if not self._rules:
            return stream == "watch"
        return any(_hears(rule.policy, stream) for rule in self._rules)

    def begin(self, t_ns: int) -> tuple[Decision, ...]:
        """Ask the policies that can act before anything was seen."""
        begins = (getattr(rule.policy, "begin", None) for rule in self._rules)
        return tuple(begin(t_ns) for begin in begins if begin is not None)

    def look(self, frame: Frame) -> Look:
        """Return what is seen in a frame and what is decided on it.

        Parameters
        ----------
        frame : Frame
            One that `wants` asked for. A part that fails does not stop the others: its
            observation is invalid, and the failure is in the result.
        """
        observations: dict[str, Observation] = {}
        failures: list[SaccadeError] = []
        for name, eye in self._eyes.items():
            if eye.channel is None or eye.channel == frame.channel:
                observations[name], failure = self._observe(name, eye.detector, frame)
                failures += [failure] if failure else []
        decisions = []
        for rule in self._rules:
            heard = observations.get(rule.on or "")
            if heard is not None and _hears(rule.policy, frame.stream):
                decision, failure = _decide(rule.policy, heard)
                decisions.append(decision)
                failures += [failure] if failure else []
        return Look(frame, tuple(observations.values()), tuple(decisions), tuple(failures))

    def miss(self, gap: Gap) -> Look:
        """Tell the policies that care of a frame that will not come."""
        decisions, failures = self._ask_hooks("missed", gap, gap.index, gap.stream)
        return Look(gap, (), decisions, failures)

    def refuse(self, refusal: Refusal) -> Look:
        """Tell the policies that care of an action that was not let through."""
        frame = -1 if refusal.action.frame is None else refusal.action.frame
        decisions, failures = self._ask_hooks("refused", refusal, frame, refusal.action.label)
        return Look(None, (), decisions, failures)

    def _ask_hooks(
        self, hook: str, value: Gap | Refusal, frame: int, stream: str
    ) -> tuple[tuple[Decision, ...], tuple[SaccadeError, ...]]:
        decisions: list[Decision] = []
        failures: list[SaccadeError] = []
        for rule in self._rules:
            ask = getattr(rule.policy, hook, None)
            if ask is not None and _hears(rule.policy, stream):
                decision, failure = _guarded(partial(ask, value), rule.policy, frame)
                decisions.append(decision)
                failures += [failure] if failure else []
        return tuple(decisions), tuple(failures)

    def _observe(
        self, name: str, detector: Detector, frame: Frame
    ) -> tuple[Observation, SaccadeError | None]:
        began_ns = time.perf_counter_ns()
        failure = None
        try:
            seen = detector(frame)
            if not isinstance(seen, Observation):
                raise TypeError(f"it returned {type(seen).__name__}, not an Observation")
            if not 0.0 <= seen.score <= 1.0:
                raise ValueError(f"its score {seen.score} is not within 0 to 1")
        except Exception as error:  # noqa: BLE001 - a detector may fail in any way; acquisition goes on
            failure = DetectorError(
                f"Detector {name!r} failed on frame {frame.index}: {error!r}.",
                "The frame is kept and nothing is decided on it.",
            )
            failure.__cause__ = error
            seen = Observation(0.0, verdict="invalid", detector=Identity(name))
        seen = self._complete(seen, frame, (time.perf_counter_ns() - began_ns) / 1e6)
        for monitor in self._monitors:
            seen = monitor(frame, seen)
        return seen, failure

    @staticmethod
    def _complete(seen: Observation, frame: Frame, elapsed_ms: float) -> Observation:
        return replace(
            seen,
            elapsed_ms=elapsed_ms,
            frame=frame.index,
            stream=frame.stream,
            position=int(frame.event.index.get("p", 0)),
            tile=int(frame.event.index.get("g", 0)),
            channel=frame.channel,
            t_ns=frame.t_ns,
            at_um=(frame.x_um, frame.y_um, frame.z_um),
        )


def _hears(policy: Policy, stream: str) -> bool:
    streams = getattr(policy, "streams", frozenset({"watch"}))
    return streams is None or stream in streams


def _decide(policy: Policy, seen: Observation) -> tuple[Decision, SaccadeError | None]:
    return _guarded(partial(policy, seen), policy, seen.frame)


def _guarded(
    choose: Callable[[], Decision], policy: Policy, frame: int
) -> tuple[Decision, SaccadeError | None]:
    name = getattr(policy, "__name__", type(policy).__name__)
    began_ns = time.perf_counter_ns()
    try:
        decision = choose()
        if not isinstance(decision, Decision):
            raise TypeError(f"it returned {type(decision).__name__}, not a Decision")
    except Exception as error:  # noqa: BLE001 - a policy may fail in any way; acquisition goes on
        failure = PolicyError(
            f"Policy {name!r} failed on frame {frame}: {error!r}.", "Nothing was decided."
        )
        failure.__cause__ = error
        return Decision((), "failed", str(failure), frame, policy=name), failure
    elapsed_ms = (time.perf_counter_ns() - began_ns) / 1e6
    decision = replace(decision, frame=frame, policy=decision.policy or name, elapsed_ms=elapsed_ms)
    return decision, None


def _blind(frame: Frame) -> Observation:  # noqa: ARG001 - the shape of a detector
    return Observation(0.0, detector=Identity("none"))


def _named_eyes(detect: Eyes) -> dict[str, Eye]:
    if detect is None:
        detect = _blind
    if not isinstance(detect, Mapping):
        detect = {"detect": detect}
    return {name: eye if isinstance(eye, Eye) else Eye(eye) for name, eye in detect.items()}


def _rules(decide: Rules, eyes: Mapping[str, Eye]) -> tuple[Rule, ...]:
    many = decide if isinstance(decide, Sequence) else (decide,)
    first = next(iter(eyes))
    rules = tuple(
        Rule(rule.policy, rule.on or first) if isinstance(rule, Rule) else Rule(rule, first)
        for rule in many
    )
    for rule in rules:
        if rule.on not in eyes:
            raise ProtocolError(
                f"A policy listens to the detector {rule.on!r}, which isn't there.",
                did_you_mean(rule.on or "", eyes),
            )
    return rules
