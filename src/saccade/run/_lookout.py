"""The thread that looks at frames in lagged mode: the newest wins, other news is never lost."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

from saccade.core import Frame, PolicyError

from ._parts import gap_of

if TYPE_CHECKING:
    from ._chain import Chain
    from ._parts import Look, News
    from ._switch import Switch

_MOST_NEWS = 10_000
_WAIT_S = 1.0


class Lookout:
    """Detectors and policies, in a thread of their own.

    A frame that nobody has looked at yet is replaced by the next one. Gaps and refusals
    queue up. A frame that an action asked for and that is replaced becomes a gap for the
    policies, which may be waiting for it.

    Parameters
    ----------
    chain : Chain
        Only this thread uses it.
    switch : Switch
        Roused after each look; told if the thread can't go on.
    """

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
        """Hand over a frame, a gap or a refusal.

        Raises
        ------
        PolicyError
            If far too much news waits behind a look that does not end.
        """
        with self._changed:
            if len(self._news) >= _MOST_NEWS:
                raise PolicyError(
                    f"{_MOST_NEWS} gaps and refusals wait for a look that does not end.",
                    "Find out what the detector waits for.",
                )
            if isinstance(news, Frame):
                self._drop_frames()
            self._news.append(news)
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

    def _drop_frames(self) -> None:
        waiting, self._news = self._news, deque()
        for news in waiting:
            if not isinstance(news, Frame):
                self._news.append(news)
                continue
            self.dropped += 1
            if news.stream != "watch":
                self._news.append(gap_of(news, "a newer frame was looked at instead"))

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
