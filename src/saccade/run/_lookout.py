"""The thread that looks at frames in lagged mode: the newest wins, other news is never lost.

The newest of each camera and channel does: nobody who looks at one is robbed by another.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Protocol

from saccade.core import Frame, PolicyError

from ._parts import gap_of

if TYPE_CHECKING:
    from ._chain import Chain
    from ._parts import Look, News
    from ._switch import Switch

_MOST_NEWS = 10_000
_WAIT_S = 1.0
NEVER_NS = 2**80
"""Later than any time that a virtual clock comes to, even if a policy pauses for centuries."""


class AnyLookout(Protocol):
    """What looks at frames beside the thread that acquires them."""

    @property
    def dropped(self) -> int:
        """Number of frames that nobody looked at."""

    @property
    def due_ns(self) -> int:
        """When a look will be over, if that is known beforehand."""

    @property
    def idle(self) -> bool:
        """Whether nothing waits, nothing is looked at, and every look was fetched."""

    def start(self) -> None:
        """Begin to look."""

    def put(self, news: News) -> None:
        """Hand over a frame, a gap, a refusal or a round."""

    def looks(self) -> list[Look]:
        """Return what was looked at since the last call, in order."""

    def wait(self, timeout_s: float) -> None:
        """Wait until there is a look to fetch, or nothing more to wait for."""

    def end(self, timeout_s: float) -> bool:
        """Give up what nobody has looked at, and end; return whether it did."""


class Lookout:
    """Detectors and policies, in a thread of their own.

    A frame that nobody has looked at yet is replaced by the next one of its camera and channel.
    Gaps, refusals and rounds queue up. A frame that an action asked for and that is replaced
    becomes a gap for the policies, which may be waiting for it.

    Parameters
    ----------
    chain : Chain
        Only this thread uses it.
    switch : Switch
        Roused after each look; told if the thread can't go on.
    """

    due_ns = NEVER_NS

    def __init__(self, chain: Chain, switch: Switch) -> None:
        self._chain, self._switch = chain, switch
        self._changed = threading.Condition()
        self._news: deque[News] = deque()
        self._looks: deque[Look] = deque()
        self._looking = self._closed = False
        self.dropped = 0
        self._thread = threading.Thread(target=self._work, name="saccade-detect", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def put(self, news: News) -> None:
        """Hand over a frame, a gap, a refusal or a round.

        Raises
        ------
        PolicyError
            If far too much news waits behind a look that does not end.
        """
        with self._changed:
            self.dropped += queue_up(self._news, news)
            self._changed.notify_all()

    def looks(self) -> list[Look]:
        """Return what was looked at since the last call, in order."""
        with self._changed:
            done = list(self._looks)
            self._looks.clear()
            return done

    @property
    def idle(self) -> bool:
        """Whether nothing waits, nothing is looked at, and every look was fetched."""
        with self._changed:
            return not (self._news or self._looking or self._looks)

    def wait(self, timeout_s: float) -> None:
        """Wait until there is a look to fetch, or nothing more to wait for."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._looks or not (self._news or self._looking), timeout_s
            )

    def end(self, timeout_s: float) -> bool:
        """Give up what nobody has looked at, and end; return whether it did."""
        with self._changed:
            self._closed = True
            self._news.clear()
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while True:
            with self._changed:
                if not self._changed.wait_for(lambda: self._news or self._closed, _WAIT_S):
                    continue
                if self._closed:
                    return
                news, self._looking = self._news.popleft(), True
            looks: list[Look] = []
            try:
                looks.append(self._chain.hear(news))
            except BaseException as error:  # noqa: BLE001 - kept, and raised in the run's wait()
                self._switch.fail(error)
            with self._changed:
                self._looking = False
                self._looks += looks
                self._changed.notify_all()
            self._switch.rouse()


def queue_up(waiting: deque[News], news: News) -> int:
    """Add news to what waits; a frame drops those before it of its camera and channel.

    Return how many it dropped.

    Parameters
    ----------
    waiting : deque of News
        What nobody has looked at yet, in order.
    news : News
        Comes last.

    Raises
    ------
    PolicyError
        If far too much news waits behind a look that does not end.
    """
    if len(waiting) >= _MOST_NEWS:
        raise PolicyError(
            f"{_MOST_NEWS} gaps and refusals wait for a look that does not end.",
            "Find out what the detector waits for.",
        )
    dropped = 0
    for _ in range(len(waiting) if isinstance(news, Frame) else 0):
        before = waiting.popleft()
        if isinstance(before, Frame) and _view(before) == _view(news):
            dropped += 1
            if before.stream == "watch":
                continue
            before = gap_of(before, "a newer frame was looked at instead")
        waiting.append(before)
    waiting.append(news)
    return dropped


def _view(news: News) -> tuple[str, str | None] | None:
    """Return what a frame is one more of."""
    return (news.camera, news.channel) if isinstance(news, Frame) else None
