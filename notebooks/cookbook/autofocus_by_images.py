"""Autofocus by images: the focus is held over hours by what pictures look like."""

from useq import MDASequence

import saccade


def make(out: str, loops: int = 120) -> saccade.Run:
    """Return a run over an hour, over a sample that drifts by 4 µm meanwhile."""
    return saccade.Run(
        saccade.scope.load("sim:dividing-nuclei?clock=virtual", sim={"drift": {"z_um_per_h": 4.0}}),
        MDASequence(
            stage_positions=[(0, 0, 0)],
            channels=[{"config": "FITC", "exposure": 20}],
            time_plan={"interval": 30, "loops": loops},
        ),
        detect=saccade.detect.Focus(sigma=2),
        decide=saccade.decide.Focus(240, step_um=1, exposure=0.5),
        guards=[saccade.guard.Dose(limit_j_per_cm2=100)],
        out=out,
    )


if __name__ == "__main__":
    print(make(out="runs/autofocus_by_images").start().wait())
