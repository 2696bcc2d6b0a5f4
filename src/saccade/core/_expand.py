"""The events of a plan, without making each of them from the beginning."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from useq import MDASequence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from useq import MDAEvent


def expanded(plan: Iterable[MDAEvent]) -> Iterator[MDAEvent]:
    """Yield the events of a plan, the same as iterating over it does, in a tenth of the time.

    From the second time point on, the events of most plans differ in nothing but their time;
    useq makes each of them anew all the same, which costs more than what is done with it.

    Parameters
    ----------
    plan : iterable of useq.MDAEvent
        What does not repeat itself so, or is no ``MDASequence``, is iterated over as it is.
    """
    if not (isinstance(plan, MDASequence) and _repeats(plan)):
        yield from plan
        return
    second = []
    for event in plan:
        if event.index["t"] > 1:
            break
        if event.index["t"] == 1:
            second.append(event)
        yield event
    for t, time_s in islice(enumerate(plan.iter_axis("t")), 2, None):
        for event in second:
            index = type(event.index)({**event.index, "t": t})
            yield event.model_copy(update={"index": index, "min_start_time": time_s})


def _repeats(plan: MDASequence) -> bool:
    """Return whether all time points after the first have the same events."""
    slower, timed, _ = plan.used_axes.partition("t")
    return (
        bool(timed)
        and all(plan.sizes[axis] == 1 for axis in slower)
        and plan.autofocus_plan is None
        and not plan.keep_shutter_open_across
        and all(channel.acquire_every == 1 for channel in plan.channels)
        and all(getattr(place, "sequence", None) is None for place in plan.iter_axis("p"))
    )
