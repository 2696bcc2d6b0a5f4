"""The command that picks frames of a run to be labelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from ._console import answer, err, named_errors, out, say

if TYPE_CHECKING:
    from pathlib import Path


def label(
    run: Path, target: Path, *, count: int, stream: str | None, seed: int, as_json: bool
) -> None:
    """Write the frames that are most useful to label, and say why each."""
    from saccade.learn import label_run

    with named_errors(as_json), err.status("looking through the run ..."):
        told = label_run(run, target, count, stream=stream, seed=seed)
    if as_json:
        frames = [each._asdict() for each in told.chosen]
        answer({"folder": str(told.folder), "groups": told.groups, "frames": frames})
        return
    table = Table("frame", "why", "")
    for each in told.chosen:
        table.add_row(str(each.frame), each.why, each.detail)
    out.print(table)
    say(f"{len(told.chosen)} frames are in {told.folder}, of {told.groups} groups.")
    say(f"{told.folder / 'README.txt'} says how to label them; then:")
    say(f"  saccade train {told.folder} my-detector")
