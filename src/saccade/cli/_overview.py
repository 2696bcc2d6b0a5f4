"""What an overview has found beside a raster, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:
    from saccade.app import OverviewBench


def overview_table(result: OverviewBench) -> Table:
    """Return a row for each world and way.

    Parameters
    ----------
    result : OverviewBench
        As measured.
    """
    table = Table(title=f"occurrences imaged at detail, {result.hours:g} h each")
    for name in ("world", "", "found", "of", "visits", "in vain", "J/cm² in all"):
        table.add_column(name, justify="left" if name == "" else "right")
    ways = zip(result.seeds, result.overview, result.raster, strict=True)
    for seed, overview, raster in ways:
        for name, each in (("overview", overview), ("raster", raster)):
            counts = (each.found, each.there, each.visits, each.empty)
            dose = f"{each.dose_j_per_cm2:.0f}"
            table.add_row(str(seed), name, *(str(count) for count in counts), dose)
    return table
