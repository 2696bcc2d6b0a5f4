"""The command that calibrates a model anew, on pictures that it has not learned from."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

from saccade import models
from saccade.core import LabelError

from ._console import err, named_errors
from ._train import Data, gather, tell_model, teller

if TYPE_CHECKING:
    from pathlib import Path


def recalibrate(
    name: str,
    source: str,
    out: Path,
    *,
    classes: str,
    pixel_size_um: float | None,
    as_trained: bool,
    seed: int,
    as_json: bool,
) -> None:
    """Write a model with the same weights, calibrated and tested on other pictures."""
    from saccade.learn import recalibrate as calibrated_anew

    with named_errors(as_json), err.status("reading ...") as status:
        model = models.load_model(name)
        made = model.card.architecture
        data = Data(
            sources=(source,),
            usual={"pixel_size_um": pixel_size_um or model.card.input.pixel_size_um},
            frames=made.frames,
            classes=classes or ",".join(made.classes),
            worlds=0,
            processes=1,
            seed=seed,
        )
        samples, found = gather(data)
        if found != made.classes:
            do = f"Give --classes {','.join(f'{each}=EVENT' for each in made.classes)}."
            said = ", ".join(found)
            raise LabelError(f"{name} finds {', '.join(made.classes)}, these are {said}.", do)
        anew = calibrated_anew(
            model,
            samples,
            out,
            command=shlex.join(["saccade", *sys.argv[1:]]),
            as_trained=as_trained,
            seed=seed,
            tell=teller(status),
        )
    tell_model(anew, as_json)
