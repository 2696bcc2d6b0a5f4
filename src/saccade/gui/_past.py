"""Which frames a detector must have seen before another, for a second look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from saccade.core import Frame, Past


class Taken(NamedTuple):
    """What of a frame tells whether it is of the same place as another."""

    number: int
    stream: str
    channel: str | None
    position: int
    tile: int
    camera: str = ""

    @classmethod
    def of(cls, frame: Frame) -> Taken:
        """Return that of a frame."""
        at = frame.event.index
        place = at.get("p", 0), at.get("g", 0)
        return cls(frame.index, frame.stream, frame.channel, *place, frame.camera)

    @classmethod
    def of_line(cls, value: Mapping[str, Any]) -> Taken:
        """Return that of a frame's line in the journal."""
        at = value["event"].get("index", {})
        place = at.get("p", 0), at.get("g", 0)
        seen_by = value.get("channel"), *place, value.get("camera", "")
        return cls(value["index"], value["stream"], *seen_by)


def indices_before(this: Taken, others: Iterable[Taken], past: Past) -> list[int]:
    """Return the numbers of the frames to be seen, in order.

    Parameters
    ----------
    this : Taken
        The frame that is looked at again.
    others : iterable of Taken
        In the order in which they were taken.
    past : Past
        How many of them are wanted.
    """
    alike = [
        each
        for each in others
        if each.number < this.number
        and (each.stream, each.channel, each.camera) == (this.stream, this.channel, this.camera)
    ]
    here = [each for each in alike if each[1:] == this[1:]]
    last = here[max(len(here) - past.last, 0) :] if past.last else []
    return sorted({each.number for each in (*alike[: past.first], *last)})
