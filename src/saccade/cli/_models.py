"""The commands that try a model, and write it for other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from rich.table import Table

from saccade import app, models
from saccade.core import UsageError, did_you_mean, plain

from ._console import Exit, answer, err, named_errors, out, say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from saccade.learn import Compared

T = TypeVar("T", bound=str)


def try_model(name: str, runtime: str, as_json: bool) -> None:
    """Load a model, let it look, and say whether it is what it was."""
    with named_errors(as_json), err.status("looking ..."):
        trial = app.try_model(name, one_of(runtime, models.RUNTIMES, "runtime"))
    if as_json:
        answer({**plain(trial), "ok": trial.ok})
    else:
        for problem in trial.problems:
            say(f"problem: {problem}")
        how = "as its example says" if trial.by == "example" else "no example; finite"
        word = f"sound ({how})" if trial.ok else "UNSOUND"
        say(f"{trial.path}: {word}; a look at 512 x 512 px takes {trial.median_ms:.1f} ms")
        say(f"sha256 {trial.sha256}")
    raise SystemExit(int(Exit.FINISHED if trial.ok else Exit.FAILED))


def export(name: str, to: str, target: Path, as_json: bool) -> None:
    """Write a model for other programs."""
    with named_errors(as_json), err.status("writing ..."):
        form = one_of(to, models.FORMATS, "format")
        file = models.export_model(models.load_model(name), form, target)
    if as_json:
        answer({"file": str(file), "format": form, "bytes": file.stat().st_size})
    else:
        say(f"{file}: {file.stat().st_size / 1e3:.0f} kB")


def one_of(given: str, known: tuple[T, ...], what: str) -> T:
    """Return what is given, if it is known; else say what is."""
    for each in known:
        if each == given:
            return each
    raise UsageError(f"There is no {what} {given!r}.", did_you_mean(given, known))


def compare(names: Sequence[str], figure: Path | None, as_json: bool) -> None:
    """Measure models in turn, and draw what they are worth against how long they look."""
    from saccade.learn import Compared, draw_compared, figures_of

    found: list[Compared] = []
    with named_errors(as_json), err.status("measuring ...") as status:
        for name in names:
            status.update(f"measuring {name} ...")
            tried, model = app.try_model(name), models.load_model(name)
            nbytes = (model.path / "weights.safetensors").stat().st_size
            told = figures_of(model.card)
            found.append(Compared(model.card.name, tried.median_ms, nbytes / 1e3, told))
        if figure is not None:
            draw_compared(found, figure)
    if as_json:
        answer({"models": [{**each._asdict(), "figures": _plain(each)} for each in found]})
        return
    table = Table(
        "model", "look, ms", "kB", *dict.fromkeys(n for each in found for n in each.figures)
    )
    for each in found:
        cells = [f"{f.value:.3f} [{f.low:.3f}, {f.high:.3f}]" for f in each.figures.values()]
        table.add_row(each.name, f"{each.look_ms:.1f}", f"{each.kilobytes:.0f}", *cells)
    out.print(table)


def _plain(of: Compared) -> dict[str, object]:
    return {name: each.model_dump() for name, each in of.figures.items()}
