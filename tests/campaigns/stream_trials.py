"""As `random_trials`, of a camera that runs by itself."""

from __future__ import annotations

from random_trials import CORE_CALLS, Dice, Trial, trial_of
from useq import MDAEvent

_PIECES, _LONG = 3, 8


class StreamDice(Dice):
    """Draws a plan of a few places, each with the same picture again and again."""

    core_calls = (
        *CORE_CALLS,
        *("startSequenceAcquisition", "stopSequenceAcquisition", "popNextImageAndMD"),
        *("getRemainingImageCount", "isBufferOverflowed"),
    )
    frames = _PIECES * _LONG

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.mode = "stream"

    def events(self) -> list[MDAEvent]:
        """Return a plan without a pause."""
        uniform, plan = self.rng.uniform, []
        for piece in range(_PIECES):
            place = {name: float(uniform(-90, 90)) for name in ("x_pos", "y_pos")}
            one = MDAEvent(
                **place,
                z_pos=float(uniform(-20, 20)),
                exposure=float(uniform(2, 10)),
                channel="FITC",
                min_start_time=0.0,
            )
            plan += [one.replace(index={"t": _LONG * piece + n}) for n in range(_LONG)]
        return plan


def stream_trial(seed: int) -> Trial:
    """Do one run; everything about it follows from a number."""
    return trial_of(StreamDice(seed), seed)
