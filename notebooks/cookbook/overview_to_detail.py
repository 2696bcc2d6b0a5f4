"""Overview to detail: a grid at low light, then a stack of each cell that divides."""

from useq import MDASequence

import saccade


def make(out: str, loops: int = 10) -> saccade.Run:
    """Return a run over 16 fields, with a stack of the best five after each round."""
    stack = MDASequence(
        channels=[{"config": "FITC", "exposure": 50}], z_plan={"range": 6, "step": 1}
    )
    grid = {"rows": 4, "columns": 4, "fov_width": 166, "fov_height": 166}
    return saccade.Run(
        saccade.scope.load("sim:dividing-nuclei?clock=virtual"),
        MDASequence(
            axis_order="tgc",
            grid_plan=grid,
            channels=[{"config": "FITC", "exposure": 5}],
            time_plan={"interval": 180, "loops": loops},
        ),
        detect=saccade.detect.Pairs(sigma_um=0.8, brightness=3),
        decide=saccade.decide.Overview(stack, best=5, above=0.6),
        guards=[saccade.guard.Dose(limit_j_per_cm2=100)],
        out=out,
    )


if __name__ == "__main__":
    print(make(out="runs/overview_to_detail").start().wait())
