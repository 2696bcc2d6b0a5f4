"""What a protocol gives its contenders: bursts, watch, places, and the microscope's times."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from protocol_cases import LEAST

from saccade.app._protocol import protocol_of
from saccade.app._score_means import burst_of, means_of, plan_of, slow_s_of, timed, watched
from saccade.core import LightSource, ProtocolError, Stand
from saccade.score import Exposure, Log, Place, Shot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from saccade.app import Protocol

STAND = Stand(
    "test",
    lights=(LightSource("LED", 1.0, 1e-3),),
    channel="DAPI",
    exposure_ms=7.0,
    shape_px=(100, 100),
)


def protocol(decide: Sequence[Any], watch: dict[str, Any] | None = None, **more: Any) -> Protocol:
    detect = {"change": {"use": "saccade.detect:Change"}}
    document = {**LEAST, "detect": detect, "decide": list(decide), **more}
    return protocol_of(document | ({"watch": watch} if watch else {}))


def burst(do: Any, **more: Any) -> dict[str, Any]:
    return {"use": "saccade.decide:Burst", "do": do, **more}


PACE = {"use": "saccade.decide:Pace", "slow_s": 30, "fast_s": 2}

BURSTS = [
    pytest.param([burst({"time_plan": {"interval": 0.5, "loops": 6}})], 0.5, 6, 1, id="burst"),
    pytest.param(
        [burst({"channels": ["A", "B"], "time_plan": {"interval": 2, "loops": 3}})],
        2.0, 3, 2, id="two channels",
    ),
    pytest.param(
        [burst({"time_plan": [{"interval": 5, "loops": 2}, {"interval": 1, "loops": 3}]})],
        1.0, 4, 1, id="the fastest phase",
    ),
    pytest.param([PACE], 2.0, 10, 0, id="a faster watch"),
    pytest.param(
        [burst({"channels": ["A"]}), burst({"time_plan": {"interval": 3, "loops": 4}})],
        3.0, 4, 1, id="the first that is fast",
    ),
    pytest.param(
        [
            burst({"time_plan": {"interval": 12, "loops": 5}}),
            burst({"time_plan": {"interval": 5, "loops": 12}}),
        ],
        5.0, 12, 1, id="a closer watch before a burst",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("decide", "fast_s", "loops", "events"), BURSTS)
def test_the_fast_interval_is_that_of_the_burst(
    decide: list[Any], fast_s: float, loops: int, events: int
) -> None:
    """Interval, number of times and pictures a time point are read from the policy."""
    found = burst_of(protocol(decide))
    assert (found.fast_s, found.loops, len(found.events)) == (fast_s, loops, events)


def test_another_fast_interval_can_be_meant() -> None:
    """What the caller says goes before what the protocol says, or does not say."""
    assert burst_of(protocol([PACE]), 0.7).fast_s == 0.7
    assert burst_of(protocol([burst({"channels": ["A"]})]), 0.7).fast_s == 0.7


def test_visits_are_as_fast_as_they_come() -> None:
    """A schedule has no burst: its fast interval is that from visit to visit, each of one time."""
    visits = {"use": "saccade.decide:Schedule", "on": "change", "every_s": 3}
    found = burst_of(protocol([visits]))
    assert (found.fast_s, found.loops, len(found.events)) == (3.0, 1, 1)
    assert burst_of(protocol([visits]), fast_s=1.0).fast_s == 1.0
    both = [visits, burst({"time_plan": {"interval": 1, "loops": 5}})]
    assert burst_of(protocol(both)).loops == 5


def test_what_is_kept_can_be_scored_where_nothing_else_is_decided() -> None:
    """A score keeps frames: that is something to score, at the interval that is named."""
    kept = {"mode": "stream", "record": {"keep": {"above": 0.5}}}
    assert burst_of(protocol([], **kept), fast_s=0.04).fast_s == 0.04
    with pytest.raises(ProtocolError, match="--fast-s"):
        burst_of(protocol([], **kept))
    with pytest.raises(ProtocolError, match="has no policy"):
        burst_of(protocol([], mode="stream", record={"keep": {"every": 5}}), fast_s=0.04)


@pytest.mark.parametrize(
    ("decide", "says"),
    [
        pytest.param([], "has no policy", id="no policy"),
        pytest.param([burst({"channels": ["A"]})], "no fast interval.*--fast-s", id="one time"),
        pytest.param(
            [burst({"time_plan": {"interval": 0, "loops": 5}})], "--fast-s", id="interval 0"
        ),
    ],
)
def test_what_cannot_be_scored_says_what_to_do(decide: list[Any], says: str) -> None:
    """No policy, or no fast interval, is a named error with a way out."""
    with pytest.raises(ProtocolError, match=says):
        burst_of(protocol(decide))


def test_the_plan_is_that_of_the_watch() -> None:
    """Times, places, channels and exposures; what is not named is as the stand has it."""
    watch = {
        "axis_order": "tpc",
        "stage_positions": [{"x": 1, "y": 2, "z": 3}, {"x": 100, "y": 2}],
        "channels": [{"config": "FITC", "exposure": 20}],
        "time_plan": {"interval": 30, "loops": 3},
    }
    plan = plan_of(protocol([PACE], watch), STAND)
    assert [look.t_s for look in plan] == [0, 0, 30, 30, 60, 60]
    assert plan[0].place == Place(1, 2, 3)
    assert plan[1].place == Place(100, 2, 3)
    assert {look.exposure for look in plan} == {Exposure("FITC", 20)}
    assert slow_s_of(plan) == 30
    (bare,) = plan_of(protocol([PACE], {"time_plan": {"interval": 1, "loops": 1}}), STAND)
    assert (bare.place, bare.exposure) == (Place(), Exposure("DAPI", 7))
    assert slow_s_of((bare,)) == 0


def test_contenders_have_the_bursts_light_and_the_watchs_places() -> None:
    """A burst that names an exposure is dearer than the watch; one that names none is not."""
    watch = {
        "stage_positions": [{"x": 0, "y": 0}, {"x": 300, "y": 0}],
        "channels": [{"config": "FITC", "exposure": 20}],
        "time_plan": {"interval": 30, "loops": 3},
    }
    own = {
        "channels": [{"config": "Cy5", "exposure": 80}],
        "time_plan": {"interval": 1, "loops": 5},
    }
    for do, exposure in (
        (own, Exposure("Cy5", 80)),
        ({"time_plan": {"interval": 1, "loops": 5}}, Exposure("FITC", 20)),
    ):
        made = protocol([burst(do)], watch)
        means = means_of(burst_of(made), plan_of(made, STAND), STAND, 90.0)
        assert means.exposures == (exposure,)
        assert means.places == (Place(0, 0, 0), Place(300, 0, 0))
        assert (means.fast_s, means.burst, means.duration_s) == (1, 5, 90)
    made = protocol([PACE], watch)
    means = means_of(burst_of(made), plan_of(made, STAND), STAND, 90.0)
    assert means.exposures == (Exposure("FITC", 20),)


def test_the_microscopes_times_are_the_shortest_that_a_run_showed() -> None:
    """From the end of an exposure to the next: at the same place, and at another."""

    def shot(t_s: float, x_um: float) -> Shot:
        return Shot(t_s, 100.0, x_um, 0.0, 100.0, 100.0, "FITC", 1.0)

    made = protocol([burst({"time_plan": {"interval": 1, "loops": 5}})])
    means = means_of(burst_of(made), plan_of(made, STAND), STAND, 90.0)
    log = Log(
        (shot(0, 0), shot(0.4, 50), shot(30, 50), shot(30.15, 50), shot(31, 50), shot(31.5, 0))
    )
    found = timed(means, log)
    assert found.shot_s == pytest.approx(0.05)
    assert found.move_s == pytest.approx(0.3 - 0.05)
    alone = timed(means, Log((shot(0, 0),)))
    assert (alone.shot_s, alone.move_s) == (0, 0)


def test_a_watch_is_played_one_picture_after_the_other() -> None:
    """Positions that are planned for one time come after each other, and never early."""
    watch = {
        "axis_order": "tpc",
        "stage_positions": [{"x": 0, "y": 0}, {"x": 300, "y": 0}],
        "time_plan": {"interval": 10, "loops": 2},
    }
    made = protocol([burst({"time_plan": {"interval": 1, "loops": 5}})], watch)
    plan = plan_of(made, STAND)
    means = means_of(burst_of(made), plan, STAND, 90.0)
    times = [look.t_s for look in watched(plan, replace(means, shot_s=0.1, move_s=0.5))]
    assert times == pytest.approx([0, 0.607, 10, 10.607])
    assert all(b > a for a, b in itertools.pairwise(times))
