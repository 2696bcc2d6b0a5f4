"""A picture of one caught occurrence, beside what a fixed rate with the same light would show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import cv2
import numpy as np

from saccade.core import StoreError
from saccade.sim import View

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from saccade.core import Pixels
    from saccade.sim import Occurrence

    from ._worth import Hindsight

_COLUMNS = 20
_TILE_PX = 88
_GAP_PX = 2
_MARGIN_PX = 46
_SIDE_UM = 34.0
_BEFORE = 2
"""Columns before the first fast frame; a column is as wide as the fast interval."""
_EMPTY, _PAPER, _INK = 60, 255, 30


class _Shown(NamedTuple):
    t_s: float
    tile: Pixels


def draw_montage(hindsight: Hindsight, occurrence: Occurrence, path: Path) -> None:
    """Write a PNG: two rows on one axis of time, empty where no frame was taken.

    Parameters
    ----------
    hindsight : Hindsight
        Of a run in a simulated world.
    occurrence : Occurrence
        Which the run has captured.
    path : Path
        The file; the folder exists.

    Raises
    ------
    StoreError
        If it can't be written.
    """
    fast_s = hindsight.rules.fast_s
    begin_s = hindsight.arrival_s(occurrence) - fast_s * (_BEFORE + 0.5)
    edges_s = np.asarray(begin_s + fast_s * np.arange(_COLUMNS + 1), np.float64)
    end_s = float(edges_s[-1])
    rows = [
        _row(_taken(hindsight, occurrence, begin_s, end_s), edges_s),
        _row(_fixed(hindsight, occurrence, begin_s, end_s), edges_s),
    ]
    titles = (
        f"Saccade: a frame every {fast_s:g} s, once it has seen it",
        f"fixed rate with the same light: a frame every {hindsight.fixed_s:.0f} s",
    )
    sheet = _sheet(rows, titles, edges_s - occurrence.onset_s)
    done, png = cv2.imencode(".png", sheet)
    try:
        path.write_bytes(png.tobytes() if done else b"")
    except OSError as error:
        raise StoreError(f"{path} can't be written: {error.strerror or error}.") from error


def _taken(
    hindsight: Hindsight, occurrence: Occurrence, begin_s: float, end_s: float
) -> Iterator[_Shown]:
    """Yield what the run has recorded."""
    for shot in hindsight.log.shots:
        sees = _sees(shot, hindsight.means.field_um, occurrence)
        if sees and begin_s <= shot.t_s < end_s:
            frame = hindsight.folder.frame(shot.frame)
            yield _Shown(shot.t_s, _tile(frame.pixels, shot, frame.pixel_size_um, occurrence))


def _fixed(
    hindsight: Hindsight, occurrence: Occurrence, begin_s: float, end_s: float
) -> Iterator[_Shown]:
    """Yield what a fixed rate would have recorded: the same world, lived anew."""
    world, means = hindsight.fresh(), hindsight.means
    stand = means.stand
    for t_s, place, (channel, exposure_ms), _ in hindsight.fixed_looks():
        if t_s >= end_s:
            return
        world.advance(max(t_s, world.t_s))
        view = View(*place, channel, stand.shape_px, stand.pixel_size_um)
        if t_s < begin_s or not _sees(place, means.field_um, occurrence):
            world.expose(view, exposure_ms, means.light(channel))
            continue
        pixels = world.picture(view, exposure_ms, means.light(channel))
        yield _Shown(t_s, _tile(pixels, place, view.pixel_size_um, occurrence))


def _sees(at: Any, field_um: tuple[float, float], occurrence: Occurrence) -> bool:
    away_um = max(
        abs(occurrence.x_um - at.x_um) - field_um[0] / 2,
        abs(occurrence.y_um - at.y_um) - field_um[1] / 2,
    )
    return bool(away_um <= 0)


def _tile(pixels: Pixels, at: Any, pixel_size_um: float, occurrence: Occurrence) -> Pixels:
    """Return a square around the occurrence, as dark as can be beyond the field."""
    height, width = pixels.shape
    side = round(_SIDE_UM / pixel_size_um)
    left = round((occurrence.x_um - at.x_um) / pixel_size_um + (width - side) / 2)
    top = round((occurrence.y_um - at.y_um) / pixel_size_um + (height - side) / 2)
    tile = np.full((side, side), pixels.min(), pixels.dtype)
    rows = slice(max(top, 0), min(top + side, height))
    cols = slice(max(left, 0), min(left + side, width))
    into = slice(rows.start - top, rows.stop - top), slice(cols.start - left, cols.stop - left)
    tile[into] = pixels[rows, cols]
    return tile


def _row(shown: Iterator[_Shown], edges_s: NDArray[np.float64]) -> list[Pixels | None]:
    """Return the first frame of each column of time, None where there is none."""
    row: list[Pixels | None] = [None] * (len(edges_s) - 1)
    for t_s, tile in shown:
        column = int(np.searchsorted(edges_s, t_s, side="right")) - 1
        if 0 <= column < len(row) and row[column] is None:
            row[column] = tile
    return row


def _sheet(
    rows: list[list[Pixels | None]], titles: tuple[str, ...], edges_s: NDArray[np.float64]
) -> NDArray[np.uint8]:
    tiles = [tile for row in rows for tile in row if tile is not None]
    low, high = (np.percentile(np.stack(tiles), q) for q in (1, 99.7)) if tiles else (0.0, 1.0)
    pitch, band = _TILE_PX + _GAP_PX, _TILE_PX + _MARGIN_PX
    sheet = np.full((len(rows) * band + _MARGIN_PX // 2, _COLUMNS * pitch), _PAPER, np.uint8)
    for number, (row, title) in enumerate(zip(rows, titles, strict=True)):
        top = number * band + _MARGIN_PX - 12
        _write(sheet, title, 2, top - 10, 0.52)
        for column, tile in enumerate(row):
            left = column * pitch
            into = sheet[top : top + _TILE_PX, left : left + _TILE_PX]
            into[:] = _EMPTY if tile is None else _shades(tile, float(low), float(high))
    for column in range(0, _COLUMNS, 2):
        middle_s = (edges_s[column] + edges_s[column + 1]) / 2
        _write(sheet, f"{middle_s:+.0f} s", column * pitch + 4, sheet.shape[0] - 8, 0.4)
    return sheet


def _shades(tile: Pixels, low: float, high: float) -> NDArray[np.uint8]:
    """Return a tile as it is shown: the same scale for all, dim parts raised a little."""
    large = cv2.resize(tile.astype(np.float32), (_TILE_PX, _TILE_PX), interpolation=cv2.INTER_CUBIC)
    share = np.clip((large - low) / max(high - low, 1e-9), 0, 1)
    shades: NDArray[np.uint8] = (255 * share**0.6).astype(np.uint8)
    return shades


def _write(sheet: NDArray[np.uint8], text: str, left: int, bottom: int, size: float) -> None:
    font = cv2.FONT_HERSHEY_SIMPLEX
    cv2.putText(sheet, text, (left, bottom), font, size, _INK, 1, cv2.LINE_AA)
