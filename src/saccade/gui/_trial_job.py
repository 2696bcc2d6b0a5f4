"""A protocol scored in a few worlds, in a process of its own: ``python -m`` this module.

It reads what to do from its standard input, a JSON mapping, and writes a JSON mapping a line:
``{"done": 3, "of": 10}``, and in the end ``{"board": ...}`` or ``{"error": ..., "do": ...}``.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from saccade.app import protocol_from_text, score_protocol
from saccade.core import SaccadeError


def main(job: bytes) -> int:
    """Score what is asked for, and tell how far it is.

    Parameters
    ----------
    job : bytes
        JSON: ``text`` and ``source`` of the protocol, ``specimen``, ``worlds``, ``hours``.
    """
    asked = json.loads(job)
    try:
        protocol = protocol_from_text(asked["text"], Path(asked["source"]))
        with tempfile.TemporaryDirectory(prefix="saccade-trial-") as folder:
            board = score_protocol(
                protocol,
                asked["specimen"],
                runs=asked["worlds"],
                seed=0,  # those below a thousand are for tuning
                hours=asked["hours"],
                out=Path(folder),
                progress=lambda done, of: _tell(done=done, of=of),
            )
            _tell(board=board.plain())
    except SaccadeError as error:
        _tell(error=error.what, do=error.do)
        return 1
    return 0


def _tell(**line: Any) -> None:
    print(json.dumps(line), flush=True)  # noqa: T201 - whoever started it reads this


if __name__ == "__main__":
    sys.exit(main(sys.stdin.buffer.read()))
