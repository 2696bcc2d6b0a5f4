"""The commands, and what they take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import (
    _calibrate,
    _cookbook,
    _demo,
    _gui,
    _inspect,
    _label,
    _left_out,
    _play,
    _score,
    _soak,
    _stream,
    _train,
    _tune,
)
from ._console import AsJson, Exit
from ._model_app import model_app

app = typer.Typer(
    name="saccade",
    help="Real-time controller for smart microscopy on Micro-Manager.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

app.add_typer(model_app)

Out = Annotated[
    Path | None,
    typer.Option(help="Run folder; by default a new one under runs/.", show_default=False),
]
ScopeName = Annotated[
    str | None,
    typer.Option(
        "--scope",
        help="demo, a profile under hardware_configs/, playback:PATH or sim:SPECIMEN; "
        "by default what the protocol says.",
        show_default=False,
    ),
]
Unattended = Annotated[
    bool,
    typer.Option(
        "--unattended",
        help="With a supervisor that puts the light out if this program dies or hangs.",
    ),
]
Shadow = Annotated[
    bool,
    typer.Option(
        "--shadow",
        help="Detect, decide and record, and do nothing of it: the watch goes on as planned.",
    ),
]
ProtocolFile = Annotated[Path, typer.Argument(help="Protocol file (YAML).", show_default=False)]
RunPath = Annotated[Path, typer.Argument(help="Run folder.", show_default=False)]


@app.command()
def demo(
    out: Out = None,
    camera: Annotated[
        bool, typer.Option("--camera", help="With Micro-Manager's demo camera and its beads.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Watch living cells under the virtual microscope, and catch those that divide."""
    _demo.demo(out, camera, as_json)


