"""One file a result: what is done stays done."""

from __future__ import annotations

import hashlib
import json
import os
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from saccade.core import FolderError
from saccade.score import Score, score_from_plain

if TYPE_CHECKING:
    from collections.abc import Mapping

_LENGTH = 12
_DEPENDENCIES = ("numpy", "opencv-python-headless", "scipy")


class Results:
    """The results of one protocol with one set of settings, in a folder.

    Results of other protocols, settings or programs may lie in the same folder; they are
    told apart by the name.

    Parameters
    ----------
    folder : Path
        Made with the first result.
    settings : mapping
        All that a result depends on besides seed and contender: plain data.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        self.folder = folder
        text = json.dumps([settings, program()], sort_keys=True, default=str)
        self.key = hashlib.sha256(text.encode("utf-8")).hexdigest()[:_LENGTH]

    def path(self, contender: str, seed: int) -> Path:
        """Return where a result lies."""
        return self.folder / "results" / f"{self.key}-{seed}-{contender.replace('@', '-at-')}.json"

    def has(self, contender: str, seed: int) -> bool:
        """Return whether there is a result."""
        return self.path(contender, seed).is_file()

    def read(self, contender: str, seed: int) -> tuple[Score, dict[str, Any]] | None:
        """Return a score and what was noted with it; None if there is none that can be read."""
        try:
            content = json.loads(self.path(contender, seed).read_text(encoding="utf-8"))
            return score_from_plain(content["score"]), content["notes"]
        except (OSError, ValueError, KeyError, TypeError):
            return None  # it is played again

    def write(self, score: Score, notes: Mapping[str, Any] | None = None) -> None:
        """Keep a score; it is there whole or not at all.

        Raises
        ------
        FolderError
            If it can't be written.
        """
        path = self.path(score.contender, score.seed)
        content = {"score": score.plain(), "notes": dict(notes or {})}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_suffix(f".{os.getpid()}.tmp")
            draft.write_text(json.dumps(content), encoding="utf-8")
            draft.replace(path)
        except OSError as error:
            reason = error.strerror or str(error)
            raise FolderError(f"{path} can't be written: {reason}.", "Check --out.") from error


@cache
def program() -> str:
    """Return a hash of the program: what another one has scored is scored again."""
    home = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for file in sorted(home.rglob("*.py")):
        digest.update(file.relative_to(home).as_posix().encode())
        digest.update(file.read_bytes())
    digest.update(" ".join(version(name) for name in _DEPENDENCIES).encode())
    return digest.hexdigest()
