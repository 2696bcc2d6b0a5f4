"""The commands around models: train one, show what there is."""

from __future__ import annotations

import shlex
import sys
import time
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from rich.table import Table

from saccade import models
from saccade.core import LabelError, UsageError, did_you_mean

from ._console import answer, err, named_errors, out, say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from rich.status import Status

    from saccade.learn import Kind, Named, Recipe, Sample
    from saccade.models import Card, Figure, Model

SIM = "sim:"
_LOG_S = 30.0
"""Between two lines on how far it is, where nobody watches a screen."""
_CROPS_A_PICTURE = 12
"""An epoch, where pictures are few."""
_PIXEL_SIZE_UM = 0.325
_COMPRESS, _OVERLAY = 4.0, 0.35
"""Of fluorescence: dim nuclei are to be found beside bright ones, and where they touch."""
_GRANULES, _TEXTURE = 0.4, 0.5
"""Of worlds that stand for real fluorescence."""
_LIVELY: dict[str, dict[str, Any]] = {
    "dividing-nuclei": {
        "settings": {"size_um": (900.0, 900.0)},
        "varied": {
            "division_rate": (3.0, 8.0),
            "density_per_mm2": (400.0, 1500.0),
            "nucleus_um": (12.0, 16.0),
        },
    },
    "calcium": {  # cells of a wave would look like transients, and not be told as such
        "settings": {"waves_per_h": 0.0},
        "varied": {"rate_hz": (1e-3, 1e-2), "amplitude": (0.6, 2.5), "decay_s": (0.4, 2.0)},
        "hours": 0.02,
        "interval_s": (0.1, 0.5),
        "empty": 0.3,
        "unsure_s": 0.1,
        "lasts_s": 1.0,
        "depth_um": 5.0,
    },
}
"""Worlds in which what is rare in a specimen's life is seen often enough to learn from."""
_OTHER_KINDS: dict[str, dict[str, tuple[float, float]]] = {
    "dividing-nuclei": {
        "chromosomes": (8, 60),
        "arms": (0.7, 3.5),
        "metaphase_min": (3.0, 14.0),
        "anaphase_min": (0.8, 5.0),
        "telophase_min": (2.0, 8.0),
        "separation_um_per_min": (1.5, 15.0),
    }
}
"""What differs from one kind of cell to another: human cells, embryos of flies and worms, plants.

Every other world is of another kind, where worlds stand for any real fluorescence."""


@dataclass(frozen=True, kw_only=True)
class Data:
    """What is learned from.

    Parameters
    ----------
    sources : tuple of str
        As they are written.
    usual : mapping
        Fields of `saccade.learn.Source` that hold where a source says nothing.
    frames : int
        To a sample.
    classes : str
        As they are written.
    worlds, processes, seed : int
        Of those from the virtual microscope.
    fluorescence : bool
        Whether pictures are of emitted light, and worlds stand for any real ones of that kind.
    """

    sources: tuple[str, ...]
    usual: Mapping[str, Any]
    frames: int
    classes: str
    worlds: int
    processes: int
    seed: int
    fluorescence: bool = False

    @property
    def compress(self) -> float:
        """How much pictures are compressed before a network sees them."""
        return _COMPRESS if self.fluorescence else 0.0


def train(
    data: Data,
    target: Path,
    *,
    epochs: int,
    minutes: float,
    kind: str | None,
    net: str,
    pack: bool,
    members: int,
    folds: int,
    about: str,
    licence: str,
    as_json: bool,
) -> None:
    """Train a model and say what it is worth."""
    from saccade.learn import Order, train_model

    with named_errors(as_json), err.status("reading ...") as status:
        samples, found = gather(data)
        order = Order(
            name=target.name,
            about=about or f"Finds {', '.join(found)}.",
            classes=found,
            data=data.sources,
            licence=licence,
            command=shlex.join(["saccade", *sys.argv[1:]]),
            limits=("Not tried on pictures other than those of its card.",),
            pixel_size_um=size_um_of(samples),
            compress=data.compress,
            net=net,
            pack=pack,
            members=members,
        )
        recipe = recipe_of(data, len(samples), epochs, minutes)

        chosen = _kind(kind)
        tell = teller(status)
        model = train_model(
            samples, order, target, recipe=recipe, kind=chosen, folds=folds, tell=tell
        )
    tell_model(model, as_json)


