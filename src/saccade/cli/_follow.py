"""Follow a run: numbers for the live panel, a line a decision elsewhere."""

from __future__ import annotations

import statistics
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from rich.live import Live
from rich.table import Table
from rich.text import Text

from saccade.app import Pace, told_action, told_duration
from saccade.core import State, plain

from ._ask import Prompt, follow_questions
from ._console import out, say
from ._shadow import ShadowTally, say_shadowed, told_shadow

if TYPE_CHECKING:
    from collections.abc import Callable

    from saccade.app import Run, Spent
    from saccade.core import Action, Decision, Frame, Gap, Observation, Refusal

_REFRESH_HZ = 5.0
_WINDOW = 200
_WATCH = "watch"


class Tally:
    """What has happened so far in a run; filled by its signals.

    Parameters
    ----------
    run : Run
        Before it starts.
    spent : callable, optional
        Returns how much light was given.
    pace : saccade.app.Pace, optional
        Of its plan.
    """

    def __init__(
        self, run: Run, spent: Callable[[], Spent] | None = None, pace: Pace | None = None
    ) -> None:
        self.run, self._spent, self.pace = run, spent, pace or Pace()
        self.frames = self.gaps = self.decisions = self.refusals = self.bursts = 0
        self.streams: dict[str, int] = {}
        self.last_decision = "none yet"
        self.last_detector = ""
        """What happened last to the process of a detector."""
        self.shadow = ShadowTally(run)
        self.prompt = Prompt(run)
        self._began = time.monotonic()
        self._arrivals: deque[int] = deque(maxlen=_WINDOW)
        self._turns_ms: deque[float] = deque(maxlen=_WINDOW)
        self._lock = threading.Lock()
        run.framed.connect(self._frame)
        run.gapped.connect(self._gap)
        run.observed.connect(self._observation)
        run.decided.connect(self._decision)
        run.acted.connect(self._action)
        run.refused.connect(self._refusal)
        run.noted.connect(self._note)

    @property
    def elapsed_s(self) -> float:
        """Time since the tally began."""
        return time.monotonic() - self._began

    @property
    def rate_hz(self) -> float:
        """Frames a second lately."""
        with self._lock:
            times = list(self._arrivals)
        return (len(times) - 1) / ((times[-1] - times[0]) / 1e9) if len(times) > 1 else 0.0

    @property
    def loop_p95_ms(self) -> float:
        """95th percentile of the time that it takes to look at a frame and decide, lately."""
        with self._lock:
            turns = list(self._turns_ms)
        return statistics.quantiles(turns, n=20)[-1] if len(turns) > 1 else 0.0

    @property
    def dose_j_per_cm2(self) -> float | None:
        """Most light that any position has had, where a guard keeps the ledger."""
        spent = self.spent
        return None if spent is None else spent.j_per_cm2

    @property
    def spent(self) -> Spent | None:
        """Light that was given, where a guard keeps the ledger."""
        return None if self._spent is None else self._spent()

    def _frame(self, frame: Frame) -> None:
        with self._lock:
            self.frames += 1
            self.streams[frame.stream] = self.streams.get(frame.stream, 0) + 1
            self._arrivals.append(frame.times.available)
            if frame.stream == _WATCH:
                due_s = frame.event.min_start_time if frame.event else None
                self.pace.note(self.streams[_WATCH], due_s or 0.0)

    def _gap(self, _: Gap) -> None:
        self.gaps += 1

    def _observation(self, seen: Observation) -> None:
        with self._lock:
            self._turns_ms.append(seen.elapsed_ms)

    def _decision(self, decision: Decision) -> None:
        with self._lock:
            if self._turns_ms:
                self._turns_ms[-1] += decision.elapsed_ms
        if decision.actions:
            self.decisions += 1
            self.last_decision = f"frame {decision.frame}: {decision.reason}"

    def _action(self, action: Action) -> None:
        self.bursts += bool(action.events) and not action.planned

    def _refusal(self, _: Refusal) -> None:
        self.refusals += 1

    def _note(self, kind: str, value: Any) -> None:
        if kind == "detector":
            self.last_detector = value["text"]


def follow_plainly(run: Run) -> None:
    """Print a plain line for whatever is worth one, as it happens.

    Parameters
    ----------
    run : Run
        Before it starts.
    """
    run.decided.connect(_say_decision)
    run.gapped.connect(_say_gap)
    run.refused.connect(_say_refusal)
    run.shadowed.connect(say_shadowed)
    run.noted.connect(_say_note)
    follow_questions(run)


def follow_live(tally: Tally, title: str) -> None:
    """Show the live panel until the run ends.

    Parameters
    ----------
    tally : Tally
        Of a run that was started.
    title : str
        Name of the run.
    """
    with Live(console=out, refresh_per_second=_REFRESH_HZ, transient=True) as live:
        while not tally.run.state.ended:
            tally.prompt.poll()
            tally.pace.tick(time.monotonic(), goes=tally.run.state is State.RUNNING)
            live.update(panel(tally, title))
            time.sleep(1 / _REFRESH_HZ)


def panel(tally: Tally, title: str) -> Table:
    """Return the live panel as it looks now."""
    table = Table(title=title, show_header=False, min_width=60)
    table.add_column(style="bold")
    table.add_column()
    state = tally.run.state
    colour = {State.RUNNING: "green", State.HELD: "yellow", State.FAILED: "red"}.get(state, "cyan")
    frames = f"{tally.frames}" + (f" ({tally.pace.of} planned)" if tally.pace.of else "")
    left = tally.pace.left_s
    more = "" if left is None else f", about {told_duration(left)} left"
    table.add_row("state", f"[{colour}]{state}[/] for {told_duration(tally.elapsed_s)}{more}")
    table.add_row("frames", f"{frames}, {tally.rate_hz:.1f} a second")
    table.add_row("loop p95", f"{tally.loop_p95_ms:.2f} ms to look and decide")
    if (spent := tally.spent) is not None:
        table.add_row("dose", str(spent))
    table.add_row("decisions", f"{tally.decisions}, {tally.refusals} refused, {tally.gaps} gaps")
    if (shadowed := tally.shadow.summary())["actions"]:
        table.add_row("shadow", told_shadow(shadowed))
    table.add_row("last", tally.last_decision)
    if question := tally.prompt.told():
        table.add_row("question", Text(question, style="bold yellow"))
    if tally.last_detector:
        table.add_row("detector", f"{tally.run.unseen_looks} looks missed; {tally.last_detector}")
    return table


def _say_decision(decision: Decision) -> None:
    if decision.actions:
        what = ", ".join(told_action(plain(action)) for action in decision.actions)
        say(f"frame {decision.frame:>5}  {decision.reason} -> {what}")


def _say_gap(gap: Gap) -> None:
    say(f"frame {gap.index:>5}  no frame: {gap.reason}")


def _say_refusal(refusal: Refusal) -> None:
    allowed = f"; allowed: {refusal.allowed}" if refusal.allowed else ""
    say(f"refused by {refusal.guard}: {refusal.reason}{allowed}")


def _say_note(kind: str, value: Any) -> None:
    if kind in ("failure", "detector", "interference", "listener", "notice", "overload", "ring"):
        say(f"{kind}: {value['text']}")
