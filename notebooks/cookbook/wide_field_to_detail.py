"""From wide field to detail: strong light on the dividing cell, and on nothing else."""

from useq import MDASequence

import saccade


def make(out: str, loops: int = 90) -> saccade.Run:
    """Return a run in little light; what divides is imaged in ten times as much, masked."""
    detail = MDASequence(
        channels=[{"config": "FITC", "exposure": 50}], time_plan={"interval": 5, "loops": 8}
    )
    return saccade.Run(
        saccade.scope.load("sim:dividing-nuclei?clock=virtual"),
        MDASequence(
            channels=[{"config": "FITC", "exposure": 5}],
            time_plan={"interval": 40, "loops": loops},
        ),
        detect=saccade.detect.Pairs(sigma_um=0.8, brightness=3),
        decide=saccade.decide.Stimulate(detail, above=0.6, most=1, radius_um=14),
        guards=[saccade.guard.Dose(limit_j_per_cm2=100)],
        out=out,
    )


if __name__ == "__main__":
    print(make(out="runs/wide_field_to_detail").start().wait())
