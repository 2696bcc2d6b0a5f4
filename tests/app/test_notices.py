"""What a run tells through webhooks: to a server of the test's own on this machine."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from useq import MDASequence

import saccade
from saccade.app._webhooks import WEBHOOKS, Webhook, webhook
from saccade.core import UsageError
from saccade.decide import Notify
from saccade.store import RunFolder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WAIT_S = 60.0
PLAN = MDASequence(channels=["FITC"], time_plan={"interval": 1, "loops": 3})


@contextmanager
def chat(status: int = 200) -> Iterator[tuple[str, list[str]]]:
    """Serve a chat that answers with a status; yields its address and the texts that came."""
    texts: list[str] = []

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            texts.append(json.loads(body)["text"])
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/hooks/secret", texts
        finally:
            server.shutdown()
            thread.join(WAIT_S)


def high(frame: saccade.Frame) -> saccade.Observation:
    """Return a high score for the second frame."""
    return saccade.Observation(0.9 if frame.index == 1 else 0.1)


def play(folder: Path) -> RunFolder:
    """Return the folder of a run that tells the lab of its second frame."""
    scope = saccade.scope.load("sim:beads", sim={"clock": "virtual"})
    policy = Notify("lab", above=0.8)
    run = saccade.Run(scope, PLAN, detect=high, decide=policy, out=folder, name="night")
    assert run.start().wait(WAIT_S).name == "completed"
    return RunFolder(folder)


def notices(folder: RunFolder) -> list[Any]:
    """Return what the journal says of what could not be sent."""
    return [line.value["text"] for line in folder.lines() if line.kind == "notice"]


def test_the_lab_hears_of_a_division_and_of_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One message when the score rises, one at the end; no address is in the folder."""
    with chat() as (address, texts):
        monkeypatch.setenv(WEBHOOKS, f"other=https://example.org lab={address}")
        folder = play(tmp_path / "night")
        assert texts == [
            "night: frame 1: score 0.9 >= 0.8 for 1 frame at position 0",
            "night: the run is over, completed; 3 frames",
        ]
        assert notices(folder) == []
        assert saccade.replay_run(folder.path, detect=high).same
        assert len(texts) == 2  # a replay decides alike, and tells nobody
    for name in ("run.json", "journal.jsonl"):
        assert "secret" not in (folder.path / name).read_text(encoding="utf-8")


def test_a_policy_with_a_name_of_its_own_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an arbiter calls it does not keep its messages back."""
    with chat() as (address, texts):
        monkeypatch.setenv(WEBHOOKS, f"lab={address}")
        scope = saccade.scope.load("sim:beads", sim={"clock": "virtual"})
        rule = saccade.run.Rule(Notify("lab", above=0.8, end=False), name="alarm")
        run = saccade.Run(scope, PLAN, detect=high, decide=rule, out=tmp_path / "n", name="night")
        run.start().wait(WAIT_S)
    assert texts == ["night: frame 1: score 0.9 >= 0.8 for 1 frame at position 0"]


@pytest.mark.parametrize("status", [500, 302])
def test_a_webhook_that_fails_costs_nothing_but_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """The run goes on, goes nowhere else, and its journal says what nobody was told."""
    with chat(status) as (address, texts):
        monkeypatch.setenv(WEBHOOKS, f"lab={address}")
        scope = saccade.scope.load("sim:beads", sim={"clock": "virtual"})
        told = threading.Event()

        def slow(frame: saccade.Frame) -> saccade.Observation:
            if frame.index == 2:
                assert told.wait(WAIT_S)  # so that the journal is open yet
            return high(frame)

        policy = Notify("lab", end=False)
        run = saccade.Run(scope, PLAN, detect=slow, decide=policy, out=tmp_path / "n", name="night")
        run.noted.connect(lambda kind, _: told.set() if kind == "notice" else None)
        assert run.start().wait(WAIT_S).name == "completed"
        assert len(texts) == 1
        (line,) = notices(RunFolder(tmp_path / "n"))
        assert f"HTTP {status}" in line
        assert "secret" not in line


def test_too_much_at_a_time_is_given_up() -> None:
    """What waits is bounded; what does not fit is told, and closing takes no longer than it may."""
    complaints: list[str] = []
    with chat() as (address, texts):
        hook = Webhook("lab", address, complaints.append)
        for number in range(500):
            hook.tell(f"text {number}")
        hook.close()
    assert len(texts) + len(complaints) == 500
    assert len(texts) >= 20
    assert all("too much waits" in each for each in complaints)


def test_nobody_there_is_told_as_such() -> None:
    """An address where nothing listens is one complaint, without the address."""
    with chat() as (address, _):
        pass
    complaints: list[str] = []
    hook = Webhook("lab", address, complaints.append)
    hook.tell("hello")
    hook.close()
    assert len(complaints) == 1
    assert "secret" not in complaints[0]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        pytest.param("", "does not name", id="none"),
        pytest.param("lap=https://example.org", "does not name", id="another"),
        pytest.param("lab=file:///etc/hosts", "no address of the web", id="file"),
        pytest.param("lab=https://", "no address of the web", id="nowhere"),
    ],
)
def test_a_webhook_is_named_by_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, told: str
) -> None:
    """Without a good address in the environment a run is not armed, and leaves no folder."""
    monkeypatch.setenv(WEBHOOKS, value)
    with pytest.raises(UsageError, match=told):
        webhook("lab")
    scope = saccade.scope.load("sim:beads", sim={"clock": "virtual"})
    run = saccade.Run(scope, PLAN, detect=high, decide=Notify("lab"), out=tmp_path / "none")
    with pytest.raises(UsageError, match=told):
        run.start()
    assert not (tmp_path / "none").exists()
