"""A recorded movie, read plane by plane."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from saccade.core import RecordingError

from ._axes import LEADING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np

    from ._pile import Pile, Plane

_NOT_IN_PRESETS = str.maketrans(dict.fromkeys("!'*,/\\", "-"))
"""Characters that Micro-Manager does not allow in the name of a preset."""


_ZARR = ("zarr.json", ".zgroup", ".zattrs", ".zarray")


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """Pictures of some positions, times, channels and focal planes.

    Made by `open_recording`. To state what the file does not know, use
    ``dataclasses.replace(recording, interval_s=7.0, pixel_size_um=0.16)``.
    """

    path: Path
    sizes: Mapping[str, int]
    """Number of positions P, times T, channels C, planes Z, rows Y and columns X."""
    channels: tuple[str, ...]
    """A name for each channel, fit to be a preset."""
    dtype: np.dtype[Any]
    bits: int
    """Bits of a pixel that carry information, as far as the file tells."""
    interval_s: float | None
    """Time between frames; None where the file doesn't tell."""
    pixel_size_um: float
    """1.0 where the file doesn't tell."""
    pixel_size_known: bool
    z_step_um: float
    """1.0 where the file doesn't tell."""
    notes: tuple[str, ...]
    """What was guessed, and what the reader remarked."""
    _pile: Pile = field(repr=False)

    def plane(self, p: int, t: int, c: int, z: int) -> Plane:
        """Return one picture, (y, x), read-only.

        Parameters
        ----------
        p, t, c, z : int
            Position, time, channel and focal plane, counted from 0.

        Raises
        ------
        IndexError
            If there is no such plane.
        """
        at = dict(zip(LEADING, (p, t, c, z), strict=True))
        for axis, index in at.items():
            if not 0 <= index < self.sizes[axis]:
                raise IndexError(f"{self.path.name} has {self.sizes[axis]} of {axis}, not {index}")
        number = 0
        for axis in self._pile.order:
            number = number * self.sizes[axis] + at[axis]
        pixels = self._pile.read(number).view()
        pixels.flags.writeable = False
        return pixels


def open_recording(path: Path) -> Recording:
    """Open a TIFF file, an OME-Zarr folder, or a folder that holds one of either.

    Up to 128 MiB are decoded now; of a larger recording each plane when it is asked for.

    Parameters
    ----------
    path : pathlib.Path
        A TIFF file (ImageJ, OME, tifffile's own or plain pages), an OME-Zarr folder, a
        Saccade run, or a folder with one ``movie*.tif``.

    Raises
    ------
    RecordingError
        If it is missing, damaged, or holds what no camera here could have taken.
    """
    try:
        found = _find(path)
        if found.is_dir():
            from ._zarr import open_zarr

            pile = open_zarr(found)
        else:
            from ._tiff import open_tiff

            pile = open_tiff(found)
    except OSError as error:
        raise RecordingError(f"{path} can't be read: {error}", "Check the path.") from error
    return _recording(found, pile)


def _find(path: Path) -> Path:
    if path.is_file():
        return path
    if not path.is_dir():
        raise RecordingError(f"There is no recording {path}.", "Check the path.")
    if any((path / name).is_file() for name in _ZARR):
        return path
    run = path / "frames.ome.zarr"
    if run.is_dir():
        return run
    movies = sorted([*path.glob("movie*.tif"), *path.glob("movie*.tiff")])
    if len(movies) != 1:
        names = ", ".join(m.name for m in movies[:5]) or "none"
        raise RecordingError(
            f"{path} should hold one movie*.tif; found: {names}.", "Give the path of one file."
        )
    return movies[0]


def _recording(path: Path, pile: Pile) -> Recording:
    leading = dict(zip(pile.order, pile.shape, strict=False))
    sizes = {axis: leading.get(axis, 1) for axis in LEADING}
    sizes |= {"Y": pile.shape[-2], "X": pile.shape[-1]}
    if 0 in sizes.values():
        raise RecordingError(f"{path.name} holds no picture.", "Check the path.")
    facts = pile.facts
    channels, notes = _channels(facts.channels, sizes["C"])
    if sizes["T"] == 1 and max(sizes["C"], sizes["Z"]) > 4:
        notes += (
            f"{path.name} states one time and {sizes['C']} channels of {sizes['Z']} planes. If "
            "these are times, say so: Image > Hyperstacks > Stack to Hyperstack in ImageJ.",
        )
    if facts.pixel_size_um is None:
        notes += (f"{path.name} does not tell its pixel size; it is taken as 1 µm.",)
    return Recording(
        path=path,
        sizes=MappingProxyType(sizes),
        channels=channels,
        dtype=pile.dtype,
        bits=min(facts.bits or 64, pile.dtype.itemsize * 8),
        interval_s=facts.interval_s,
        pixel_size_um=facts.pixel_size_um or 1.0,
        pixel_size_known=facts.pixel_size_um is not None,
        z_step_um=facts.z_step_um or 1.0,
        notes=pile.notes + notes,
        _pile=pile,
    )


def _channels(stated: tuple[str, ...], count: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    names = tuple(name.translate(_NOT_IN_PRESETS) for name in stated)
    if len(names) == count == len(set(names)):
        return names, ()
    if count == 1:
        return ("Default",), ()
    numbered = tuple(f"C{i}" for i in range(count))
    if not stated:
        return numbered, ()
    return numbered, (f"Channel names {', '.join(stated)} don't fit {count} channels.",)
