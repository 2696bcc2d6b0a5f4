"""Light, or read out, the watch only where something was found."""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Literal, Self

import numpy as np
from useq import SLMImage

from saccade.core import (
    FULL,
    Action,
    Correction,
    Decision,
    NeedsError,
    Observation,
    PolicyKind,
    Refusal,
    Roi,
    is_number,
    lit,
    require,
)

from ._aim import Aim, Shape, aimed
from ._settings import check_label, check_whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from saccade.core import Modulator, Stand

_STEP_PX = 32
"""Regions begin and end at multiples of it, so that few different streams are opened."""


@dataclass
class _Place:
    """What is remembered of one stage position and tile."""

    limited: Correction | None = None
    """What the next picture is limited by; None if it is whole."""
    since: int = 0
    """Pictures since the last whole one."""


@dataclass(frozen=True, eq=False)
class Regions:
    """Lights, or reads out, the watch only where something was found; information-driven.

    After a whole picture the light modulator lights what was found in it, and nothing else; or the
    camera reads out the region that holds it. It goes along with things that move, as long as they
    stay within the margin from picture to picture. Every ``look_every`` pictures of a place one
    is whole, so that what is new is found; and so is the next, where nothing is found, or more
    than ``most_share`` of the field would be lit or read out anyway.

    A mask spares what lies between the things, and those that are not asked for. A region spares
    no light, but time and disk; each size of picture is a stream of its own.

    Parameters
    ----------
    by : {'mask', 'region'}
        What is limited: the light, or what the camera reads out.
    shape : {'circles', 'boxes', 'instances'}
        As in `Stimulate`.
    radius_um : float
        Of the circles.
    margin_um : float
        Added all around, so that things may move.
    look_every : int
        One of so many pictures of a place is whole.
    most_share : float
        Share of the modulator, or of the sensor, above which it isn't worth it.
    label : str
        What its actions are called.

    Raises
    ------
    ProtocolError
        If a setting can't be used.
    """

    kind: ClassVar[PolicyKind] = "information-driven"
    streams: ClassVar[frozenset[str] | None] = frozenset({"watch"})

    _: KW_ONLY
    by: Literal["mask", "region"] = "mask"
    shape: Shape = "circles"
    radius_um: float = 10.0
    margin_um: float = 3.0
    look_every: int = 10
    most_share: float = 0.6
    label: str = "regions"
    _aims: tuple[Aim, Aim] = field(init=False, repr=False)
    """Of what is found, and of that with its margin."""
    _modulators: list[Modulator] = field(default_factory=list, init=False, repr=False)
    _places: dict[tuple[int, int], _Place] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        check_label("Regions", self.label)
        check_whole("Regions.look_every", self.look_every, least=2)
        require(
            self.by in ("mask", "region"), "Regions.by", self.by, "mask or region", "Choose one."
        )
        ok = is_number(self.margin_um) and self.margin_um >= 0
        require(ok, "Regions.margin_um", self.margin_um, "a distance of 0 or more", "Give µm.")
        ok = is_number(self.most_share) and 0 < self.most_share <= 1
        require(ok, "Regions.most_share", self.most_share, "above 0, at most 1", "Such as 0.6.")
        bare = Aim(self.shape, self.radius_um, 0.0, "whole")
        bare.check("Regions")
        more = self.radius_um + self.margin_um
        object.__setattr__(self, "_aims", (bare, Aim(self.shape, more, self.margin_um, "whole")))

    @property
    def claims(self) -> tuple[str, ...]:
        """What it sets for good."""
        return (self.by,)

    def learn(self, stand: Stand) -> None:
        """Take the light modulator of a microscope, or make sure that regions may be set.

        Parameters
        ----------
        stand : Stand
            The microscope.

        Raises
        ------
        NeedsError
            If it can't be used there.
        """
        if self.by == "mask":
            self._modulators[:] = [aimed("Regions", stand)]
        elif stand.modifiable is not None and "roi" not in stand.modifiable:
            what = f"Regions can't be used on {stand.name!r}: regions may not be changed there."
            raise NeedsError(what, "List roi as modifiable in the scope profile.")

    def __call__(self, seen: Observation) -> Decision:
        """Return how the next pictures of a place are limited, or why they are not.

        Parameters
        ----------
        seen : Observation
            What was seen in one frame.
        """
        place = self._places.setdefault(seen.place, _Place())
        place.since = 0 if place.limited is None else place.since + 1
        if seen.verdict == "invalid":
            return self._whole(seen, place, "the frame can't be judged")
        if place.since + 1 >= self.look_every:
            return self._whole(seen, place, f"{place.since} pictures were limited")
        if not seen.points:
            return self._whole(seen, place, "nothing is found")
        wanted, share, holds = self._limited(seen, place)
        if share > self.most_share:
            return self._whole(seen, place, f"{share:.0%} of all would be needed")
        told = f"{len(seen.points)} things need {share:.1%} of all"
        if holds:
            return Decision((), "holds", f"{told}, and have it", seen.frame)
        place.limited = wanted
        return Decision((self._action(seen, wanted),), "limits", told, seen.frame)

    def refused(self, refusal: Refusal) -> Decision:
        """Take a place to be whole whose limit a guard refused."""
        action = refusal.action
        frame = -1 if action.frame is None else action.frame
        if action.correction is None or action.label != self.label:
            return Decision((), "idle", "the refusal is not of its own", frame)
        about = action.correction
        self._places.pop((about.position or 0, about.tile or 0), None)
        return Decision((), "refused", f"{refusal.guard}: {refusal.reason}", frame)

    def fresh(self) -> Self:
        """Return a policy with the same settings and no memory."""
        return replace(self)

    def _whole(self, seen: Observation, place: _Place, why: str) -> Decision:
        if place.limited is None:
            return Decision((), "quiet", f"{why}: whole", seen.frame)
        place.limited = None
        return Decision((self._action(seen, self._open(seen)),), "opens", why, seen.frame)

    def _open(self, seen: Observation) -> Correction:
        if self.by == "mask":
            modulator = self._modulators[0]
            rest = SLMImage(data=np.uint8(modulator.rest), device=modulator.device)
            return Correction(mask=rest)
        width, height = _sensor_px(seen)
        return Correction(region=(0, 0, width, height))

    def _limited(self, seen: Observation, place: _Place) -> tuple[Correction, float, bool]:
        """Return a limit, its share of all, and whether what there is at present holds it."""
        if self.by == "region":
            return self._region(seen, place)
        levels = dict.fromkeys(range(len(seen.points)), FULL)
        bare, image = (aim.mask(seen, levels, self._modulators[0]) for aim in self._aims)
        before = None if place.limited is None else place.limited.mask
        share = lit(image).share
        # It holds while nothing comes near its edge, and not much less would do.
        holds = (
            before is not None
            and not (_pixels(bare) & ~_pixels(before)).any()
            and lit(before).share <= 1.25 * share
        )
        return Correction(mask=image), share, holds

    def _region(self, seen: Observation, place: _Place) -> tuple[Correction, float, bool]:
        width, height = _sensor_px(seen)
        wanted = _around(seen, self.radius_um + self.margin_um)
        bare = _around(seen, self.radius_um, step_px=1)
        before = None if place.limited is None else place.limited.region
        share = wanted[2] * wanted[3] / (width * height)
        holds = before is not None and (
            before == wanted
            or (_lies_in(bare, before) and before[2] * before[3] <= 1.25 * wanted[2] * wanted[3])
        )
        return Correction(region=wanted), share, holds

    def _action(self, seen: Observation, limit: Correction) -> Action:
        position, tile = seen.place
        about = replace(limit, position=position, tile=tile)
        return Action(correction=about, label=self.label, frame=seen.frame)


