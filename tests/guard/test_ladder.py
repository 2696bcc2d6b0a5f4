"""Ladder: decisions do less and less, the more speaks against them."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from guard_cases import decided, passes, planned, why_not, wrong
from hypothesis import given
from hypothesis import strategies as st

from saccade.core import Hears, Identity, Observation, Refusal, Shift
from saccade.guard import Ladder

RUNGS = ["full", "guarded", "classical", "fixed-rate", "stop"]
CLASSICAL = Identity("spots", "1")
LEARNED = Identity("network", "1", "sha256:1234")


def seen(frame: int = 3, t_s: float = 0.0, *, ok: bool = True, **values) -> Observation:
    """Return what a classical detector saw."""
    known = {"score": 0.9, "detector": CLASSICAL, "verdict": "trusted" if ok else "doubtful"}
    return Observation(**{**known, **values}, frame=frame, t_ns=round(t_s * 1e9))


def refusal(t_s: float = 0.0, guard: str = "Rate") -> Refusal:
    return Refusal(decided(t_s=t_s), guard, "too many", "fewer")


def on(rung: str, **settings) -> Ladder:
    """Return a ladder that has fallen to a rung, at 0 s."""
    guard = Ladder(alarms=1, of=1, **settings)
    while guard.rung != rung:
        shift = guard.hear(seen(ok=False))
        assert shift is not None
    return guard


LEARNED_ACTION = decided(weights="sha256:1234")


@pytest.mark.parametrize(
    ("rung", "classical", "learned", "plan"),
    [
        pytest.param("full", True, True, True, id="full"),
        pytest.param("guarded", True, False, True, id="guarded"),
        pytest.param("classical", True, False, True, id="classical"),
        pytest.param("fixed-rate", False, False, True, id="fixed-rate"),
        pytest.param("stop", False, False, False, id="stop"),
    ],
)
def test_each_rung_lets_less_through(rung: str, classical: bool, learned: bool, plan: bool) -> None:
    """Learned decisions go first, then all decisions, then the plan itself."""
    guard = on(rung)
    assert isinstance(guard, Hears)
    assert passes(guard, decided()) is classical
    assert passes(guard, LEARNED_ACTION) is learned
    assert passes(guard, planned()) is plan


CAUSE = "since 1 of the last 1 observations were not trusted"


@pytest.mark.parametrize(
    ("rung", "action", "allowed"),
    [
        pytest.param(
            "guarded",
            LEARNED_ACTION,
            "actions on a frame that a classical detector scores 0.5 or more in",
            id="guarded",
        ),
        pytest.param(
            "classical",
            LEARNED_ACTION,
            "actions that rest on a classical detector",
            id="classical",
        ),
        pytest.param("fixed-rate", decided(), "planned events", id="fixed-rate"),
        pytest.param("stop", planned(), "nothing, the run is stopped", id="stop"),
    ],
)
def test_a_refusal_says_why_and_what_may_act(rung: str, action, allowed: str) -> None:
    """A refusal names the rung, what led there, and what is let through."""
    reason = f"{action.label!r} may not act on the rung {rung!r}, {CAUSE}"
    assert why_not(on(rung), action) == (reason, allowed)


def test_a_rung_that_was_chosen_has_no_cause() -> None:
    """Where the operator began further down, a refusal tells the rung alone."""
    assert why_not(Ladder(top="classical"), LEARNED_ACTION) == (
        "'burst' may not act on the rung 'classical'",
        "actions that rest on a classical detector",
    )


@pytest.mark.parametrize(
    ("heard", "agrees"),
    [
        pytest.param([seen(3)], True, id="the same frame"),
        pytest.param([seen(2)], False, id="another frame"),
        pytest.param([seen(3), seen(4)], False, id="no longer the newest"),
        pytest.param([seen(3, score=0.5)], True, id="just enough"),
        pytest.param([seen(3, score=0.49)], False, id="not enough"),
        pytest.param([seen(3, score=math.nan)], False, id="NaN"),
        pytest.param([seen(3, ok=False)], False, id="not trusted"),
        pytest.param([seen(3, detector=LEARNED)], False, id="another learned one"),
        pytest.param([seen(3), seen(3, score=0.0)], True, id="one of several"),
        pytest.param([seen(3, score=0.0), seen(3)], True, id="one of several, later"),
        pytest.param([seen(3), seen(3, detector=LEARNED, score=0.0)], True, id="and a learned one"),
        pytest.param([seen(3, score=0.0)], False, id="it saw nothing"),
    ],
)
def test_on_guarded_a_classical_detector_must_agree(heard: list, agrees: bool) -> None:
    """A learned decision needs a trusted classical score in the frame that it rests on."""
    guard = Ladder(top="guarded")
    for each in heard:
        assert guard.hear(each) is None
    assert passes(guard, LEARNED_ACTION) is agrees
    assert passes(guard, decided())


def test_how_much_agreement_is_a_setting() -> None:
    """The score at which a classical detector agrees can be set."""
    guard = Ladder(top="guarded", agree=0.95)
    guard.hear(seen(3, score=0.9))
    assert not passes(guard, LEARNED_ACTION)
    guard.hear(seen(3, score=0.95))
    assert passes(guard, LEARNED_ACTION)


def test_classical_and_below_ask_for_no_agreement() -> None:
    """What a learned detector decides does not act on the classical rung, agreed or not."""
    guard = on("classical")
    guard.hear(seen(3))
    assert not passes(guard, LEARNED_ACTION)


@pytest.mark.parametrize(
    ("lowest", "rungs"),
    [
        pytest.param("stop", ["guarded", "classical", "fixed-rate"], id="not to stop"),
        pytest.param("fixed-rate", ["guarded", "classical", "fixed-rate"], id="as low as it may"),
        pytest.param("guarded", ["guarded"], id="no lower than it may"),
    ],
)
def test_frames_that_nobody_saw_do_not_stop_a_run(lowest: str, rungs: list[str]) -> None:
    """A detector whose process is lost costs the decisions, and leaves the plan its pace."""
    guard = Ladder(alarms=1, of=1, lowest=lowest)
    unseen = seen(verdict="invalid", unseen="it was ended by SIGKILL")
    shifts = [shift for _ in range(9) if (shift := guard.hear(unseen)) is not None]
    assert [shift.now for shift in shifts] == rungs
    assert not any(shift.stop for shift in shifts)


def test_what_was_seen_and_is_not_trusted_still_stops_a_run() -> None:
    """Only the observation that tips the scales counts: one that was seen leads to stop."""
    guard = on("fixed-rate")
    assert guard.hear(seen(verdict="invalid", unseen="it hung up")) is None
    shift = guard.hear(seen(ok=False))
    assert shift is not None
    assert (shift.now, shift.stop) == ("stop", True)


def test_observations_that_are_not_trusted_are_a_fall() -> None:
    """3 of the last 5 are too many; which, and when, is told, and counting begins anew."""
    guard = Ladder()
    verdicts = "doubtful", "trusted", "invalid", "trusted", "trusted", "trusted", "doubtful"
    for frame, verdict in enumerate(verdicts):
        assert guard.hear(seen(frame, frame, verdict=verdict)) is None
    assert guard.hear(seen(7, 7, verdict="invalid")) is None
    assert guard.hear(seen(8, 8, verdict="invalid")) == Shift(
        guard="Ladder",
        was="full",
        now="guarded",
        cause="3 of the last 5 observations were not trusted",
        t_ns=8_000_000_000,
        own_pace=True,
        stop=False,
        frame=8,
    )
    assert guard.rung == "guarded"
    assert guard.hear(seen(9, 9, verdict="invalid")) is None
    assert guard.hear(seen(10, 10, verdict="invalid")) is None
    shift = guard.hear(seen(11, 11, verdict="invalid"))
    assert shift is not None
    assert (shift.was, shift.now) == ("guarded", "classical")
    assert shift.cause == "3 of the last 3 observations were not trusted"


def test_refusals_are_a_fall() -> None:
    """5 refusals of decided actions within 60 s are too many; the last is told."""
    guard = Ladder()
    for t_s in (0, 1, 20, 30):
        assert guard.hear(refusal(t_s)) is None
    assert guard.hear(refusal(60)) is None
    assert guard.hear(refusal(61)) is None
    assert guard.hear(refusal(62)) == Shift(
        "Ladder",
        "full",
        "guarded",
        "5 actions were refused within 60 s, the last by Rate: too many",
        62_000_000_000,
        own_pace=True,
        frame=3,
    )
    assert [guard.hear(refusal(t_s)) for t_s in (63, 64, 65, 66)] == [None] * 4
    assert guard.hear(refusal(67)) is not None


def test_as_many_and_as_fast_as_was_set() -> None:
    """The number of refusals, and the time within which they count, are settings."""
    guard = Ladder(refusals=2, within_s=10)
    assert [guard.hear(refusal(t_s)) is None for t_s in (0, 10, 20)] == [True] * 3
    assert guard.hear(refusal(29.9)) is not None
    assert Ladder(refusals=1).hear(refusal(0)) is not None


@pytest.mark.parametrize("guard", ["Ladder", "stop", "end"])
def test_its_own_refusals_are_no_cause(guard: str) -> None:
    """What is refused because of the rung, or because the run ends, speaks against nothing."""
    ladder = Ladder(refusals=1)
    assert ladder.hear(refusal(guard=guard)) is None
    assert ladder.rung == "full"


def test_what_the_rung_refuses_as_well_is_no_cause() -> None:
    """On a rung where no decision may act, no guard in front of the ladder makes it fall."""
    ladder = Ladder(refusals=1, top="fixed-rate")
    assert ladder.hear(refusal()) is None
    ladder = Ladder(refusals=1, top="classical")
    assert ladder.hear(Refusal(LEARNED_ACTION, "Rate", "too many")) is None
    assert ladder.hear(refusal()) is not None


def test_refusals_of_the_plan_are_no_cause() -> None:
    """What the plan asks for was not decided."""
    ladder = Ladder(refusals=1)
    assert ladder.hear(Refusal(planned(), "Dose", "too much")) is None


def test_at_the_end_of_the_ladder_the_run_is_stopped() -> None:
    """The fall from fixed-rate asks for a stop, and after it nothing falls or climbs."""
    guard = on("fixed-rate", recover_s=1.0)
    shift = guard.hear(seen(5, 2, ok=False))
    assert shift == Shift(
        "Ladder",
        "fixed-rate",
        "stop",
        "1 of the last 1 observations were not trusted",
        2_000_000_000,
        own_pace=True,
        stop=True,
        frame=5,
    )
    assert guard.hear(seen(6, 3, ok=False)) is None
    assert guard.hear(seen(7, 1e6)) is None
    assert guard.rung == "stop"


def test_it_falls_no_further_than_allowed() -> None:
    """Below the lowest rung there is none, however much speaks against the run."""
    guard = on("classical", lowest="classical")
    assert [guard.hear(seen(n, n, ok=False)) for n in range(9)] == [None] * 9
    assert guard.rung == "classical"


def test_it_climbs_one_rung_after_a_quiet_time() -> None:
    """After so long without a cause it climbs one rung, and after as long again the next."""
    guard = on("classical", recover_s=100)
    assert guard.hear(seen(4, 99.9)) is None
    assert guard.hear(seen(5, 100)) == Shift(
        "Ladder", "classical", "guarded", "100 s without a cause", 100_000_000_000, frame=5
    )
    assert guard.hear(seen(6, 199)) is None
    shift = guard.hear(seen(7, 250))
    assert shift is not None
    assert (shift.now, shift.own_pace, shift.stop) == ("full", False, False)
    assert guard.hear(seen(8, 1e6)) is None
    assert guard.rung == "full"


def test_ten_minutes_unless_said_otherwise() -> None:
    """By default a rung is climbed after 600 s."""
    guard = on("guarded")
    assert guard.hear(seen(4, 599)) is None
    assert guard.hear(seen(4, 600)) is not None


@pytest.mark.parametrize(
    "cause",
    [
        pytest.param(seen(4, 90, ok=False), id="doubtful observation"),
        pytest.param(refusal(90), id="refusal"),
    ],
)
def test_every_cause_begins_the_quiet_time_anew(cause) -> None:
    """One doubtful observation, or one refusal, is no fall, and yet not quiet."""
    guard = Ladder(alarms=2, of=9, recover_s=100, top="full")
    guard.hear(seen(1, 0, ok=False))
    assert guard.hear(seen(2, 0, ok=False)) is not None
    assert guard.hear(cause) is None
    assert guard.hear(seen(5, 189)) is None
    assert guard.hear(seen(6, 190)) is not None


def test_its_own_refusals_do_not_keep_it_down() -> None:
    """A policy that goes on asking does not keep the run from climbing, and lets it climb."""
    guard = on("fixed-rate", recover_s=100)
    for t_s in range(0, 300, 10):
        assert guard.hear(refusal(t_s, guard="Ladder")) is None
    assert guard.hear(seen(4, 300)) is not None


def test_it_never_climbs_above_what_was_set() -> None:
    """The rung on which it begins is the highest; never is never."""
    guard = Ladder(top="classical", alarms=1, of=1, recover_s=1)
    assert guard.rung == "classical"
    assert guard.hear(seen(1, 0, ok=False)) is not None
    assert guard.hear(seen(2, 5)) is not None
    assert guard.hear(seen(3, 1e6)) is None
    assert guard.rung == "classical"
    assert on("guarded", recover_s=None).hear(seen(3, 1e9)) is None


def test_time_does_not_run_back() -> None:
    """What is heard late counts at the time of the newest, and the first sets the beginning."""
    guard = Ladder(recover_s=100, alarms=1, of=1)
    shift = guard.hear(seen(1, 1000, ok=False))
    assert shift is not None
    assert shift.t_ns == 1000_000_000_000
    assert guard.hear(refusal(5)) is None
    assert guard.hear(seen(2, 900)) is None
    assert guard.hear(seen(2, 1099)) is None
    assert guard.hear(seen(2, 1100)) is not None


def test_a_fresh_guard_begins_at_the_top() -> None:
    """A guard for another run has heard nothing, and has the same settings."""
    guard = on("stop", recover_s=None)
    assert guard.fresh().rung == "full"
    assert repr(guard.fresh()) == repr(guard) == repr(eval(repr(guard)))  # noqa: S307 - our own


SETTINGS = [
    *[
        pytest.param(
            {name: value},
            f"Ladder.{name} is {value!r}, but it must be a whole number of at least 1."
            " Give how many are too many.",
            id=f"{name} {value}",
        )
        for name in ("refusals", "alarms", "of")
        for value in (0, -1, 1.5, True, "3")
    ],
    *[
        pytest.param(
            {name: value},
            f"Ladder.{name} is {value!r}, but it must be a number of seconds above 0. Give a time.",
            id=f"{name} {value}",
        )
        for name in ("within_s", "recover_s")
        for value in (0, -1, math.nan, math.inf, "3", True)
    ],
    *[
        pytest.param(
            {"agree": value},
            f"Ladder.agree is {value!r}, but it must be a number from 0 to 1. It is a score.",
            id=f"agree {value}",
        )
        for value in (-0.1, 1.1, math.nan, "1", None)
    ],
    pytest.param(
        {"alarms": 6},
        "Ladder.alarms is 6, but it must be at most 'of', which is 5. 3 of 5 are a good beginning.",
        id="more than there are",
    ),
    *[
        pytest.param(
            {"top": rung},
            f"Ladder.top is {rung!r}, but it must be one of full, guarded, classical, fixed-rate."
            " A run falls from top towards lowest.",
            id=f"top {rung}",
        )
        for rung in ("stop", "half", None)
    ],
    pytest.param(
        {"top": "classical", "lowest": "full"},
        "Ladder.lowest is 'full', but it must be one of classical, fixed-rate, stop."
        " A run falls from top towards lowest.",
        id="lowest above top",
    ),
]


@pytest.mark.parametrize(("settings", "said"), SETTINGS)
def test_a_wrong_setting_is_named(settings: dict, said: str) -> None:
    """A setting that can't be used is refused at once, by name, with what it must be."""
    assert wrong(Ladder, **settings) == said


