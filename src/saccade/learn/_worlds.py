"""Samples from the virtual microscope, whose truth is known."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from saccade.core import worker_pool
from saccade.sim import Light, View, World, conditions, make_specimen
from saccade.sim.specimens import Phase

from ._sample import Sample, Unsure, joined, last_frames

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

PLATE = "plate"
"""Class of cells in metaphase, which is when an anaphase can be expected."""
_W_PER_CM2 = 0.5


@dataclass(frozen=True, kw_only=True)
class Worlds:
    """What is drawn from worlds of one kind.

    Parameters
    ----------
    specimen : str
        Registered name.
    classes : tuple of str
        Kinds of occurrences, or ``plate``.
    settings : mapping
        Of the specimen; such that what is rare in life is less so here.
    varied : mapping of str to tuple of float
        Settings that differ from world to world: least and greatest. Between two integers an
        integer is drawn.
    fields : int
        Looked at in each world, each for as long as it lasts.
    hours : float
        How long.
    interval_s : tuple of float
        Shortest and longest time between two frames of a field; drawn for each world.
    frames : int
        To a sample.
    side_px, pixel_size_um : int, float
        Of the pictures.
    exposure_ms : tuple of float
        Shortest and longest, at 0.5 W/cm²; drawn for each world.
    empty : float
        Share of the samples with nothing in them that are kept.
    most : int
        Samples of a world at most; which ones is drawn.
    channel : str, optional
        By default the specimen's first.
    unsure_s : float
        Within so long of its onset or end, nobody could say whether an occurrence goes on: the
        place is not counted.
    lasts_s : float
        So long after its onset what is left of an occurrence is unsure as well.
    depth_um : float
        So far out of focus it can't be seen well, and is unsure.
    """

    specimen: str
    classes: tuple[str, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    varied: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    fields: int = 12
    hours: float = 2.0
    interval_s: tuple[float, float] = (5.0, 120.0)
    frames: int = 1
    side_px: int = 256
    pixel_size_um: float = 0.325
    exposure_ms: tuple[float, float] = (3.0, 30.0)
    empty: float = 0.15
    most: int = 220
    channel: str | None = None
    unsure_s: float = 0.0
    lasts_s: float = math.inf
    depth_um: float = math.inf


def world_samples(worlds: Worlds, seeds: range, processes: int = 1) -> Iterator[Sample]:
    """Yield samples of worlds; each world is a group of its own.

    Parameters
    ----------
    worlds : Worlds
        What is drawn.
    seeds : range
        Of the worlds.
    processes : int
        How many work at a time; the samples are the same.
    """
    draw = partial(_drawn, worlds)
    if processes == 1:
        for seed in seeds:
            yield from draw(seed)
        return
    with worker_pool(processes) as pool:
        for samples in pool.map(draw, seeds):
            yield from samples


def _drawn(worlds: Worlds, seed: int) -> list[Sample]:
    samples = _of_world(worlds, seed)
    if len(samples) <= worlds.most:
        return samples
    kept = np.random.default_rng([seed, 6]).permutation(len(samples))[: worlds.most]
    return [samples[number] for number in np.sort(kept).tolist()]


class _Visit(NamedTuple):
    """A world, where in it is looked, how, and how often."""

    world: World
    name: str
    light: Light
    exposure_ms: float
    interval_s: float
    centres: NDArray[np.float64]
    """Of the fields, x and y in µm."""
    wanted: NDArray[np.bool_] | None
    """Samples (step, field) that are kept; None if that is seen when they come."""

    def picture(self, worlds: Worlds, field: int) -> NDArray[np.float32]:
        """Return what a field looks like now."""
        x_um, y_um = self.centres[field].tolist()
        view = View(
            channel=self.light.channel,
            x_um=x_um,
            y_um=y_um,
            sensor_px=(worlds.side_px, worlds.side_px),
            pixel_size_um=worlds.pixel_size_um,
        )
        return self.world.picture(view, self.exposure_ms, self.light).astype(np.float32)


def _visit(worlds: Worlds, seed: int, rng: np.random.Generator) -> _Visit:
    varied = {name: _drawn_from(span, rng) for name, span in worlds.varied.items()}
    settings = {**worlds.settings, **varied}
    specimen = make_specimen(worlds.specimen, seed, settings)
    imaging = conditions()[int(rng.integers(2))]
    channel = worlds.channel or next(iter(specimen.channels))
    exposure_ms = float(np.exp(rng.uniform(*np.log(worlds.exposure_ms))))
    interval_s = float(np.exp(rng.uniform(*np.log(worlds.interval_s))))
    reach = np.array(specimen.size_um) / 2 - worlds.side_px * worlds.pixel_size_um
    centres = rng.uniform(-1, 1, (worlds.fields, 2)) * reach
    wanted = None
    if worlds.frames > 1:
        dark = World(make_specimen(worlds.specimen, seed, settings), imaging)
        wanted = _plan(worlds, dark, centres, interval_s, rng)
    light = Light(channel, power_mw=_W_PER_CM2 * 10, area_cm2=0.01)
    name = f"{worlds.specimen} {seed}"
    world = World(specimen, imaging)
    return _Visit(world, name, light, exposure_ms, interval_s, centres, wanted)


def _of_world(worlds: Worlds, seed: int) -> list[Sample]:
    rng = np.random.default_rng([seed, 5])
    visit = _visit(worlds, seed, rng)
    past: list[list[NDArray[np.float32]]] = [[] for _ in visit.centres]
    made: list[_Made] = []
    for step in range(_steps(worlds, visit.interval_s)):
        visit.world.advance(step * visit.interval_s)
        sure, unsure = _truth(visit.world, worlds)
        for number, (x_um, y_um) in enumerate(visit.centres.tolist()):
            here, unsure_here = (each.within(x_um, y_um, worlds) for each in (sure, unsure))
            if visit.wanted is None:
                kept = soon = bool(len(here.kinds)) or rng.random() < worlds.empty
            else:
                kept = bool(visit.wanted[step, number])
                soon = bool(visit.wanted[step:, number][: worlds.frames].any())
            if not soon:
                past[number] = []
                continue
            past[number] = [*past[number], visit.picture(worlds, number)][-worlds.frames :]
            if kept:
                sample = Sample(
                    f"{visit.name}, field {number}, {step * visit.interval_s:.0f} s",
                    f"world {seed}",
                    last_frames(past[number], worlds.frames),
                    here.places,
                    here.kinds,
                    np.zeros(len(here.kinds)),
                    pixel_size_um=worlds.pixel_size_um,
                    unsure=unsure_here.unsure(),
                )
                made.append(_Made(sample, x_um, y_um, visit.world.t_s))
    samples = [each.sample for each in made]
    return _foreseen(made, visit.world, worlds) if worlds.unsure_s > 0 else samples


def _steps(worlds: Worlds, interval_s: float) -> int:
    return int(worlds.hours * 3600 / interval_s)


def _drawn_from(span: tuple[float, float], rng: np.random.Generator) -> float:
    value = float(rng.uniform(*span))
    return round(value) if all(isinstance(end, int) for end in span) else value


def _plan(
    worlds: Worlds,
    dark: World,
    centres: NDArray[np.float64],
    interval_s: float,
    rng: np.random.Generator,
) -> NDArray[np.bool_]:
    """Return which samples (step, field) are kept: only they and the frames before are drawn.

    What happens when is told by a world of the same seed in which nothing is lit. Light changes
    little of it, and what a sample tells is what is so in the world that is lit.
    """
    kept = rng.random((_steps(worlds, interval_s), len(centres))) < worlds.empty
    for step, row in enumerate(kept):
        dark.advance(step * interval_s)
        sure, _ = _truth(dark, worlds)
        row |= [len(sure.within(x_um, y_um, worlds).kinds) > 0 for x_um, y_um in centres]
    every = np.flatnonzero(kept)
    kept.flat[rng.permutation(every)[worlds.most :]] = False
    return kept


class _Made(NamedTuple):
    sample: Sample
    x_um: float
    y_um: float
    t_s: float


def _foreseen(made: list[_Made], world: World, worlds: Worlds) -> list[Sample]:
    """Return samples that are unsure of what is about to begin: the world told it only then."""
    world.advance(world.t_s + worlds.unsure_s)
    begun = [each for each in world.occurrences if each.kind in worlds.classes]
    samples = []
    for sample, x_um, y_um, t_s in made:
        soon = [
            (each.x_um, each.y_um, worlds.classes.index(each.kind))
            for each in begun
            if t_s < each.onset_s <= t_s + worlds.unsure_s
        ]
        unsure = _things(soon).within(x_um, y_um, worlds).unsure()
        samples.append(replace(sample, unsure=joined(sample.unsure, unsure)))
    return samples


class _Things(NamedTuple):
    """Places, (n, 2), and classes of what happens."""

    places: NDArray[np.float64]
    kinds: NDArray[np.intp]

    def within(self, x_um: float, y_um: float, worlds: Worlds) -> _Things:
        """Return those in a field, in pixels, y first."""
        away_um = self.places - (x_um, y_um)
        near = (np.abs(away_um) < worlds.side_px / 2 * worlds.pixel_size_um).all(axis=1)
        middle = (worlds.side_px - 1) / 2
        return _Things(away_um[near][:, ::-1] / worlds.pixel_size_um + middle, self.kinds[near])

    def unsure(self) -> Unsure:
        """Return them as places that are not counted."""
        return Unsure(self.places, self.kinds, np.zeros(len(self.kinds)))


def _truth(world: World, worlds: Worlds) -> tuple[_Things, _Things]:
    """Return what surely happens now, and what may: places in µm, x first, and classes."""
    classes, unsure_s = worlds.classes, worlds.unsure_s
    sure: list[tuple[float, float, int]] = []
    unsure: list[tuple[float, float, int]] = []
    for each in world.occurrences:
        if each.kind not in classes:
            continue
        what = (each.x_um, each.y_um, classes.index(each.kind))
        edge_s = min(abs(world.t_s - each.onset_s), abs(world.t_s - each.end_s))
        going_on = each.onset_s <= world.t_s <= each.end_s
        faint = world.t_s > each.onset_s + worlds.lasts_s or abs(each.z_um) > worlds.depth_um
        if (unsure_s > 0 and edge_s <= unsure_s) or (going_on and faint):
            unsure.append(what)
        elif going_on:
            sure.append(what)
    phases = getattr(world.specimen, "phases", None)
    if PLATE in classes and phases is not None:
        lined_up = world.specimen.places_um()[phases() == Phase.METAPHASE]
        sure += [(float(x), float(y), classes.index(PLATE)) for x, y in lined_up]
    return _things(sure), _things(unsure)


def _things(told: list[tuple[float, float, int]]) -> _Things:
    table = np.array(told, float).reshape(-1, 3)
    return _Things(table[:, :2], table[:, 2].astype(np.intp))
