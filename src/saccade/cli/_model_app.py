"""The commands around models, and what they take."""

from pathlib import Path
from typing import Annotated

import typer

from . import _models, _recalibrate, _train, _watch
from ._console import AsJson

model_app = typer.Typer(
    name="model", help="Models: what there is, and what each is worth.", no_args_is_help=True
)
Name = Annotated[str, typer.Argument(help="Of a shipped model, or a folder.", show_default=False)]


@model_app.command("list")
def list_models(as_json: AsJson = False) -> None:
    """List the models that come with Saccade."""
    _train.show(None, as_json)


@model_app.command("show")
def show_model(
    name: Name,
    as_json: AsJson = False,
) -> None:
    """Show the card of a model."""
    _train.show(name, as_json)


@model_app.command("test")
def try_model(
    name: Name,
    runtime: Annotated[str, typer.Option(help="torch, onnxruntime or openvino.")] = "torch",
    as_json: AsJson = False,
) -> None:
    """Check the sha256 of a model, and whether it says of its example what it said."""
    _models.try_model(name, runtime, as_json)


@model_app.command("compare")
def compare(
    names: Annotated[
        list[str], typer.Argument(help="Models, tested on the same.", show_default=False)
    ],
    figure: Annotated[
        Path | None, typer.Option(help="PNG of worth against time.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say how long models look here, beside what their cards say they are worth."""
    _models.compare(names, figure, as_json)


@model_app.command("export")
def export_model(
    name: Name,
    to: Annotated[str, typer.Option(help="onnx or bioimageio.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="New file.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Write a model for other programs: as ONNX, or as a package of bioimage.io."""
    _models.export(name, to, out, as_json)


@model_app.command("calibrate")
def calibrate(
    name: Name,
    source: Annotated[
        str,
        typer.Argument(
            help="Labelled pictures, as `train` reads them, that it has not learned from.",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Argument(help="New folder of the model.", show_default=False)],
    classes: Annotated[
        str, typer.Option(help="NAME=EVENT, comma-separated, where labels call it otherwise.")
    ] = "",
    pixel_size_um: Annotated[
        float | None, typer.Option(help="Of the pictures, if their files don't say it.")
    ] = None,
    as_trained: Annotated[
        bool,
        typer.Option(
            "--as-trained",
            help="It is what it was trained with: take the groups that were left out then.",
        ),
    ] = False,
    seed: Annotated[int, typer.Option(help="Of the draw of halves: to calibrate, to test.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Calibrate a model on half of some pictures, and test it on the rest; the weights stay."""
    _recalibrate.recalibrate(
        name,
        source,
        out,
        classes=classes,
        pixel_size_um=pixel_size_um,
        as_trained=as_trained,
        seed=seed,
        as_json=as_json,
    )


@model_app.command("watch")
def watch(
    name: Name,
    source: Annotated[
        str,
        typer.Argument(
            help="sim:SPECIMEN, or marked movies, as `train` reads them.", show_default=False
        ),
    ],
    class_name: Annotated[
        str | None, typer.Option("--class", help="By default the first.", show_default=False)
    ] = None,
    called: Annotated[
        str | None, typer.Option(help="What it is called in the movies.", show_default=False)
    ] = None,
    reach_px: Annotated[
        float, typer.Option(min=0, help="How far from a mark in a movie counts as found.")
    ] = 30.0,
    worlds: Annotated[int, typer.Option(min=2, help="How many, none of them learned from.")] = 20,
    hours: Annotated[float, typer.Option(min=0.01, help="That each is watched.")] = 2.0,
    interval_s: Annotated[float, typer.Option(min=0.01, help="Between frames of a field.")] = 60.0,
    seed: Annotated[int, typer.Option(help="Of the first world.")] = 5000,
    processes: Annotated[int, typer.Option(min=1, help="That draw worlds.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Watch worlds, or movies, from end to end; tell how many occurrences a model finds in them."""
    watch_of = _watch.Watch(
        source, class_name, called, reach_px, worlds, hours=hours, interval_s=interval_s, seed=seed
    )
    _watch.watch(name, watch_of, processes, as_json)
