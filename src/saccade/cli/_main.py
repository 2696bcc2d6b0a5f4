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
    _play,
    _score,
    _soak,
    _tune,
)
from ._bench_command import bench
from ._console import AsJson, Exit
from ._gui_command import gui
from ._model_app import model_app
from ._options import Out, ProtocolFile, RunPath, ScopeName, Shadow, Unattended
from ._train_command import train

app = typer.Typer(
    name="saccade",
    help="Real-time controller for smart microscopy on Micro-Manager.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

app.add_typer(model_app)


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
            "--reach",
            help="Let `saccade gui --attach` on this machine hold it, stop it, and answer it.",
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
    run: Annotated[
        Path | None,
        typer.Option(
            help="A run in place of worlds: nothing happens in it, or --events says what.",
            show_default=False,
        ),
    ] = None,
    recording: Annotated[
        Path | None,
        typer.Option(help="A movie in place of worlds, marked by --events.", show_default=False),
    ] = None,
    events: Annotated[
        Path | None,
        typer.Option(help="CSV file of all that happens in it: frame, event.", show_default=False),
    ] = None,
    tolerance: Annotated[int, typer.Option(help="Frames by which a mark may be off.")] = 3,
    lasts: Annotated[
        int, typer.Option(help="Frames for which what is marked goes on, with the first.")
    ] = 1,
    interval_s: Annotated[
        float | None,
        typer.Option(help="Between frames of a movie; by default as it or the watch says."),
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
    """Suggest thresholds by what they come to, in worlds or in what was recorded; or search."""
    _tune.tune(
        protocol,
        out,
        search or (),
        trials,
        as_json,
        run=run,
        recording=recording,
        events=events,
        marking={"tolerance": tolerance, "lasts": lasts, "interval_s": interval_s},
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
def arm(run: RunPath) -> None:
    """Let a shadowed run that goes on (run --shadow --reach) do what it decides from now on."""
    _play.arm(run)


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


app.command()(train)


app.command()(gui)


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
    source: Annotated[
        Path,
        typer.Argument(
            help="Checkpoint of torch, or a package of bioimage.io: zip or folder.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Argument(help="New .safetensors file, or folder of a model.", show_default=False),
    ],
    output: Annotated[
        str | None,
        typer.Option(help="Of a package: which output; by default the first.", show_default=False),
    ] = None,
    reads: Annotated[
        str | None,
        typer.Option(
            help="Of a package: its numbers are shares, peaks or labels.", show_default=False
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Turn a checkpoint into safetensors, or a package into a model, confined while it is read."""
    _inspect.import_model(source, out, output, reads, as_json)


app.command()(bench)


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
