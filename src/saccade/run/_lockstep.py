"""Lagged mode in virtual time: the newest frame wins, without a thread, and always the same."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

from ._lookout import NEVER_NS, queue_up

if TYPE_CHECKING:
    from saccade.core import Clock

    from ._chain import Chain
    from ._parts import Look, News


class LockstepLookout:
    """Detectors and policies that are busy for as long as they declare, in virtual time.

    A look begins when a frame comes, or when the look before it is over, and can be fetched
    once the time that its detectors declare has passed. What is replaced, kept or turned into
    a gap meanwhile is as with `Lookout`.

    Parameters
    ----------
    chain : Chain
        Declares how long its detectors take.
    clock : Clock
        Of the run.
    """

    def __init__(self, chain: Chain, clock: Clock) -> None:
        self._chain, self._clock = chain, clock
        self._news: deque[News] = deque()
        self._looks: list[Look] = []
        self._under_way: Look | None = None
        self._over_ns = 0
        self._nobody = threading.Event()
        self.dropped = 0

    @property
    def due_ns(self) -> int:
        """When the look under way is over."""
        return NEVER_NS if self._under_way is None else self._over_ns

    @property
    def idle(self) -> bool:
        """Whether nothing waits, nothing is looked at, and every look was fetched."""
        return not (self._news or self._under_way or self._looks)

    def start(self) -> None:
        """Do nothing: it looks when it is asked."""

    def put(self, news: News) -> None:
        """Hand over a frame, a gap, a refusal or a round; errors are those of `queue_up`."""
        self._catch_up()
        self.dropped += queue_up(self._news, news)
        if self._under_way is None:
            self._over_ns = self._clock.now_ns()
            self._catch_up()

    def looks(self) -> list[Look]:
        """Return what was looked at since the last call, in order."""
        self._catch_up()
        done, self._looks = self._looks, []
        return done

    def wait(self, timeout_s: float) -> None:  # noqa: ARG002 - virtual time costs nothing
        """Let time pass until the look under way is over."""
        if self._under_way is not None and not self._looks:
            self._clock.wait_until(self._over_ns, self._nobody)
            self._catch_up()

    def end(self, timeout_s: float) -> bool:  # noqa: ARG002 - there is no thread to end
        """Give up what nobody has looked at; what is being looked at is seen to its end."""
        self._news.clear()
        self.wait(0.0)
        return True

    def _catch_up(self) -> None:
        """Finish what is over by now, and begin what could begin since then."""
        while self._under_way is not None or self._news:
            if self._under_way is None:
                self._under_way = self._chain.hear(self._news.popleft())
                self._over_ns += self._under_way.takes_ns
            if self._over_ns > self._clock.now_ns():
                return
            self._looks.append(self._under_way)
            self._under_way = None
