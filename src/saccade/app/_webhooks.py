"""What a run tells somebody through a webhook."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from saccade.core import UsageError, did_you_mean

from ._teller import CALL_S, Teller

if TYPE_CHECKING:
    from collections.abc import Callable

WEBHOOKS = "SACCADE_WEBHOOKS"
"""Environment variable: webhooks by name, ``lab=https://chat.example.org/hooks/...``,
separated by spaces.

The environment is the user's own; a file that somebody sent can't set it, and an address that
is a secret stands in no protocol and in no run folder.
"""


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
            like
            or f"Set it to {name}=https://... before the run, or SACCADE_MAIL to {name}=smtps://...",
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


class Webhook(Teller):
    """Posts texts as JSON, ``{"text": ...}``.

    Parameters
    ----------
    name, address : str
        As `webhook` has them.
    complain : callable
        As in `Teller`.
    """

    def __init__(self, name: str, address: str, complain: Callable[[str], None]) -> None:
        super().__init__(name, complain)
        self._address, self._opener = address, build_opener(_Stay)

    def _send(self, text: str) -> str:
        body = json.dumps({"text": text}).encode("utf-8")
        head = {"Content-Type": "application/json"}
        try:
            asked = Request(self._address, body, head, method="POST")  # noqa: S310 - checked above
            with self._opener.open(asked, timeout=CALL_S):
                return ""
        except (URLError, OSError, ValueError) as error:
            if isinstance(error, HTTPError):
                error.close()
                return f"HTTP {error.code}"
            return type(error).__name__
