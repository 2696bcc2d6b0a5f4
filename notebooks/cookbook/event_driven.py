"""Event-driven: twelve fast frames of each cell that divides."""

from useq import MDASequence

import saccade


def make(out: str, loops: int = 90) -> saccade.Run:
    """Return a run over an hour, a frame every 40 s and one every 5 s while something divides."""
    return saccade.Run(
        saccade.scope.load("sim:dividing-nuclei?clock=virtual"),
        MDASequence(
            channels=[{"config": "FITC", "exposure": 5}],
            time_plan={"interval": 40, "loops": loops},
        ),
        detect=saccade.detect.Pairs(sigma_um=0.8, brightness=3),
        decide=saccade.decide.Burst(
            MDASequence(
                channels=[{"config": "FITC", "exposure": 20}],
                time_plan={"interval": 5, "loops": 12},
            ),
            above=0.6,
            below=0.3,
        ),
        guards=[saccade.guard.Dose(limit_j_per_cm2=100)],
        out=out,
    )


if __name__ == "__main__":
    print(make(out="runs/event_driven").start().wait())
