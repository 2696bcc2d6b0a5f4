"""The commands that try a model, and write it for other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from saccade import app, models
from saccade.core import UsageError, did_you_mean, plain

from ._console import Exit, answer, err, named_errors, say

if TYPE_CHECKING:
    from pathlib import Path

T = TypeVar("T", bound=str)


def try_model(name: str, runtime: str, as_json: bool) -> None:
    """Load a model, let it look, and say whether it is what it was."""
    with named_errors(as_json), err.status("looking ..."):
        trial = app.try_model(name, _one_of(runtime, models.RUNTIMES, "runtime"))
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
        form = _one_of(to, models.FORMATS, "format")
        file = models.export_model(models.load_model(name), form, target)
    if as_json:
        answer({"file": str(file), "format": form, "bytes": file.stat().st_size})
    else:
        say(f"{file}: {file.stat().st_size / 1e3:.0f} kB")


def _one_of(given: str, known: tuple[T, ...], what: str) -> T:
    for each in known:
        if each == given:
            return each
    raise UsageError(f"There is no {what} {given!r}.", did_you_mean(given, known))