def _pixels(image: SLMImage) -> NDArray[np.bool_]:
    lit_there: NDArray[np.bool_] = np.asarray(image) > 0
    return lit_there


def _sensor_px(seen: Observation) -> tuple[int, int]:
    if seen.grid is None:
        raise ValueError("nobody knows where the pixels of the frame lie on the sensor")
    return seen.grid.sensor_px


def _around(seen: Observation, radius_um: float, step_px: int = _STEP_PX) -> Roi:
    """Return the region of the sensor that holds circles around all points."""
    width, height = _sensor_px(seen)
    left, top, *_ = seen.grid.roi if seen.grid else (0, 0)
    reach = radius_um / (seen.grid.pixel_size_um if seen.grid else 1.0)
    cols = [left + point.x_px for point in seen.points]
    rows = [top + point.y_px for point in seen.points]

    def span(values: list[float], end: int) -> tuple[int, int]:
        low = math.floor((min(values) - reach) / step_px) * step_px
        high = math.ceil((max(values) + reach + 1) / step_px) * step_px
        return min(max(low, 0), end - 1), min(max(high, 1), end)

    (first, last), (upper, lower) = span(cols, width), span(rows, height)
    return first, upper, last - first, lower - upper


def _lies_in(inner: Roi, outer: Roi) -> bool:
    return (
        inner[0] >= outer[0]
        and inner[1] >= outer[1]
        and inner[0] + inner[2] <= outer[0] + outer[2]
        and inner[1] + inner[3] <= outer[1] + outer[3]
    )
