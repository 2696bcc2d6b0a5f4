"""The command that trains without each movie in turn."""

from __future__ import annotations

import csv
import io
import os
from typing import TYPE_CHECKING

from rich.table import Table

from saccade.core import LabelError

from ._console import answer, err, named_errors, out
from ._train import SIM, gather_apart, recipe_of, size_um_of, teller

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from saccade.learn import LeftOut

    from ._train import Data


def left_out(
    data: Data,
    target: Path,
    *,
    epochs: int,
    minutes: float,
    reach_px: float,
    net: str,
    as_json: bool,
) -> None:
    """Tell what is found in each movie by a network that has not learned from it."""
    from saccade.learn import leave_one_out
    from saccade.models import Input

    with named_errors(as_json), err.status("reading ...") as status:
        if target.exists():
            raise LabelError(f"{target} is there already.", "Name a new table.")
        parts, classes = gather_apart(data)
        sources = list(zip(data.sources, parts, strict=True))
        movies = [each for name, part in sources if is_movie(name, data) for each in part]
        also = [each for name, part in sources if not is_movie(name, data) for each in part]
        if not movies:
            raise LabelError("There is no movie to leave out.", "Name folders with events.csv.")
        every = [*movies, *also]
        given = Input(pixel_size_um=size_um_of(every), compress=data.compress)
        recipe = recipe_of(data, len(every), epochs, minutes)

        tell = teller(status)
        told = leave_one_out(
            movies, also, classes, given, recipe, net=net, least_px=reach_px, tell=tell
        )
        _write(target, told)
    if as_json:
        answer({"path": str(target), "movies": [each._asdict() for each in told]})
        return
    show(told)


def show(told: Sequence[LeftOut]) -> None:
    """Show what was found in movies."""
    table = Table("movie", "class", "frames", "marked", "found", "false alarms")
    for each in told:
        counts = each.frames, each.marked, each.found, each.false_alarms
        table.add_row(each.movie, each.class_name, *map(str, counts))
    out.print(table)


def is_movie(name: str, data: Data) -> bool:
    """Return whether a source is movies, with what happens in them marked."""
    from saccade.learn import Source, is_in_order, source_of

    usual = Source(path="", **data.usual)
    return not name.startswith(SIM) and is_in_order(source_of(name, usual))


def _write(target: Path, told: list[LeftOut]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(told[0]._fields)
    writer.writerows(told)
    beside = target.with_name(f".{target.name}.part")
    try:
        beside.write_text(text.getvalue(), encoding="utf-8", newline="")
        os.replace(beside, target)
    except OSError as error:
        raise LabelError(f"{target} can't be written: {error}.", "Check path and disk.") from None
