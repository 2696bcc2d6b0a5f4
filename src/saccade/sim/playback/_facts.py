"""Channel names, interval and pixel size, as ImageJ, OME and tifffile write them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ._pile import Facts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LENGTHS_UM = {
    **dict.fromkeys(("µm", "μm", "um", "micron", "microns", "micrometer", "\\u00B5m"), 1.0),
    **dict.fromkeys(("nm", "nanometer"), 1e-3),
    **dict.fromkeys(("mm", "millimeter"), 1e3),
    **dict.fromkeys(("cm", "centimeter"), 1e4),
    **dict.fromkeys(("m", "meter"), 1e6),
}
"""Length units as they are spelt in ImageJ, OME and OME-Zarr, in µm."""

TIMES_S = {
    **dict.fromkeys(("s", "sec", "second"), 1.0),
    **dict.fromkeys(("ms", "millisecond"), 1e-3),
    **dict.fromkeys(("µs", "μs", "us", "microsecond"), 1e-6),
    **dict.fromkeys(("min", "minute"), 60.0),
    **dict.fromkeys(("h", "hour"), 3600.0),
}
"""Time units as they are spelt in ImageJ, OME and OME-Zarr, in s."""


def measure(value: object, unit: object, units: Mapping[str, float]) -> float | None:
    """Return a positive length or time in the unit of the table, None if it is none.

    Parameters
    ----------
    value : object
        What the file states; anything.
    unit : object
        Its unit, as spelt in the file.
    units : mapping of str to float
        `LENGTHS_UM` or `TIMES_S`.
    """
    factor = units.get(str(unit))
    if factor is None or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value) * factor
    except ValueError:
        return None
    return number if math.isfinite(number) and number > 0 else None


def imagej_facts(meta: Mapping[str, Any], x_resolution: tuple[int, int] | None) -> Facts:
    """Return what ImageJ's (or tifffile's) description states.

    Parameters
    ----------
    meta : mapping
        ``finterval`` (s, unless ``tunit`` differs), ``unit`` and ``spacing``.
    x_resolution : tuple of int or None
        Pixels a unit, as a fraction; None where the tag means something else.
    """
    unit = meta.get("unit")
    pixels, units = x_resolution or (0, 0)
    return Facts(
        interval_s=measure(meta.get("finterval"), meta.get("tunit", "s"), TIMES_S),
        pixel_size_um=measure(units / pixels, unit, LENGTHS_UM) if pixels else None,
        z_step_um=measure(meta.get("spacing"), unit, LENGTHS_UM),
    )


def ome_facts(root: Mapping[str, Any]) -> Facts:
    """Return what the first image of an OME-XML description states.

    Parameters
    ----------
    root : mapping
        The XML as ``tifffile.xml2dict`` gives it.
    """
    images = listed(mapped(root.get("OME")).get("Image"))
    pixels = mapped(mapped(images[0]).get("Pixels")) if images else {}
    names = [mapped(c).get("Name") for c in listed(pixels.get("Channel"))]
    bits = pixels.get("SignificantBits")
    return Facts(
        channels=named(names),
        interval_s=measure(
            pixels.get("TimeIncrement"), pixels.get("TimeIncrementUnit", "s"), TIMES_S
        ),
        pixel_size_um=_ome_length(pixels, "PhysicalSizeX"),
        z_step_um=_ome_length(pixels, "PhysicalSizeZ"),
        bits=bits if isinstance(bits, int) else None,
    )


def _ome_length(pixels: Mapping[str, Any], key: str) -> float | None:
    return measure(pixels.get(key), pixels.get(f"{key}Unit", "µm"), LENGTHS_UM)


def named(names: Iterable[object]) -> tuple[str, ...]:
    """Return channel names, or none at all unless every channel has one."""
    found = tuple(str(n).strip() if n is not None else "" for n in names)
    return found if all(found) else ()


def listed(value: object) -> list[Any]:
    """Return a list as it is, nothing as no item, and anything else as the one item."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def mapped(value: object) -> dict[str, Any]:
    """Return a dict as it is, and an empty one in place of anything else."""
    return value if isinstance(value, dict) else {}
