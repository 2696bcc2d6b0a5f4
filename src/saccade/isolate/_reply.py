"""What a detector's process may answer: a fixed schema, checked like a file from a stranger."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from saccade.core import Identity, Observation, Point, plain

from ._memory import SLOTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from ._memory import Memory

_LENGTH = struct.Struct("<I")
_MOST_ROWS = 100_000
_MOST_CHARACTERS = 20_000
_POINT = ("y_px", "x_px", "strength", "x_um", "y_um")
_FLOATS = frozenset({float, np.float64})

Number: TypeAlias = bool | int | float
Word: TypeAlias = Annotated[str, Field(max_length=1000)]
Text: TypeAlias = Annotated[str, Field(max_length=_MOST_CHARACTERS)]
Rows: TypeAlias = Annotated[int, Field(ge=0, le=_MOST_ROWS)]
"""So many rows of float64 follow the header."""


class NonsenseError(ValueError):
    """The answer is none that a detector's process gives."""


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Labels(_Strict):
    """What the label image is."""

    dtype: Annotated[str, Field(pattern=r"^[<>|][buif][1248]$")]
    shape: tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]]


class Seen(_Strict):
    """What a detector can say of a frame; the rest of an observation the run knows itself."""

    score: Annotated[int | float, Field(ge=0, le=1, allow_inf_nan=False)]
    points: Rows | Annotated[list[tuple[Number, ...]], Field(max_length=_MOST_ROWS)]
    boxes: Rows | Annotated[list[tuple[Number, ...]], Field(max_length=_MOST_ROWS)]
    tracks: Annotated[list[int | None], Field(max_length=_MOST_ROWS)] = Field(default_factory=list)
    """Of each point; empty if none has any."""
    labels: Labels | None
    measurements: Annotated[dict[Word, Number], Field(max_length=10_000)]
    verdict: Literal["trusted", "doubtful", "invalid"]
    detector: tuple[Word, Word, Word]


class Raised(_Strict):
    """An exception of the detector."""

    kind: Word
    told: Text
    """As its ``repr`` has it."""
    what: Text
    do: Text


class Reply(_Strict):
    """One answer."""

    number: int
    held: Annotated[list[Annotated[int, Field(ge=0, lt=SLOTS)]], Field(max_length=SLOTS)] = Field(
        default_factory=list
    )
    """Slots whose pictures the detector has kept."""
    takes_ms: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    seen: Seen | None = None
    raised: Raised | None = None


def write_seen(memory: Memory, seen: Observation, known: dict[str, Any]) -> None:
    """Answer with an observation.

    Parameters
    ----------
    memory : Memory
        Where to.
    seen : Observation
        What the detector returned.
    known : dict
        Other fields of `Reply`.

    Raises
    ------
    TypeError, ValueError
        If it is no observation that can be answered with.
    """
    if not isinstance(seen, Observation):
        raise TypeError(f"it returned {type(seen).__name__}, not an Observation")
    if not 0.0 <= seen.score <= 1.0:
        raise ValueError(f"its score {seen.score} is not within 0 to 1")
    points, point_data = _packed([tuple(getattr(p, n) for n in _POINT) for p in seen.points])
    boxes, box_data = _packed(seen.boxes)
    head = {
        "score": seen.score,
        "points": points,
        "boxes": boxes,
        "tracks": _tracks(seen),
        "labels": None if seen.labels is None else _put_labels(memory, seen.labels),
        "measurements": dict(seen.measurements),
        "verdict": seen.verdict,
        "detector": (seen.detector.name, seen.detector.version, seen.detector.weights),
    }
    _write(memory, {**known, "seen": head}, point_data + box_data, check=True)


def write_raised(memory: Memory, error: BaseException, known: dict[str, Any]) -> None:
    """Answer with an exception.

    Parameters
    ----------
    memory, known
        As in `write_seen`.
    error : BaseException
        What the detector raised.
    """
    texts = {
        "told": repr(error),
        "what": getattr(error, "what", ""),
        "do": getattr(error, "do", ""),
    }
    cut = {name: str(text)[:_MOST_CHARACTERS] for name, text in texts.items()}
    _write(memory, {**known, "raised": {"kind": type(error).__name__[:1000], **cut}})


def write_done(memory: Memory, known: dict[str, Any]) -> None:
    """Answer that there is nothing to tell."""
    _write(memory, known)