def show(name: str | None, as_json: bool) -> None:
    """Show the card of a model, or which models come with Saccade."""
    with named_errors(as_json):
        if name is not None:
            tell_model(models.load_model(name), as_json)
            return
        cards = [models.load_model(path).card for path in models.shipped_models().values()]
    if as_json:
        answer({"models": [card.model_dump(mode="json") for card in cards]})
    else:
        out.print(_table(cards))


def size_um_of(samples: Sequence[Sample]) -> float | None:
    """Return the size of a pixel, where it is known: it is one for all of them."""
    return next((um for each in samples if (um := each.pixel_size_um)), None)


def recipe_of(data: Data, pictures: int, epochs: int, minutes: float) -> Recipe:
    """Return how a network learns from such data."""
    from saccade.learn import Recipe, Variety

    crops = min(Recipe.crops, _CROPS_A_PICTURE * pictures)
    recipe = Recipe(
        epochs=epochs, crops=crops, minutes=minutes, seed=data.seed, processes=data.processes
    )
    if any(each.startswith(SIM) for each in data.sources):  # there is plenty, and it is to scale
        # Nothing in the worlds is as uneven as real tissue, and real pixel sizes are guessed.
        real = Variety(scale=(0.6, 1.5), granules=_GRANULES, texture=_TEXTURE)
        variety = real if data.fluorescence else Variety(scale=(0.8, 1.25))
        return replace(recipe, crops=1600, batch=32, around=0.75, variety=variety)
    return replace(recipe, variety=Variety(overlay=_OVERLAY)) if data.fluorescence else recipe


def gather(data: Data) -> Named:
    """Return the samples of all sources, and what is found in them."""
    from saccade.learn import Named

    parts, found = gather_apart(data)
    return Named([each for part in parts for each in part], found)


def gather_apart(data: Data) -> tuple[list[list[Sample]], tuple[str, ...]]:
    """Return the samples of each source, and what is found in them."""
    from saccade.learn import Source, mixed, read_source, source_of

    pairs = [each.strip().partition("=") for each in data.classes.split(",") if each.strip()]
    classes = tuple(dict.fromkeys(name.strip() for name, _, _ in pairs))
    aliases = {called.strip(): name.strip() for name, _, called in pairs if called}
    usual = Source(path="", **data.usual)
    # Folders first: worlds are drawn to their scale.
    read = {
        each: read_source(source_of(each, usual), data.frames)
        for each in data.sources
        if not each.startswith(SIM)
    }
    own_um = (um for named in read.values() for each in named.samples if (um := each.pixel_size_um))
    size_um = usual.pixel_size_um or next(own_um, None)
    for each in data.sources:
        if each.startswith(SIM):
            read[each] = _of_worlds(each, data, classes, size_um or _PIXEL_SIZE_UM)
    if any(each.startswith(SIM) for each in data.sources):
        size_um = size_um or _PIXEL_SIZE_UM
    parts = [read[each] for each in data.sources]
    samples, found = mixed(parts, classes, aliases, size_um)
    ends = accumulate(len(part.samples) for part in parts)
    return [
        list(samples[end - len(part.samples) : end]) for part, end in zip(parts, ends, strict=True)
    ], found


