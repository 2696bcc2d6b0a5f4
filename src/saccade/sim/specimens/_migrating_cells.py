"""The living state of crawling cells, and how it changes in a step."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ._draws import child_tracks, step_draws, trait_draws
from ._migrating_motion import Walk, keep_apart, reflected, turned, walk_on
from ._migrating_shape import TRAITS, column

if TYPE_CHECKING:
    from numpy.typing import NDArray

STEP_S = 30.0
ROUNDING_S = 720.0
"""A cell takes this long to round up before it divides."""
DIVISION_S = 2700.0
"""From the onset of rounding to the separation of the daughters."""
_CLEAVAGE_S = 360.0
_SPREADING_S = 3600.0
_STOPPING_S = 1200.0
_DAUGHTERS_UM = 13.0
"""Distance of the centres of newborn daughters."""
_TOLERANCE = 0.35
"""Standard deviation of the logarithm of the dose that harms a cell."""


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """All cells during one step; arrays are (cell,) or (cell, 2), never changed in place."""

    step: int
    track: NDArray[np.int64]
    traits: NDArray[np.float32]
    before_um: NDArray[np.float64]
    after_um: NDArray[np.float64]
    velocity: NDArray[np.float64]
    """In µm/s."""
    heading_before: NDArray[np.float64]
    heading_after: NDArray[np.float64]
    drawn: NDArray[np.float64]
    """How much light has activated them, 0 to 1, and towards where."""
    born_s: NDArray[np.float64]
    divides_s: NDArray[np.float64]
    """When each begins to round up for division."""
    harmed_s: NDArray[np.float64]
    """When light stopped each; infinite for the well."""
    harm_j_per_cm2: NDArray[np.float64]
    dye_j_per_cm2: NDArray[np.float64]
    all_j_per_cm2: NDArray[np.float64]
    """Doses so far: weighted by harm, of what excites the dye, and of any light."""

    @property
    def start_s(self) -> float:
        """When this step began."""
        return self.step * STEP_S

    def places_um(self, t_s: float) -> NDArray[np.float64]:
        """Return where the cells are at a time of this step, (cell, 2)."""
        share = (t_s - self.start_s) / STEP_S
        return self.before_um + share * (self.after_um - self.before_um)

    def heading_rad(self, t_s: float) -> NDArray[np.float64]:
        """Return which way the cells point at a time of this step."""
        share = (t_s - self.start_s) / STEP_S
        return self.heading_before + share * (self.heading_after - self.heading_before)

    def dividing(self, t_s: float) -> NDArray[np.bool_]:
        """Return who has begun to divide; light that comes later does not stop them."""
        return (self.divides_s <= t_s) & (self.divides_s <= self.harmed_s)

    def rounded(self, t_s: float) -> NDArray[np.float64]:
        """Return how far each cell has rounded up, from 0, spread, to 1, a ball."""
        up = _smooth((t_s - self.divides_s) / ROUNDING_S) * self.dividing(t_s)
        young = 1 - _smooth((t_s - self.born_s) / _SPREADING_S)
        return np.maximum(np.maximum(up, young), 0.85 * self.stopped(t_s))

    def stopped(self, t_s: float) -> NDArray[np.float64]:
        """Return how far light has stopped each cell, from 0 to 1."""
        return _smooth((t_s - self.harmed_s) / _STOPPING_S)

    def cleaved(self, t_s: float) -> NDArray[np.float64]:
        """Return how far each cell's furrow has gone, from 0 to 1."""
        left_s = self.divides_s + DIVISION_S - t_s
        return _smooth(1 - left_s / _CLEAVAGE_S) * self.dividing(t_s)

    def some(self, which: NDArray[np.intp] | NDArray[np.bool_]) -> Cells:
        """Return some of the cells."""
        names = [n for n in self.__dataclass_fields__ if n != "step"]
        return replace(self, **{n: getattr(self, n)[which] for n in names})


def _life(traits: NDArray[np.float32], which: int) -> NDArray[np.float64]:
    return column(traits, "life", which, 1)[:, 0].astype(float)


