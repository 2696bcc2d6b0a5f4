"""A useq.MDASequence out of a protocol: verbatim, but nothing unknown and nothing endless."""

from __future__ import annotations

import math
import warnings
from datetime import timedelta
from functools import reduce
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from pydantic import ValidationError
from useq import (
    GridFromEdges,
    GridFromPolygon,
    GridWidthHeight,
    MDASequence,
    MultiPhaseTimePlan,
    RandomPoints,
    WellPlatePlan,
)

from saccade.core import Keys, Problem, misfits

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_EVENTS = 3_000_000
"""A day at 35 frames a second; useq holds all of a plan in memory."""

_MOST = {"loops": MOST_EVENTS, "rows": 1_000, "columns": 1_000, "num_points": 500}
_LARGEST = 10**12
_MOST_PLAYED = 20_000
_LOOKED_AT = 2_000
_NOTHING = timedelta(0)


class Read(NamedTuple):
    """A sequence, or what is wrong with it; and what useq warns of."""

    sequence: MDASequence | None
    problems: list[Problem]
    warnings: list[str]


def read_sequence(value: object, at: str) -> Read:
    """Return the sequence that plain data describe.

    Parameters
    ----------
    value : object
        As a protocol file has it. Unlike useq, unknown keys are refused, and positions may
        be lists.
    at : str
        Where it stands, such as ``watch``.
    """
    if not isinstance(value, dict):
        text = f"{at} is not a mapping, such as {{channels: [FITC], time_plan: {{...}}}}"
        return Read(None, [Problem(text, "It is written as a useq.MDASequence.")], [])
    given = _as_useq_has_it(value)
    keys = Keys(at)
    keys.walk(given, MDASequence)
    if problems := [*keys.unknown, *_too_many(given, at)]:
        return Read(None, problems, [])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        sequence, problems = _built(given, keys)
    told = [f"{at}: {each.message}" for each in caught if each.category is UserWarning]
    if sequence and getattr(sequence.grid_plan, "random_seed", 0) is None:
        told.append(f"{at}.grid_plan has no random_seed: it is another plan every time")
    return Read(sequence, problems, list(dict.fromkeys(told)))


def count_frames(sequence: MDASequence) -> int | None:
    """Return how many pictures a sequence asks for.

    Parameters
    ----------
    sequence : MDASequence
        Where positions have plans of their own, or channels skip, it is played through.

    Returns
    -------
    int or None
        None if that would take too long.
    """
    if not _is_jagged(sequence):
        return math.prod(sequence.shape) if sequence.shape else 0
    if _count(sequence) > _MOST_PLAYED:
        return None
    return sum(1 for event in sequence if event.action.type == "acquire_image")


def last_due_s(sequence: MDASequence) -> float:
    """Return when the last time point of a sequence is due, in s after the first.

    Parameters
    ----------
    sequence : MDASequence
        0 where it has no times, or goes through them more than once.
    """
    plan = sequence.time_plan
    own = any(each.sequence and each.sequence.time_plan for each in _positions(sequence))
    if plan is None or own or not sequence.used_axes.startswith("t"):
        return 0.0
    phases = plan.phases if isinstance(plan, MultiPhaseTimePlan) else (plan,)
    return sum((each.interval * (each.loops - 1)).total_seconds() for each in phases)


def _is_jagged(sequence: MDASequence) -> bool:
    return bool(
        sequence.autofocus_plan
        or sequence.keep_shutter_open_across
        or any(each.acquire_every > 1 or not each.do_stack for each in sequence.channels)
        or any(each.sequence is not None for each in _positions(sequence))
    )


def _plays(sequence: MDASequence) -> bool:
    """Return whether there is any event; where useq may stumble midway, look further."""
    look = _LOOKED_AT if _is_jagged(sequence) else 1
    return sum(1 for _ in islice(sequence, look)) > 0


def _built(given: dict[str, Any], keys: Keys) -> tuple[MDASequence | None, list[Problem]]:
    try:
        sequence = MDASequence.model_validate(given)
        problems = _misfits_within(given, keys) or list(_unplayable(sequence, keys.at))
        if not problems and not _plays(sequence):
            hint = "Give it channels, positions or times."
            problems.append(Problem(f"{keys.at} is empty: it plans no frame", hint))
    except ValidationError as error:
        return None, _misfits_within(given, keys) or misfits(error, given, keys)
    except ZeroDivisionError:
        return None, [Problem(f"{keys.at} can't be used: its time plan divides by zero")]
    except Exception as error:  # noqa: BLE001 - on odd input useq and numpy raise anything
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        return None, [Problem(f"{keys.at} can't be used: {reason}")]
    return sequence, problems


