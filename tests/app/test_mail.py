"""What a run tells by e-mail: to a server of the test's own on this machine."""

from __future__ import annotations

import socketserver
import threading
from contextlib import contextmanager
from email import message_from_string, policy
from typing import TYPE_CHECKING, Any

import pytest

from saccade.app._mail import MAIL, Mail, Mailbox, mailbox
from saccade.app._notices import teller
from saccade.app._webhooks import WEBHOOKS, Webhook
from saccade.core import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

WAIT_S = 20.0


@contextmanager
def post_office(
    *, refuses: bool = False, hangs_up: bool = False
) -> Iterator[tuple[int, list[Any]]]:
    """Serve as much of SMTP (RFC 5321) as takes a mail; yields the port and the mails that came."""
    mails: list[Any] = []

    class Clerk(socketserver.StreamRequestHandler):
        timeout = WAIT_S

        def say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

        def handle(self) -> None:
            if hangs_up:
                return
            self.say("220 here")
            while line := self.rfile.readline().decode().strip():
                verb = line.partition(" ")[0].upper()
                if verb == "RCPT" and refuses:
                    self.say("550 nobody of that name")
                elif verb == "DATA":
                    self.say("354 go on")
                    lines = []
                    while (text := self.rfile.readline().decode()) != ".\r\n":
                        lines.append(text)
                    mails.append(message_from_string("".join(lines), policy=policy.default))
                    self.say("250 taken")
                elif verb == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 well")

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), Clerk) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server.server_address[1], mails
        finally:
            server.shutdown()
            thread.join(WAIT_S)


def send(port: int, text: str) -> list[str]:
    """Tell a text by mail; return what was complained of."""
    complaints: list[str] = []
    box = Mailbox("127.0.0.1", port, ("me@lab.org", "you@lab.org"), "scope@lab.org", wrapped=False)
    mail = Mail("me", box, complaints.append)
    mail.tell(text)
    mail.close()
    return complaints


def test_a_mail_says_what_happened() -> None:
    """Who, to whom, a subject in one line, and the text, also beyond ASCII."""
    text = "night: frame 1: score 0.9 >= 0.8,\n2 µm off " + "x" * 200
    with post_office() as (port, mails):
        assert send(port, text) == []
    (mail,) = mails
    assert mail["From"] == "scope@lab.org"
    assert mail["To"] == "me@lab.org, you@lab.org"
    assert mail["Subject"].startswith("night: frame 1: score 0.9 >= 0.8, 2 µm off xxx")
    assert mail.get_content().split() == text.split()


@pytest.mark.parametrize("how", [{"refuses": True}, {"hangs_up": True}])
def test_a_mail_that_is_not_taken_is_told(how: dict[str, bool]) -> None:
    """One sentence with the text, and no address in it."""
    with post_office(**how) as (port, mails):
        (complaint,) = send(port, "hello")
    assert mails == []
    assert complaint.startswith("'me' was not told (SMTP")
    assert complaint.endswith(": hello")
    assert "@" not in complaint


def test_nobody_there_is_told_as_such() -> None:
    """A server that does not listen is one complaint."""
    with post_office() as (port, _):
        pass
    (complaint,) = send(port, "hello")
    assert "ConnectionRefusedError" in complaint


def test_a_mailbox_is_named_by_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Server, port, user, password, and whom to tell; the password is in no representation."""
    monkeypatch.setenv(
        MAIL,
        "me=smtps://jo%40lab.org:p%20w@smtp.lab.org?to=me@lab.org "
        "all=smtp://smtp.lab.org:25?to=a@lab.org,b@lab.org&from=scope@lab.org",
    )
    me, everybody = mailbox("me"), mailbox("all")
    assert me == Mailbox(
        "smtp.lab.org", 465, ("me@lab.org",), "jo@lab.org", True, "jo@lab.org", "p w"
    )
    assert everybody == Mailbox(
        "smtp.lab.org", 25, ("a@lab.org", "b@lab.org"), "scope@lab.org", wrapped=False
    )
    assert "p w" not in repr(me)
    assert mailbox("other") is None


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("https://smtp.lab.org?to=me@lab.org", id="web"),
        pytest.param("smtps://?to=me@lab.org", id="no server"),
        pytest.param("smtps://smtp.lab.org", id="nobody"),
        pytest.param("smtps://smtp.lab.org?to=me", id="no address"),
        pytest.param("smtps://smtp.lab.org:x?to=me@lab.org", id="no port"),
        pytest.param("smtps://[?to=me@lab.org", id="no brackets"),
    ],
)
def test_a_mailbox_that_can_not_be_is_named(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """The error tells how it is written, and not what stands there: it may hold a password."""
    monkeypatch.setenv(MAIL, f"me={address}")
    with pytest.raises(UsageError, match="no server with an address") as caught:
        mailbox("me")
    assert "lab.org" not in str(caught.value)


def test_one_name_is_a_mailbox_or_a_webhook(monkeypatch: pytest.MonkeyPatch) -> None:
    """A policy names whom to tell; the user's environment says how."""
    monkeypatch.setenv(MAIL, "me=smtps://smtp.lab.org?to=me@lab.org")
    monkeypatch.setenv(WEBHOOKS, "lab=https://chat.lab.org/1")
    assert isinstance(teller("me", print), Mail)
    assert isinstance(teller("lab", print), Webhook)
    with pytest.raises(UsageError, match="does not name"):
        teller("you", print)
