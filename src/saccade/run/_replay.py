"""Deciding again from what was stored, and comparing."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from saccade.core import Frame, Gap, Refusal, Round, plain

from ._parts import Recalled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ._chain import Chain
    from ._parts import News

_NOT_COMPARED = frozenset({"elapsed_ms", "age_frames", "t_ns", "expires_ns"})
"""What the clock and the machine decide, not the policy."""


@dataclass(frozen=True)
class Difference:
    """One value that came out differently."""

    frame: int
    """Index of the frame or gap that it rests on; -1 for the beginning."""
    what: str
    """``observation`` or ``decision``."""
    recorded: Mapping[str, Any] | None
    """As the journal holds it; None if it holds none."""
    again: Mapping[str, Any] | None

    def __str__(self) -> str:
        if self.recorded is None or self.again is None:
            missing = "is new" if self.recorded is None else "did not come again"
            return f"frame {self.frame}: {self.what} {missing}"
        before, after = _spelled(self.recorded), _spelled(self.again)
        names = [n for n in {**before, **after} if _text(before.get(n)) != _text(after.get(n))]
        changes = [f"{name} was {before.get(name)!r}, is {after.get(name)!r}" for name in names]
        return f"frame {self.frame}: {self.what}: {'; '.join(changes)}"


@dataclass(frozen=True)
class Replay:
    """How a run was decided again."""

    looks: int
    """Frames, gaps, refusals and starts that were heard again."""
    identical: int
    """Of these, how many led to the same observations and decisions."""
    differences: tuple[Difference, ...] = ()
    recalled: int = 0
    """Of these, how many frames were not there to look at again, because they were thinned out."""

    @property
    def same(self) -> bool:
        """Whether everything came out as it was."""
        return not self.differences


def replay(history: Iterable[tuple[News, Sequence[Any], Sequence[Any]]], chain: Chain) -> Replay:
    """Decide again from stored frames, and compare with what was decided then.

    Numbers are compared exactly, bit for bit; times, durations and ages are not.

    Parameters
    ----------
    history : iterable of (heard, observations, decisions)
        What was heard, in order, as `saccade.run.history` yields it. Observations and
        decisions are values, or what the journal holds of them. What a detector did not look
        at then, because its process was lost, it does not look at now.
    chain : Chain
        A fresh one; its parts must have learned the stand already, if they want to.

    Returns
    -------
    Replay
        With every difference.
    """
    looks = identical = recalled = 0
    differences: list[Difference] = []
    for heard, observations, decisions in history:
        look = chain.hear(heard, [plain(each).get("unseen", "") for each in observations])
        place = _index_of(heard)
        found = [
            *_compared("observation", place, observations, look.observations),
            *_compared("decision", place, decisions, look.decisions),
        ]
        looks += 1
        recalled += isinstance(heard, Recalled)
        identical += not found
        differences += found
    return Replay(looks, identical, tuple(differences), recalled)


def _compared(
    what: str, place: int, recorded: Iterable[Any], again: Iterable[Any]
) -> Iterator[Difference]:
    for before, after in zip_longest(map(plain, recorded), map(plain, again)):
        if before is None or after is None or _text(before) != _text(after):
            yield Difference(place, what, before, after)


def _text(value: object) -> str:
    """Return what is compared of a plain value, as text: exact, and equal where both are NaN."""
    return json.dumps(_spelled(value), sort_keys=True)


def _spelled(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _spelled(item) for k, item in value.items() if k not in _NOT_COMPARED}
    if isinstance(value, list):
        return [_spelled(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        # As a journal spells what JSON has no number for.
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def _index_of(heard: News) -> int:
    if isinstance(heard, (Frame, Gap, Recalled)):
        return heard.index
    if isinstance(heard, Round):
        return heard.frame
    if isinstance(heard, Refusal) and heard.action.frame is not None:
        return heard.action.frame
    return -1
