"""For how much of the time the light may be on."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field, replace
from typing import ClassVar, NamedTuple, Self

from saccade.core import Action, Frame, Gap, Refusal, Stand, is_number, require

from ._events import MS_NS, SECOND_NS, SLACK, exposes, is_other_camera, name_of, timed
from ._light import Standing, is_dark
from ._window import Window


class _Lit(NamedTuple):
    """One exposure: when it ends, and how long it is, in ns."""

    end_ns: int
    light_ns: int


@dataclass
class _Book:
    stand: Stand = field(default_factory=lambda: Stand("unknown microscope"))
    standing: Standing = field(default_factory=Standing)
    known: Window = field(default_factory=lambda: Window(0))
    unsettled: deque[_Lit] = field(default_factory=deque)
    """What was played last and has become no frame yet; it counts as if it were now."""

    @property
    def under_way_ns(self) -> int:
        """Light of what is under way."""
        return sum(each.light_ns for each in self.unsettled)


@dataclass(frozen=True, kw_only=True, eq=False)
class Duty:
    """Refuses light for more than a share of any time window.

    An exposure counts in full for as long as any of it lies in the window, at the time and
    with the length that its frame tells, tries of a camera that failed among it. A channel
    whose light sources are all declared with no power is dark, and free. So that tries can't
    exceed the share, room for all of them is needed before the first.

    Parameters
    ----------
    share : float
        Largest share of the time, from 0 to 1.
    window_s : float
        Length of the window.

    Raises
    ------
    ProtocolError
        If a setting can't be used.
    """

    as_played: ClassVar[bool] = True

    share: float
    window_s: float = 60.0
    _book: _Book = field(default_factory=_Book, init=False, repr=False)

    def __post_init__(self) -> None:
        require(
            is_number(self.share) and 0 < self.share <= 1,
            "Duty.share",
            self.share,
            "a number above 0, 1 at most",
            "0.2 lets the light be on for a fifth of the time.",
        )
        require(
            is_number(self.window_s) and self.window_s > 0,
            "Duty.window_s",
            self.window_s,
            "a number of seconds above 0",
            "Give the time over which the sample recovers.",
        )
        self._forget()

    def learn(self, stand: Stand) -> None:
        """Take light sources and present settings; forget all light.

        Parameters
        ----------
        stand : Stand
            The microscope.
        """
        self._book.stand = stand
        self._book.standing = Standing.found(stand)
        self._forget()

    def __call__(self, action: Action) -> Action | Refusal:
        """Return the action, or why it may not leave.

        Parameters
        ----------
        action : Action
            Planned or decided.
        """
        book, trial = self._book, Window(self._window_ns)
        standing, end_ns = book.standing, action.t_ns
        for number, (t_ns, event) in enumerate(timed(action), 1):
            standing = standing.then(event)
            if not exposes(event):
                continue
            exposure_ms = standing.exposure_ms
            if not (exposure_ms > 0 and math.isfinite(exposure_ms)):
                what = f"the exposure of {name_of(action, number)} is {exposure_ms} ms"
                return Refusal(action, "Duty", what, "exposures above 0 ms")
            light_ns = self._light_ns(standing)
            end_ns = max(end_ns, t_ns) + light_ns
            begin_ns = end_ns - self._window_ns
            had_ns = book.under_way_ns + book.known.after(begin_ns) + trial.after(begin_ns)
            if not had_ns + light_ns * book.stand.tries <= self._most_ns:
                return self._too_much(action, number, exposure_ms, had_ns)
            trial.add(end_ns, light_ns)
        return action

    def commit(self, action: Action) -> None:
        """Count the light of an action that passed every guard and is played now.

        Parameters
        ----------
        action : Action
            Planned or decided.
        """
        book = self._book
        while book.unsettled:  # nobody told what became of it
            book.known.add(*book.unsettled.popleft())
        end_ns = action.t_ns
        for t_ns, event in timed(action):
            book.standing = book.standing.then(event)
            if exposes(event):
                light_ns = self._light_ns(book.standing)
                end_ns = max(end_ns, t_ns) + light_ns
                book.unsettled.append(_Lit(end_ns, light_ns))

    def settle(self, done: Frame | Gap) -> None:
        """Count an exposure at the time and with the length that it really had.

        Parameters
        ----------
        done : Frame or Gap
            What the next exposure has become; never less than was asked for.
        """
        book = self._book
        if is_other_camera(done, book.stand):
            return
        asked = book.unsettled.popleft() if book.unsettled else _Lit(done.t_ns, 0)
        light_ns = asked.light_ns * max(1, done.exposures)
        if isinstance(done, Frame) and not is_dark(book.stand, done.channel):
            true_ms = done.exposure_ms * done.exposures
            light_ns = max(light_ns, round(true_ms * MS_NS) if math.isfinite(true_ms) else 0)
        book.known.add(max(asked.end_ns, done.t_ns), light_ns)

    def fresh(self) -> Self:
        """Return a guard with the same settings that has seen no light."""
        return replace(self)

    @property
    def _window_ns(self) -> int:
        return round(self.window_s * SECOND_NS)

    @property
    def _most_ns(self) -> int:
        return int(self.share * self._window_ns * SLACK)

    def _forget(self) -> None:
        self._book.known = Window(self._window_ns)
        self._book.unsettled.clear()

    def _light_ns(self, standing: Standing) -> int:
        if is_dark(self._book.stand, standing.channel):
            return 0
        return round(standing.exposure_ms * MS_NS)

    def _too_much(self, action: Action, number: int, exposure_ms: float, had_ns: float) -> Refusal:
        had_ms, most_ms = had_ns / MS_NS, self._most_ns / MS_NS
        left_ms = max(0.0, most_ms - had_ms) / self._book.stand.tries
        return Refusal(
            action,
            "Duty",
            f"{name_of(action, number)} exposes for {exposure_ms:g} ms after {had_ms:g} ms;"
            f" within {self.window_s:g} s the light may be on for {most_ms:g} ms",
            f"exposures of up to {left_ms:.3g} ms now",
        )
