"""Commands for a run from another process of the same machine; only where it was asked for."""

from __future__ import annotations

import hmac
import json
import os
import secrets
import socket
import threading
from typing import TYPE_CHECKING, Any

from saccade.core import FolderError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from ._run import Run

CARD = "reach.json"
"""In the run folder, while the run can be reached: where it listens, and the token."""
_HERE = "127.0.0.1"
_SLICE_S, _TALK_S = 0.2, 2.0
_MOST_BYTES = 4096
_WORDS = ("arm", "hold", "resume", "stop")


class Reach:
    """Listens for arm, hold, resume and stop, here, from whoever may read the run folder.

    Nothing else can be asked for. A request is a line of JSON with a word and the token of
    this run, which is written into the folder for its owner alone; any other is not answered.

    Parameters
    ----------
    run : Run
        Started, so that it has its folder.

    Raises
    ------
    FolderError
        If the token can't be written.
    """

    def __init__(self, run: Run) -> None:
        if run.folder is None:
            raise UsageError("This run has no folder yet.", "Start it first.")
        self._run, self._card = run, run.folder / CARD
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
            connection.sendall(json.dumps(self._done(asked.get("word"))).encode("utf-8") + b"\n")
        except (OSError, ValueError):
            return  # whoever asked is gone, or talks nonsense

    def _done(self, word: object) -> dict[str, object]:
        """Do what a word says, and return whether it was done, or why not."""
        if word not in _WORDS:
            return {"done": False}
        try:
            self._do(str(word))
        except UsageError as error:
            return {"done": False, "why": str(error)}
        return {"done": True}

    def _do(self, word: str) -> None:
        match word:
            case "arm":
                self._run.arm("another process")
            case "hold":
                self._run.hold()
            case "resume":
                self._run.resume()
            case "stop":
                self._run.stop("asked to, from a window that follows it")


def reach(folder: Path, word: str) -> None:
    """Ask a run that another process drives to act, hold, resume or stop.

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
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        request = json.dumps({"token": card["token"], "word": word}).encode("utf-8") + b"\n"
        with socket.create_connection((_HERE, int(card["port"])), timeout=_TALK_S) as connection:
            connection.sendall(request)
            answer = _read(connection)
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
        raise UsageError(f"{folder.name} did not {word}.", why)


def _read(connection: socket.socket) -> dict[str, Any]:
    """Return the one line that the other side sends."""
    text = b""
    while not text.endswith(b"\n"):
        more = connection.recv(_MOST_BYTES)
        text += more
        if not more or len(text) > _MOST_BYTES:
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