def _of_worlds(source: str, data: Data, classes: tuple[str, ...], size_um: float) -> Named:
    from saccade.learn import Named, Worlds, world_samples

    if not classes:
        raise UsageError("It is not said what to find in the worlds.", "Add --classes division.")
    if data.worlds < 1:
        raise LabelError(f"{data.worlds} worlds teach nothing.", "Give --worlds 12 or more.")
    specimen = source.removeprefix(SIM)
    drawn = Worlds(
        specimen=specimen,
        classes=classes,
        **_LIVELY.get(specimen, {}),
        pixel_size_um=size_um,
        frames=data.frames,
    )
    seeds = range(data.seed, data.seed + data.worlds)
    others = _OTHER_KINDS.get(specimen, {}) if data.fluorescence else {}
    if not others:
        return Named(list(world_samples(drawn, seeds, data.processes)), classes)
    foreign = replace(drawn, varied={**drawn.varied, **others})
    samples = [
        *world_samples(drawn, seeds[::2], data.processes),
        *world_samples(foreign, seeds[1::2], data.processes),
    ]
    return Named(samples, classes)


def _kind(kind: str | None) -> Kind | None:
    match kind:
        case None | "forest" | "network":
            return kind
    hint = did_you_mean(kind, ("forest", "network"))
    raise UsageError(f"There is no kind {kind!r} of model.", hint)


def teller(status: Status) -> Callable[[str], None]:
    """Return what tells how a training goes: epochs in one line, or now and then in a log."""
    last_s = time.monotonic()

    def tell(text: str) -> None:
        nonlocal last_s
        if not text.startswith("epoch"):
            err.print(text)
        elif err.is_terminal:
            status.update(text)
        elif time.monotonic() - last_s > _LOG_S:
            last_s = time.monotonic()
            err.print(text)

    return tell


def tell_model(model: Model, as_json: bool) -> None:
    """Say what a model is worth, and how to use it."""
    card = model.card
    if as_json:
        answer({"path": str(model.path), "card": card.model_dump(mode="json")})
        return
    shipped = models.shipped_models().get(card.name) == model.path
    name = card.name if shipped else str(model.path)
    say(f"{name}: {card.about}")
    for fact, value in _facts(card).items():
        say(f"  {fact}: {value}")
    say("Use it in a protocol, with this sha256 so that nothing else can take its place:")
    use = {"forest": "Forest", "program": "BioImage"}.get(card.architecture.id, "Network")
    say(f"  {{use: saccade.detect:{use}, model: {name}, sha256: {card.sha256}}}")


def _facts(card: Card) -> dict[str, Any]:
    metrics, size_um = card.metrics, card.input.pixel_size_um
    facts: dict[str, Any] = {
        "finds": ", ".join(card.architecture.classes),
        "pixel size": "any" if size_um is None else f"{size_um:g} um",
        "tested on": f"{metrics.test_pictures} pictures of {metrics.test_groups} other groups",
    }
    for name, each in metrics.classes.items():
        if not each.objects:
            facts[name] = "nobody has measured how well it is found"
            continue
        facts[name] = (
            f"{each.objects} objects, F1 {interval(each.f1)}, "
            f"average precision {interval(each.average_precision)}, "
            f"MCC by picture {interval(each.mcc)}, "
            f"false alarms a picture {interval(each.false_alarms)}"
        )
    if metrics.mask_ap50 is not None:
        facts["masks, AP at IoU 0.5"] = interval(metrics.mask_ap50)
    if metrics.alone is not None:
        one = f"one of its {card.architecture.members} networks alone, average precision"
        facts[one] = interval(metrics.alone)
    if metrics.shuffled is not None:
        facts["average precision with shuffled labels"] = f"{metrics.shuffled:.3f}"
    facts["calibrated on"] = f"{max(each.groups for each in card.calibration.values())} groups"
    facts["limits"] = " ".join(card.limits)
    return facts


def interval(told: Figure) -> str:
    """Return a figure as it is told."""
    return f"{told.value:.3f} [{told.low:.3f}, {told.high:.3f}]"


def _table(cards: list[Card]) -> Table:
    table = Table("model", "finds", "pixel, um", "F1", "average precision")
    for card in cards:
        size_um = card.input.pixel_size_um
        pixel = "any" if size_um is None else f"{size_um:g}"
        for number, (name, each) in enumerate(card.metrics.classes.items()):
            known = ("", "") if number else (card.name, pixel)
            figures = interval(each.f1), interval(each.average_precision)
            table.add_row(known[0], name, known[1], *figures)
    return table
