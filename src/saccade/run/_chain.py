"""From a frame to decisions: detectors, monitors, policies; no hardware, no clock."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from saccade.core import (
    ARBITER,
    Answer,
    Apart,
    Closes,
    Decision,
    DetectorError,
    Due,
    End,
    Frame,
    Gap,
    Grid,
    Identity,
    IsolatedError,
    Learns,
    Observation,
    PolicyError,
    Refusal,
    Round,
    SaccadeError,
    UnseenError,
    Warms,
    check_needs,
)

from ._arbiter import Arbiter, Rights
from ._cameras import Cameras, check_camera
from ._claims import check_claims
from ._measure import measured_ms
from ._parts import Eye, Eyes, Look, Recalled, Rule, Rules, Start, linked_rules, name_of, named_eyes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from saccade.core import Monitor, Stand

    from ._parts import News

_UNKNOWN = "unknown"
"""Weights of a detector that has failed ever since the beginning."""


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
    declared : bool
        Whether a detector takes the time that it declares (see `Eye`), as in virtual time,
        rather than the time that it took.
    patient : bool
        Whether a frame waits for a detector that is being started again, as where time is
        not real.

    Raises
    ------
    ProtocolError
        If a rule listens to a detector that isn't there.
    """

    def __init__(
        self,
        detect: Eyes = None,
        decide: Rules = (),
        monitors: Sequence[Monitor] = (),
        *,
        declared: bool = False,
        patient: bool = False,
    ) -> None:
        self._eyes = named_eyes(detect)
        self._rules = linked_rules(decide, self._eyes)
        self._monitors = tuple(monitors)
        self._declared = declared
        self._measured_ms: dict[str, float] = {}
        self._weights: dict[str, str] = {}
        self._stand: Stand | None = None
        self._arbiter: Arbiter | None = None
        self._cameras = Cameras()
        self._patient = patient
        for eye in self._eyes.values():
            if isinstance(eye.detector, Apart):
                eye.detector.patient = patient

    def learn(self, stand: Stand) -> None:
        """Tell every part what microscope it works for.

        Parameters
        ----------
        stand : Stand
            The microscope.

        Raises
        ------
        NeedsError
            If it can't give what a detector needs.
        ConflictError
            If two policies would set the same thing of it.
        """
        self._stand, self._cameras = stand, Cameras(stand.cameras)
        for rule in self._rules:
            check_camera(f"The policy {rule.name!r}", rule.camera, stand)
        for name, eye in self._eyes.items():
            check_camera(f"The detector {name!r}", eye.camera, stand)
            check_needs(f"The detector {name!r}", eye.detector, stand, eye.channel)
        for _, part in self._parts():
            if isinstance(part, Learns):
                part.learn(stand)
        check_claims(self._rules, self._eyes, self._arbiter)  # some depend on the microscope

    def warm(self, blank: Frame) -> None:
        """Let every detector do beforehand what its first frame would wait for."""
        for name, eye in self._eyes.items():
            if isinstance(eye.detector, Warms):
                eye.detector.warm(blank)
            if self._declared and eye.takes_ms == "measured":
                self._measured_ms[name] = measured_ms(eye.detector, blank)

    def close(self) -> tuple[str, ...]:
        """Let every part let go of what it holds; return what there is to tell of it."""
        told: list[str] = []
        for name, part in self._parts():
            if isinstance(part, Closes):
                try:
                    part.close()
                except Exception as error:  # noqa: BLE001 - the others must be closed as well
                    told.append(f"{name!r} can't be closed: {error!r}.")
                told += _told(name, part)
        return tuple(told)

    def wants(self, stream: str) -> bool:
        """Return whether any policy wants to know of frames in this role."""
        if not self._rules:
            return stream == "watch"
        return any(rule.hears(stream) for rule in self._rules)

    def watches(self, camera: str) -> bool:
        """Return whether any detector looks at the pictures of a camera."""
        return any(self._cameras.looks(eye, camera) for eye in self._eyes.values())

    def hear(self, news: News, unseen: Sequence[str] = ()) -> Look:
        """Return what is made of a frame, a gap, a refusal, a round, or the start.

        Parameters
        ----------
        news : Start, Frame, Gap, Refusal, Round, Due, End or Answer
            A part that fails does not stop the others; the failure is in the result.
        unseen : sequence of str
            As in `look`.
        """
        match news:
            case Frame():
                return self.look(news, unseen)
            case Gap():
                return self.miss(news)
            case Refusal():
                return self.refuse(news)
            case Recalled():
                return self.recall(news)
            case Round():
                return self.round(news)
            case Start():
                return self.begin(news)
            case Due():
                return self.wake(news)
            case Answer():
                return self.answer(news)
            case End():
                return self._ask(self._rules, "ended", news, -1, news)

    def begin(self, start: Start) -> Look:
        """Ask the policies that can act before anything was seen."""
        rules = [rule for rule in self._rules if not (start.planned and rule.leads)]
        return self._ask(rules, "begin", start.t_ns, -1, start)

    @property
    def due_ns(self) -> int | None:
        """When the first policy wants to be woken, in monotonic ns; None if none does."""
        due = (getattr(rule.policy, "due_ns", None) for rule in self._rules)
        return min((each for each in due if each is not None), default=None)

    def wake(self, now: Due) -> Look:
        """Ask the policies whose time has come."""
        due = [(rule, getattr(rule.policy, "due_ns", None)) for rule in self._rules]
        rules = [rule for rule, at in due if at is not None and at <= now.t_ns]
        return self._ask(rules, "due", now, -1, now)

    def answer(self, answer: Answer) -> Look:
        """Tell the policy that has asked."""
        whose, _, number = answer.question.rpartition("/")
        rules = [rule for rule in self._rules if rule.name == whose]
        return self._ask(rules, "answered", replace(answer, question=number), -1, answer)

    @property
    def heeds_the_end(self) -> bool:
        """Whether any policy wants to know when the run ends."""
        return any(hasattr(rule.policy, "ended") for rule in self._rules)

    def look(self, frame: Frame, unseen: Sequence[str] = ()) -> Look:
        """Return what is seen in a frame and what is decided on it.

        Parameters
        ----------
        frame : Frame
            One that `wants` asked for. A part that fails does not stop the others: its
            observation is invalid, and the failure is in the result.
        unseen : sequence of str
            Where it is looked at again: for each observation of it then, why the detector had
            not looked. It does not look again, and begins anew as it had to do then.
        """
        observations: dict[str, Observation] = {}
        failures: list[SaccadeError] = []
        notes: list[str] = []
        reasons = iter(unseen)
        for name, eye in self._eyes_on(frame.channel, frame.camera):
            seen, failure = self._observe(name, eye, frame, next(reasons, ""))
            observations[name] = seen
            failures += [failure] if failure else []
            notes += _told(name, eye.detector)
            self._know(name, seen, silent=failure is not None or bool(seen.unseen))
        decisions, failed = self._decide_on(observations, frame.stream, frame.index)
        seen_all = tuple(observations.values())
        return Look(frame, seen_all, decisions, (*failures, *failed), tuple(notes))

    def recall(self, past: Recalled) -> Look:
        """Return what is decided on what was seen in a frame that is not there any more.

        Parameters
        ----------
        past : Recalled
            No detector looks again.
        """
        observations = self.named(past.observations)
        for name, seen in observations.items():
            self._know(name, seen, silent=seen.verdict == "invalid")
        decisions, failed = self._decide_on(observations, past.stream, past.index)
        return Look(past, tuple(observations.values()), decisions, failed)

    @property
    def detectors(self) -> tuple[str, ...]:
        """Names of the detectors."""
        return tuple(self._eyes)

    def named(self, observations: Sequence[Observation]) -> dict[str, Observation]:
        """Return the observations of one frame by the name of their detector.

        Parameters
        ----------
        observations : sequence of Observation
            In the order of a look.
        """
        first = observations[0] if observations else None
        eyes = [] if first is None else self._eyes_on(first.channel, first.camera)
        names = [name for name, _ in eyes]
        return dict(zip(names, observations, strict=False))

    def _eyes_on(self, channel: str | None, camera: str) -> list[tuple[str, Eye]]:
        """Return the detectors that look at a channel, by a camera, by name."""
        return [
            (name, eye)
            for name, eye in self._eyes.items()
            if eye.channel in (None, channel) and self._cameras.looks(eye, camera)
        ]

    def _hears(self, rule: Rule, stream: str, camera: str) -> bool:
        return rule.hears(stream) and self._cameras.hears(rule, self._eyes, camera)

    def _know(self, name: str, seen: Observation, *, silent: bool) -> None:
        """Keep in mind what weights a detector has, as far as it says."""
        # Whoever has never said what it is may be anything.
        known = self._weights.get(name, _UNKNOWN)
        self._weights[name] = known if silent else seen.detector.weights

    def _decide_on(
        self, observations: Mapping[str, Observation], stream: str, index: int
    ) -> tuple[tuple[Decision, ...], tuple[SaccadeError, ...]]:
        """Return what the policies make of what was seen in a frame."""
        decisions: list[Decision] = []
        failures: list[SaccadeError] = []
        for rule in self._rules:
            heard = observations.get(rule.on or "")
            if heard is not None and self._hears(rule, stream, heard.camera):
                decision, failure = self._decide(partial(rule.policy, heard), rule, index)
                decisions.append(decision)
                failures += [failure] if failure else []
        return tuple(decisions), tuple(failures)

    def miss(self, gap: Gap) -> Look:
        """Tell the policies that care of a frame that will not come."""
        rules = [rule for rule in self._rules if self._hears(rule, gap.stream, gap.camera)]
        return self._ask(rules, "missed", gap, gap.index, gap)

    def refuse(self, refusal: Refusal) -> Look:
        """Tell the policies that care of an action that was not let through.

        What lost to another policy's is the business of its own policy alone.
        """
        whose = refusal.action.policy if refusal.guard == ARBITER else ""
        rules = [rule for rule in self._rules if whose in ("", rule.name)]
        frame = -1 if refusal.action.frame is None else refusal.action.frame
        return self._ask(rules, "refused", refusal, frame, refusal)

    def rights(self, arbiter: Arbiter | None) -> Rights:
        """Return who may set what; raise if that is not clear.

        Parameters
        ----------
        arbiter : Arbiter or None
            Settles it where policies claim the same.

        Raises
        ------
        ConflictError
            If two policies would set the same thing, and the arbiter does not name both.
        ProtocolError
            If it names what is no policy.
        """
        if arbiter is not None:
            arbiter.check(self._rules)
        check_claims(self._rules, self._eyes, arbiter)
        self._arbiter = arbiter
        return Rights(self._rules, self._eyes, arbiter)

    @property
    def goes_round(self) -> bool:
        """Whether any policy wants to know when a round of the watch is over."""
        return any(hasattr(rule.policy, "rounded") for rule in self._rules)

    def round(self, over: Round) -> Look:
        """Tell the policies that care that a round of the watch is over."""
        return self._ask(self._rules, "rounded", over, over.frame, over)

    def _ask(self, rules: Sequence[Rule], hook: str, value: Any, frame: int, seen: News) -> Look:
        decisions: list[Decision] = []
        failures: list[SaccadeError] = []
        for rule in rules:
            ask = getattr(rule.policy, hook, None)
            if ask is not None:
                decision, failure = self._decide(partial(ask, value), rule, frame)
                decisions.append(decision)
                failures += [failure] if failure else []
        return Look(seen, (), tuple(decisions), tuple(failures))

    def _parts(self) -> Iterator[tuple[str, object]]:
        yield from ((name, eye.detector) for name, eye in self._eyes.items())
        yield from ((name_of(each), each) for each in self._monitors)
        yield from ((rule.name or "", rule.policy) for rule in self._rules)

    def _observe(
        self, name: str, eye: Eye, frame: Frame, unseen: str
    ) -> tuple[Observation, SaccadeError | None]:
        began_ns = time.perf_counter_ns()
        failure: SaccadeError | None = None
        elapsed_ms = None
        try:
            if unseen:
                self._begin_anew(name, eye)
                raise UnseenError(unseen)
            seen = _checked(eye.detector(frame))
            elapsed_ms = self._declared_ms(name, eye, frame) if self._declared else None
        except UnseenError as error:
            seen = Observation(0.0, detector=Identity(name), unseen=error.what)
        except Exception as error:  # noqa: BLE001 - a detector may fail in any way; acquisition goes on
            failure = _detector_error("Detector", name, frame, error)
            seen = Observation(0.0, detector=Identity(name))
        if elapsed_ms is None:
            elapsed_ms = 0.0 if self._declared else (time.perf_counter_ns() - began_ns) / 1e6
        seen = _completed(seen, frame, elapsed_ms)
        for monitor in self._monitors:
            try:
                seen = _checked(monitor(frame, seen))
            except Exception as error:  # noqa: BLE001 - as above
                failure = failure or _detector_error("Monitor", name_of(monitor), frame, error)
        invalid = failure is not None or bool(seen.unseen)
        return (replace(seen, verdict="invalid") if invalid else seen), failure

    def _begin_anew(self, name: str, eye: Eye) -> None:
        """Take a detector without memory in place of one that was lost."""
        fresh = getattr(eye.detector, "fresh", None)
        if fresh is None:
            return
        if isinstance(eye.detector, Closes):
            eye.detector.close()
        other = fresh()
        if isinstance(other, Learns) and self._stand is not None:
            other.learn(self._stand)
        self._eyes[name] = replace(eye, detector=other)

    def _declared_ms(self, name: str, eye: Eye, frame: Frame) -> float:
        measured_ms = self._measured_ms.get(name)
        return eye.declared_ms(frame) if measured_ms is None else measured_ms

    def _decide(
        self, choose: Callable[[], object], rule: Rule, frame: int
    ) -> tuple[Decision, SaccadeError | None]:
        began_ns = time.perf_counter_ns()
        try:
            decision = choose()
            if not isinstance(decision, Decision):
                raise TypeError(f"it returned {type(decision).__name__}, not a Decision")
        except Exception as error:  # noqa: BLE001 - a policy may fail in any way; acquisition goes on
            return _failed(rule.name or "", frame, error)
        whose = decision.policy or rule.name or ""
        question = decision.question
        if question is not None:
            question = replace(question, id=f"{whose}/{question.id}")
        return replace(
            decision,
            frame=frame if question is None or frame >= 0 else decision.frame,
            policy=whose,
            question=question,
            elapsed_ms=0.0 if self._declared else (time.perf_counter_ns() - began_ns) / 1e6,
            weights=self._weights.get(rule.on or "", ""),
        ), None


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
        grid=_grid(frame),
        camera=frame.camera,
    )


