"""What a run tells somebody through a webhook, by a thread of its own."""

from __future__ import annotations

import json
import os
import queue
import threading
import time
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from saccade.core import UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable

WEBHOOKS = "SACCADE_WEBHOOKS"
"""Environment variable: webhooks by name, ``lab=https://chat.example.org/hooks/...``,
separated by spaces.

The environment is the user's own; a file that somebody sent can't set it, and an address that
is a secret stands in no protocol and in no run folder.
"""

_MOST_WAITING = 20
_CALL_S = 5.0
_END_S = 10.0
_POLL_S = 0.2


def webhook(name: str) -> str:
    """Return the address that the user has given a name.

    Parameters
    ----------
    name : str
        As a protocol says it.

    Raises
    ------
    UsageError
        If there is none, or it is no address of the web.
    """
    pairs = (each.partition("=") for each in os.environ.get(WEBHOOKS, "").split())
    known = {key: address for key, _, address in pairs}
    if name not in known:
        like = did_you_mean(name, known) if known else ""
        raise UsageError(
            f"Somebody is to be told through the webhook {name!r}, which {WEBHOOKS} does not name.",
            like or f"Set it to {name}=https://... before the run.",
        )
    parts = urlsplit(known[name])
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(
            f"The webhook {name!r} of {WEBHOOKS} is no address of the web.",
            "Give it one that begins with https://.",
        )
    return known[name]


class _Stay(HTTPRedirectHandler):
    """Goes nowhere else than where the user has sent it."""

    def redirect_request(self, *_args: object, **_named: object) -> None:
        """Return nothing: a redirection is an error."""


class Webhook:
    """Posts texts as JSON, ``{"text": ...}``, one after the other; never waits, never raises.

    Parameters
    ----------
    name, address : str
        As `webhook` has them.
    complain : callable
        Told, in a sentence without the address, what could not be sent.
    """

    def __init__(self, name: str, address: str, complain: Callable[[str], None]) -> None:
        self._name, self._address, self._complain = name, address, complain
        self._waiting: queue.Queue[str] = queue.Queue(_MOST_WAITING)
        self._opener = build_opener(_Stay)
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def tell(self, text: str) -> None:
        """Hand over a text; if too many wait, it is given up and that is told."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="saccade-webhook", daemon=True)
            self._thread.start()
        try:
            self._waiting.put_nowait(text)
        except queue.Full:
            self._complain(f"{self._name!r} was not told, too much waits for it: {text}")

    def close(self) -> None:
        """Send what waits, for a few seconds at most, and end."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join(_END_S)

    def _work(self) -> None:
        give_up_s: float | None = None
        while True:
            if give_up_s is None and self._closed.is_set():
                give_up_s = time.monotonic() + _END_S - _CALL_S
            try:
                text = self._waiting.get(timeout=0 if give_up_s else _POLL_S)
            except queue.Empty:
                if give_up_s:
                    return
                continue
            if give_up_s and time.monotonic() > give_up_s:
                self._complain(f"{self._name!r} was not told, the run is over: {text}")
            else:
                self._post(text)

    def _post(self, text: str) -> None:
        body = json.dumps({"text": text}).encode("utf-8")
        head = {"Content-Type": "application/json"}
        try:
            asked = Request(self._address, body, head, method="POST")  # noqa: S310 - checked above
            with self._opener.open(asked, timeout=_CALL_S):
                pass
        except (URLError, OSError, ValueError) as error:
            # An error may hold the address, which may be a secret.
            why = type(error).__name__
            if isinstance(error, HTTPError):
                why = f"HTTP {error.code}"
                error.close()
            self._complain(f"{self._name!r} was not told ({why}): {text}")
