"""A protocol against a recording whose events are marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from saccade.core import require
from saccade.score import RecordingScore, read_marks, score_recording
from saccade.sim import open_recording

from ._assemble import open_scope
from ._score_world import play_protocol, refuse_misfit

if TYPE_CHECKING:
    from pathlib import Path

    from saccade.core import Frame, Record, Verdict
    from saccade.score import Mark
    from saccade.sim import Recording

    from ._protocol import Protocol

PLAYBACK = "playback:"
_SHOWN = "Playback.Frame"
_SPACING_UM = 1000.0
"""Where a playback puts the positions of a recording, along x."""


def score_on_recording(
    protocol: Protocol, recording: Path, events: Path, tolerance: int = 3
) -> RecordingScore:
    """Return what a protocol would have taken of a recording, and caught in it.

    Parameters
    ----------
    protocol : Protocol
        As loaded.
    recording : Path
        As ``playback:`` takes it.
    events : Path
        CSV file of marks.
    tolerance : int
        Frames by which a mark may be off, either way.

    Raises
    ------
    RecordingError
        If the recording can't be played.
    EventsError
        If the marks can't be read, or don't fit the recording.
    ProtocolError
        If the protocol can't run on it.
    """
    ok = isinstance(tolerance, int) and tolerance >= 0
    require(ok, "--tolerance", tolerance, "a whole number of frames, 0 or more", "Correct it.")
    movie = open_recording(recording)
    marks = read_marks(events, movie.sizes)
    scope = open_scope(f"{PLAYBACK}{recording}")
    refuse_misfit(protocol, scope)
    shown = Shown()
    log = play_protocol(protocol, scope, then=shown)
    return score_recording(
        log.at_times(shown.times),
        marks,
        frames=movie.sizes["T"],
        tolerance=tolerance,
        place_um=[place_um(mark, movie) for mark in marks],
    )


class Shown:
    """A sink that keeps which time of the recording each frame showed."""

    committed = 0

    def __init__(self) -> None:
        self.times: dict[int, float] = {}

    def frame(self, frame: Frame) -> None:
        self.times[frame.index] = float(frame.properties[_SHOWN])
        self.committed += 1

    def note(self, record: Record) -> None:
        """Keep nothing."""

    def flush(self, timeout_s: float) -> bool:  # noqa: ARG002 - the shape of a sink
        return True

    def close(self, verdict: Verdict | None = None) -> None:
        """Have nothing to close."""


def place_um(mark: Mark, movie: Recording) -> tuple[float, float] | None:
    """Return where a mark is on the stage of a playback; None if it may be anywhere."""
    if mark.position is None and (mark.x_px is None or mark.y_px is None):
        return None
    x_px = (movie.sizes["X"] - 1) / 2 if mark.x_px is None else mark.x_px
    y_px = (movie.sizes["Y"] - 1) / 2 if mark.y_px is None else mark.y_px
    return (
        (mark.position or 0) * _SPACING_UM
        + (x_px - (movie.sizes["X"] - 1) / 2) * movie.pixel_size_um,
        (y_px - (movie.sizes["Y"] - 1) / 2) * movie.pixel_size_um,
    )
