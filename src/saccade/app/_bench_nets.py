"""How long networks of several sizes take, by each runtime: what fits a budget."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from saccade.models import (
    Architecture,
    Looker,
    installed_runtimes,
    open_session,
    save_model,
    unmeasured,
)

from ._bench_detector import look_times_ms

if TYPE_CHECKING:
    from collections.abc import Callable

    from saccade.models import Model

    from ._bench import Bar

BUDGETS_MS = (2.0, 5.0, 20.0)


@dataclass(frozen=True)
class NetRow:
    """One network by one runtime: the network alone, in ms."""

    net: str
    """Width x blocks."""
    runtime: str
    parameters: int
    median_ms: float
    p99_ms: float
    budget_ms: float | None
    """The least of 2, 5 and 20 ms that it fits."""


@dataclass(frozen=True)
class NetBench:
    """A row a network and runtime."""

    size_px: int
    rows: tuple[NetRow, ...]
    bars: tuple[Bar, ...] = ()

    def plain(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {"size_px": self.size_px, "rows": [asdict(row) for row in self.rows], "bars": []}


def run_net_bench(
    names: tuple[str, ...],
    *,
    size_px: int = 512,
    looks: int = 60,
    frames: int = 1,
    masks: bool = True,
    progress: Callable[[str], None] = lambda _: None,
) -> NetBench:
    """Measure networks of random weights, all of them and all runtimes in turns.

    Parameters
    ----------
    names : tuple of str
        Width x blocks, such as ``32x3``.
    size_px : int
        Side of the square pictures.
    looks : int
        Of each.
    frames : int
        That a network looks at together.
    masks : bool
        Whether it has heads for masks.
    progress : callable
        Is told what is being measured.

    Raises
    ------
    UsageError
        If a name is none of a network.
    """
    made = {name: Architecture.of_net(name, ("any",), frames=frames, masks=masks) for name in names}
    runtimes = installed_runtimes()
    with TemporaryDirectory(prefix="saccade-bench-", ignore_cleanup_errors=True) as folder:
        lookers, sizes = {}, {}
        for number, (name, of) in enumerate(made.items()):
            progress(f"making {name}")
            model = _of_random_weights(Path(folder) / f"net{number}", of)
            sizes[name] = sum(each.size for each in model.weights.tensors.values())
            for runtime in runtimes:
                lookers[name, runtime] = Looker(open_session(model, runtime), of)
    pictures = [np.random.default_rng(0).normal(size=(size_px, size_px)).astype(np.float32)]
    progress(f"{size_px} px: {', '.join(names)} by {', '.join(runtimes)}")
    keys = {" ".join(key): key for key in lookers}
    looks_of = {
        text: (lambda _, looker=lookers[key]: looker(pictures * frames))
        for text, key in keys.items()
    }
    times = look_times_ms(looks_of, looks)
    rows = []
    for text, (name, runtime) in keys.items():
        median, p99 = (float(np.percentile(times[text], each)) for each in (50, 99))
        fits = next((each for each in BUDGETS_MS if median <= each), None)
        rows.append(NetRow(name, runtime, sizes[name], median, p99, fits))
    return NetBench(size_px, tuple(rows))


def _of_random_weights(folder: Path, of: Architecture) -> Model:
    from saccade.models import PatchNet, tensors_of  # with torch, not for every command

    return save_model(folder, unmeasured(of), tensors_of(PatchNet(of).eval()))
