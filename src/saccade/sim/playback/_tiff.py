"""Planes of a TIFF file: ImageJ, OME-TIFF, tifffile's own, or plain pages."""

from __future__ import annotations

import logging
import struct
import threading
import weakref
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import tifffile

from saccade.core import RecordingError

from ._axes import leading_axes
from ._facts import imagej_facts, mapped, ome_facts
from ._pile import KEEP_BYTES, Facts, Pile, Plane, check_pixels, stack_positions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_AGAIN = "Copy or export it again."


def open_tiff(path: Path) -> Pile:
    """Open a TIFF file, having checked that it is whole.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Raises
    ------
    RecordingError
        If it is no TIFF, is cut short, or holds what can't be played back.
    """
    with path.open("rb") as file:
        check_chain(path, file)
    with _overheard() as heard:
        try:
            pile = _read(path)
        except RecordingError:
            raise
        except Exception as error:
            # A damaged file makes the decoder fail in any way at all.
            raise RecordingError(f"{path.name} can't be decoded: {error}", _AGAIN) from error
    notes = (*pile.notes, *(f"{path.name}: {message}" for message in heard))
    return Pile(pile.order, pile.shape, pile.dtype, pile.read, pile.facts, notes)


def check_chain(path: Path, file: BinaryIO) -> None:
    """Follow the chain of pages from the header to its end.

    A recording that was cut short has its chain lead out of the file, which decoders
    take for the end of a shorter recording.

    Raises
    ------
    RecordingError
        If the file is no TIFF, has no page, or its chain breaks off.
    """
    size = file.seek(0, 2)
    file.seek(0)
    head = file.read(16)
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    magic = struct.unpack(f"{order}H", head[2:4])[0] if order and len(head) >= 8 else 0
    if magic not in (42, 43) or (magic == 43 and len(head) < 16):
        raise RecordingError(
            f"{path.name} is no TIFF file: it begins with {head[:8]!r}.",
            "Give a TIFF file, a folder with one movie*.tif, or an OME-Zarr folder.",
        )
    count, entry, link, at = ("H", 12, "I", 4) if magic == 42 else ("Q", 20, "Q", 8)
    seen: set[int] = set()
    offset = struct.unpack_from(f"{order}{link}", head, at)[0]
    if offset == 0:
        raise RecordingError(f"{path.name} holds no picture.", _AGAIN)
    while offset:
        if offset in seen:
            raise RecordingError(f"{path.name} is damaged: its pages run in a circle.", _AGAIN)
        seen.add(offset)
        entries = _word(path, file, offset, f"{order}{count}", size)
        links_at = offset + struct.calcsize(count) + entries * entry
        offset = _word(path, file, links_at, f"{order}{link}", size)


def _word(path: Path, file: BinaryIO, at: int, form: str, size: int) -> int:
    length = struct.calcsize(form)
    if at + length > size:
        raise _cut_short(path, at + length, size)
    file.seek(at)
    return int(struct.unpack(form, file.read(length))[0])


def _cut_short(path: Path, end: int, size: int) -> RecordingError:
    what = f"{path.name} is cut short: it has {size} bytes, and refers to byte {end}."
    return RecordingError(what, _AGAIN)


def _read(path: Path) -> Pile:
    tiff = tifffile.TiffFile(path)
    lazy = False
    try:
        if not tiff.series:
            raise RecordingError(f"{path.name} holds no picture.", _AGAIN)
        if tiff.is_imagej and tiff.series[0].kind in ("generic", "uniform"):
            # tifffile's way out when the planes don't reach as far as ImageJ's header says.
            raise RecordingError(f"{path.name} lacks planes that its header states.", _AGAIN)
        facts = _facts(tiff)
        lazy = sum(series.nbytes for series in tiff.series) > KEEP_BYTES
        piles = [_pile(path, tiff, series, facts, lazy=lazy) for series in tiff.series]
        pile = stack_positions(path, piles)
        pile.read(0)  # shows now whether its compression is understood
    except BaseException:
        tiff.close()
        raise
    if not lazy:
        tiff.close()
    return pile


def _pile(path: Path, tiff: tifffile.TiffFile, series: Any, facts: Facts, *, lazy: bool) -> Pile:
    axes, shape = series.get_axes(False), series.get_shape(False)
    order, sizes, notes = leading_axes(path, axes, shape)
    height, width = shape[axes.index("Y")], shape[axes.index("X")]
    check_pixels(path, series.dtype, (height, width))
    _check_whole(path, series)
    pack = (int(np.prod(sizes, dtype=object)), height, width)
    read = _Pages(path, tiff, series, pack).read if lazy else _kept(series, pack)
    facts = replace(facts, bits=facts.bits or int(series.keyframe.bitspersample))
    return Pile(order, (*sizes, height, width), series.dtype, read, facts, notes)


def _check_whole(path: Path, series: Any) -> None:
    """Raise unless every plane's bytes lie inside the file."""
    start = _start(series)
    if start is not None:
        end, size = start + series.nbytes, series.keyframe.parent.filehandle.size
        if end > size:
            raise _cut_short(path, end, size)
        return
    for number in range(len(series)):
        page = series[number]
        if page is None:
            raise RecordingError(f"{path.name} lacks plane {number}, or the file with it.", _AGAIN)
        size = page.parent.filehandle.size
        for offset, length in zip(page.dataoffsets, page.databytecounts, strict=True):
            if offset + length > size:
                raise _cut_short(path, offset + length, size)


def _start(series: Any) -> int | None:
    """Return where the planes lie bare, one after another, if they do."""
    return None if series.is_multifile else series.dataoffset


def _kept(series: Any, pack: tuple[int, int, int]) -> Callable[[int], Plane]:
    planes = np.asarray(series.asarray()).reshape(pack)
    return planes.__getitem__


class _Pages:
    """Planes read one by one from a file that stays open."""

    def __init__(
        self, path: Path, tiff: tifffile.TiffFile, series: Any, pack: tuple[int, int, int]
    ) -> None:
        self._series = series
        self._plane = pack[1:]
        self._per_page = pack[0] // len(series)
        self._lock = threading.Lock()
        self._bare: Plane | None = None
        if (start := _start(series)) is not None:
            dtype = series.dtype.newbyteorder(tiff.byteorder)
            self._bare = np.memmap(path, dtype, "r", start, pack)
        weakref.finalize(self, tiff.close)

    def read(self, number: int) -> Plane:
        if self._bare is not None:
            return np.asarray(self._bare[number], self._series.dtype)
        page, plane = divmod(number, self._per_page)
        with self._lock:
            pixels: Plane = self._series[page].asarray(maxworkers=1)
        return np.asarray(pixels.reshape(-1, *self._plane)[plane])


def _facts(tiff: tifffile.TiffFile) -> Facts:
    if tiff.ome_metadata:
        return ome_facts(tifffile.xml2dict(tiff.ome_metadata))
    if tiff.is_imagej:
        tag = tiff.pages.first.tags.get("XResolution")
        return imagej_facts(mapped(tiff.imagej_metadata), tag.value if tag else None)
    shaped = tiff.shaped_metadata
    return imagej_facts(mapped(shaped[0]), None) if shaped else Facts()


@contextmanager
def _overheard() -> Iterator[list[str]]:
    """Collect what tifffile would print, so that it stands in the recording's notes."""
    heard: list[str] = []

    def note(record: logging.LogRecord) -> bool:
        heard.append(record.getMessage())
        return False

    logger = logging.getLogger("tifffile")
    logger.addFilter(note)
    try:
        yield heard
    finally:
        logger.removeFilter(note)