def _grid(frame: Frame) -> Grid:
    height, width = frame.pixels.shape
    roi = frame.roi or (0, 0, width, height)
    return Grid(roi, frame.sensor_px or (width, height), frame.pixel_size_um)


def _told(name: str, part: object) -> list[str]:
    # At every frame: isinstance() with an interface costs more than many a policy.
    tell = getattr(part, "told", None)
    return [] if tell is None else [f"{name!r}: {text}" for text in tell()]


def _detector_error(kind: str, name: str, frame: Frame, cause: Exception) -> DetectorError:
    apart = isinstance(cause, IsolatedError)
    failure = (IsolatedError if apart else DetectorError)(
        f"{kind} {name!r} failed on frame {frame.index}: {str(cause) if apart else repr(cause)}.",
        "The frame is kept and nothing is decided on it.",
    )
    failure.__cause__ = cause
    return failure


def _failed(policy: str, frame: int, error: Exception) -> tuple[Decision, SaccadeError]:
    where = f"on frame {frame}" if frame >= 0 else "before the first frame"
    what = f"Policy {policy!r} failed {where}: {error!r}."
    failure = PolicyError(what, "Nothing was decided.")
    failure.__cause__ = error
    actions = error.actions if isinstance(error, PolicyError) else ()
    return Decision(actions, "failed", str(failure), frame, policy=policy), failure
