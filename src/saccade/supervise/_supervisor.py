"""The controller's end of the supervisor: starts it, beats for it, and hears if it dies."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from saccade.core import SelfTestError, SupervisorError, UsageError

from ._plan import Plan
from ._pulse import Pulse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_BEATS_A_LIMIT = 5
_START_S = 60.0
"""Serial devices may take so long to load."""
_END_S = 15.0
_ANSWER_S = 5.0
_MOST_UNANSWERED = 1000
"""Far less than what fits into any pipe: a beat never waits."""
_CHUNK = 65536


class Supervisor:
    """A small process that puts the light out when this one dies or hangs.

    It has its own path to the light, if the plan gives one, and proves at the start that the
    path works. If it dies itself, the run is told.

    Parameters
    ----------
    plan : Plan
        The path, and for how long this process may be silent.
    """

    def __init__(self, plan: Plan | None = None) -> None:
        self.plan = plan or Plan()
        self._process: subprocess.Popen[bytes] | None = None
        self._changed = threading.Condition()
        self._forget()

    def _forget(self) -> None:
        self._heard: dict[str, Any] = {}
        self._threads: list[threading.Thread] = []
        self._over = threading.Event()
        self._pulse = Pulse(self._send_beat, self.plan.limit_ms)
        self._on_alarm: Callable[[SupervisorError], None] | None = None
        self._alarm: SupervisorError | None = None
        self._leaving = False
        self._sent = self._answered = 0
        self._answered_s = 0.0

    @property
    def pid(self) -> int | None:
        """Number of its process, while there is one."""
        return None if self._process is None else self._process.pid

    def start(self) -> Mapping[str, Any]:
        """Start the process, and let it prove its path.

        Returns
        -------
        mapping
            ``path`` in words, whether it ``acts``, and what was read back as ``proof``.

        Raises
        ------
        SelfTestError
            If the path does not put the light out, or can't be opened.
        SupervisorError
            If the process can't be started, or does not answer.
        """
        if self._process is not None:
            raise UsageError("This supervisor is at work already.", "Make a new one.")
        self._forget()
        self._begin(self._live_with, "saccade-supervisor")
        with self._changed:
            self._changed.wait_for(
                lambda: self._alarm or {"ready", "failed"} & self._heard.keys(), _START_S
            )
        if "ready" in self._heard:
            return {**self._heard["ready"], "pid": self.pid, "limit_ms": self.plan.limit_ms}
        self._kill()
        self._process = None
        if failed := self._heard.get("failed"):
            raise SelfTestError(
                f"The supervisor's path to the light, {self.plan}, failed its test: {failed}",
                "Mend it, or run attended: without unattended, and with somebody there.",
            )
        raise self._alarm or SupervisorError(
            f"The supervisor did not answer within {_START_S:.0f} s.", "Look at its path."
        )

    def watch(self, folder: Path | None, on_alarm: Callable[[SupervisorError], None]) -> Pulse:
        """Begin to beat; from now on this process must be alive.

        Parameters
        ----------
        folder : Path or None
            Where it writes its log.
        on_alarm : callable
            Called at most once, in another thread, if the supervisor acts, dies or hangs.
        """
        with self._changed:
            self._on_alarm, alarm = on_alarm, self._alarm
        self._send({"folder": None if folder is None else str(folder.absolute())})
        self._answered_s = time.monotonic()
        self._pulse.dark()
        self._begin(self._beat, "saccade-pulse")
        if alarm is not None:
            on_alarm(alarm)
        return self._pulse

    def end(self, *, safe: bool = True) -> Mapping[str, Any]:
        """Take leave of it, and see it end; may be called again.

        Parameters
        ----------
        safe : bool
            Whether the light is known to be off. Then its path is left as it was found;
            otherwise it puts the light out, and leaves it so.

        Returns
        -------
        mapping
            What it said last.

        Raises
        ------
        SupervisorError
            If it was not there any more, or did not end as it should.
        """
        process = self._process
        if process is None:
            return {}
        with self._changed:
            self._leaving = self._alarm is None
        self._send("bye" if safe else "off")
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            process.kill()
        self._kill()
        self._process = None
        if self._alarm is not None:
            raise self._alarm
        if process.returncode != 0 or "ended" not in self._heard:
            raise SupervisorError(
                f"The supervisor did not end as it should (status {process.returncode}).",
                "Look whether the light is off.",
            )
        ended: Mapping[str, Any] = self._heard["ended"]
        return ended

    # ---------------------------------------------------------------------- to the supervisor

    def _send(self, what: Any) -> None:
        process = self._process
        if process is None or process.stdin is None:
            return
        # Where it is gone, the thread that listens to it says so.
        with suppress(OSError, ValueError):
            os.write(process.stdin.fileno(), json.dumps(what).encode() + b"\n")

    def _send_beat(self, silence_ms: int) -> None:
        if self._sent - self._answered < _MOST_UNANSWERED:
            self._sent += 1
            self._send(silence_ms)

    def _beat(self) -> None:
        while not self._over.wait(self.plan.limit_ms / 1e3 / _BEATS_A_LIMIT):
            self._pulse.beat()
            if self._sent == self._answered:
                self._answered_s = time.monotonic()
            elif time.monotonic() - self._answered_s > _ANSWER_S:
                self._raise_alarm(f"The supervisor has not answered for {_ANSWER_S:.0f} s.")

    # -------------------------------------------------------------------- from the supervisor

    def _live_with(self) -> None:
        """Start it and hear it out, in one thread: on Linux, it is told when that thread ends.

        That is sooner than the end of its pipe, for which the whole memory of this process is
        given back first, and each write to the disk that is under way comes to its end.
        """
        try:
            process = self._process = _started()
        except OSError as error:
            self._raise_alarm(f"The supervisor can't be started: {error}.")
            return
        self._send({"path": dict(self.plan.path), "pid": os.getpid()})
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        rest = b""
        try:
            while chunk := os.read(process.stdout.fileno(), _CHUNK):
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    self._take(json.loads(line))
        except (OSError, ValueError) as error:
            self._raise_alarm(f"The supervisor can't be understood: {error!r}.")
        self._raise_alarm("The supervisor died.")

    def _take(self, said: dict[str, Any]) -> None:
        if "alive" in said:
            self._answered, self._answered_s = said["alive"], time.monotonic()
            return
        with self._changed:
            self._heard.update(said)
            self._changed.notify_all()
        if acted := said.get("acted"):
            self._raise_alarm(f"The supervisor took over: {acted['cause']}. {acted['text']}")

    def _raise_alarm(self, what: str) -> None:
        with self._changed:
            refused = "failed" in self._heard
            if self._leaving or self._alarm is not None or refused:
                return
            self._alarm = SupervisorError(what, "An unattended run can't go on without it.")
            on_alarm = self._on_alarm
            self._changed.notify_all()
        if on_alarm is not None:
            on_alarm(self._alarm)

    # -------------------------------------------------------------------------------- both

    def _begin(self, work: Callable[[], None], name: str) -> None:
        thread = threading.Thread(target=work, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _kill(self) -> None:
        """See to it that nothing of it is left."""
        self._over.set()
        process = self._process
        if process is None:  # it could not even be started
            return
        if process.poll() is None:
            process.kill()
        process.wait(_END_S)
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(_END_S)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def _started() -> subprocess.Popen[bytes]:
    root = str(Path(__file__).parents[2])
    known = os.environ.get("PYTHONPATH")
    environment = {**os.environ, "PYTHONPATH": root + (os.pathsep + known if known else "")}
    # Neither Ctrl+C nor the end of the terminal may reach it: it is to outlive them.
    names = "CREATE_NEW_PROCESS_GROUP", "HIGH_PRIORITY_CLASS"
    flags = sum(getattr(subprocess, name, 0) for name in names)
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "saccade.supervise"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
        env=environment,
        start_new_session=sys.platform != "win32",
        creationflags=flags,
    )
