"""Several policies that want the same: conflicts, who goes first, and what is broken off."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

import pytest
from run_cases import S, act_above, plan, play
from useq import CustomAction, MDAEvent

from saccade.core import Action, ConflictError, Correction, Decision, ProtocolError, plain
from saccade.decide import Burst, Drift, Expose, Focus, Pace, Stay, from_story, snap
from saccade.run import Arbiter, Chain, Eye, Rule, Run, history, in_turns, replay
from saccade.testing import FakeScope, MemorySink, StubDetector

if TYPE_CHECKING:
    from saccade.core import Observation, Refusal

BINNED = MDAEvent(properties=[("Camera", "Binning", "2")])
DIMS = Expose(9, light_mw=(0.1, 1.0))
FAST = (MDAEvent(exposure=1.0), MDAEvent(exposure=1.0, min_start_time=1.0))


@dataclass
class Corrects:
    """Sets what it is told to at given frames of the watch, and remembers what was refused."""

    at: dict[int, Action]
    claims: tuple[str, ...] = ("z",)
    heard: list[Refusal] = field(default_factory=list)
    streams: ClassVar[frozenset[str]] = frozenset({"watch"})

    def __call__(self, seen: Observation) -> Decision:
        action = self.at.get(seen.frame)
        return Decision((action,) if action else (), "told", "as told")

    def refused(self, refusal: Refusal) -> Decision:
        self.heard.append(refusal)
        return Decision((), "heard", refusal.reason)


def z(um: float, *, lets_go: bool = False) -> Action:
    """Return an action that corrects the height of the plan."""
    return Action(correction=Correction(z_um=um), label="z", lets_go=lets_go)


def pump(value: str) -> Action:
    """Return an action that sets a property, without a picture."""
    event = MDAEvent(action=CustomAction(name="set"), properties=[("Pump", "State", value)])
    return Action((event,), label="pump")


def rules(*policies: object, names: str = "ab") -> list[Rule]:
    return [Rule(each, name=name) for each, name in zip(policies, names, strict=False)]  # type: ignore[arg-type]


def refusals(sink: MemorySink) -> list[tuple[str, str]]:
    return [(one.action.policy, one.reason) for one in sink.of("refusal")]


# ------------------------------------------------------------------------------ conflicts


@pytest.mark.parametrize(
    ("policies", "what"),
    [
        pytest.param([Pace(10, 1), Pace(60, 5)], "pace", id="two paces"),
        pytest.param([Focus(60, 1), Focus(90, 1, label="f2")], "set z", id="two focuses"),
        pytest.param([Drift(), Drift(label="d2")], "set xy", id="two drifts"),
        pytest.param([DIMS, replace(DIMS, label="d2")], "set light", id="two powers"),
        pytest.param(
            [Corrects({}, ("Pump.State",)), Corrects({}, ("Pump.State",))],
            r"Pump\.State",
            id="one property",
        ),
        pytest.param(
            [Corrects({}, ("Pump.State",)), Burst(tuple(pump("1").events))],
            r"Pump\.State",
            id="a property in a burst",
        ),
        pytest.param(
            [Burst((BINNED, MDAEvent())), Burst((BINNED,), label="b")],
            r"Camera\.Binning",
            id="a property that not every picture of a burst asks for",
        ),
        pytest.param([Stay(FAST), Burst(FAST, label="stay")], "role 'stay'", id="one role"),
    ],
)
def test_two_policies_that_set_the_same_are_refused_before_anything_moves(policies, what) -> None:
    """The error tells who and what; the microscope was not even taken."""
    scope = FakeScope()
    with pytest.raises(ConflictError, match=what):
        Run(scope, plan(2), decide=rules(*policies), sink=MemorySink())
    assert scope.calls == []


@pytest.mark.parametrize(
    "policies",
    [
        pytest.param([Focus(60, 1), Drift(), Pace(10, 1)], id="each its own"),
        pytest.param([DIMS, Expose(9, exposure_ms=(1, 9), label="e")], id="power and exposure"),
        pytest.param([Burst(FAST), Burst(FAST)], id="two bursts take turns"),
        pytest.param(
            [Burst((BINNED,)), Burst((BINNED, BINNED), label="b")],
            id="each picture asks for its own binning",
        ),
        pytest.param([Stay(FAST), Stay(FAST, label="b")], id="two roles"),
        pytest.param([act_above(), act_above()], id="functions claim nothing"),
        pytest.param([Corrects({}, ("A.B",)), Corrects({}, ("A.C",))], id="two properties"),
    ],
)
def test_what_does_not_meet_is_no_conflict(policies) -> None:
    """Policies may run beside each other as long as each sets what is its own."""
    Run(FakeScope(), plan(2), decide=rules(*policies, names="abc"), sink=MemorySink())


def test_exposures_of_two_channels_do_not_meet() -> None:
    """What a detector of one channel leads to corrects that channel, and no other."""
    expose = Expose(of="signal", aim=100, exposure_ms=(1, 50))
    eyes = {name: Eye(StubDetector(), channel=name) for name in ("FITC", "DAPI")}
    eyes["any"] = Eye(StubDetector())

    def run_on(one: str, other: str) -> None:
        decide = [Rule(expose, one, "a"), Rule(expose.fresh(), other, "b")]
        Run(FakeScope(), plan(1), detect=eyes, decide=decide, sink=MemorySink())

    run_on("FITC", "DAPI")
    for other in ("FITC", "any"):
        with pytest.raises(ConflictError, match="exposure of FITC"):
            run_on("FITC", other)


def test_an_arbiter_that_names_both_settles_it() -> None:
    """The same two policies may run once it is said whose action counts."""
    decide = rules(Pace(10, 1), Pace(60, 5))
    Run(FakeScope(), plan(1), decide=decide, sink=MemorySink(), arbiter=Arbiter(["b", "a"]))
    with pytest.raises(ConflictError, match=r"order: \[a, b\]"):
        Run(FakeScope(), plan(1), decide=decide, sink=MemorySink(), arbiter=Arbiter(["b"]))


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        pytest.param({"order": []}, "order", id="nobody"),
        pytest.param({"order": ["a", "a"]}, "each once", id="twice"),
        pytest.param({"order": "ab"}, "list", id="a word"),
        pytest.param({"order": ["a"], "running": "kill"}, "pause, finish or break", id="running"),
        pytest.param({"order": ["a"], "lasts_s": 0}, "lasts_s", id="no time"),
    ],
)
def test_a_wrong_arbiter_is_named(settings, what) -> None:
    """A setting that can't be used is an error where it is made."""
    with pytest.raises(ProtocolError, match=what):
        Arbiter(**settings)