def _misfits_within(given: dict[str, Any], keys: Keys) -> list[Problem]:
    """Return what is wrong with the innermost models, each taken by itself.

    Some of useq's validators swallow a misfit and take another model instead, and some
    leave out the place.
    """
    problems: list[Problem] = []
    wrong: list[tuple[int | str, ...]] = []
    for path, model in sorted(keys.meant.items(), key=lambda each: -len(each[0])):
        if not path or any(each[: len(path)] == path for each in wrong):
            continue
        part = reduce(lambda value, step: value[step], path, cast("Any", given))
        inner = Keys(keys.name(path))
        inner.walk(part, model)
        try:
            model.model_validate(part)
        except ValidationError as error:
            wrong.append(path)
            problems += misfits(error, part, inner)
    return problems


def _as_useq_has_it(value: Any) -> Any:
    """Return plain data with tuples, as positions need them, and phases by their name."""
    if isinstance(value, dict):
        given = {key: _as_useq_has_it(item) for key, item in value.items()}
        if isinstance(given.get("time_plan"), tuple):
            given["time_plan"] = {"phases": given["time_plan"]}
        return given
    return tuple(map(_as_useq_has_it, value)) if isinstance(value, (list, tuple)) else value


def _too_many(value: object, at: str) -> Iterator[Problem]:
    """Yield numbers that useq would choke on, some of them while it looks at them."""
    if isinstance(value, dict):
        for key, item in value.items():
            most = _MOST.get(key, _LARGEST)
            if abs(_number(item)) > most:
                yield Problem(f"{at}.{key} is {item!r}, more than {most:,}")
            if key != "metadata":
                yield from _too_many(item, f"{at}.{key}")
    elif isinstance(value, tuple):
        for place, item in enumerate(value):
            if abs(_number(item)) > _LARGEST:
                yield Problem(f"{at}.{place} is {item!r}, more than {_LARGEST:,}")
            yield from _too_many(item, f"{at}.{place}")


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return 0.0


def _unplayable(sequence: MDASequence, at: str) -> Iterator[Problem]:
    """Yield what useq takes, but can't or shouldn't be played."""
    plan = sequence.time_plan
    phases = plan.phases if isinstance(plan, MultiPhaseTimePlan) else [plan] if plan else []
    if any(phase.interval < _NOTHING for phase in phases):
        yield Problem(f"{at}.time_plan goes back in time", "Give an interval of 0 or more.")
    grids = (GridFromEdges, GridFromPolygon, GridWidthHeight)
    grid = sequence.grid_plan
    if isinstance(grid, grids) and not (grid.fov_width and grid.fov_height):
        yield Problem(
            f"{at}.grid_plan needs fov_width and fov_height in µm",
            "Without them useq would step by one µm.",
        )
    elif (count := _count(sequence)) > MOST_EVENTS:
        yield Problem(f"{at} plans {count:.3g} events, more than {MOST_EVENTS:,}")
    for place, each in enumerate(_positions(sequence)):
        if each.sequence is not None:
            if each.sequence.setup is not None:
                here = f"{at}.stage_positions.{place}"
                hint = "Say it in the outermost setup, or as properties of the position."
                yield Problem(f"{here}.sequence.setup would not be heeded", hint)
            yield from _unplayable(each.sequence, f"{at}.stage_positions.{place}.sequence")


def _positions(sequence: MDASequence) -> tuple[Any, ...]:
    places = sequence.stage_positions
    return () if isinstance(places, WellPlatePlan) else tuple(places)


def _count(sequence: MDASequence) -> float:
    """Return the most events that a sequence can have, without listing them."""
    times = sequence.time_plan.num_timepoints() + 1 if sequence.time_plan else 1
    planes = abs(sequence.z_plan.num_positions()) if sequence.z_plan else 1
    channels = len(sequence.channels) or 1
    inner = [_count(each.sequence) if each.sequence else 1 for each in _positions(sequence)]
    positions = sum(inner) or len(sequence.stage_positions) or 1
    return float(times) * max(planes, 1) * channels * positions * _tiles(sequence.grid_plan)


def _tiles(grid: Any) -> float:
    if isinstance(grid, GridFromPolygon):
        x, y = zip(*grid.vertices, strict=True)
        more = 2 * max(grid.offset or 0.0, 0.0)
        return _cover(grid, max(x) - min(x) + more, max(y) - min(y) + more)
    if isinstance(grid, GridFromEdges):
        return _cover(grid, abs(grid.right - grid.left), abs(grid.top - grid.bottom))
    if isinstance(grid, GridWidthHeight):
        return _cover(grid, grid.width, grid.height)
    if isinstance(grid, RandomPoints):
        return float(grid.num_points)
    rows, columns = getattr(grid, "rows", 1), getattr(grid, "columns", 1)
    return float(rows) * float(columns)


def _cover(grid: Any, width_um: float, height_um: float) -> float:
    across_um = grid.fov_width * (1 - grid.overlap[0] / 100)
    down_um = grid.fov_height * (1 - grid.overlap[1] / 100)
    if not (across_um > 0 and down_um > 0):
        raise ValueError("the tiles of the grid must overlap by less than 100 %")
    return float((width_um / across_um + 2) * (height_um / down_um + 2))
