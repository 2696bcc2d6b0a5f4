"""Feedback optogenetics: each cell gets the light that brings it to the set point."""

from useq import MDASequence

import saccade


def make(out: str, loops: int = 120) -> saccade.Run:
    """Return a run over an hour, with blue light through a mask after each picture."""
    return saccade.Run(
        saccade.scope.load("sim:light-driven-cells?clock=virtual"),
        MDASequence(
            channels=[{"config": "mCherry", "exposure": 20}],
            time_plan={"interval": 30, "loops": loops},
        ),
        detect=saccade.detect.Objects(sigma_um=5, by="mean"),
        decide=saccade.decide.Regulate(
            MDASequence(channels=[{"config": "Stim", "exposure": 100}]),
            set_point=120,
            radius_um=6,
        ),
        guards=[saccade.guard.Stimulation(channels=("Stim",), most_share=0.3, limit_mj=20)],
        out=out,
    )


if __name__ == "__main__":
    print(make(out="runs/feedback_optogenetics").start().wait())
