"""Light what was found, and nothing else."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from typing import ClassVar

from saccade.core import FULL, Decision, Observation, PolicyKind, is_number, lit, require

from ._masked import Masked
from ._settings import check_seconds, check_whole


@dataclass(frozen=True, eq=False)
class Stimulate(Masked):
    """Lights what was found through a mask made of the frame; event-driven.

    When the score of the watch rises, the light modulator shows what was found, and the events of
    ``do`` are taken behind that mask. With ``weaker_than`` only things whose strength is below it
    are lit, until the light has had its effect on them. Pictures that others ask for are taken
    without the mask again.

    Parameters
    ----------
    do : useq.MDASequence, or tuple of MDAEvent
        What is exposed behind the mask, such as a channel for stimulation.
    shape : {'circles', 'boxes', 'instances'}
        A circle around each point, its box, or the pixels that the detector has labelled.
    radius_um : float
        Of the circles; and how wide a rim is.
    margin_um : float
        Added around boxes and instances; below 0 it is taken away.
    part : {'whole', 'rim', 'left', 'right', 'up', 'down'}
        All of each thing, its edge, or the half on one side of its centre, as the camera sees it.
    above : float
        Score at which it lights.
    most : int, optional
        The strongest so many are lit; by default all.
    weaker_than : float, optional
        Only those are lit whose strength is below.
    level : int
        What the modulator shows where it lights, up to 255.
    refractory_s : float
        Time for which a place then stays unlit.
    priority : int
        Higher goes first.
    label : str
        Role of the frames that come of it, hence their stream.
    expires_s : float, optional
        Time after the frame at which it is no longer worth lighting: things move.

    Raises
    ------
    ProtocolError
        If a setting can't be used.
    """

    kind: ClassVar[PolicyKind] = "event-driven"
    _: KW_ONLY
    above: float = 0.5
    most: int | None = None
    weaker_than: float | None = None
    level: int = FULL
    refractory_s: float = 0.0
    label: str = "stimulate"
    _lit_ns: dict[tuple[int, int], int] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_seconds("Stimulate.refractory_s", self.refractory_s)
        if self.most is not None:
            check_whole("Stimulate.most", self.most, least=1)
        ok = is_number(self.above) and 0 <= self.above <= 1
        require(ok, "Stimulate.above", self.above, "a score from 0 to 1", "Correct it.")
        ok = self.weaker_than is None or is_number(self.weaker_than)
        require(ok, "Stimulate.weaker_than", self.weaker_than, "a strength", "Leave it out.")
        check_level("Stimulate.level", self.level)

    def __call__(self, seen: Observation) -> Decision:
        """Return what is lit, or why nothing is.

        Parameters
        ----------
        seen : Observation
            What was seen in one frame.

        Raises
        ------
        ValueError
            If the detector does not give what the shape needs.
        """
        if seen.verdict == "invalid":
            return Decision((), "invalid", "the frame can't be judged", seen.frame)
        if not seen.score >= self.above:
            return Decision((), "quiet", f"score {seen.score:.3g} < {self.above:g}", seen.frame)
        since_ns = seen.t_ns - self._lit_ns.get(seen.place, -(1 << 62))
        if since_ns < self.refractory_s * 1e9:
            why = f"was lit {since_ns / 1e9:.3g} s ago"
            return Decision((), "refractory", why, seen.frame)
        chosen = self._chosen(seen)
        if not chosen:
            return Decision((), "nothing", "nothing there is to be lit", seen.frame)
        image = self._mask(seen, dict.fromkeys(chosen, self.level))
        self._lit_ns[seen.place] = seen.t_ns
        why = f"lights {len(chosen)} of {len(seen.points)}, {lit(image).share:.2%} of the modulator"
        return self._light(seen, image, why)

    def _chosen(self, seen: Observation) -> list[int]:
        numbers = sorted(range(len(seen.points)), key=lambda each: -seen.points[each].strength)
        if self.weaker_than is not None:
            numbers = [each for each in numbers if seen.points[each].strength < self.weaker_than]
        return numbers[: self.most]


def check_level(setting: str, value: object) -> None:
    """Raise a `ProtocolError` unless a value is what a pixel of a modulator can show."""
    ok = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= FULL
    require(ok, setting, value, f"a whole number from 1 to {FULL}", f"{FULL} is all light.")
