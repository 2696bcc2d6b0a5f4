"""Whoever has no terminal is told how far a command has come all the same."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.status import Status

from saccade.cli import _progress
from saccade.cli._progress import Lines, ProgressConsole

if TYPE_CHECKING:
    import pytest


def test_each_stage_is_a_line_and_its_counts_are_one_now_and_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is new is said at once; what differs in numbers alone after a while; nothing twice."""
    now_s = 100.0
    monkeypatch.setattr(_progress.time, "monotonic", lambda: now_s)
    file = io.StringIO()
    with ProgressConsole(file=file).status("measuring ...") as status:
        status.update("the loop at 512 px")
        status.update("the loop at 1024 px")
        now_s += 11
        status.update("the loop at 2048 px")
        now_s += 11
        status.update("the loop at 2048 px")
        status.update("[50 stops]")
    assert file.getvalue().splitlines() == [
        "measuring ...",
        "the loop at 512 px",
        "the loop at 2048 px",
        "[50 stops]",
    ]


def test_a_terminal_is_drawn_on_as_ever() -> None:
    """There a status moves, and goes when it is over."""
    status = ProgressConsole(file=io.StringIO(), force_terminal=True).status("measuring ...")
    assert type(status) is Status
    assert not isinstance(status, Lines)
