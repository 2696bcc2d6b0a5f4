"""Events files: what they may say, and what does not fit the recording."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from score_cases import log, shots

from saccade.core import EventsError
from saccade.score import Burst, Log, Mark, read_marks, score_recording

if TYPE_CHECKING:
    from pathlib import Path

SIZES = {"T": 61, "P": 1, "C": 1, "Z": 1, "Y": 264, "X": 542}


def read(tmp_path: Path, text: str) -> tuple[Mark, ...]:
    file = tmp_path / "events.csv"
    file.write_text(text, encoding="utf-8")
    return read_marks(file, SIZES)


def test_marks_are_read_in_order_of_time(tmp_path: Path) -> None:
    """Frame, place, kind and source; a comma in the source needs no quotes."""
    found = read(
        tmp_path,
        "frame,y,x,event,source,note\n"
        "21,85,140,anaphase_onset,visual annotation, not by the data authors; +-1 frame,nucleus 1\n"
        '5,,,peak,"algorithmic: find_peaks(a=1,b=2)",\n\n',
    )
    assert found == (
        Mark(5, "peak", None, None, None, "algorithmic: find_peaks(a=1,b=2)"),
        Mark(21, "anaphase_onset", 85, 140, None,
             "visual annotation, not by the data authors; +-1 frame"),
    )  # fmt: skip
    assert [mark.made for mark in found] == ["algorithmic", "by eye"]


def test_a_frame_is_enough(tmp_path: Path) -> None:
    """Other columns may be missing or unknown; a byte-order mark is no matter."""
    assert read(tmp_path, "\ufeffframe\n3\n") == (Mark(3, ""),)
    assert read(tmp_path, "colour,Frame\nred,3\n") == (Mark(3, ""),)
    assert Mark(3, "").made == ""


MISFITS = [
    pytest.param("", "is empty", id="empty"),
    pytest.param("frame,x\n", "marks nothing", id="no line"),
    pytest.param("id,h,w\na,1,2\n", "no column 'frame'; it has id, h, w", id="another table"),
    pytest.param("frme,x\n1,2\n", "no column 'frame'", id="misspelt column"),
    pytest.param("frame\n61\n", "line 2: frame is 61, but the recording has 61 times", id="beyond"),
    pytest.param("frame\n-1\n", "frame is '-1'", id="negative"),
    pytest.param("frame\n1.5\n", "frame is '1.5'", id="half a frame"),
    pytest.param("frame,x\n,2\n", "the frame is empty", id="no frame"),
    pytest.param("frame,x\n1,542\n", "x is 542, outside", id="beside the picture"),
    pytest.param("frame,y\n1,top\n", "y is 'top'", id="no number"),
    pytest.param("frame,position\n1,1\n", "recording has 1 positions", id="no such position"),
    pytest.param("frame,x\n1,2,3\n", "3 values for 2 columns", id="too many values"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "says"), MISFITS)
def test_a_file_that_does_not_fit_is_a_named_error(tmp_path: Path, text: str, says: str) -> None:
    """The message names file, line and column, and what the recording has."""
    with pytest.raises(EventsError, match=says) as told:
        read(tmp_path, text)
    assert "events.csv" in told.value.what
    assert told.value.do


def test_what_is_no_table_is_a_named_error(tmp_path: Path) -> None:
    """Pictures, folders, other encodings and missing files."""
    (tmp_path / "movie.tif").write_bytes(b"II*\0\0\0")
    (tmp_path / "latin.csv").write_bytes("frame,µ\n1,é\n".encode("latin-1"))
    for name in ("movie.tif", "latin.csv", "none.csv", "."):
        with pytest.raises(EventsError):
            read_marks(tmp_path / name, SIZES)


def test_the_marks_of_real_recordings_are_read_or_refused(data: Path) -> None:
    """All events files of the data folder; that of a movie cut short does not fit it."""
    from saccade.sim import open_recording

    for file in sorted(data.glob("*/events.csv")):
        sizes = open_recording(file.parent).sizes
        if file.parent.name == "beating_cardiac_A":
            with pytest.raises(EventsError, match="frame is 89, but the recording has 75 times"):
                read_marks(file, sizes)
        else:
            marks = read_marks(file, sizes)
            assert all(mark.made for mark in marks), file


def taken(*triggers: int, length: int = 5) -> Log:
    """Return a watch of every frame whose triggers are followed by some fast frames."""
    watch = shots(range(61))
    bursts = tuple(
        Burst(t, t + length, 0.0, 0.0, t, "burst", tuple(range(t + 1, t + 1 + length)))
        for t in triggers
    )
    return log(watch, bursts=bursts)


@pytest.mark.parametrize(
    ("trigger", "noticed", "caught", "first", "false"),
    [
        pytest.param(20, True, True, 21, 0, id="in time"),
        pytest.param(17, True, True, 18, 0, id="early, but just so"),
        pytest.param(22, True, False, 23, 0, id="noticed, and too late for three frames"),
        pytest.param(12, False, False, 17, 0, id="before, and one frame reaches it"),
        pytest.param(11, False, False, None, 1, id="before"),
        pytest.param(30, False, False, None, 1, id="after"),
    ],
)
def test_a_mark_is_caught_by_three_fast_frames(
    trigger: int, noticed: bool, caught: bool, first: int | None, false: int
) -> None:
    """The mark is at 20 ± 3; a burst takes the five frames after its trigger."""
    found = score_recording(
        taken(trigger), [Mark(20, "it")], frames=61, tolerance=3, place_um=[None]
    )
    (mark,) = found.marks
    assert (mark.noticed, mark.caught, mark.first_fast) == (noticed, caught, first)
    assert found.false_alarms == false
    assert found.triggers == (trigger,)
    assert found.fast == tuple(range(trigger + 1, trigger + 6))


def test_a_mark_out_of_view_is_not_caught() -> None:
    """A place beyond the field of the burst is not seen by it."""
    marks = [Mark(20, "here"), Mark(20, "there")]
    found = score_recording(
        taken(18), marks, frames=61, tolerance=3, place_um=[(10.0, 0.0), (60.0, 0.0)]
    )
    assert [mark.caught for mark in found.marks] == [True, False]
    assert found.caught.value == 0.5
    assert found.noticed.value == 1
