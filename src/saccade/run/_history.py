"""What the policies of a run heard, in order, as its journal tells it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from saccade.core import (
    Answer,
    Due,
    End,
    Frame,
    Round,
    gap_from_plain,
    observation_from_plain,
    plain,
    refusal_from_plain,
)

from ._parts import Recalled, Start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from saccade.core import Decision, Observation

    from ._parts import News


class Past(NamedTuple):
    """One piece of news in a run, and what was made of it then."""

    heard: News
    observations: tuple[Observation | Mapping[str, Any], ...] = ()
    decisions: tuple[Decision | Mapping[str, Any], ...] = ()


def heard(news: News) -> dict[str, News]:
    """Return the line of the journal that precedes decisions which rest on no frame.

    Parameters
    ----------
    news : Start, Gap, Refusal, Round, Due, End or Answer
        Decisions on a frame have its observations before them.
    """
    return {type(news).__name__.lower(): news}


def history(
    lines: Iterable[tuple[str, Any]], frame: Callable[[int], Frame | None]
) -> Iterator[Past]:
    """Yield what was heard in a run, in order, from its journal.

    Parameters
    ----------
    lines : iterable of (kind, value)
        Kind and value of every line, values as `saccade.core.plain` makes them, or as they
        were noted.
    frame : callable
        Returns the frame with an index; asked in rising order, and only for frames that
        were looked at. None if it was thinned out: then what was seen is taken as it was.

    Yields
    ------
    Past
        For `replay`.
    """
    past: Past | None = None
    for kind, value in lines:
        if kind not in ("heard", "observation", "decision"):
            continue
        line, new = plain(value), None
        if kind == "heard":
            new = Past(_heard_from_plain(line))
        elif kind == "observation" and not _is_of(past, line["frame"]):
            new = Past(frame(line["frame"]) or Recalled(line["frame"], line["stream"], ()))
        if new is not None:
            if past is not None:
                yield past
            past = new
        if past is not None and kind == "observation":
            past = _with_seen(past, line)
        elif past is not None and kind == "decision":
            past = past._replace(decisions=(*past.decisions, line))
    if past is not None:
        yield past


def _with_seen(past: Past, line: Mapping[str, Any]) -> Past:
    heard = past.heard
    if isinstance(heard, Recalled):
        seen = (*heard.observations, observation_from_plain(line))
        past = past._replace(heard=replace(heard, observations=seen))
    return past._replace(observations=(*past.observations, line))


def _is_of(past: Past | None, index: int) -> bool:
    heard = None if past is None else past.heard
    return isinstance(heard, (Frame, Recalled)) and heard.index == index


def _heard_from_plain(value: Mapping[str, Any]) -> News:
    if "start" in value:
        return Start(**value["start"])
    if "round" in value:
        return Round(**value["round"])
    if "due" in value:
        return Due(**value["due"])
    if "answer" in value:
        return Answer(**value["answer"])
    if "end" in value:
        return End(**value["end"])
    if "gap" in value:
        return gap_from_plain(value["gap"])
    return refusal_from_plain(value["refusal"])
