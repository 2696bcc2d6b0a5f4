"""A condition switch: more power while something divides; a valve or a heater is set alike."""

from useq import MDASequence

import saccade


def make(out: str, loops: int = 90) -> saccade.Run:
    """Return a run over an hour, with the lamp at full power for 5 min from each division."""
    return saccade.Run(
        saccade.scope.load("sim:dividing-nuclei?clock=virtual"),
        MDASequence(
            channels=[{"config": "FITC", "exposure": 10}],
            time_plan={"interval": 40, "loops": loops},
        ),
        detect=saccade.detect.Pairs(sigma_um=0.8, brightness=3),
        decide=saccade.decide.Switch(
            "FITC Light.Power", to=100, back=25, above=0.6, below=0.3, lasts_s=300, most=100
        ),
        guards=[saccade.guard.Dose(limit_j_per_cm2=100)],
        out=out,
    )


if __name__ == "__main__":
    print(make(out="runs/condition_switch").start().wait())
