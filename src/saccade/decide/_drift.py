"""Keep the watch on the same spot: a drift in x and y, seen in the pictures themselves."""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Self

from saccade.core import Action, Correction, Decision, Observation, PolicyKind, is_number, require

from ._settings import check_above_zero, check_label, check_movable
from ._trend import Trend

if TYPE_CHECKING:
    from saccade.core import Refusal, Stand

_ERROR_PX = 0.3
"""Of a measured shift, as a standard deviation: specimens stir."""
_MEASURED = ("x_um", "y_um", "likeness")


@dataclass
class _Place:
    """What is remembered of one stage position and tile."""

    planned_um: tuple[float, float]
    """Where the stage stood for the picture that later ones are compared with."""
    trends: tuple[Trend, Trend]
    """Of the correction that keeps the picture, in x and y."""
    offset_um: tuple[float, float] = (0.0, 0.0)
    """By which the watch is corrected at present."""
    before_um: tuple[float, float] = (0.0, 0.0)
    """By which it was corrected before."""
    odd: bool = False
    """Whether the last picture was where the trend did not expect it."""
    seen_ns: int = 0
    interval_ns: int = 0

    def ahead_um(self) -> tuple[float, float]:
        """Return the correction that is right for the next frame of the watch."""
        t_ns = self.seen_ns + self.interval_ns
        return self.trends[0].at(t_ns), self.trends[1].at(t_ns)


