"""What ``saccade train`` takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import _left_out, _train
from ._console import AsJson


def train(
    source: Annotated[
        str,
        typer.Argument(
            help="Folder with images/ and labels/ or events.csv, a run or a movie with --labels, "
            "or sim:SPECIMEN.",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Argument(help="New folder of the model.", show_default=False)],
    also: Annotated[
        list[str] | None,
        typer.Option(
            help="Another source; may be repeated. SOURCE:channel=0,pixel_size_um=0.2 tells of "
            "one alone what options tell of all.",
            show_default=False,
        ),
    ] = None,
    classes: Annotated[
        str,
        typer.Option(
            help="What to find, comma-separated; NAME=EVENT where labels call it otherwise."
        ),
    ] = "",
    frames: Annotated[
        int, typer.Option(help="To a sample: the newest of a position, and those before it.")
    ] = 1,
    labels: Annotated[
        str | None,
        typer.Option(
            help="Of a run: a labelled folder or a table; of a movie (a TIFF): its masks.",
            show_default=False,
        ),
    ] = None,
    channel: Annotated[
        int | None, typer.Option(help="Of movies with several, from 0.", show_default=False)
    ] = None,
    lasts: Annotated[
        int, typer.Option(help="Frames for which a marked occurrence goes on, with the first.")
    ] = 1,
    unsure: Annotated[
        int, typer.Option(help="Frames before and after these that are not counted.")
    ] = 0,
    pixel_size_um: Annotated[
        float | None, typer.Option(help="Of the pictures; others are rescaled to it.")
    ] = None,
    worlds: Annotated[int, typer.Option(help="With sim: how many.")] = 12,
    processes: Annotated[
        int, typer.Option(help="That draw worlds, and crops where a graphics card learns.")
    ] = 1,
    epochs: Annotated[int, typer.Option(help="At most.")] = 60,
    minutes: Annotated[float, typer.Option(help="After which no further epoch begins.")] = 10.0,
    seed: Annotated[int, typer.Option(help="Of everything that is drawn.")] = 0,
    fluorescence: Annotated[
        bool, typer.Option("--fluorescence", help="Dim things count, and light adds up.")
    ] = False,
    leave_one_out: Annotated[
        bool,
        typer.Option(
            "--leave-one-out",
            help="Make no model: train without each movie in turn, and tell in OUT, a new CSV "
            "table, what was found in it.",
        ),
    ] = False,
    reach_px: Annotated[
        float, typer.Option(help="With --leave-one-out: from a mark, at least.")
    ] = 12.0,
    kind: Annotated[
        str | None,
        typer.Option(help="forest or network; by default what the amount of data allows."),
    ] = None,
    net: Annotated[
        str, typer.Option(help="Width x blocks of a network; `saccade bench --nets` times them.")
    ] = "32x3",
    pack: Annotated[
        bool, typer.Option("--pack", help="Eight bits a weight: a quarter of the file's size.")
    ] = False,
    members: Annotated[
        int,
        typer.Option(help="Networks that look together, each learned by itself in its share."),
    ] = 1,
    folds: Annotated[
        int,
        typer.Option(
            help="Others that are tested in its stead, each on its own share of the groups: "
            "for little data. By default a part is kept back for the test."
        ),
    ] = 0,
    about: Annotated[str, typer.Option(help="A sentence for the card.")] = "",
    licence: Annotated[str, typer.Option(help="Of the data, for the card.")] = "not stated",
    as_json: AsJson = False,
) -> None:
    """Train a detector from labelled pictures, and say honestly what it is worth."""
    data = _train.Data(
        sources=(source, *(also or ())),
        usual={
            "labels": labels,
            "channel": channel,
            "lasts": lasts,
            "unsure": unsure,
            "pixel_size_um": pixel_size_um,
        },
        frames=frames,
        classes=classes,
        worlds=worlds,
        processes=processes,
        seed=seed,
        fluorescence=fluorescence,
    )
    if leave_one_out:
        if kind or folds or about:
            raise typer.BadParameter(
                "--leave-one-out makes no model: leave --kind, --folds, --about."
            )
        _left_out.left_out(
            data,
            out,
            epochs=epochs,
            minutes=minutes,
            reach_px=reach_px,
            net=net,
            as_json=as_json,
        )
        return
    _train.train(
        data,
        out,
        epochs=epochs,
        minutes=minutes,
        kind=kind,
        net=net,
        pack=pack,
        members=members,
        folds=folds,
        about=about,
        licence=licence,
        as_json=as_json,
    )
