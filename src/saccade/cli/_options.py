"""Options that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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
