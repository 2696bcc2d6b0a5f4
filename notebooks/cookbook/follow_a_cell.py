"""Follow a cell: the stage goes with it."""

from useq import MDASequence

import saccade


def make(out: str, loops: int = 18) -> saccade.Run:
    """Return a run over three hours, with a picture of the same cell every minute."""
    return saccade.Run(
        saccade.scope.load("sim:migrating-cells?clock=virtual"),
        MDASequence(
            channels=[{"config": "FITC", "exposure": 20}],
            time_plan={"interval": 600, "loops": loops},
        ),
        detect=saccade.detect.Spots(sigma_um=4),
        decide=saccade.decide.Follow(60, reach_um=12),
        guards=[saccade.guard.Dose(limit_j_per_cm2=100)],
        out=out,
    )


if __name__ == "__main__":
    print(make(out="runs/follow_a_cell").start().wait())