def test_an_arbiter_names_policies_that_are_there_once() -> None:
    """A wrong name gets a hint, a name that two have is no name."""
    twice = [Rule(act_above(), name="a"), Rule(act_above(), name="a")]
    for names, what in ((["focus"], "Did you mean 'Focus'"), (["a"], "which 2 policies are")):
        decide = [Focus(60, 1), *twice]
        with pytest.raises(ProtocolError, match=what):
            Run(FakeScope(), [], decide=decide, sink=MemorySink(), arbiter=Arbiter(names))


def test_bursts_of_which_neither_goes_first_are_told() -> None:
    """Nobody is refused for taking turns, but a check says that the turns are not stated."""
    alike = rules(Burst(FAST), Burst(FAST))
    (told,) = in_turns(alike)
    assert "'a' and 'b'" in told
    assert in_turns(rules(Burst(FAST), Burst(FAST, priority=11))) == ()
    assert in_turns(rules(Burst(FAST), Burst(FAST, share=True))) == ()
    assert in_turns(alike, Arbiter(["a", "b"])) == ()


# ------------------------------------------------------- what is set for good: who goes first


def test_the_first_keeps_what_it_has_set() -> None:
    """A night with two that hold the focus: the one behind acts until the first has, then not."""
    first = Corrects({2: z(5.0)})
    behind = Corrects({0: z(1.0), 3: z(9.0)})
    ran = play(
        plan(6, z_pos=100.0), decide=rules(first, behind), arbiter=Arbiter(["a", "b"], lasts_s=60)
    )
    assert [frame.z_um for frame in ran.sink.frames] == [100, 101, 101, 105, 105, 105]
    assert refusals(ran.sink) == [
        ("b", "a goes first, and took z over"),
        ("b", "a goes first, and holds z"),
    ]
    assert [one.guard for one in behind.heard] == ["arbiter", "arbiter"]
    assert first.heard == []
    assert ran.verdict.name == "completed"


@pytest.mark.parametrize(
    ("acts", "lasts_s", "heights"),
    [
        pytest.param({0: z(5.0, lets_go=True)}, None, [0, 5, 9], id="it let go"),
        pytest.param({0: z(5.0)}, 0.5, [0, 5, 9], id="it lasted for so long"),
        pytest.param({0: z(5.0)}, None, [0, 5, 5], id="for the run"),
    ],
)
def test_the_second_has_its_turn_when_the_first_lets_go(acts, lasts_s, heights) -> None:
    """What was set is another's again once it is let go, or its time is over."""
    behind = Corrects({1: z(9.0)})
    arbiter = Arbiter(["a", "b"], lasts_s=lasts_s)
    ran = play(plan(3, z_pos=0.0), decide=rules(Corrects(acts), behind), arbiter=arbiter)
    assert [frame.z_um for frame in ran.sink.frames] == heights


