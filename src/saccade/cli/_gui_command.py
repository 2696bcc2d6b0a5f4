"""What ``saccade gui`` takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import _gui
from ._options import Out, ScopeName


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