def tolerance(traits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the dose that harms each cell, relative to the median: log-normal."""
    from scipy.special import ndtri  # slow to import, which every command would pay

    dose: NDArray[np.float64] = np.exp(_TOLERANCE * ndtri(np.clip(_life(traits, 3), 1e-12, 1.0)))
    return dose


def brightness(traits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return how much dye each nucleus has taken up, 1 on average."""
    return 0.6 + 0.8 * _life(traits, 4)


def _whole_steps(t_s: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.rint(t_s / STEP_S) * STEP_S


def _smooth(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a smooth step from 0 to 1."""
    x = np.clip(share, 0.0, 1.0)
    step: NDArray[np.float64] = x * x * (3 - 2 * x)
    return step


def joined(first: Cells, second: Cells) -> Cells:
    """Return two groups of cells as one."""
    names = [n for n in first.__dataclass_fields__ if n != "step"]
    both: dict[str, Any] = {
        name: np.concatenate((getattr(first, name), getattr(second, name))) for name in names
    }
    return replace(first, **both)


@dataclass(frozen=True, slots=True)
class Biology:
    """What does not change: the laws that the cells live by."""

    seed: int
    founders: int
    size_um: tuple[float, float]
    walk: Walk
    cycle_s: float
    """Mean time from birth to division; 0 for never."""
    draw_um_per_s: float
    """How fast a fully activated cell crawls towards the light."""
    forget_s: float
    """How fast activation fades."""

    def settled(self, tracks: NDArray[np.int64], places_um: NDArray[np.float64]) -> Cells:
        """Return cells at time 0, at given places; each is at some age of its cycle."""
        count = len(tracks)
        traits = trait_draws(self.seed, tracks, TRAITS)
        angle = 2 * np.pi * _life(traits, 0)
        speed = self.walk.speed_um_per_s
        course = speed * np.stack((np.cos(angle), np.sin(angle)), axis=1)
        nothing, never = np.zeros(count), np.full(count, np.inf)
        age = _life(traits, 1)
        divides_s = _whole_steps(self.cycle_of(traits) * age) if self.cycle_s else never
        return Cells(
            step=-1, track=tracks, traits=traits, before_um=places_um, after_um=places_um,
            velocity=course, heading_before=angle, heading_after=angle,
            drawn=np.zeros((count, 2)), born_s=-never, divides_s=divides_s, harmed_s=never,
            harm_j_per_cm2=nothing, dye_j_per_cm2=nothing, all_j_per_cm2=nothing,
        )  # fmt: skip

    def cycle_of(self, traits: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return when cells born now begin to divide, 0.7 to 1.3 of the mean, in whole steps."""
        if not self.cycle_s:
            return np.full(len(traits), np.inf)
        return _whole_steps(self.cycle_s * (0.7 + 0.6 * _life(traits, 2)))

    def next(self, cells: Cells) -> Cells:
        """Return the cells in the step that follows."""
        step, start_s = cells.step + 1, (cells.step + 1) * STEP_S
        cells = replace(
            cells, step=step, before_um=cells.after_um, heading_before=cells.heading_after
        )
        splits = cells.dividing(start_s) & (cells.divides_s + DIVISION_S <= start_s)
        if splits.any():
            cells = joined(cells.some(~splits), self._daughters(cells.some(splits), start_s))
        return self._crawled(cells, start_s)

    def _crawled(self, cells: Cells, start_s: float) -> Cells:
        draws = step_draws(self.seed, cells.track, cells.step, 4)
        moved, velocity = walk_on(self.walk, cells.velocity, draws, STEP_S)
        pull = self.draw_um_per_s * cells.drawn
        moved = moved + pull * STEP_S
        # Balls and harmed cells stay where they are.
        free = 1 - np.maximum(cells.rounded(start_s), cells.stopped(start_s))[:, None]
        after_um, velocity = keep_apart(
            self.walk, self.seed, cells.track, cells.before_um + free * moved, velocity, STEP_S
        )
        after_um, velocity = reflected(after_um, velocity, self.size_um)
        return replace(
            cells,
            after_um=after_um,
            velocity=velocity,
            heading_after=turned(cells.heading_before, (velocity + pull) * free, STEP_S),
            drawn=cells.drawn * np.exp(-STEP_S / self.forget_s),
        )

    def _daughters(self, parents: Cells, start_s: float) -> Cells:
        """Return two newborn cells for each parent; dye, harm and activation are inherited."""
        axis = parents.heading_before
        both = joined(parents, parents)
        away = np.stack((np.cos(axis), np.sin(axis)), axis=1) * _DAUGHTERS_UM / 2
        tracks = child_tracks(parents.track, self.founders).T.ravel()
        traits = trait_draws(self.seed, tracks, TRAITS)
        return replace(
            both,
            track=tracks,
            traits=traits,
            before_um=both.before_um + np.concatenate((-away, away)),
            velocity=both.velocity * 0.0,
            born_s=np.full(len(tracks), start_s),
            divides_s=start_s + self.cycle_of(traits),
        )
