"""Keep the watch in focus: a few dim planes now and then, and a drift learned from them."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Self

from useq import MDAEvent

from saccade.core import (
    Action,
    Correction,
    Decision,
    Observation,
    PolicyKind,
    Refusal,
    is_number,
    require,
)

from ._focus_memory import Fall, Place, Probe
from ._settings import check_above_zero, check_label, check_movable, check_seconds, check_whole
from ._sharpest import sharpest
from ._trend import Trend

if TYPE_CHECKING:
    from saccade.core import Gap, Stand

_ERROR = 0.07
"""Of a measured focus, in steps, as a standard deviation."""
_SECOND = 1 / 3
"""Part of the time between probes after which the second one of a drift comes."""
_LASTS = 3.0
"""Times between probes for which a drift is believed to go on, if no focus is found."""
_DEAD = 0.05
"""Difference, in steps, for which the watch is not moved."""
_SAME_PLANE = 0.25
"""Difference, in steps, up to which a frame of the watch shows the plane that is kept."""


@dataclass(frozen=True, eq=False)
class Focus:
    """Keeps each position in focus by what its pictures show; quality-driven.

    Listens to `saccade.detect.Focus`. Every ``every_s``, and when the watch has clearly lost
    sharpness, it takes a few planes about the present one, dimly, and fits a model to their
    sharpness. From where the focus was found, time after time, it learns how fast it drifts,
    and corrects the z of the watch ahead of it. Where the focus lies beyond the planes it goes on
    to look in that direction. Where they tell nothing, the drift that was learned goes on, for
    three times ``every_s`` at most.

    The first probe follows the first frame of a position; the second one comes early, after a
    third of the time, because nothing is known of the drift until then. Of a plan with a stack,
    it is the first plane that is kept. In a plan with several channels, let the detector look
    at one of them.

    Parameters
    ----------
    every_s : float
        Time from probe to probe at a position.
    step_um : float
        From plane to plane; about the depth of field suits.
    planes : int
        Number of planes of a probe, at least 3. With 5 a probe that makes no sense is found out.
    exposure : float, optional
        Of a plane, in ms: far less than that of the watch will do, as long as the detector's
        sharpness isn't near zero. By default that of the watch.
    channel : str, optional
        Of a plane; by default that of the watch.
    fall : float
        Share of its sharpness that the watch must have lost, two frames in a row, to be probed
        early.
    drift_um_per_h : float
        How fast the focus may drift: the expected size of the rate, and of its change within an
        hour.
    above_focus_um : float
        Where the watch is to be, from the sharpest plane.
    most_um : float
        Largest correction; nothing farther off is taken for the focus.
    priority : int
        Higher goes first.
    label : str
        Role of the frames of a probe, hence their stream.

    Raises
    ------
    ProtocolError
        If a setting can't be used.
    """

    kind: ClassVar[PolicyKind] = "quality-driven"
    claims: ClassVar[tuple[str, ...]] = ("z",)

    every_s: float
    step_um: float
    _: KW_ONLY
    planes: int = 5
    exposure: float | None = None
    channel: str | None = None
    fall: float = 0.2
    drift_um_per_h: float = 5.0
    above_focus_um: float = 0.0
    most_um: float = 50.0
    priority: int = 20
    label: str = "focus"
    _places: dict[tuple[int, int], Place] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        check_seconds("Focus.every_s", self.every_s)
        check_whole("Focus.planes", self.planes, least=3)
        check_whole("Focus.priority", self.priority)
        check_label("Focus", self.label)
        check_above_zero("Focus.step_um", self.step_um, "Give about the depth of field, in µm.")
        check_above_zero("Focus.drift_um_per_h", self.drift_um_per_h, "5 suits most stands.")
        check_above_zero("Focus.most_um", self.most_um, "Give how far the focus can drift, in µm.")
        if self.exposure is not None:
            check_above_zero("Focus.exposure", self.exposure, "Give the exposure in ms.")
        ok = is_number(self.fall) and 0 < self.fall < 1
        require(ok, "Focus.fall", self.fall, "a share between 0 and 1", "0.2 suits most pictures.")
        ok = is_number(self.above_focus_um)
        do = "Give a distance in µm."
        require(ok, "Focus.above_focus_um", self.above_focus_um, "a finite number", do)

    @property
    def streams(self) -> frozenset[str]:
        """Roles of the frames that it hears: the watch and its own."""
        return frozenset({"watch", self.label})

    def learn(self, stand: Stand) -> None:
        """Make sure that there is a focus to correct.

        Parameters
        ----------
        stand : Stand
            The microscope.

        Raises
        ------
        NeedsError
            If it has no focus drive, or z may not be changed.
        """
        check_movable("Focus", stand, "z")

    def __call__(self, seen: Observation) -> Decision:
        """Return a probe, a correction of the watch, or why there is neither.

        Parameters
        ----------
        seen : Observation
            Of `saccade.detect.Focus`, in one frame.

        Raises
        ------
        ValueError
            If it measures no sharpness.
        """
        z_um, sharpness = seen.at_um[2], seen.measurements.get("sharpness")
        if sharpness is None and seen.verdict != "invalid":
            raise ValueError("Focus listens to saccade.detect:Focus, which measures sharpness")
        plane = None
        if sharpness is not None and z_um is not None and seen.verdict != "invalid":
            plane = z_um, sharpness
        if seen.stream == self.label:
            return self._probing(seen.frame, seen.place, plane)
        if plane is None:
            return Decision((), "invalid", "the frame can't be judged", seen.frame)
        if seen.place not in self._places:
            lasts_h = _LASTS * self.every_s / 3600
            trend = Trend(self.drift_um_per_h, _ERROR * self.step_um, lasts_h)
            first = Place(seen.place, plane[0], trend, Fall(self.fall), seen.t_ns)
            self._places[seen.place] = first
        return self._watching(seen, self._places[seen.place], *plane)

    def missed(self, gap: Gap) -> Decision:
        """Go on without a plane that will not come."""
        if gap.stream != self.label:
            return Decision((), "idle", "the gap is not in a probe", gap.index)
        index = gap.event.index
        return self._probing(gap.index, (int(index.get("p", 0)), int(index.get("g", 0))), None)

    def refused(self, refusal: Refusal) -> Decision:
        """Give up a probe of which a guard refused a plane, or a correction that it refused."""
        action = refusal.action
        frame = -1 if action.frame is None else action.frame
        if action.planned or action.label != self.label:
            return Decision((), "idle", "the refusal is not of a probe", frame)
        corrects = action.correction
        for place in self._places.values():
            if corrects is not None and (corrects.position, corrects.tile) == place.key:
                place.offset_um = place.before_um
            elif corrects is None and place.probe is not None:
                place.probe = None
                place.fall.restart()  # or what is blurred would ask again at every frame
        return Decision((), "refused", f"{refusal.guard}: {refusal.reason}", frame)

    def fresh(self) -> Self:
        """Return a policy with the same settings and no memory."""
        return replace(self)

    def _watching(self, seen: Observation, place: Place, z_um: float, sharpness: float) -> Decision:
        if abs(z_um - place.offset_um - place.planned_um) > _SAME_PLANE * self.step_um:
            return Decision((), "quiet", "another plane of a stack", seen.frame)
        if place.probe is not None:
            return Decision((), "under way", "a probe is under way", seen.frame)
        place.interval_ns, place.seen_ns = seen.t_ns - place.seen_ns, seen.t_ns
        fallen = place.fall.judge(sharpness)
        if why := fallen or self._due(place):
            place.probed_ns = seen.t_ns
            off_um = place.trend.at(seen.t_ns) - place.offset_um
            planes_um = self._around(z_um + off_um - self.above_focus_um)
            place.probe = Probe(planes_um, sudden=bool(fallen))
            return Decision((self._ask(seen.frame, place.probe),), "probes", why, seen.frame)
        if abs(place.ahead_um - place.offset_um) < _DEAD * self.step_um:
            return Decision((), "quiet", "in focus, as far as is known", seen.frame)
        why = f"the focus drifts by {place.trend.rate_per_h:+.2f} µm/h"
        return self._correct(seen.frame, place, "predicts", why)

    def _due(self, place: Place) -> str:
        """Return why it is time for a probe; empty if it isn't."""
        if place.probed_ns is None:
            return "the first frame of a position"
        since_s = (place.seen_ns - place.probed_ns) / 1e9
        late = since_s >= self.every_s * (_SECOND if place.new else 1)
        return f"{since_s:.0f} s after the last probe" if late else ""

    def _around(self, z_um: float) -> list[float]:
        first_um = z_um - (self.planes - 1) / 2 * self.step_um
        return [first_um + number * self.step_um for number in range(self.planes)]

    def _probing(
        self, frame: int, key: tuple[int, int], plane: tuple[float, float] | None
    ) -> Decision:
        place = self._places.get(key)
        if place is None or place.probe is None:
            return Decision((), "quiet", "a frame of a probe that is over", frame)
        place.probe.take(plane)
        if place.probe.left > 0:
            return Decision((), "under way", f"{place.probe.left} planes are to come", frame)
        return self._found(frame, place, place.probe)

    def _found(self, frame: int, place: Place, probe: Probe) -> Decision:
        best = sharpest(probe.seen, self.step_um)
        further_um = probe.beyond(best.outcome, self.step_um)
        if further_um and all(self._is_near(z_um, place) for z_um in further_um):
            probe.go_on(further_um)
            return Decision((self._ask(frame, probe),), "searches", f"it is {best.outcome}", frame)
        place.probe, place.new = None, False
        place.fall.restart()
        if best.outcome != "found" or not self._is_near(best.z_um, place):
            return Decision((), "lost", "the planes don't tell where the focus is", frame)
        offset_um = best.z_um + self.above_focus_um - place.planned_um
        first = place.trend.fresh
        place.new = place.trend.saw(offset_um, place.seen_ns, sudden=probe.sudden)
        jump = ", a jump" if place.new and not first else ""
        why = f"sharpest at {best.z_um:.2f} µm{jump}"
        return self._correct(frame, place, "finds", why)

    def _is_near(self, z_um: float, place: Place) -> bool:
        return abs(z_um + self.above_focus_um - place.planned_um) <= self.most_um

    def _correct(self, frame: int, place: Place, rule: str, why: str) -> Decision:
        ahead_um = min(max(place.ahead_um, -self.most_um), self.most_um)
        place.before_um, place.offset_um = place.offset_um, ahead_um
        position, tile = place.key
        correction = Correction(z_um=ahead_um, position=position, tile=tile)
        action = Action(correction=correction, label=self.label, frame=frame)
        return Decision((action,), rule, f"{why}: {ahead_um:+.2f} µm from the plan", frame)

    def _ask(self, frame: int, probe: Probe) -> Action:
        named = {"exposure": self.exposure, "channel": self.channel}
        given = {name: value for name, value in named.items() if value is not None}
        events = tuple(MDAEvent(z_pos=z_um, **given) for z_um in probe.planes_um)
        return Action(events, self.label, self.priority, frame=frame)
