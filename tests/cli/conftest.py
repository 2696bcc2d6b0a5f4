from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from saccade.app import replay_run
from saccade.cli._main import app
from saccade.store import verify

if TYPE_CHECKING:
    from pathlib import Path

Saccade = Callable[..., tuple[int, str, str]]


@pytest.fixture
def saccade(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Saccade:
    """Run the command line in a fresh folder; returns exit code, output and errors."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> tuple[int, str, str]:
        result = CliRunner().invoke(app, [str(each) for each in arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.stdout, result.stderr

    return call


@pytest.fixture
def run_protocol(saccade: Saccade, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Run a protocol text to its end, prove the folder, replay it; returns the summary."""

    def call(text: str, *options: object, code: int = 0) -> dict[str, Any]:
        file = tmp_path / "protocol.yaml"
        file.write_text(text, encoding="utf-8")
        exit_code, output, errors = saccade("run", file, "--json", *options)
        assert exit_code == code, output + errors
        summary: dict[str, Any] = json.loads(output)
        assert verify(summary["folder"]).problems == ()
        replayed = replay_run(summary["folder"])
        assert replayed.differences == ()
        assert replayed.looks > 0
        return summary

    return call
