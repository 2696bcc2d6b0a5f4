"""Change a condition: any property of a device, set when something happens, and set back."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Self

from useq import CustomAction, MDAEvent

from saccade.core import Action, Decision, NeedsError, PolicyKind, did_you_mean, is_number, require

from ._burst import Burst
from ._settings import check_above_zero, check_label, check_seconds, check_thresholds, check_whole

if TYPE_CHECKING:
    from saccade.core import Due, End, Gap, Observation, Refusal, Stand

_AGAIN_NS = 10_000_000_000
"""Time after which what could not be set back is tried again."""


@dataclass
class _Memory:
    on: bool = False
    """Whether it may be set."""
    due_ns: int | None = None
    """When it is to be set, or set back."""
    begun: bool = False
    """Whether the watch has begun."""
    times: int = 0
    """How often it was set."""
    frame: int = -1
    """Index of the frame that it rests on."""


@dataclass(frozen=True, eq=False)
class Switch:
    """Sets a property when the score has risen, or at a time, and sets it back; event-driven.

    It sets it when the score was at or above ``above`` for ``dwell`` consecutive frames of a
    place, as `Burst` does, or ``at_s`` after the first frame of the watch. It sets it back
    ``lasts_s`` later, and in any case when the run ends, whatever ends it. The microscope
    reads back what it has set. What could not be set is not counted as set; what could not
    be set back is tried again every ten seconds. A hold leaves it as it is.

    The profile must declare the property, or properties at all, as modifiable. A property that a
    channel's preset sets as well is no condition: the next picture in that channel would change it.

    Parameters
    ----------
    sets : str
        ``Device.Property``, as ``Pump.State``.
    to : str, int or float
        What it is set to.
    back : str, int or float
        What it is at rest, and set back to.
    above, below : float
        Thresholds for the score, from 0 to 1: the first sets it, the second re-arms.
    dwell : int
        Number of consecutive frames.
    at_s : float, optional
        In place of a score: time from the first frame of the watch.
    lasts_s : float, optional
        Time until it is set back; by default the rest of the run.
    refractory_s : float
        Shortest time from one setting to the next, at one stage position.
    most : int
        How often it is set at most.
    priority : int
        Higher goes first.
    label : str
        What the action is called.

    Raises
    ------
    ProtocolError
        If a setting can't be used.
    """

    kind: ClassVar[PolicyKind] = "event-driven"

    sets: str
    to: str | int | float
    back: str | int | float
    _: KW_ONLY
    above: float = 0.8
    below: float = 0.3
    dwell: int = 1
    at_s: float | None = None
    lasts_s: float | None = None
    refractory_s: float = 0.0
    most: int = 1
    priority: int = 30
    label: str = "switch"
    _judge: Burst = field(init=False, repr=False)
    _memory: _Memory = field(default_factory=_Memory, init=False, repr=False)

    def __post_init__(self) -> None:
        words = self.sets.partition(".") if isinstance(self.sets, str) else ("",)
        do = "Name a device of the microscope and a property of it, as in Pump.State."
        require(all(words), "Switch.sets", self.sets, "Device.Property", do)
        for setting, value in (("to", self.to), ("back", self.back)):
            ok = is_number(value) or (isinstance(value, str) and bool(value))
            do = "Give it as the device spells it."
            require(ok, f"Switch.{setting}", value, "a text or a number", do)
        do = "Say what it is at rest, and what it is to be."
        require(self.to != self.back, "Switch.to", self.to, "another value than 'back'", do)
        check_whole("Switch.most", self.most, least=1)
        check_whole("Switch.priority", self.priority)
        check_label("Switch", self.label)
        if self.at_s is not None:
            check_seconds("Switch.at_s", self.at_s)
        if self.lasts_s is not None:
            check_above_zero("Switch.lasts_s", self.lasts_s, "Give a time in seconds.")
        check_thresholds("Switch", self.above, self.below)
        check_whole("Switch.dwell", self.dwell, least=1)
        check_seconds("Switch.refractory_s", self.refractory_s)
        judge = Burst(
            (MDAEvent(),),
            above=self.above,
            below=self.below,
            dwell=self.dwell,
            refractory_s=self.refractory_s,
        )
        object.__setattr__(self, "_judge", judge)

    @property
    def streams(self) -> frozenset[str]:
        """Roles of what it hears: the watch, and that its own setting was not made."""
        return frozenset({"watch", self.label})

    @property
    def claims(self) -> tuple[str, ...]:
        """What it sets for good."""
        return (self.sets,)

    @property
    def due_ns(self) -> int | None:
        """When it is to be set, or set back, in monotonic ns."""
        return self._memory.due_ns

    def learn(self, stand: Stand) -> None:
        """Make sure that the property may be set.

        Parameters
        ----------
        stand : Stand
            The microscope.

        Raises
        ------
        NeedsError
            If there is no such device, channels set the property as well, or the profile does not
            let it be changed.
        """
        device = self.sets.partition(".")[0]
        devices = stand.details.get("devices")
        if devices is not None and device not in devices:
            raise NeedsError(
                f"Switch sets {self.sets!r}, but {stand.name!r} has no device {device!r}.",
                did_you_mean(device, devices),
            )
        if self.sets in stand.details.get("preset_properties", ()):
            raise NeedsError(
                f"Switch sets {self.sets!r}, which the channels of {stand.name!r} set as well.",
                "Choose a channel for it, or a property that is in none of their presets.",
            )
        allowed = stand.modifiable
        if allowed is not None and not {"properties", self.sets} & set(allowed):
            raise NeedsError(
                f"Switch can't be used on {stand.name!r}: {self.sets} may not be changed there.",
                f"List {self.sets} as modifiable in the scope profile, or leave Switch out.",
            )

    def __call__(self, seen: Observation) -> Decision:
        """Return the setting, or why there is none.

        Parameters
        ----------
        seen : Observation
            What was seen in one frame of the watch.
        """
        memory = self._memory
        if seen.stream != "watch":
            return Decision((), "idle", "no frame of the watch", seen.frame)
        if self.at_s is not None:
            return self._begin(seen, self.at_s)
        judged = self._judge(seen)
        if memory.on:
            return Decision((), "on", f"{self.sets} is {self.to} already", seen.frame)
        if not judged.actions:
            return judged
        if memory.times >= self.most:
            return Decision((), "enough", f"it was set {memory.times} times", seen.frame)
        return self._set(seen.frame, seen.t_ns, judged.reason)

    def due(self, now: Due) -> Decision:
        """Set it, or set it back, as its time has come."""
        memory = self._memory
        memory.due_ns = None
        if memory.on:
            return self._set_back(now.t_ns, "its time is over")
        return self._set(memory.frame, now.t_ns, f"{self.at_s:g} s after the first frame")

    def missed(self, gap: Gap) -> Decision:
        """Learn that the microscope does not read back what was to be set."""
        if gap.stream != self.label or gap.index >= 0:
            return Decision((), "idle", "the gap is not its own", gap.index)
        if self._sets_back(gap.event):
            return self._again(gap.t_ns, gap.reason)
        self._memory.times -= 1
        return self._set_back(gap.t_ns, f"it may not be {self.to}: {gap.reason}")

    def refused(self, refusal: Refusal) -> Decision:
        """Learn that a guard has not let a setting through."""
        action = refusal.action
        if action.planned or action.label != self.label:
            return Decision((), "idle", "the refusal is not of its own")
        why = f"{refusal.guard}: {refusal.reason}"
        if self._sets_back(action.events[0]):
            return self._again(action.t_ns, why)
        memory = self._memory
        memory.on, memory.due_ns, memory.times = False, None, memory.times - 1
        return Decision((), "refused", why, memory.frame)

    def ended(self, end: End) -> Decision:
        """Set it back, as the run is at its end."""
        if not self._memory.on:
            return Decision((), "idle", f"{self.sets} is at rest")
        return self._set_back(end.t_ns, end.reason or "the plan is at its end")

    def fresh(self) -> Self:
        """Return a policy with the same settings and no memory."""
        return replace(self)

    def _begin(self, seen: Observation, at_s: float) -> Decision:
        memory = self._memory
        if memory.begun:
            rule, why = ("on", f"it is {self.to}") if memory.on else ("waits", "not yet, or over")
            return Decision((), rule, why, seen.frame)
        memory.begun, memory.frame = True, seen.frame
        memory.due_ns = seen.t_ns + round(at_s * 1e9)
        return Decision((), "waits", f"it is set in {at_s:g} s", seen.frame)

    def _set(self, frame: int, t_ns: int, why: str) -> Decision:
        memory = self._memory
        memory.on, memory.frame, memory.times = True, frame, memory.times + 1
        if self.lasts_s is not None:
            memory.due_ns = t_ns + round(self.lasts_s * 1e9)
        reason = f"{why}: {self.sets} is to be {self.to}"
        return Decision((self._action(self.to, t_ns),), "sets", reason, frame)

    def _set_back(self, t_ns: int, why: str) -> Decision:
        memory = self._memory
        memory.on, memory.due_ns = False, None
        reason = f"{why}: {self.sets} is to be {self.back} again"
        return Decision((self._action(self.back, t_ns),), "sets back", reason, memory.frame)

    def _again(self, t_ns: int, why: str) -> Decision:
        """Try to set it back once more, later."""
        self._memory.on, self._memory.due_ns = True, t_ns + _AGAIN_NS
        reason = f"{self.sets} may not be {self.back}: {why}; again in {_AGAIN_NS / 1e9:g} s"
        return Decision((), "not back", reason, self._memory.frame)

    def _action(self, value: str | float, t_ns: int) -> Action:
        device, _, name = self.sets.partition(".")
        event = MDAEvent(action=CustomAction(name="switch"), properties=[(device, name, value)])
        return Action(
            (event,),
            label=self.label,
            priority=self.priority,
            frame=self._memory.frame,
            t_ns=t_ns,
            lets_go=value == self.back,
        )

    def _sets_back(self, event: MDAEvent) -> bool:
        return any(value == self.back for *_, value in event.properties or ())
