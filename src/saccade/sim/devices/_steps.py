"""A sequence in virtual time: its pictures are taken when they are due and somebody asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from saccade.core import Clock

    from ._camera import SimCamera


class Steps:
    """Stands in for the thread in which UniMMCore runs a sequence.

    Parameters
    ----------
    camera : SimCamera
        Knows when its next picture is due.
    pictures : iterator of mapping
        From its `start_sequence`; each takes one.
    count : int or None
        How many there will be; None is without end.
    keep : callable
        Takes the metadata of each picture once it is in the buffer.
    clock : Clock
        In lockstep.
    """

    def __init__(
        self,
        camera: SimCamera,
        pictures: Iterator[Mapping[str, Any]],
        count: int | None,
        keep: Callable[[Mapping[str, Any]], None],
        clock: Clock,
    ) -> None:
        self._camera, self._pictures, self._keep = camera, pictures, keep
        self._left, self._clock = count, clock
        self.label = camera.get_label()
        clock.announce(camera.next_ns)

    def step(self) -> None:
        """Take the pictures that are due by now."""
        while self.is_alive() and self._camera.next_ns <= self._clock.now_ns():
            metadata = next(self._pictures, None)
            if metadata is None:
                self._left = 0
                return
            self._keep(metadata)
            self._left = None if self._left is None else self._left - 1
            self._clock.announce(self._camera.next_ns)

    def is_alive(self) -> bool:
        """Return whether there are pictures to come."""
        return self._left is None or self._left > 0

    def join(self, timeout: float | None = None) -> None:  # noqa: ARG002 - as of a thread
        """Take no further picture."""
        self._left = 0
