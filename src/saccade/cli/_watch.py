"""The command that watches: worlds, or movies whose occurrences are marked, from end to end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from saccade import models
from saccade.core import UsageError, plain

from ._console import answer, err, named_errors, say
from ._left_out import is_movie, show
from ._models import one_of
from ._train import SIM, Data, gather_apart, interval

if TYPE_CHECKING:
    from rich.status import Status

    from saccade.learn import LeftOut, Watched, Worlds
    from saccade.models import Model


@dataclass(frozen=True)
class Watch:
    """What a model is to watch."""

    source: str
    """``sim:SPECIMEN``, or movies as `saccade train` reads them."""
    class_name: str | None
    called: str | None
    """What occurrences are called in the movies."""
    reach_px: float
    worlds: int
    hours: float
    interval_s: float
    seed: int


def watch(name: str, of: Watch, processes: int, as_json: bool) -> None:
    """Watch worlds or movies, and tell what of their occurrences is found."""
    if of.source.startswith(SIM):
        _worlds(name, of, processes, as_json)
    else:
        _movies(name, of, as_json)


def _worlds(name: str, of: Watch, processes: int, as_json: bool) -> None:
    with named_errors(as_json), err.status("watching ...") as status:
        model, class_name = _asked(name, of)
        told = _of_worlds(model, of, class_name, processes, status)
    if as_json:
        answer({"class": class_name, **plain(told._asdict())})
    else:
        _tell(class_name, told)


def _movies(name: str, of: Watch, as_json: bool) -> None:
    with named_errors(as_json), err.status("watching ..."):
        told = _of_movies(*_asked(name, of), of)
    if as_json:
        answer({"movies": [each._asdict() for each in told]})
    else:
        show(told)


def _asked(name: str, of: Watch) -> tuple[Model, str]:
    """Return the network, and the class that is looked for."""
    model = models.load_model(name)
    made = model.card.architecture
    if made.id != "patch4":
        raise UsageError(f"{model.path} is no network.", "Name a model that is one.")
    return model, one_of(of.class_name or made.classes[0], made.classes, "class")


def _of_movies(model: Model, class_name: str, of: Watch) -> list[LeftOut]:
    from saccade.learn import least_logit, watch_movies

    called = f"{class_name}={of.called}" if of.called else class_name
    made = model.card.architecture
    data = Data(
        sources=(of.source,),
        usual={"pixel_size_um": model.card.input.pixel_size_um},
        frames=made.frames,
        classes=",".join(called if each == class_name else each for each in made.classes),
        worlds=0,
        processes=1,
        seed=0,
    )
    if not is_movie(of.source, data):
        do = "Name sim:dividing-nuclei, say, or a folder with movies and events.csv."
        raise UsageError(f"{of.source} is neither a specimen nor marked movies.", do)
    ((movies,), _) = gather_apart(data)
    return watch_movies(
        models.build_net(model),
        model.card.input,
        movies,
        class_name,
        kind=made.classes.index(class_name),
        least=least_logit(model.card.calibration[class_name]),
        votes=model.card.calibration[class_name].votes,
        least_px=of.reach_px,
    )


def _of_worlds(model: Model, of: Watch, class_name: str, processes: int, status: Status) -> Watched:
    from saccade.learn import least_logit, watch_worlds

    return watch_worlds(
        models.build_net(model),
        model.card.input,
        _worlds_of(model, of),
        range(of.seed, of.seed + of.worlds),
        kind=model.card.architecture.classes.index(class_name),
        least=least_logit(model.card.calibration[class_name]),
        votes=model.card.calibration[class_name].votes,
        processes=processes,
        progress=lambda count: status.update(f"watching: {count} pictures"),
    )


def _worlds_of(model: Model, of: Watch) -> Worlds:
    from saccade.learn import Worlds

    made = model.card.architecture
    usual = Worlds(specimen=of.source.removeprefix(SIM), classes=made.classes)
    return replace(
        usual,
        frames=made.frames,
        hours=of.hours,
        interval_s=(of.interval_s, of.interval_s),
        pixel_size_um=model.card.input.pixel_size_um or usual.pixel_size_um,
    )


def _tell(class_name: str, told: Watched) -> None:
    say(
        f"{class_name}: {told.occurrences} occurrences in {told.worlds} worlds and "
        f"{told.hours:g} h of fields; one goes on in {told.prevalence:.1%} of the pictures"
    )
    say(f"  average precision by occurrence: {interval(told.average_precision)}")
    say(f"  found at the threshold: {interval(told.recall)}")
    say(f"  false alarms in an hour of a field: {interval(told.false_alarms_per_h)}")
