"""Light on what was found, on the virtual microscope, whose cells answer it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hold_cases import played, shipped, tell
from useq import MDASequence

import saccade
from saccade.core import lit
from saccade.decide import Stimulate
from saccade.detect import Objects
from saccade.guard import Stimulation

if TYPE_CHECKING:
    from pathlib import Path

    from saccade.core import Frame

WATCH = MDASequence(
    channels=[{"config": "mCherry", "exposure": 20}], time_plan={"interval": 30, "loops": 6}
)
DO = MDASequence(channels=[{"config": "Stim", "exposure": 100}])


def responses(scope: Any) -> Any:
    """Return how far each cell has risen, in truth."""
    return scope.world.specimen.brightness - 0.3


def run_on(scope: Any, out: Path, policy: Any, **known: Any) -> Any:
    """Return the verdict of a run that watches the cells."""
    cells = Objects(sigma_um=5, by="mean")
    run = saccade.Run(scope, WATCH, detect=cells, decide=policy, out=out, **known)
    return run.start().wait()


def test_the_set_point_is_held_cell_by_cell() -> None:
    """After a quarter of an hour every cell stays within a tenth of what was asked for."""
    seen, look = [], Objects(sigma_um=5, by="mean")

    def keep(frame: Frame) -> None:
        if frame.stream == "watch":
            seen.append([point.strength / 120 for point in look(frame).points])

    protocol = shipped("hold-response", hours=0.75)
    scope = played(protocol, 7, keep)
    settled = np.array([each for frame in seen[30:] for each in frame])
    off = np.abs(settled - 1)
    tell(f"{len(settled)} looks at cells: {off.mean():.2%} off on average, {off.max():.1%} at most")
    assert len(settled) > 500
    assert (off < 0.1).mean() > 0.99
    spent = scope.world.specimen.health
    assert spent.harmed == 0


def test_one_light_for_all_leaves_the_cells_apart(tmp_path: Path) -> None:
    """The same cells under the same mask and one level are as different as their gains are."""
    scope = saccade.scope.load("sim:light-driven-cells?seed=7&clock=virtual")
    run_on(scope, tmp_path / "run", Stimulate(DO, above=0.0, radius_um=6.0, level=40))
    risen = responses(scope)
    risen = risen[risen > 0]
    assert risen.std() / risen.mean() > 0.25


@pytest.mark.parametrize("which", ["strongest", "upper half"])
def test_it_stays_dark_where_the_mask_is_dark(tmp_path: Path, which: str) -> None:
    """One cell is chosen of thirty: all others get no light at all, and answer nothing."""
    scope = saccade.scope.load("sim:light-driven-cells?seed=7&clock=virtual")
    part = "whole" if which == "strongest" else "up"
    policy = Stimulate(DO, above=0.0, radius_um=6.0, most=1, part=part)
    guards = [Stimulation(channels=("Stim",), most_share=0.02)]
    verdict = run_on(scope, tmp_path / "run", policy, guards=guards)
    assert verdict.name == "completed"
    risen = responses(scope)
    lit = np.flatnonzero(risen)
    assert 1 <= len(lit) <= 3, "the strongest of six frames"
    assert (risen[lit] > 0.05).all()


def test_a_run_through_masks_is_decided_again_the_same(tmp_path: Path) -> None:
    """Masks are made of the stored frames again, to the last pixel."""
    scope = saccade.scope.load("sim:light-driven-cells?seed=7&clock=virtual")
    run_on(scope, tmp_path / "run", Stimulate(DO, above=0.0, shape="instances"))
    cells, policy = Objects(sigma_um=5, by="mean"), Stimulate(DO, above=0.0, shape="instances")
    assert not saccade.replay_run(tmp_path / "run", detect=cells, decide=policy).differences


def test_the_guard_ends_light_for_stimulation(tmp_path: Path) -> None:
    """What the budget of energy does not hold is refused, and the watch goes on."""
    scope = saccade.scope.load("sim:light-driven-cells?seed=7&clock=virtual")
    guard = Stimulation(channels=("Stim",), most_share=0.3, limit_mj=0.008)
    verdict = run_on(scope, tmp_path / "run", Stimulate(DO, above=0.0), guards=[guard])
    assert verdict.refused > 0
    assert 0 < guard.spent_mj <= 0.008


def test_light_is_spared_and_the_same_is_found() -> None:
    """Half of the light and more is saved, and as many nuclei are found in every picture."""
    found, lights = {}, {}
    for name in ("whole", "spared"):
        protocol = shipped("spare-light", hours=0.2)
        if name == "whole":
            rules = [each for each in protocol.resolved()["decide"] if "Regions" not in each["use"]]
            protocol = shipped("spare-light", hours=0.2, decide=rules)
        counts, shares, look = [], [], Objects(sigma_um=4)

        def keep(frame: Frame, counts=counts, shares=shares, look=look) -> None:
            if frame.stream == "watch":
                counts.append(len(look(frame).points))
                shares.append(lit(frame.event.slm_image).mean)

        played(protocol, 7, keep)
        found[name], lights[name] = np.array(counts), np.mean(shares)
    off = np.abs(found["spared"] - found["whole"])
    tell(
        f"{lights['spared']:.1%} of the light; {found['spared'].mean():.2f} nuclei a picture, not "
        f"{found['whole'].mean():.2f}; {(off == 0).mean():.0%} of pictures alike"
    )
    assert lights["whole"] == 1
    assert lights["spared"] < 0.5
    assert found["spared"].sum() == pytest.approx(found["whole"].sum(), rel=0.01)
    assert off.max() <= 2
