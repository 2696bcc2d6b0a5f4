"""Commands for a run from another process of the same machine; only where it was asked for."""

from __future__ import annotations

import hmac
import json
import os
import secrets
import socket
import threading
from typing import TYPE_CHECKING, Any

from saccade.core import FolderError, Question, UsageError, plain
from saccade.store import DiskUse

from ._usage import Spent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from ._run import Run

CARD = "reach.json"
"""In the run folder, while the run can be reached: where it listens, and the token."""
_HERE = "127.0.0.1"
_SLICE_S, _TALK_S = 0.2, 2.0
_MOST_BYTES = 4096
_MOST_TOLD = 2**16
"""Bytes of an answer, which may hold questions."""
_WHO = "a window that follows it"


class Reach:
    """Listens here for arm, hold, resume, stop, and answers to what policies ask a person.

    Besides these, only what is open and what is used up can be asked for. A request is a line of
    JSON with a word and the token of this run, which is written into the folder for its owner
    alone; any other is not answered.

    Parameters
    ----------
    run : Run
        Started, so that it has its folder.
    spent : callable, optional
        Returns how much light was given.

    Raises
    ------
    FolderError
        If the token can't be written.
    """

    def __init__(self, run: Run, spent: Callable[[], Spent] | None = None) -> None:
        if run.folder is None:
            raise UsageError("This run has no folder yet.", "Start it first.")
        self._run, self._card, self._spent = run, run.folder / CARD, spent
        self._token = secrets.token_hex(32)
        self._closed = threading.Event()
        self._socket = socket.create_server((_HERE, 0))
        self._socket.settimeout(_SLICE_S)
        try:
            _write_card(self._card, self._socket.getsockname()[1], self._token)
        except OSError as error:
            self._socket.close()
            raise FolderError(f"{self._card} can't be written: {error}.") from error
        self._thread = threading.Thread(target=self._listen, name="saccade-reach", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Listen no more."""
        self._closed.set()
        self._thread.join()
        self._socket.close()
        self._card.unlink(missing_ok=True)

    def _listen(self) -> None:
        while not self._closed.is_set():
            try:
                connection, _ = self._socket.accept()
            except TimeoutError:
                continue
            except OSError:
                return  # the socket is gone: the run can be stopped where it was started
            with connection:
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        connection.settimeout(_TALK_S)
        try:
            asked = _read(connection)
            if not hmac.compare_digest(str(asked.get("token", "")), self._token):
                return
            connection.sendall(json.dumps(self._done(asked)).encode("utf-8") + b"\n")
        except (OSError, ValueError):
            return  # whoever asked is gone, or talks nonsense

    def _done(self, asked: Mapping[str, Any]) -> dict[str, object]:
        """Do what is asked for, and return whether it was done, or why not."""
        try:
            match asked:
                case {"word": "arm"}:
                    self._run.arm("another process")
                case {"word": "hold"}:
                    self._run.hold()
                case {"word": "resume"}:
                    self._run.resume()
                case {"word": "stop"}:
                    self._run.stop(f"asked to, from {_WHO}")
                case {"word": "questions"}:
                    return {"done": True, "questions": self._questions()}
                case {"word": "usage"}:
                    spent = None if self._spent is None else plain(self._spent())
                    return {"done": True, "spent": spent, "disk": self._run.disk}
                case {"word": "answer", "question": str(question), "yes": bool(yes)}:
                    self._run.answer(question, yes, _WHO)
                case _:
                    return {"done": False}
        except UsageError as error:
            return {"done": False, "why": str(error)}
        return {"done": True}

    def _questions(self) -> list[dict[str, object]]:
        """Return what is open, the oldest first, as far as an answer has room for it."""
        told: list[dict[str, object]] = []
        room = _MOST_TOLD // 2
        for each in self._run.questions:
            left_s = self._run.left_s(each)
            told.append(
                {"id": each.id, "text": each.text, "default": each.default, "left_s": left_s}
            )
            room -= len(json.dumps(told[-1]))
            if room < 0:
                return told[:-1]
        return told


def reach(folder: Path, word: str) -> None:
    """Ask a run that another process drives to act, to hold, to resume or to stop.

    Parameters
    ----------
    folder : Path
        Of the run.
    word : {'arm', 'hold', 'resume', 'stop'}
        What it is to do.

    Raises
    ------
    UsageError
        If the run can't be reached, or does not answer.
    """
    _asked(folder, {"word": word}, word)


def reach_questions(folder: Path) -> tuple[tuple[Question, float], ...]:
    """Return what a run that another process drives asks a person, and for how many s still.

    Parameters
    ----------
    folder : Path
        Of the run.

    Raises
    ------
    UsageError
        If the run can't be reached, or does not answer.
    """
    told = _asked(folder, {"word": "questions"}, "tell its questions")
    try:
        return tuple(
            (Question(str(each["id"]), str(each["text"]), bool(each["default"])), each["left_s"])
            for each in told["questions"]
        )
    except (KeyError, TypeError) as error:
        raise UsageError(f"{folder.name} does not tell its questions.", str(error)) from error


def reach_usage(folder: Path) -> tuple[Spent | None, DiskUse | None]:
    """Return what a run that another process drives has used up of its light and its disk.

    Parameters
    ----------
    folder : Path
        Of the run.

    Returns
    -------
    spent : Spent or None
        None where no guard keeps count.
    disk : DiskUse or None
        None before anything was written.

    Raises
    ------
    UsageError
        If the run can't be reached, or does not answer.
    """
    told = _asked(folder, {"word": "usage"}, "tell what is used up")
    try:
        spent, disk = told["spent"], told["disk"]
        return spent and Spent(**spent), disk and DiskUse(*disk)
    except (KeyError, TypeError) as error:
        raise UsageError(f"{folder.name} does not tell what is used up.", str(error)) from error


def reach_answer(folder: Path, question: str, yes: bool) -> None:
    """Answer what a run that another process drives asks a person.

    Parameters
    ----------
    folder : Path
        Of the run.
    question : str
        Its id.
    yes : bool
        Whether what it asks for is to be done.

    Raises
    ------
    UsageError
        If the question is not open any more, or the run can't be reached.
    """
    _asked(folder, {"word": "answer", "question": question, "yes": yes}, "take the answer")


def _asked(folder: Path, request: Mapping[str, object], what: str) -> dict[str, Any]:
    """Send a request to a run, and return its answer once it was done."""
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        line = json.dumps({"token": card["token"], **request}).encode("utf-8") + b"\n"
        with socket.create_connection((_HERE, int(card["port"])), timeout=_TALK_S) as connection:
            connection.sendall(line)
            answer = _read(connection, _MOST_TOLD)
    except FileNotFoundError:
        raise UsageError(
            f"{folder.name} can be followed, not commanded: it was not started for that.",
            "Stop it where it runs; next time begin it with `saccade run --reach`.",
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{folder.name} does not answer: {error or type(error).__name__}.",
            "Stop it where it runs.",
        ) from error
    if answer.get("done") is not True:
        why = str(answer.get("why") or "Stop it where it runs.")
        raise UsageError(f"{folder.name} did not {what}.", why)
    return answer


def _read(connection: socket.socket, most: int = _MOST_BYTES) -> dict[str, Any]:
    """Return the one line that the other side sends."""
    text = b""
    while not text.endswith(b"\n"):
        more = connection.recv(_MOST_BYTES)
        text += more
        if not more or len(text) > most:
            raise ValueError("it is no line")
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("it is no mapping")
    return found


def _write_card(path: Path, port: int, token: str) -> None:
    """Write where a run listens, for its owner alone."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({"port": port, "token": token}, file)
