"""The command that plays the cookbook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from saccade import app

from ._console import answer, err, named_errors, out, say

if TYPE_CHECKING:
    from collections.abc import Sequence


def cookbook(only: Sequence[str], share: float, worlds: int, seed: int, as_json: bool) -> None:
    """Tell what each recipe comes to beside fixed acquisition."""
    with named_errors(as_json), err.status("playing ...") as status:
        found = app.cookbook(
            share=share, worlds=worlds, seed=seed, only=only, progress=status.update
        )
    if as_json:
        answer([each.plain() for each in found])
        return
    table = Table("family", "protocol", "what counts", "adaptive", "fixed", "fixed is")
    for each in found:
        recipe = each.recipe
        figures = (f"{_short(value)} {recipe.unit}" for value in (each.adaptive, each.fixed))
        table.add_row(recipe.family, recipe.protocol, recipe.what, *figures, recipe.fixed)
    out.print(table)
    say(f"Means of {worlds} worlds, from seed {seed} on.")


def _short(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"
