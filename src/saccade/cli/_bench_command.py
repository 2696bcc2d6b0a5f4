"""What ``saccade bench`` takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import _gui, _inspect, _stream
from ._console import AsJson


def bench(
    size: Annotated[list[int] | None, typer.Option(help="Side of the pictures in pixels.")] = None,
    events: Annotated[
        int, typer.Option(min=20, help="Events a measurement; a third of it with --render.")
    ] = 300,
    repetitions: Annotated[int, typer.Option(min=1, help="Rounds.")] = 3,
    long_run: Annotated[int, typer.Option(min=0, help="Frames of the memory run; 0: none.")] = 5000,
    folder: Annotated[Path | None, typer.Option(help="On the disk to be measured.")] = None,
    render: Annotated[
        bool, typer.Option("--render", help="Only the pictures of the virtual microscope.")
    ] = False,
    overnight: Annotated[
        bool, typer.Option("--overnight", help="Only a night at the virtual microscope.")
    ] = False,
    hours: Annotated[
        float, typer.Option(min=0.05, max=100, help="Of that night, or overview.")
    ] = 12.0,
    store: Annotated[
        bool, typer.Option("--store", help="Only stores, beside raw sequential writing.")
    ] = False,
    stream: Annotated[
        bool, typer.Option("--stream", help="Only a camera that runs by itself, for --seconds.")
    ] = False,
    seconds: Annotated[float, typer.Option(min=0, help="Of that stream of 512 px.")] = 60.0,
    isolate: Annotated[
        bool, typer.Option("--isolate", help="Only detectors in processes of their own.")
    ] = False,
    detector: Annotated[
        str,
        typer.Option(
            help="Only this detector, or model: by each runtime; the fastest is recorded.",
            show_default=False,
        ),
    ] = "",
    nets: Annotated[
        str,
        typer.Option(
            help="Only networks of such sizes, width x blocks, such as 16x2,32x3.",
            show_default=False,
        ),
    ] = "",
    overview: Annotated[
        Path | None,
        typer.Option(
            help="Only this protocol, whose overview is played beside a raster for --hours in "
            "--repetitions worlds.",
            show_default=False,
        ),
    ] = None,
    window: Annotated[
        bool, typer.Option("--window", help="Only the window: its cost to the loop, its haste.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Measure Saccade beside the bare core and the stock runner, or its store beside others."""
    if window:
        _gui.bench(events, as_json)
    if detector:
        _inspect.bench_detector(detector, tuple(size or (512, 2048)), events, as_json)
    if nets:
        _inspect.bench_nets(nets, (size or [512])[0], events, as_json)
    if render:
        _inspect.bench_render(max(events // 3, 1), as_json)
    if stream:
        _stream.bench_stream(seconds, events, repetitions, folder, as_json)
    if isolate:
        _inspect.bench_isolate(tuple(size or (512, 2048)), events, as_json)
    if overview is not None:
        _inspect.bench_overview(overview, hours, repetitions, as_json)
    if overnight:
        _inspect.bench_overnight(hours, folder, as_json)
    if store:
        _inspect.bench_store(tuple(size or (256, 512, 2048)), repetitions, folder, as_json)
    _inspect.bench(tuple(size or (512, 2048)), events, repetitions, long_run, folder, as_json)
