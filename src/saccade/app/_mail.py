"""What a run tells somebody by e-mail."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from saccade.core import UsageError

from ._teller import CALL_S, Teller

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import EmailMessage

MAIL = "SACCADE_MAIL"
"""Environment variable: mailboxes by name, and the server that takes mail for them,
``lab=smtps://user:password@smtp.example.org?to=lab@example.org``, separated by spaces.

The environment is the user's own, as with webhooks: no password stands in a file.
"""

_PORTS = {"smtps": 465, "smtp": 587}
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})
_SUBJECT = 100
"""Characters of a text that its subject has."""


@dataclass(frozen=True)
class Mailbox:
    """Whom mail goes to, and through which server."""

    host: str
    port: int
    to: tuple[str, ...]
    sender: str
    wrapped: bool
    """Whether the server speaks TLS from the first byte; else it is asked to, unless it is here."""
    user: str = ""
    password: str = field(default="", repr=False)


def mailbox(name: str) -> Mailbox | None:
    """Return the mailbox that the user has given a name; None if there is none.

    Parameters
    ----------
    name : str
        As a protocol says it.

    Raises
    ------
    UsageError
        If it is no server and address of mail.
    """
    pairs = (each.partition("=") for each in os.environ.get(MAIL, "").split())
    address = {key: address for key, _, address in pairs}.get(name)
    if address is None:
        return None
    try:
        parts = urlsplit(address)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        parts, port = SplitResult("", "", "", "", ""), 0
    asked = parse_qs(parts.query)
    to = tuple(each for some in asked.get("to", []) for each in some.split(",") if "@" in each)
    if not port or not parts.hostname or not to or parts.scheme not in _PORTS:
        raise UsageError(
            f"The mailbox {name!r} of {MAIL} is no server with an address of mail.",
            "Write it as smtps://user:password@smtp.example.org?to=you@example.org.",
        )
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    sender = asked.get("from", [user if "@" in user else to[0]])[0]
    wrapped = parts.scheme == "smtps"
    return Mailbox(parts.hostname, port, to, sender, wrapped, user, password)


class Mail(Teller):
    """Sends texts by e-mail; never without TLS, unless the server is on this machine.

    Parameters
    ----------
    name : str
        As `mailbox` has it.
    box : Mailbox
        Whom to tell, and through which server.
    complain : callable
        As in `Teller`.
    """

    def __init__(self, name: str, box: Mailbox, complain: Callable[[str], None]) -> None:
        super().__init__(name, complain)
        self._box = box

    def _send(self, text: str) -> str:
        import smtplib
        import ssl

        box = self._box
        try:
            if box.wrapped:
                trusted = ssl.create_default_context()
                server: smtplib.SMTP = smtplib.SMTP_SSL(
                    box.host, box.port, timeout=CALL_S, context=trusted
                )
            else:
                server = smtplib.SMTP(box.host, box.port, timeout=CALL_S)
            with server:
                if not box.wrapped and box.host not in _HERE:
                    server.starttls(context=ssl.create_default_context())
                if box.user:
                    server.login(box.user, box.password)
                server.send_message(_message(box, text))
        except (smtplib.SMTPException, OSError, ValueError) as error:
            return type(error).__name__
        return ""


def _message(box: Mailbox, text: str) -> EmailMessage:
    from email.message import EmailMessage

    message = EmailMessage()
    message["Subject"] = " ".join(text.split())[:_SUBJECT]
    message["From"], message["To"] = box.sender, ", ".join(box.to)
    message.set_content(text)
    return message
