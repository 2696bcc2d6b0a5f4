"""What of a stream is kept: everything around an occurrence, and a frame now and then."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from saccade.core import Frame, Gap, ProtocolError, Thinned, did_you_mean, is_number, require

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from saccade.core import Decision, Observation

    from ._parts import Look
    from ._run import Mode

    Named: TypeAlias = Callable[[Sequence[Observation]], Mapping[str, Observation]]

_AT_ONCE = 2
"""How many frames leave the ring at most for each that comes, so that nothing stalls."""
_MB = 2**20
_NEVER_NS = -(2**63)


@dataclass(frozen=True, kw_only=True)
class Keep:
    """Which frames of the watch are stored; all others are thinned out, and counted.

    Whenever something occurs, every frame from `before_s` before to `after_s` after it is kept.
    Otherwise one in `every` is. What an action took is kept in any case.

    Parameters
    ----------
    every : int
        One in so many; 1 keeps all.
    before_s, after_s : float
        How long before and after the frame that showed it.
    above : float, optional
        A score of this much is an occurrence. Without it, one is what a policy asks for
        pictures on.
    on : str, optional
        Name of the detector that the score is of; by default any.
    memory_mb : float
        What may be held back at most. Frames leave early where that does not last.

    Raises
    ------
    ProtocolError
        If a setting can't be used.
    """

    every: int = 10
    before_s: float = 2.0
    after_s: float = 2.0
    above: float | None = None
    on: str | None = None
    memory_mb: float = 1024.0

    def __post_init__(self) -> None:
        whole = isinstance(self.every, int) and not isinstance(self.every, bool)
        must = "a whole number of at least 1"
        require(whole and self.every >= 1, "Keep.every", self.every, must, "1 keeps every frame.")
        for name in ("before_s", "after_s"):
            given = getattr(self, name)
            ok = is_number(given) and 0 <= given < 1e6
            require(ok, f"Keep.{name}", given, "0 or more", "Give a time in seconds.")
        ok = self.above is None or (is_number(self.above) and 0 <= self.above <= 1)
        require(ok, "Keep.above", self.above, "within 0 to 1", "Give a score.")
        ok = is_number(self.memory_mb) and self.memory_mb > 0
        require(ok, "Keep.memory_mb", self.memory_mb, "above 0", "Give what may be held, in MB.")

    def shows(self, name: str, seen: Observation) -> bool:
        """Return whether what a detector saw in a frame is an occurrence, by its score.

        Parameters
        ----------
        name : str
            Of the detector.
        seen : Observation
            What it saw.
        """
        if self.above is None or self.on not in (None, name):
            return False
        return seen.verdict == "trusted" and seen.score >= self.above

    def is_asked_on(self, decision: Decision) -> bool:
        """Return whether a decision makes its frame an occurrence, where no score does."""
        return self.above is None and any(action.events for action in decision.actions)


def check_keep(keep: Keep | None, mode: Mode, detectors: Sequence[str]) -> None:
    """Refuse a choice of what is kept that does not fit the run.

    Parameters
    ----------
    keep : Keep or None
        The choice; None keeps all.
    mode : str
        Of the run.
    detectors : sequence of str
        Names of its detectors.

    Raises
    ------
    ProtocolError
        If it doesn't.
    """
    if keep is None:
        return
    if mode != "stream":
        raise ProtocolError(
            f"Frames can be thinned out in the mode 'stream' only, not in {mode!r}.",
            "Leave keep out: every frame is stored then.",
        )
    if keep.on is not None and keep.on not in detectors:
        what = f"keep.on is {keep.on!r}, no detector."
        raise ProtocolError(what, did_you_mean(keep.on, detectors))


@dataclass
class _Held:
    """What waits in the ring for its turn: a frame or a gap."""

    what: Frame | Gap
    kept: str


class Ring:
    """Holds the last frames back, until it is known whether something occurred around them.

    Frames and gaps leave it in the order of their indices, as the journal has them. A frame
    waits until every frame of `before_s` after it was looked at, or passed over; one that is
    to be kept leaves as soon as those before it have.

    Parameters
    ----------
    keep : Keep
        What is kept.
    store : callable
        Takes a frame; returns whether there was room for it, None if that failed.
    tell : callable
        Journals what happened, by kind.
    """

    def __init__(
        self,
        keep: Keep,
        store: Callable[[Frame], bool | None],
        tell: Callable[[str, object], None],
    ) -> None:
        self._keep, self._store, self._tell = keep, store, tell
        self._held: deque[_Held] = deque()
        self._held_bytes = 0
        self._horizon_ns = self._until_ns = _NEVER_NS
        self._due = 0
        self._run: Thinned | None = None
        self._short = False
        self.thinned = 0
        """Number of frames that were thinned out."""
        self.gaps = 0
        """Number of frames that became gaps because there was no room for them."""

    def take(self, what: Frame | Gap) -> None:
        """Hold a frame or a gap back, and let go of what has waited long enough."""
        kept = ""
        if isinstance(what, Frame):
            self._held_bytes += what.pixels.nbytes
            if what.stream != "watch":
                kept = "action"
            elif what.t_ns <= self._until_ns:
                kept = "occurrence"
        self._held.append(_Held(what, kept))
        self._let_go(_AT_ONCE)

    def passed(self, t_ns: int) -> None:
        """Learn that nobody will look at what was taken until then."""
        self._horizon_ns = max(self._horizon_ns, t_ns)

    def occurred(self, t_ns: int) -> None:
        """Mark what is around an occurrence as to be kept.

        Parameters
        ----------
        t_ns : int
            Monotonic time of the frame that showed it.
        """
        first_ns = t_ns - round(self._keep.before_s * 1e9)
        last_ns = t_ns + round(self._keep.after_s * 1e9)
        self._until_ns = max(self._until_ns, last_ns)
        for held in reversed(self._held):
            if not first_ns <= held.what.t_ns:
                break
            if held.what.t_ns <= self._until_ns and not held.kept:
                held.kept = "occurrence"

    def empty(self) -> None:
        """Let go of everything, at the end of a run."""
        self._let_go(len(self._held), at_the_end=True)
        self._end_run()

    def _let_go(self, most: int, at_the_end: bool = False) -> None:
        behind_ns = self._horizon_ns - round(self._keep.before_s * 1e9)
        while self._held:
            head = self._held[0]
            full = self._held_bytes > self._keep.memory_mb * _MB
            due = at_the_end or bool(head.kept) or head.what.t_ns < behind_ns
            if not full and not (due and most > 0):
                return
            if full and not due:
                self._say_short(head.what.t_ns)
            most -= isinstance(head.what, Frame)
            self._leave(self._held.popleft())

    def _leave(self, held: _Held) -> None:
        what = held.what
        if isinstance(what, Gap):
            self._end_run()
            self._tell("gap", what)
            return
        self._held_bytes -= what.pixels.nbytes
        kept = held.kept or ("every" if self._due <= 0 else "")
        if what.stream == "watch":
            self._due = self._keep.every - 1 if kept else self._due - 1
        if not kept:
            self._thin(what)
            return
        self._end_run()
        self.gaps += self._store(replace(what, kept=kept)) is False

    def _thin(self, frame: Frame) -> None:
        self.thinned += 1
        run = self._run
        if run is not None and run.last == frame.index - 1:
            self._run = replace(run, last=frame.index, t_ns=frame.t_ns)
        else:
            self._end_run()
            self._run = Thinned(frame.index, frame.index, frame.stream, frame.t_ns)

    def _end_run(self) -> None:
        if self._run is not None:
            self._tell("thinned", self._run)
            self._run = None

    def _say_short(self, t_ns: int) -> None:
        if self._short:
            return
        self._short = True
        held_s = (self._held[-1].what.t_ns - t_ns) / 1e9
        text = (
            f"What may be held back, {self._keep.memory_mb:g} MB, lasts for {held_s:.2f} s: "
            "what was longer before an occurrence may be thinned out."
        )
        self._tell("ring", {"held_s": held_s, "text": text})


def occurs(look: Look, keep: Keep, named: Named) -> bool:
    """Return whether a look shows that something occurs.

    Parameters
    ----------
    look : Look
        What was seen in a frame, and decided.
    keep : Keep
        Says what an occurrence is.
    named : callable
        Returns observations of one frame by the name of their detector.
    """
    return any(map(keep.is_asked_on, look.decisions)) or any(
        keep.shows(name, seen) for name, seen in named(look.observations).items()
    )