def test_two_paces_in_order() -> None:
    """The fast pace of the first goes before that of the second, which has its turn afterwards."""
    one, other = StubDetector([0, 1, 0, 0, 0, 0, 0]), StubDetector([1, 1, 1, 1, 0, 0, 0])
    ran = play(
        plan(7, 10.0),
        detect={"one": one, "other": other},
        decide=[Rule(Pace(10, 1), "one", "a"), Rule(Pace(10, 4), "other", "b")],
        arbiter=Arbiter(["a", "b"]),
    )
    asked = [frame.times.asked // S for frame in ran.sink.frames]
    assert [after - before for before, after in pairwise(asked)] == [
        *[4, 1, 4, 4, 10, 10],
    ]
    assert {reason for _, reason in refusals(ran.sink)} == {"a goes first, and took pace over"}


def test_what_was_lost_replays() -> None:
    """Who lost is in the journal, so that only its policy hears of it again."""
    eyes = {"one": StubDetector([0, 1, 0, 0]), "other": StubDetector([1, 1, 1, 0])}

    def policies() -> list[Rule]:
        return [Rule(Pace(10, 1), "one", "a"), Rule(Pace(10, 4), "other", "b")]

    arbiter = Arbiter(["a", "b"])
    ran = play(plan(6, 10.0), detect=eyes, decide=policies(), arbiter=arbiter)
    lost = [line["refusal"] for line in ran.sink.of("heard") if "refusal" in line]
    assert {refusal.action.policy for refusal in lost} == {"b"}
    frames = {frame.index: frame for frame in ran.sink.frames}
    lines = [(each.kind, plain(each.value)) for each in ran.sink.records if each.kind != "frame"]
    again = replay(history(lines, frames.__getitem__), Chain(eyes, policies()))
    assert again.same, again.differences


def test_a_story_can_not_set_what_another_has_claimed() -> None:
    """What is claimed is kept, also from those that have not said what they set."""

    def tell(first: Observation):
        yield z(50.0)
        yield snap()

    story = from_story(tell)
    ran = play(plan(2, z_pos=0.0), decide=[Corrects({0: z(2.0)}), story])
    assert [f.z_um for f in ran.sink.frames if f.stream == "watch"] == [0, 2]
    assert "z is claimed by Corrects, and no arbiter names both" in refusals(ran.sink)[0][1]


# --------------------------------------------------- turns at the microscope: pre-emption


def three() -> tuple[MDAEvent, ...]:
    return tuple(MDAEvent(min_start_time=10.0 * t, exposure=1.0) for t in range(3))


@dataclass
class AsksFor:
    """Asks for three frames, ten seconds apart, at given frames of any role."""

    label: str
    at: tuple[int, ...]
    heard: list[str] = field(default_factory=list)
    streams: ClassVar[None] = None
    leads: ClassVar[bool] = False

    def __call__(self, seen: Observation) -> Decision:
        action = Action(three(), label=self.label, priority=10)
        return Decision((action,) if seen.frame in self.at else (), "asks", "as told")

    def refused(self, refusal: Refusal) -> Decision:
        self.heard.append(refusal.reason)
        return Decision((), "heard", refusal.reason)


@pytest.mark.parametrize(
    ("running", "streams"),
    [
        pytest.param("pause", "w l f f f l l w", id="it pauses, and goes on"),
        pytest.param("finish", "w l l l f f f w", id="it is finished first"),
        pytest.param("break", "w l f f f w", id="it is broken off"),
    ],
)
def test_what_becomes_of_an_answer_when_one_that_goes_first_comes(running, streams) -> None:
    """A calcium movie is under way when a division begins: what then is said beforehand."""
    late, first = AsksFor("l", (0,)), AsksFor("f", (1,))
    ran = play(
        plan(2, 100.0),
        decide=rules(late, first, names="lf"),
        arbiter=Arbiter(["f", "l"], running=running),
    )
    assert " ".join(frame.stream[0] for frame in ran.sink.frames) == streams
    broken = ["broken off for f, which goes first, after 1 of 3 events"]
    assert late.heard == (broken if running == "break" else [])
    assert [reason for _, reason in refusals(ran.sink)] == late.heard
    assert first.heard == []
    assert (ran.verdict.name, ran.verdict.gaps) == ("completed", 0)


def test_the_second_never_breaks_off_the_first() -> None:
    """What comes behind waits, whatever its priority."""
    first, late = AsksFor("f", (0,)), AsksFor("l", (1,))
    ran = play(
        plan(1), decide=rules(first, late, names="fl"), arbiter=Arbiter(["f", "l"], running="break")
    )
    assert "".join(frame.stream[0] for frame in ran.sink.frames) == "wffflll"
    assert refusals(ran.sink) == []


def test_what_has_not_begun_waits_rather_than_breaks() -> None:
    """Only what is under way is broken off; what waits for its turn keeps it."""
    both = AsksFor("f", (0,)), AsksFor("l", (0,))
    ran = play(
        plan(1), decide=rules(*both, names="fl"), arbiter=Arbiter(["f", "l"], running="break")
    )
    assert "".join(frame.stream[0] for frame in ran.sink.frames) == "wffflll"