@app.command()
def run(
    protocol: ProtocolFile,
    scope: ScopeName = None,
    out: Out = None,
    unattended: Unattended = False,
    shadow: Shadow = False,
    window: Annotated[
        bool, typer.Option("--gui", help="In the window, which opens and begins at once.")
    ] = False,
    reach: Annotated[
        bool,
        typer.Option(
            "--reach", help="Let `saccade gui --attach` on this machine hold and stop it."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Run a protocol; Ctrl+C stops it safely."""
    if window:
        _gui.run(protocol, scope, out, unattended=unattended, shadow=shadow)
    _play.run(protocol, scope, out, as_json, unattended=unattended, shadow=shadow, reach=reach)


@app.command()
def check(
    protocol: ProtocolFile,
    scope: ScopeName = None,
    out: Out = None,
    unattended: Unattended = False,
    as_json: AsJson = False,
) -> None:
    """Check a protocol against a scope: presets, limits, light, disk."""
    _play.check(protocol, scope, out, as_json, unattended=unattended)


@app.command()
def calibrate(
    scope: Annotated[
        str, typer.Argument(help="A profile under hardware_configs/, or sim:SPECIMEN.")
    ],
    target: Annotated[Path, typer.Option("--output", "-o", help="The calibration, for a profile.")],
    channel: Annotated[
        str | None,
        typer.Option(help="Whose light passes the modulator; by default the present one."),
    ] = None,
    exposure_ms: Annotated[
        float | None, typer.Option(min=0.001, help="By default the present one.")
    ] = None,
    side: Annotated[int, typer.Option(min=3, max=20, help="Spots along a side.")] = 5,
    at_most_px: Annotated[
        float, typer.Option(min=0.01, help="Error on the sensor above which it fails.")
    ] = 1.0,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Find where a light modulator's picture falls on the camera, on an even, glowing slide."""
    plan = {"channel": channel, "exposure_ms": exposure_ms, "side": side, "at_most_px": at_most_px}
    _calibrate.calibrate(scope, target, plan, out, as_json)


@app.command()
def replay(
    run: RunPath,
    other: Annotated[
        Path | None,
        typer.Option(
            "--with",
            help="What if this protocol's detectors and policies had decided?",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Decide again from the stored frames, and report any difference."""
    _inspect.replay(run, other, as_json)


@app.command()
def score(
    protocol: ProtocolFile,
    specimen: Annotated[
        str | None, typer.Option(help="What lives in the worlds, such as calcium.")
    ] = None,
    runs: Annotated[int, typer.Option(help="Number of worlds.")] = 20,
    seed: Annotated[int, typer.Option(help="Of the first world; the others follow.")] = 1000,
    processes: Annotated[int, typer.Option(help="How many work at a time.")] = 1,
    hours: Annotated[
        float | None, typer.Option(help="Length of a run; by default that of the watch.")
    ] = None,
    fast_s: Annotated[
        float | None, typer.Option(help="Fast interval; by default that of the fastest burst.")
    ] = None,
    kind: Annotated[
        list[str] | None, typer.Option(help="Kind of occurrence that counts; by default all.")
    ] = None,
    recording: Annotated[
        Path | None, typer.Option(help="Score on a recording instead, as playback: takes it.")
    ] = None,
    events: Annotated[Path | None, typer.Option(help="CSV file of what happens in it.")] = None,
    tolerance: Annotated[int, typer.Option(help="Frames by which a mark may be off.")] = 3,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of results, found again; by default one under scores/."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Score a protocol against worlds whose events are known: caught, missed, spent."""
    options = {"runs": runs, "seed": seed, "processes": processes, "hours": hours}
    more = {"fast_s": fast_s, "kinds": tuple(kind or ()), "tolerance": tolerance}
    _score.score(protocol, specimen, recording, events, out, as_json, **options, **more)


@app.command()
def cookbook(
    only: Annotated[
        list[str] | None,
        typer.Argument(help="Protocols, such as catch-divisions.", show_default=False),
    ] = None,
    share: Annotated[float, typer.Option(help="Of the time that each takes in full.")] = 1.0,
    worlds: Annotated[int, typer.Option(help="Number of worlds for each.")] = 2,
    seed: Annotated[int, typer.Option(help="Of the first.")] = 1000,
    as_json: AsJson = False,
) -> None:
    """Play a protocol of each family in simulated worlds, beside fixed acquisition."""
    _cookbook.cookbook(only or (), share, worlds, seed, as_json)


@app.command()
def tune(
    protocol: ProtocolFile,
    specimen: Annotated[
        str | None, typer.Option(help="What lives in the worlds, such as calcium.")
    ] = None,
    policy: Annotated[
        str | None, typer.Option(help="Whose threshold; by default the first that has one.")
    ] = None,
    worlds: Annotated[int, typer.Option(help="Number of worlds to tune in.")] = 6,
    seed: Annotated[int, typer.Option(help="Of the first of them.")] = 100,
    unseen: Annotated[
        int, typer.Option(help="Worlds to try the suggestions in, from seed 1000 on.")
    ] = 0,
    hours: Annotated[
        float | None, typer.Option(help="Of each; by default as long as the watch.")
    ] = None,
    false_per_h: Annotated[
        list[float] | None,
        typer.Option(help="False alarms per hour that are wanted; by default 0.5 and 2."),
    ] = None,
    kind: Annotated[
        list[str] | None, typer.Option(help="Kinds of occurrences that count; by default all.")
    ] = None,
    search: Annotated[
        list[str] | None,
        typer.Option(help="Settings to search instead, such as decide.0.above=0.3:0.9."),
    ] = None,
    trials: Annotated[int, typer.Option(help="Of that search, earlier ones included.")] = 20,
    processes: Annotated[int, typer.Option(help="How many worlds are played at a time.")] = 1,
    out: Annotated[
        Path, typer.Option(help="Where the figure and the trials of a search lie.")
    ] = Path("tuning"),
    as_json: AsJson = False,
) -> None:
    """Suggest thresholds by what they come to in simulated worlds; or search other settings."""
    _tune.tune(
        protocol,
        out,
        search or (),
        trials,
        as_json,
        policy=policy,
        unseen=unseen,
        false_per_h=false_per_h or (),
        specimen=specimen,
        worlds=worlds,
        seed=seed,
        hours=hours,
        kinds=tuple(kind or ()),
        processes=processes,
    )


@app.command()
def verify(run: RunPath, as_json: AsJson = False) -> None:
    """Prove that a run folder holds what its journal says."""
    _inspect.verify(run, as_json)


@app.command()
def recover(run: RunPath, as_json: AsJson = False) -> None:
    """Mend the folder of a run whose process died; what was acknowledged stays as it is."""
    _inspect.recover(run, as_json)


@app.command()
def export(
    run: RunPath,
    ome_tiff: Annotated[
        Path | None,
        typer.Option("--ome-tiff", help="Folder for OME-TIFF files, one a stream and position."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Export the frames of a run."""
    _inspect.export(run, ome_tiff, as_json)


@app.command()
def soak(
    protocol: ProtocolFile,
    minutes: Annotated[
        float | None, typer.Option(help="How long, by the clock on the wall.", show_default=False)
    ] = None,
    hours: Annotated[
        float | None,
        typer.Option(help="Or as many frames as so many hours have.", show_default=False),
    ] = None,
    scope: ScopeName = None,
    limit_mb_per_hour: Annotated[float, typer.Option(help="By how much memory may grow.")] = 1.0,
    frames_per_s: Annotated[float, typer.Option(help="What an hour of frames means.")] = 100.0,
    every_s: Annotated[float, typer.Option(help="Time between samples.")] = 1.0,
    folder: Annotated[Path | None, typer.Option(help="On the disk to be used.")] = None,
    as_json: AsJson = False,
) -> None:
    """Run a protocol for long, and say what grows: memory, files, threads, queue, folder."""
    options = {"minutes": minutes, "hours": hours, "limit_mb_per_hour": limit_mb_per_hour}
    more = {"frames_per_s": frames_per_s, "every_s": every_s, "folder": folder}
    _soak.soak(protocol, scope, as_json, **options, **more)


@app.command()
def train(
    source: Annotated[
        str,
        typer.Argument(
            help="Folder with images/ and labels/ or events.csv, a run with --labels, or "
            "sim:SPECIMEN.",
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
        str | None, typer.Option(help="Of a run: a labelled folder or a table.", show_default=False)
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
            fluorescence=fluorescence,
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
        fluorescence=fluorescence,
        kind=kind,
        net=net,
        pack=pack,
        folds=folds,
        about=about,
        licence=licence,
        as_json=as_json,
    )


@app.command()
def gui(
    path: Annotated[
        Path | None,
        typer.Argument(
            help="Protocol, loaded at once; a run folder, to look back at; or frames to label.",
            show_default=False,
        ),
    ] = None,
    scope: ScopeName = None,
    out: Out = None,
    picture: Annotated[
        Path | None,
        typer.Option(
            help="Run the protocol for --seconds, write what the window looks like, and end.",
            show_default=False,
        ),
    ] = None,
    seconds: Annotated[float, typer.Option(min=0.0, help="With --picture.")] = 10.0,
    pictures: Annotated[
        Path | None,
        typer.Option(
            help="Run the protocol for a while, write what every view looks like, and end.",
            show_default=False,
        ),
    ] = None,
    attach: Annotated[
        Path | None,
        typer.Option(
            help="Follow this run, which another process of this machine drives.",
            show_default=False,
        ),
    ] = None,
    theme: Annotated[
        _gui.Theme | None,
        typer.Option(help="What it is painted in; goes before View > Theme.", show_default=False),
    ] = None,
    reset_layout: Annotated[
        bool, typer.Option("--reset-layout", help="Arrange the window as at first.")
    ] = False,
    until_painted: Annotated[
        bool, typer.Option("--until-painted", hidden=True, help="Close it as soon as it is there.")
    ] = False,
) -> None:
    """Open the window: what the microscope sees, what is decided and why, and how to stop it."""
    _gui.gui(
        path,
        scope,
        out,
        picture,
        seconds,
        attach=attach,
        until_painted=until_painted,
        reset_layout=reset_layout,
        theme=None if theme is None else theme.value,
        pictures=pictures,
    )


@app.command()
def label(
    run: RunPath,
    out: Annotated[
        Path,
        typer.Option("--out", "-o", help="Folder; frames are added to one that is there."),
    ],
    count: Annotated[int, typer.Option("--count", "-k", help="How many frames.")] = 20,
    stream: Annotated[
        str | None, typer.Option(help="Only frames of this one.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option(help="Of those that are drawn by lot.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Write the frames of a run that are most useful to label: uncertain, novel, random."""
    _label.label(run, out, count=count, stream=stream, seed=seed, as_json=as_json)


@app.command("import-model")
def import_model(
    source: Annotated[Path, typer.Argument(help="Checkpoint of torch.", show_default=False)],
    out: Annotated[Path, typer.Argument(help="New .safetensors file.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Turn a checkpoint into safetensors, in a process that can do nothing else."""
    _inspect.import_model(source, out, as_json)


@app.command()
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


@app.command()
def info(as_json: AsJson = False) -> None:
    """Say what is installed, which scopes and parts there are."""
    _inspect.info(as_json)


def main() -> None:
    """Run the command line."""
    try:
        app()
    except KeyboardInterrupt:
        raise SystemExit(int(Exit.INTERRUPTED)) from None