@dataclass(frozen=True, eq=False)
class Drift:
    """Keeps what each position shows in its place by moving the stage after it; quality-driven.

    Listens to `saccade.detect.Shift`, which compares each picture of the watch with the first of
    its position; it costs no light. From how far the picture has moved, time after time, it
    learns how fast it drifts, and corrects x and y of the watch ahead of it. A picture
    that is not where it was expected is believed when the next one is there as well. One that has
    little in common with the first tells nothing: the stage stays until one has more.

    It needs something that stays: tissue, beads, a pattern of the slide. Where all that is seen
    goes its own ways, as cells do that migrate, it follows them.

    Parameters
    ----------
    least_um : float
        Difference for which the stage is not moved; about a pixel, or what the stage can do.
    drift_um_per_h : float
        How fast it may drift: the expected size of the rate, and of its change within an hour.
    most_um : float
        Largest correction; a picture that asks for more is not believed.
    likeness : float
        Correlation with the first picture below which one is not believed, from 0 to 1.
    label : str
        What its actions are called.

    Raises
    ------
    ProtocolError
        If a setting can't be used.
    """

    kind: ClassVar[PolicyKind] = "quality-driven"
    claims: ClassVar[tuple[str, ...]] = ("xy",)
    streams: ClassVar[frozenset[str] | None] = frozenset({"watch"})

    _: KW_ONLY
    least_um: float = 0.3
    drift_um_per_h: float = 10.0
    most_um: float = 50.0
    likeness: float = 0.4
    label: str = "drift"
    _places: dict[tuple[int, int], _Place] = field(default_factory=dict, init=False, repr=False)
    _pixel_um: list[float] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        check_label("Drift", self.label)
        check_above_zero("Drift.least_um", self.least_um, "Give about the size of a pixel, in µm.")
        check_above_zero("Drift.drift_um_per_h", self.drift_um_per_h, "10 suits most stands.")
        check_above_zero("Drift.most_um", self.most_um, "Give how far it can drift, in µm.")
        ok = is_number(self.likeness) and 0 <= self.likeness <= 1
        require(ok, "Drift.likeness", self.likeness, "a number from 0 to 1", "0.4 suits most.")

    def learn(self, stand: Stand) -> None:
        """Make sure that there is a stage to correct, and take the size of a pixel.

        Parameters
        ----------
        stand : Stand
            The microscope.

        Raises
        ------
        NeedsError
            If it has no stage, or xy may not be changed.
        """
        check_movable("Drift", stand, "xy")
        self._pixel_um[:] = [stand.pixel_size_um]

    def __call__(self, seen: Observation) -> Decision:
        """Return a correction of the watch, or why there is none.

        Parameters
        ----------
        seen : Observation
            Of `saccade.detect.Shift`, in one frame.

        Raises
        ------
        ValueError
            If it measures no shift.
        """
        x_um, y_um, _ = seen.at_um
        if seen.verdict == "invalid" or x_um is None or y_um is None:
            return Decision((), "invalid", "the frame can't be judged", seen.frame)
        if not all(name in seen.measurements for name in _MEASURED):
            raise ValueError("Drift listens to saccade.detect:Shift, which measures x_um and y_um")
        place = self._places.get(seen.place)
        if place is None:
            place = self._places[seen.place] = self._new((x_um, y_um), seen.t_ns)
        if seen.t_ns > place.seen_ns:
            place.interval_ns, place.seen_ns = seen.t_ns - place.seen_ns, seen.t_ns
        moved_um = (
            x_um - place.planned_um[0] + seen.measurements["x_um"],
            y_um - place.planned_um[1] + seen.measurements["y_um"],
        )
        doubt = self._doubt(seen, moved_um, place)
        if not doubt:
            for trend, at_um in zip(place.trends, moved_um, strict=True):
                trend.saw(at_um, seen.t_ns, sudden=place.odd)
            place.odd = False
        return self._correct(seen, place, doubt)

    def refused(self, refusal: Refusal) -> Decision:
        """Forget a correction that a guard refused."""
        action = refusal.action
        frame = -1 if action.frame is None else action.frame
        if action.correction is None or action.label != self.label:
            return Decision((), "idle", "the refusal is not of its own", frame)
        for key, place in self._places.items():
            if key == (action.correction.position, action.correction.tile):
                place.offset_um = place.before_um
        return Decision((), "refused", f"{refusal.guard}: {refusal.reason}", frame)

    def fresh(self) -> Self:
        """Return a policy with the same settings and no memory."""
        return replace(self)

    def _new(self, planned_um: tuple[float, float], t_ns: int) -> _Place:
        error_um = _ERROR_PX * (self._pixel_um[0] if self._pixel_um else self.least_um)
        trends = Trend(self.drift_um_per_h, error_um), Trend(self.drift_um_per_h, error_um)
        return _Place(planned_um, trends, seen_ns=t_ns)

    def _doubt(self, seen: Observation, moved_um: tuple[float, float], place: _Place) -> str:
        """Return why a picture is not believed; empty if it is."""
        likeness = seen.measurements["likeness"]
        if seen.verdict != "trusted" or likeness < self.likeness:
            return f"a likeness of {likeness:.2f} with the first"
        if math.hypot(*moved_um) > self.most_um:
            return f"it would be {math.hypot(*moved_um):.1f} µm from the plan"
        each = zip(place.trends, moved_um, strict=True)
        if not place.odd and not all(trend.expects(at_um, seen.t_ns) for trend, at_um in each):
            place.odd = True
            return "it has jumped, perhaps"
        return ""

    def _correct(self, seen: Observation, place: _Place, doubt: str) -> Decision:
        x_um, y_um = self._within(place.ahead_um())
        if doubt or math.dist((x_um, y_um), place.offset_um) < self.least_um:
            rule = "doubts" if doubt else "quiet"
            return Decision((), rule, doubt or "where it was, as far as can be told", seen.frame)
        place.before_um, place.offset_um = place.offset_um, (x_um, y_um)
        position, tile = seen.place
        correction = Correction(x_um, y_um, position=position, tile=tile)
        action = Action(correction=correction, label=self.label, frame=seen.frame)
        rates = math.hypot(*(trend.rate_per_h for trend in place.trends))
        why = f"it drifts by {rates:.2f} µm/h: {x_um:+.2f}, {y_um:+.2f} µm from the plan"
        return Decision((action,), "follows", why, seen.frame)

    def _within(self, offset_um: tuple[float, float]) -> tuple[float, float]:
        """Return a correction, or the largest in its direction."""
        share = min(1.0, self.most_um / max(math.hypot(*offset_um), self.least_um))
        return offset_um[0] * share, offset_um[1] * share
