"""A stretch of the plan for which the camera runs by itself, as the run steers it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ._watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from useq import MDAEvent

    from saccade.core import Clock, Order

    from ._loop import Loop

_AHEAD_NS = 50_000_000
_LEAST_AHEAD = 4
_KNOWN_AFTER = 8
"""How much is let through before it is exposed: for so long, and at least so many pictures."""


class Stretch:
    """Pictures of the plan that differ in nothing but their time; a `saccade.core.Stretch`.

    A camera that runs by itself can't be told beforehand when to end. Hence the guards are
    asked for more pictures than it will have taken before they can be asked again; where they
    don't let so many through, it does not run, and pictures are taken one by one. Each picture
    is entered into their ledgers when it comes, and what was exposed for none when the stretch
    ends.

    Parameters
    ----------
    first : Order
        Its first picture, let through already.
    loop : Loop
        Knows the plan, and asks the guards.
    clock : Clock
        Of the run.
    wanted : callable
        Does what is to be done between two pictures; returns whether to take more.
    begun : callable
        Called for each picture that was taken.
    failed : callable
        Called with what went wrong with a ledger.
    sheds : bool
        Whether pictures are given up where they come too fast.
    """

    def __init__(
        self,
        first: Order,
        loop: Loop,
        clock: Clock,
        *,
        wanted: Callable[[int], bool],
        begun: Callable[[], None],
        failed: Callable[[Exception], None],
        sheds: bool = False,
    ) -> None:
        self.first = first
        self.sheds = sheds
        self._loop, self._clock = loop, clock
        self._wanted, self._begun, self._failed = wanted, begun, failed
        self._leave = 0.0
        self._taken = 1
        self._seen = self._exposures = 0
        self._began_ns = clock.now_ns()

    def goes_on(self, waiting: int) -> bool:
        """Return whether the camera may run on.

        Parameters
        ----------
        waiting : int
            Pictures that it has taken and nobody has fetched.
        """
        if not self._wanted(waiting):
            return False
        now_ns = self._clock.now_ns()
        return self._loop.goes_on(now_ns) and self._has_leave(waiting, now_ns)

    def doubt(self) -> None:
        """Ask the guards again before going on: they may trust the run less than before."""
        self._leave = 0.0

    def settle(self, exposures: int) -> None:
        """Learn what a picture has cost.

        Parameters
        ----------
        exposures : int
            There may have been light between pictures as well.
        """
        self._seen += 1
        self._exposures += exposures

    def next(self) -> Order | None:
        """Return the order that the next picture is for, None if it is one too many."""
        try:
            order = self._loop.take_again(self.first.event, self._clock.now_ns())
        except Exception as error:  # noqa: BLE001 - a ledger may fail in any way; nothing may leave then
            self._failed(error)
            return None
        if order is not None:
            self._leave -= self._each
            self._taken += 1
            self._begun()
        return order

    def cut(self, exposures: int) -> None:
        """Learn how often the sample was exposed for pictures that nobody has."""
        try:
            self._loop.charge(self.first.event, exposures, self._clock.now_ns())
        except Exception as error:  # noqa: BLE001 - as above
            self._failed(error)

    @property
    def _each(self) -> float:
        """Exposures that a picture costs, as far as is known."""
        return max(1.0, self._exposures / self._seen) if self._seen else 1.0

    def _has_leave(self, waiting: int, now_ns: int) -> bool:
        ahead, each = self._ahead(now_ns), self._each
        if self._leave < (waiting + math.ceil(ahead / 2)) * each:
            asked = math.ceil((waiting + ahead) * each)
            if not self._loop.may_go_on(self.first.event, asked, now_ns):
                return False
            self._leave = asked
        return True

    def _ahead(self, now_ns: int) -> int:
        """Return how many pictures come in the time that is let through beforehand."""
        if self._taken < _KNOWN_AFTER or now_ns <= self._began_ns:
            return _LEAST_AHEAD
        return max(_LEAST_AHEAD, math.ceil(_AHEAD_NS * self._taken / (now_ns - self._began_ns)))


def count_again(plan: Iterable[MDAEvent]) -> int:
    """Return how many pictures of a plan are the one before once more, without a pause.

    Parameters
    ----------
    plan : iterable of useq.MDAEvent
        The watch. A camera can run by itself for these only.
    """
    watch, count = Watch(plan), 0
    while (planned := watch.due(0)) is not None:
        watch.take(planned[1])
        count += watch.goes_on(planned[1])
    return count
