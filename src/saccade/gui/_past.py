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
    t_ns: int = 0

    @property
    def place(self) -> tuple[str | None, int, int, str]:
        """What memories of a place are kept by."""
        return self.channel, self.position, self.tile, self.camera

    @classmethod
    def of(cls, frame: Frame) -> Taken:
        """Return that of a frame."""
        at = frame.event.index
        place = at.get("p", 0), at.get("g", 0)
        return cls(frame.index, frame.stream, frame.channel, *place, frame.camera, frame.t_ns)

    @classmethod
    def of_line(cls, value: Mapping[str, Any]) -> Taken:
        """Return that of a frame's line in the journal."""
        at = value["event"].get("index", {})
        place = at.get("p", 0), at.get("g", 0)
        seen_by = value.get("channel"), *place, value.get("camera", "")
        return cls(value["index"], value["stream"], *seen_by, value["t_ns"])


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
    before = [each for each in others if each.number < this.number]
    kind = this.stream, this.channel, this.camera
    alike = [each for each in before if (each.stream, each.channel, each.camera) == kind]
    here = [each for each in before if each.place == this.place]
    since_ns = this.t_ns - past.here_s * 1e9
    lately = [each for each in here if past.here_s and each.t_ns >= since_ns]
    same = [each for each in here if each.stream == this.stream]
    wanted = (*alike[: past.first], *_last(same, past.last), *_last(here, past.here), *lately)
    return sorted({each.number for each in wanted})


def _last(taken: list[Taken], count: int) -> list[Taken]:
    return taken[max(len(taken) - count, 0) :] if count else []