def read_reply(memory: Memory, number: int) -> tuple[Reply, Observation | None]:
    """Return an answer, and the observation in it.

    Parameters
    ----------
    memory : Memory
        Where it was written.
    number : int
        That of the request.

    Raises
    ------
    NonsenseError
        If it is not what the detector's process would have written.
    """
    try:
        data = memory.reply()
        (length,) = _LENGTH.unpack_from(data)
        start = _LENGTH.size + length
        reply = Reply.model_validate_json(data[_LENGTH.size : start])
        if reply.number != number:
            raise NonsenseError(f"it answers question {reply.number}, not {number}")
        seen = None if reply.seen is None else _observation(memory, reply.seen, data[start:])
    except ValidationError as error:
        raise NonsenseError(_first_of(error)) from error
    except (ValueError, TypeError, struct.error) as error:
        raise NonsenseError(str(error)) from error
    return reply, seen


def _write(memory: Memory, head: dict[str, Any], rows: bytes = b"", *, check: bool = False) -> None:
    text = json.dumps(head, default=plain).encode()
    if check:
        # What it would be refused for there is told here, as an error of the detector.
        try:
            Reply.model_validate_json(text)
        except ValidationError as error:
            raise ValueError(f"it returned what can't be told: {_first_of(error)}") from None
    memory.put_reply(_LENGTH.pack(len(text)) + text + rows)


def _first_of(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return f"{'.'.join(map(str, first['loc'][:4])) or 'the answer'}: {first['msg']}"


def _packed(rows: Iterable[tuple[Any, ...]]) -> tuple[int | list[Any], bytes]:
    """Return what the header says of some rows, and what follows it."""
    rows = list(rows)
    if len(rows) > _MOST_ROWS:
        raise ValueError(f"there are {len(rows)} points or boxes, more than {_MOST_ROWS}")
    if {type(value) for row in rows for value in row} <= _FLOATS:
        return len(rows), np.array(rows, np.float64).tobytes()
    return rows, b""  # as they are: 5 must not become 5.0


def _tracks(seen: Observation) -> list[int | None]:
    tracks = [point.track for point in seen.points]
    return [] if all(track is None for track in tracks) else tracks


def _put_labels(memory: Memory, labels: NDArray[Any]) -> dict[str, Any]:
    labels = np.asarray(labels)
    if labels.ndim != 2:
        raise ValueError(f"its labels have {labels.ndim} dimensions, not 2")
    kind = Labels(dtype=labels.dtype.str, shape=labels.shape)
    np.copyto(memory.labels(labels.dtype, kind.shape), labels)
    return kind.model_dump()


def _observation(memory: Memory, seen: Seen, rows: bytes) -> Observation:
    points, rows = _unpacked(seen.points, rows, len(_POINT))
    boxes, rows = _unpacked(seen.boxes, rows, 4)
    if rows:
        raise NonsenseError(f"{len(rows)} bytes are left over")
    tracks = seen.tracks or [None] * len(points)
    if len(tracks) != len(points):
        raise NonsenseError(f"there are {len(tracks)} tracks of {len(points)} points")
    rows_of_points = [(*row, track) for row, track in zip(points, tracks, strict=True)]
    return Observation(
        seen.score,
        points=tuple(Point(*each) for each in rows_of_points),
        boxes=tuple((row[0], row[1], row[2], row[3]) for row in boxes),
        labels=None if seen.labels is None else _labels(memory, seen.labels),
        measurements=seen.measurements,
        verdict=seen.verdict,
        detector=Identity(*seen.detector),
    )


def _unpacked(
    rows: int | list[tuple[Number, ...]], data: bytes, columns: int
) -> tuple[list[Any], bytes]:
    if not isinstance(rows, int):
        if any(len(row) != columns for row in rows):
            raise NonsenseError(f"a row has not {columns} numbers")
        return rows, data
    size = rows * columns * 8
    if len(data) < size:
        raise NonsenseError(f"{rows} rows do not fit in {len(data)} bytes")
    table = np.frombuffer(data[:size], np.float64).reshape(rows, columns)
    return table.tolist(), data[size:]


def _labels(memory: Memory, kind: Labels) -> NDArray[Any]:
    labels = np.array(memory.labels(np.dtype(kind.dtype), kind.shape))
    labels.setflags(write=False)
    return labels
