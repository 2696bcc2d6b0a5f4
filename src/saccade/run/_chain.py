"""From a frame to decisions: detectors, monitors, policies; no hardware, no clock."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from saccade.core import (
    Decision,
    DetectorError,
    Frame,
    Gap,
    Identity,
    Learns,
    Observation,
    PolicyError,
    Refusal,
    SaccadeError,
    Warms,
)

from ._parts import Eyes, Look, Rule, Rules, Start, linked_rules, named_eyes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from saccade.core import Detector, Monitor, Policy, Stand

    from ._parts import News


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

    def __init__(
        self, detect: Eyes = None, decide: Rules = (), monitors: Sequence[Monitor] = ()
    ) -> None:
        self._eyes = named_eyes(detect)
        self._rules = linked_rules(decide, self._eyes)
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
        return any(rule.hears(stream) for rule in self._rules)

    def hear(self, news: News) -> Look:
        """Return what is made of a frame, a gap, a refusal, or the start.

        Parameters
        ----------
        news : Start, Frame, Gap or Refusal
            A part that fails does not stop the others; the failure is in the result.
        """
        match news:
            case Frame():
                return self.look(news)
            case Gap():
                return self.miss(news)
            case Refusal():
                return self.refuse(news)
            case Start():
                return self.begin(news)

    def begin(self, start: Start) -> Look:
        """Ask the policies that can act before anything was seen."""
        rules = [rule for rule in self._rules if not (start.planned and rule.leads)]
        return self._ask(rules, "begin", start.t_ns, -1, start)

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
            if heard is not None and rule.hears(frame.stream):
                decision, failure = _decide(partial(rule.policy, heard), rule.policy, frame.index)
                decisions.append(decision)
                failures += [failure] if failure else []
        return Look(frame, tuple(observations.values()), tuple(decisions), tuple(failures))

    def miss(self, gap: Gap) -> Look:
        """Tell the policies that care of a frame that will not come."""
        rules = [rule for rule in self._rules if rule.hears(gap.stream)]
        return self._ask(rules, "missed", gap, gap.index, gap)

    def refuse(self, refusal: Refusal) -> Look:
        """Tell the policies that care of an action that was not let through."""
        frame = -1 if refusal.action.frame is None else refusal.action.frame
        return self._ask(self._rules, "refused", refusal, frame, refusal)

    def _ask(self, rules: Sequence[Rule], hook: str, value: Any, frame: int, seen: News) -> Look:
        decisions: list[Decision] = []
        failures: list[SaccadeError] = []
        for rule in rules:
            ask = getattr(rule.policy, hook, None)
            if ask is not None:
                decision, failure = _decide(partial(ask, value), rule.policy, frame)
                decisions.append(decision)
                failures += [failure] if failure else []
        return Look(seen, (), tuple(decisions), tuple(failures))

    def _observe(
        self, name: str, detector: Detector, frame: Frame
    ) -> tuple[Observation, SaccadeError | None]:
        began_ns = time.perf_counter_ns()
        failure: SaccadeError | None = None
        try:
            seen = _checked(detector(frame))
        except Exception as error:  # noqa: BLE001 - a detector may fail in any way; acquisition goes on
            failure = _detector_error("Detector", name, frame, error)
            seen = Observation(0.0, detector=Identity(name))
        seen = _completed(seen, frame, (time.perf_counter_ns() - began_ns) / 1e6)
        for monitor in self._monitors:
            try:
                seen = _checked(monitor(frame, seen))
            except Exception as error:  # noqa: BLE001 - as above
                failure = failure or _detector_error("Monitor", _name(monitor), frame, error)
        return (replace(seen, verdict="invalid") if failure else seen), failure


def _checked(seen: object) -> Observation:
    if not isinstance(seen, Observation):
        raise TypeError(f"it returned {type(seen).__name__}, not an Observation")
    if not 0.0 <= seen.score <= 1.0:
        raise ValueError(f"its score {seen.score} is not within 0 to 1")
    return seen


def _completed(seen: Observation, frame: Frame, elapsed_ms: float) -> Observation:
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


def _detector_error(kind: str, name: str, frame: Frame, cause: Exception) -> DetectorError:
    failure = DetectorError(
        f"{kind} {name!r} failed on frame {frame.index}: {cause!r}.",
        "The frame is kept and nothing is decided on it.",
    )
    failure.__cause__ = cause
    return failure


def _decide(
    choose: Callable[[], object], policy: Policy, frame: int
) -> tuple[Decision, SaccadeError | None]:
    name = _name(policy)
    began_ns = time.perf_counter_ns()
    try:
        decision = choose()
        if not isinstance(decision, Decision):
            raise TypeError(f"it returned {type(decision).__name__}, not a Decision")
    except Exception as error:  # noqa: BLE001 - a policy may fail in any way; acquisition goes on
        where = f"on frame {frame}" if frame >= 0 else "before the first frame"
        failure = PolicyError(f"Policy {name!r} failed {where}: {error!r}.", "Nothing was decided.")
        failure.__cause__ = error
        return Decision((), "failed", str(failure), frame, policy=name), failure
    elapsed_ms = (time.perf_counter_ns() - began_ns) / 1e6
    decision = replace(decision, frame=frame, policy=decision.policy or name, elapsed_ms=elapsed_ms)
    return decision, None


def _name(part: object) -> str:
    return str(getattr(part, "__name__", type(part).__name__))
