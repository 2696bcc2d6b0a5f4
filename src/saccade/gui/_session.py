"""What a window commands: a protocol is loaded, checked, armed, run, held and stopped."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from saccade import app
from saccade.core import ProtocolError, State, UsageError

from ._background import Background
from ._microscope import Microscope
from ._news import Batch, News

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from saccade.app import Assembled, Finding, Protocol, Spent
    from saccade.core import Question, Verdict
    from saccade.scope import MicroManagerScope
    from saccade.store import DiskUse

_JOIN_S = 30.0


class Session(Background):
    """A protocol and its run, as a window sees them; knows nothing of Qt.

    Whatever may take long (opening a microscope, warming networks up) is done in a thread of its
    own; `busy` says what, and `take_error` what came of it.

    Parameters
    ----------
    scope : str, optional
        Goes before that of the protocols.
    out : Path, optional
        Run folder; by default a new one for each run.
    unattended : bool
        With a supervisor, whatever the protocols say.
    """

    drives = True
    """Whether the run ends with the window."""

    def __init__(
        self, scope: str | None = None, out: Path | None = None, *, unattended: bool = False
    ) -> None:
        super().__init__()
        self._out, self._unattended = out, unattended
        self.protocol: Protocol | None = None
        self.findings: tuple[Finding, ...] = ()
        self.microscope = Microscope(scope)
        self.assembled: Assembled | None = None
        """The run that was armed last, with its parts."""
        self._news: News | None = None
        self._ender: threading.Thread | None = None

    # ----------------------------------------------------------------------- what there is

    @property
    def state(self) -> State:
        """Where the run is; idle without one."""
        return State.IDLE if self.assembled is None else self.assembled.run.state

    @property
    def armed(self) -> bool:
        """Whether a run stands ready to go."""
        return self.assembled is not None and self.state is State.IDLE and not self.busy

    @property
    def going(self) -> bool:
        """Whether a run has begun and not ended."""
        return self.state in (State.ARMED, State.RUNNING, State.HELD)

    @property
    def verdict(self) -> Verdict | None:
        """How the run ended."""
        return None if self.assembled is None else self.assembled.run.verdict

    @property
    def folder(self) -> Path | None:
        """Of the run, once it has begun."""
        return None if self.assembled is None else self.assembled.run.folder

    @property
    def stored(self) -> int:
        """Number of frames that are on disk, acknowledged."""
        return 0 if self.assembled is None else self.assembled.run.stored

    @property
    def spent(self) -> Spent | None:
        """Light that was given, where a guard keeps the ledger."""
        if self.assembled is None or self.assembled.spent is None:
            return None
        return self.assembled.spent()

    @property
    def disk(self) -> DiskUse | None:
        """What was written, and what the disk has left; None before the run begins."""
        return None if self.assembled is None else self.assembled.run.disk

    @property
    def gone_s(self) -> float | None:
        """For how long the run has gone on by what it told; None where it is seen to begin."""
        return None

    @property
    def questions(self) -> tuple[Question, ...]:
        """What policies ask a person, the oldest first."""
        return () if self.assembled is None else self.assembled.run.questions

    def left_s(self, question: Question) -> float:
        """Return for how long a question may be answered."""
        return 0.0 if self.assembled is None else self.assembled.run.left_s(question)

    def answer(self, question: Question, yes: bool) -> None:
        """Answer a question.

        Raises
        ------
        UsageError
            If it is not open any more.
        """
        if self.assembled is not None:
            self.assembled.run.answer(question.id, yes, "window")

    def take(self) -> Batch:
        """Return what the run has told since the last call."""
        return Batch() if self._news is None else self._news.take()

    # ---------------------------------------------------------------------------- commands

    def load(self, path: Path) -> None:
        """Read a protocol file; what was armed is let go.

        Raises
        ------
        SaccadeError
            If it can't be used.
        UsageError
            If a run is going on.
        """
        self._refuse_while_going()
        self.protocol, self.findings, self.assembled = app.load_protocol(path), (), None

    def adopt(self, protocol: Protocol) -> None:
        """Take a protocol that no file may hold yet; what was armed is let go.

        Parameters
        ----------
        protocol : Protocol
            As `saccade.app.protocol_from_text` returns it.

        Raises
        ------
        UsageError
            If a run is going on.
        """
        self._refuse_while_going()
        self.protocol, self.findings, self.assembled = protocol, (), None

    def open(self, scope: str | None = None) -> None:
        """Open the microscope of the protocol, or another, to be set up by hand.

        Parameters
        ----------
        scope : str, optional
            From now on goes before that of the protocols.

        Raises
        ------
        UsageError
            If a run is going on, or nothing names a microscope.
        """
        self._refuse_while_going()
        if scope is not None:
            self.microscope.name = scope
        if self.protocol is None and self.microscope.name is None:
            raise UsageError("No microscope is named.", "Load a protocol, or choose a profile.")
        self.assembled = None  # what was armed was armed for how it stood
        self._in_background("opening", lambda: self.microscope.opened(self.protocol))

    def let_go(self) -> None:
        """Let go of the microscope, so that other programs can have it.

        Raises
        ------
        UsageError
            If a run is going on.
        """
        self._refuse_while_going()
        self.assembled = None
        self._in_background("closing the microscope", self.microscope.let_go)

    def do(self, what: str, do: Callable[[], object]) -> None:
        """Do something at the microscope by hand, in a thread of its own.

        Parameters
        ----------
        what : str
            Completes "It is".
        do : callable
            Errors of it are told, as those of all commands.
        """
        self._refuse_while_going()
        self._in_background(what, do)

    def check(self) -> None:
        """See whether the protocol fits its microscope; `findings` tells when it is known."""
        self._loaded()
        self._in_background("checking", self._check)

    def arm(self, *, shadow: bool = False) -> None:
        """Open the microscope, check the protocol against it and make its run ready.

        Parameters
        ----------
        shadow : bool
            Decide and record, and do nothing of what is decided.
        """
        self._refuse_while_going()
        self._loaded()
        self._in_background("arming", lambda: self._arm(shadow))

    def run(self) -> None:
        """Let the armed run go.

        Raises
        ------
        UsageError
            If none is armed.
        """
        assembled = self.assembled
        if assembled is None or not self.armed:
            raise UsageError("No run is armed.", "Arm it first.")
        self._in_background("starting", lambda: self._start(assembled))

    def hold(self, on: bool = True) -> None:
        """Hold the run, or let it go on."""
        if self.assembled is not None and self.going:
            (self.assembled.run.hold if on else self.assembled.run.resume)()

    @property
    def shadowed(self) -> bool:
        """Whether nothing of what the run decides is done."""
        return self.assembled is not None and self.assembled.run.in_shadow

    def leave_shadow(self) -> None:
        """Let a shadowed run that goes on do what it decides from now on.

        Raises
        ------
        UsageError
            If it is not shadowed.
        """
        if self.assembled is not None:
            self.assembled.run.arm("window")

    def stop(self, reason: str = "asked to, in the window") -> None:
        """Make the microscope safe and end the run."""
        if self.assembled is not None and self.going:
            self.assembled.run.stop(reason)

    def close(self) -> None:
        """Stop what is going on, and wait for it."""
        self._join(_JOIN_S)
        self.stop("the window was closed")
        if self._ender is not None:
            self._ender.join(_JOIN_S)

    # ------------------------------------------------------------------------ in the thread

    def _check(self) -> None:
        protocol = self._loaded()
        scope = self.microscope.opened(protocol)
        self.findings = tuple(app.check(protocol, scope.stand(), self._out))

    def _arm(self, shadow: bool) -> None:
        asked = {"shadow": shadow, "unattended": self._unattended}
        protocol = self._loaded().model_copy(
            update={name: True for name, is_on in asked.items() if is_on}
        )
        scope = self.microscope.opened(protocol)
        self.findings = tuple(app.check(protocol, scope.stand(), self._out, start=False))
        for finding in self.findings:
            if finding.level == "error":
                raise ProtocolError(finding.text, finding.do)
        assembled = self._assemble(protocol, scope)
        self._news = News.of(assembled.run)
        self.assembled = assembled

    def _assemble(self, protocol: Protocol, scope: MicroManagerScope) -> Assembled:
        return app.assemble(protocol, scope, out=self._out)

    def _start(self, assembled: Assembled) -> None:
        self.microscope.used = True
        assembled.run.start()
        self._ender = threading.Thread(
            target=self._await, args=(assembled.run.wait,), name="saccade-gui-end", daemon=True
        )
        self._ender.start()

    def _loaded(self) -> Protocol:
        if self.protocol is None:
            raise UsageError("No protocol is loaded.", "Load one first.")
        return self.protocol

    def _refuse_while_going(self) -> None:
        if self.going or self.busy:
            raise UsageError("A run is going on.", "Stop it first.")