@pytest.mark.parametrize(
    "settings",
    [
        {"agree": 0},
        {"agree": 1},
        {"refusals": 1, "alarms": 1, "of": 1},
        {"alarms": 5},
        {"top": "fixed-rate", "lowest": "fixed-rate"},
        {"within_s": 0.5, "recover_s": 0.5},
    ],
)
def test_the_ends_of_what_is_allowed_are_allowed(settings: dict) -> None:
    """A setting may be at the end of its range."""
    assert Ladder(**settings).rung == settings.get("top", "full")


NEWS = st.builds(
    seen,
    frame=st.integers(0, 5),
    t_s=st.floats(0, 3000),
    ok=st.booleans(),
    score=st.floats(0, 1),
    detector=st.sampled_from([CLASSICAL, LEARNED]),
) | st.builds(refusal, st.floats(0, 3000), st.sampled_from(["Rate", "Dose", "Ladder"]))


@given(news=st.lists(NEWS, max_size=60), top=st.sampled_from(RUNGS[:4]))
def test_it_moves_by_one_rung_and_the_same_way_again(news: list, top: str) -> None:
    """Whatever is heard, it moves a rung at a time, never above its top, and can be repeated."""
    guard = Ladder(top=top, refusals=2, alarms=2, of=3, recover_s=300)
    again, was = guard.fresh(), top
    for each in news:
        shift = guard.hear(each)
        assert again.hear(replace(each)) == shift
        if shift is None:
            assert guard.rung == was
            continue
        assert (shift.was, shift.now) == (was, guard.rung)
        moved = RUNGS.index(shift.now) - RUNGS.index(shift.was)
        assert moved == (1 if shift.own_pace else -1)
        assert RUNGS.index(shift.now) >= RUNGS.index(top)
        assert was != "stop"
        was = shift.now
