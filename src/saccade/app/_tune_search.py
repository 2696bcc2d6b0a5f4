"""A search over the settings of a protocol, by what it is worth in simulated worlds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

from saccade.core import ProtocolError, SaccadeError, UsageError, is_number, require

from ._tune import TUNE_SEED, bench_of
from ._tune_worlds import Bench, in_worlds, play_once, set_at

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import optuna

    from saccade.score import Score

    from ._protocol import Protocol

_STEM = "search"


class Range(NamedTuple):
    """One setting that is searched, and from where to where."""

    path: str
    """Such as ``decide.0.above``."""
    low: float
    high: float

    @property
    def whole(self) -> bool:
        """Whether only whole numbers are tried: if both ends are."""
        return isinstance(self.low, int) and isinstance(self.high, int)


@dataclass(frozen=True, kw_only=True)
class SearchPlan:
    """How settings are searched.

    Parameters
    ----------
    ranges : tuple of Range
        What is searched.
    trials : int
        How many combinations there are to be, those of earlier searches included.
    false_per_h : float
        False alarms per hour above which a combination is worth less the more there are.
    specimen, worlds, seed, hours, kinds, processes
        As in `TunePlan`.

    Raises
    ------
    ProtocolError
        If a setting can't be used.
    """

    ranges: tuple[Range, ...]
    trials: int = 20
    false_per_h: float = 1.0
    specimen: str | None = None
    worlds: int = 4
    seed: int = TUNE_SEED
    hours: float | None = None
    kinds: tuple[str, ...] = ()
    processes: int = 1

    def __post_init__(self) -> None:
        require(
            bool(self.ranges), "--search", self.ranges, "given", "Such as decide.0.above=0.3:0.9."
        )
        for path, low, high in self.ranges:
            ok = is_number(low) and is_number(high) and low < high
            require(ok, f"--search {path}", f"{low}:{high}", "from low to high", "Correct it.")
        for name in ("trials", "worlds", "processes"):
            value = getattr(self, name)
            ok = isinstance(value, int) and value >= 1
            require(ok, f"--{name}", value, "a whole number, 1 or more", "Correct it.")
        ok = is_number(self.false_per_h) and self.false_per_h > 0
        require(ok, "--false-per-h", self.false_per_h, "above 0", "Such as 1.")


class Trial(NamedTuple):
    """One combination of settings, and what it was worth."""

    number: int
    value: float
    settings: dict[str, float]
    captured: float
    """Share of the occurrence time in the watched fields."""
    false_per_h: float
    dose_j_per_cm2: float
    """Mean of the runs."""


@dataclass(frozen=True)
class Searched:
    """What a search has found until now."""

    file: Path
    trials: tuple[Trial, ...]
    """The best first."""
    before: int
    """How many of them were there already."""

    def plain(self) -> dict[str, Any]:
        """Return it as plain data."""
        trials = [each._asdict() for each in self.trials]
        return {"file": str(self.file), "trials": trials, "before": self.before}


def search_protocol(
    protocol: Protocol,
    plan: SearchPlan,
    folder: Path,
    progress: Callable[[str], None] = lambda _: None,
) -> Searched:
    """Search the settings of a protocol with which it captures most for its light.

    The worth of a combination is the occurrence time that it captures per J/cm², over all worlds,
    times what is wanted of false alarms over what there were, if these were more. Optuna
    (Akiba and others, 2019, doi:10.1145/3292500.3330701) chooses what to try next; all trials lie
    in one file, and a search that was interrupted, or asked for more trials, goes on from there.

    Parameters
    ----------
    protocol : Protocol
        As loaded.
    plan : SearchPlan
        What is searched.
    folder : Path
        Where the file is, or will be.
    progress : callable
        Told of each trial.

    Raises
    ------
    UsageError
        If Optuna is not installed, or a path leads nowhere.
    """
    if find_spec("optuna") is None:
        raise UsageError("A search needs Optuna.", "Install it: pip install 'saccade[tune]'.")
    bench = bench_of(protocol, plan.specimen, plan.hours, plan.kinds, plan.seed)
    for path, low, _ in plan.ranges:
        set_at(bench.changed().document, path, low)
    study, file = _study(bench, plan, folder)
    before = len(_done(study))
    for _ in range(before, plan.trials):
        _try_one(study, bench, plan)
        last = _done(study)[-1]
        progress(f"trial {last.number + 1} of {plan.trials}: {last.value:.3g} s per J/cm²")
    return Searched(file, tuple(sorted(_done(study), key=lambda each: -each.value)), before)


def _study(bench: Bench, plan: SearchPlan, folder: Path) -> tuple[optuna.Study, Path]:
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{_STEM}.journal"
    # Links, its default, are for those who may make any; on Windows few may.
    storage = JournalStorage(JournalFileBackend(str(file), JournalFileOpenLock(str(file))))
    # Other worlds or settings are another study, in the same file.
    name = repr((bench.specimen, bench.hours, bench.kinds, plan.ranges, plan.worlds, plan.seed))
    known = {each.study_name for each in optuna.get_all_study_summaries(storage)}
    study = optuna.create_study(
        storage=storage,
        study_name=name,
        load_if_exists=True,
        direction="maximize",
        sampler=optuna.samplers.TPESampler(seed=plan.seed + (name in known)),
    )
    return study, file


def _try_one(study: optuna.Study, bench: Bench, plan: SearchPlan) -> None:
    trial = study.ask()
    settings = {
        each.path: trial.suggest_int(each.path, int(each.low), int(each.high))
        if each.whole
        else round(trial.suggest_float(each.path, each.low, each.high), 4)
        for each in plan.ranges
    }
    try:
        seeds = range(plan.seed, plan.seed + plan.worlds)
        work = partial(play_once, bench.changed(**settings))
        scores = in_worlds(work, seeds, plan.processes, lambda: None)
    except ProtocolError as error:  # such as 'below' above 'above'
        trial.set_user_attr("refused", error.what)
        study.tell(trial, 0.0)
        return
    except SaccadeError:
        study.tell(trial, state=_failed())
        raise
    for name, value in _figures(scores).items():
        trial.set_user_attr(name, value)
    study.tell(trial, _worth(scores, plan.false_per_h))


def _failed() -> Any:
    from optuna.trial import TrialState

    return TrialState.FAIL


def _worth(scores: Sequence[Score], wanted_per_h: float) -> float:
    dose = math.fsum(each.dose_j_per_cm2 for each in scores)
    captured_s = math.fsum(each.watched_captured_s for each in scores)
    per_h = _figures(scores)["false_per_h"]
    return captured_s / dose * min(1.0, wanted_per_h / per_h if per_h else 1.0) if dose else 0.0


def _figures(scores: Sequence[Score]) -> dict[str, float]:
    there_s = math.fsum(each.watched_s for each in scores)
    return {
        "captured": math.fsum(each.watched_captured_s for each in scores) / there_s
        if there_s
        else 0,
        "false_per_h": sum(each.false_alarms for each in scores)
        / math.fsum(each.hours for each in scores),
        "dose_j_per_cm2": math.fsum(each.dose_j_per_cm2 for each in scores) / len(scores),
    }


def _done(study: optuna.Study) -> list[Trial]:
    nothing = {"captured": 0.0, "false_per_h": 0.0, "dose_j_per_cm2": 0.0}
    return [
        Trial(
            each.number,
            float(each.value),
            dict(each.params),
            **{name: each.user_attrs.get(name, value) for name, value in nothing.items()},
        )
        for each in study.get_trials(deepcopy=False)
        if each.state.name == "COMPLETE" and each.value is not None
    ]
