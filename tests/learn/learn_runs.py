"""Small runs on disk: discs that were looked at, with scores that are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from learn_samples import discs
from useq import MDAEvent

from saccade.core import Frame, Identity, Observation, Record, Verdict
from saccade.store import Recorder, claim_folder, write_run_json

if TYPE_CHECKING:
    from pathlib import Path

STRANGE = (11, 29)
UNSURE = (7, 20)


def disc_run(path: Path, frames: int = 36, positions: int = 3, first_seed: int = 0) -> Path:
    """Record a run: discs in each frame, two strange frames, two with a score near one half."""
    folder = claim_folder(path)
    write_run_json(folder, {"name": "discs"})
    recorder = Recorder(folder)
    for index in range(frames):
        pixels = discs(first_seed + index, side_px=96, count=2).pictures[0]
        if index in STRANGE:
            pixels = pixels + 200 * (np.arange(96) % 6 < 3)[None, :] * (1 + STRANGE.index(index))
        recorder.frame(
            Frame(
                pixels=pixels.astype(np.uint16),
                index=index,
                stream="watch",
                event=MDAEvent(index={"t": index // positions, "p": index % positions}),
                exposure_ms=10.0,
                t_ns=1_000_000_000 * index,
                channel="FITC",
                pixel_size_um=0.5,
            )
        )
        score = 0.48 if index in UNSURE else 0.98
        seen = Observation(score, detector=Identity("saccade.detect:Spots", "1"), frame=index)
        recorder.note(Record("observation", index, seen))
    recorder.close(Verdict("completed", planned=frames, committed=frames))
    return folder


def masks_of(index: int, first_seed: int = 0) -> np.ndarray:
    """Return the masks of a frame of such a run."""
    labels = discs(first_seed + index, side_px=96, count=2).labels
    assert labels is not None
    return labels.astype(np.uint16)
