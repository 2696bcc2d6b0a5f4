"""An overview beside a raster: what counts as found, and who finds it."""

from __future__ import annotations

from typing import Any

import pytest

from saccade.app import bench_overview
from saccade.app._bench_overview import OverviewBench, Visit, Yield, raster, tiled, visits_of
from saccade.app._protocol import protocol_of
from saccade.core import ProtocolError, UsageError
from saccade.score import Shot
from saccade.sim.world import Occurrence

HALF_UM = (80.0, 80.0)
DIVISION = Occurrence("division", 100.0, 700.0, 1, 50.0, 0.0)

SMALL: dict[str, Any] = {
    "saccade": 1,
    "name": "small-overview",
    "scope": "sim:dividing-nuclei",
    "sim": {
        "clock": "virtual",
        "sensor_px": [256, 256],
        "specimen": {"size_um": [400, 400], "division_rate": 6},
    },
    "watch": {
        "grid_plan": {"rows": 3, "columns": 3, "fov_width": 83, "fov_height": 83},
        "channels": [{"config": "FITC", "exposure": 5}],
        "time_plan": {"interval": 60, "loops": 5},
        "axis_order": "tgc",
    },
    "detect": {"anaphase": {"use": "saccade.detect:Pairs", "sigma_um": 0.8, "brightness": 3}},
    "decide": [
        {
            "use": "saccade.decide:Overview",
            "above": 0.5,
            "apart_um": 15,
            "do": {
                "channels": [{"config": "FITC", "exposure": 20}],
                "z_plan": {"range": 2, "step": 1},
            },
        }
    ],
    "guard": [{"use": "saccade.guard:Limits"}],
}


def shot(t_s: float, x_um: float) -> Shot:
    """Return a picture of 50 ms at a place."""
    return Shot(t_s, 50.0, x_um, 0.0, 160.0, 160.0)


def test_only_whole_detail_acquisitions_are_visits() -> None:
    """Shots in a row at one place are taken by their number; what was cut short is none."""
    shots = [shot(float(n), x_um) for n, x_um in enumerate([0, 0, 0, 0, 90, 90, 50])]
    visits = [[each.t_s for each in visit] for visit in visits_of(shots, 2)]
    assert visits == [[0, 1], [2, 3], [4, 5]]


@pytest.mark.parametrize(
    ("visit", "shown"),
    [
        pytest.param(Visit(100, 104, 0, 0), True, id="while it lasts"),
        pytest.param(Visit(99, 103, 0, 0), False, id="begun too early"),
        pytest.param(Visit(697, 701, 0, 0), False, id="over too late"),
        pytest.param(Visit(300, 304, -31, 0), False, id="beside the field"),
        pytest.param(Visit(300, 304, 130, 80), True, id="in the corner"),
    ],
)
def test_an_occurrence_is_shown_while_it_lasts(visit: Visit, shown: bool) -> None:
    """A visit counts if all of it lies within the time, and the place within the field."""
    assert visit.shows(DIVISION, HALF_UM) is shown


@pytest.mark.parametrize(
    ("half_um", "places"),
    [
        pytest.param((80.0, 80.0), [(0.0, 0.0), (500.0, 0.0)], id="as large"),
        pytest.param((100.0, 80.0), [(0.0, 0.0), (500.0, 0.0)], id="larger"),
        pytest.param(
            (40.0, 80.0), [(-40.0, 0.0), (40.0, 0.0), (460.0, 0.0), (540.0, 0.0)], id="half as wide"
        ),
        pytest.param(
            (79.0, 60.0),
            [(-40.0, -40.0), (40.0, -40.0), (-40.0, 40.0), (40.0, 40.0)],
            id="a little smaller",
        ),
    ],
)
def test_a_raster_needs_as_many_places_as_cover_the_fields(
    half_um: tuple[float, float], places: list[tuple[float, float]]
) -> None:
    """Where the watch sees more at once, each of its fields is several of the raster's."""
    assert tiled([(0.0, 0.0), (500.0, 0.0)], HALF_UM, half_um)[: len(places)] == places


def test_an_overview_through_a_low_objective_visits_through_a_high_one() -> None:
    """Both are counted by their own fields, in the same worlds."""
    sim = {**SMALL["sim"], "objectives": {"40x": {}, "20x": {"pixel_size_um": 0.65, "na": 0.5}}}
    setup = [{"properties": [["Objective", "Label", name]]} for name in ("20x", "40x")]
    grid = {"rows": 1, "columns": 1, "fov_width": 166, "fov_height": 166}
    watch = {**SMALL["watch"], "setup": setup[0], "grid_plan": grid}
    decide = [{**SMALL["decide"][0], "do": {**SMALL["decide"][0]["do"], "setup": setup[1]}}]
    low = {**SMALL, "sim": sim, "watch": watch, "decide": decide}
    bench = bench_overview(protocol_of(low), 0.1, (1,))
    (mine,), (its,) = bench.overview, bench.raster
    assert mine.there > 0
    assert mine.visits > 0
    assert its.visits > 0


def test_a_raster_goes_over_all_fields_again_and_again() -> None:
    """It loses no time, and what is not over at the end is not counted."""
    visits = raster([(0.0, 0.0), (90.0, 0.0)], visit_s=3.0, move_s=1.0, duration_s=11.5)
    assert [(each.t_s, each.end_s, each.x_um) for each in visits] == [
        (0, 3, 0),
        (4, 7, 90),
        (8, 11, 0),
    ]
    assert raster([(0.0, 0.0)], 3.0, 1.0, 2.0) == []


@pytest.mark.parametrize(
    ("found", "its", "holds"), [(9, 3, True), (8, 3, False), (1, 0, True), (0, 0, False)]
)
def test_the_promise_is_three_times_as_many(found: int, its: int, holds: bool) -> None:
    """All worlds together decide it; to find none where a raster finds none is no merit."""
    mine = Yield(found, 20, 30, 2, 1.0)
    bench = OverviewBench(1.0, (1000,), (mine,), (Yield(its, 20, 30, 2, 1.0),))
    assert bench.bars[0].holds is holds
    assert bench.plain()["bars"][0]["holds"] is holds


def test_an_afternoon_with_few_fields() -> None:
    """In a small world an overview finds divisions, with less light than a raster has."""
    told: list[str] = []
    bench = bench_overview(protocol_of(SMALL), 0.08, [5], told.append)
    (overview,), (its,) = bench.overview, bench.raster
    assert 0 < overview.found <= overview.there
    assert overview.visits - overview.empty >= overview.found
    assert its.visits > 0
    assert overview.dose_j_per_cm2 < its.dose_j_per_cm2
    assert told == ["world 5, 1 of 1 ..."]


def test_a_protocol_without_an_overview_is_refused() -> None:
    """There must be one overview and nothing else, and it must have visited something."""
    burst = {"use": "saccade.decide:Burst", "do": {"channels": ["FITC"]}}
    with pytest.raises(ProtocolError, match="0 overviews among 1"):
        bench_overview(protocol_of({**SMALL, "decide": [burst]}), 0.05, [5])
    calm = {**SMALL["decide"][0], "above": 1.0}
    with pytest.raises(UsageError, match="visited nothing"):
        bench_overview(protocol_of({**SMALL, "decide": [calm]}), 0.02, [5])
