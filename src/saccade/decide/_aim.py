"""From what was found in a frame to the mask that lights it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, cast, get_args

import cv2
import numpy as np
from useq import SLMImage

from saccade.core import NeedsError, is_number, require, to_modulator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from saccade.core import Modulator, Observation, Stand

Shape: TypeAlias = Literal["circles", "boxes", "instances"]
Part: TypeAlias = Literal["whole", "rim", "left", "right", "up", "down"]


class _Piece(NamedTuple):
    """One thing in the frame: where its first pixel lies, and which pixels are its own."""

    top: int
    left: int
    inside: NDArray[np.bool_]


@dataclass(frozen=True)
class Aim:
    """What of each thing that was found is lit.

    Parameters
    ----------
    shape : {'circles', 'boxes', 'instances'}
        A circle around each point, the box of each thing, or the pixels labelled as its own.
    radius_um : float
        Of the circles, and how wide a rim is.
    margin_um : float
        Added around boxes and instances; below 0 it is taken away.
    part : {'whole', 'rim', 'left', 'right', 'up', 'down'}
        All of it, its edge, or the half on one side of its centre, as the camera sees it.
    """

    shape: Shape
    radius_um: float
    margin_um: float
    part: Part

    def check(self, owner: str) -> None:
        """Raise a `ProtocolError` if a setting can't be used.

        Parameters
        ----------
        owner : str
            Name of the policy, for messages.
        """
        for name, kinds in (("shape", Shape), ("part", Part)):
            known = get_args(kinds)
            value = getattr(self, name)
            require(
                value in known, f"{owner}.{name}", value, "known", f"One of {', '.join(known)}."
            )
        ok = is_number(self.radius_um) and self.radius_um > 0
        require(ok, f"{owner}.radius_um", self.radius_um, "a distance above 0", "Give µm.")
        ok = is_number(self.margin_um)
        require(ok, f"{owner}.margin_um", self.margin_um, "a distance", "Give µm.")

    def mask(
        self, seen: Observation, levels: Mapping[int, int], modulator: Modulator, ground: int = 0
    ) -> SLMImage:
        """Return the mask that lights some of what was found.

        Parameters
        ----------
        seen : Observation
            With the grid of its frame.
        levels : mapping of int to int
            From the number of a point to what the modulator shows there, 0 to 255.
        modulator : Modulator
            Calibrated.
        ground : int
            What it shows elsewhere.

        Raises
        ------
        ValueError
            If the observation does not have what the shape needs, or was made elsewhere.
        """
        if seen.grid is None:
            raise ValueError("nobody knows where the pixels of the frame lie on the sensor")
        _, _, width, height = seen.grid.roi
        picture = np.full((height, width), ground, np.uint8)
        for number, level in levels.items():
            top, left, inside = self._piece(seen, number, (height, width))
            part = picture[top : top + inside.shape[0], left : left + inside.shape[1]]
            part[inside] = np.maximum(part[inside], level)
        size = modulator.shape_px[::-1]
        warped = cv2.warpAffine(
            picture,
            to_modulator(modulator, seen.grid),
            size,
            flags=cv2.INTER_NEAREST,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=ground,
        )
        warped.setflags(write=False)
        return SLMImage(data=warped, device=modulator.device)

    def _piece(self, seen: Observation, number: int, size: tuple[int, int]) -> _Piece:
        pixel_um = 1.0 if seen.grid is None else seen.grid.pixel_size_um
        point = seen.points[number]
        y_px, x_px = point.y_px, point.x_px
        if self.shape == "circles":
            reach = self.radius_um / pixel_um
            box = (y_px - reach, x_px - reach, y_px + reach + 1, x_px + reach + 1)
            top, left, bottom, right = _within(box, size)
            rows, cols = np.ogrid[top:bottom, left:right]
            inside = (rows - y_px) ** 2 + (cols - x_px) ** 2 <= reach**2
        else:
            margin = self.margin_um / pixel_um
            top, left, bottom, right = _within(_widened(_box(seen, number), margin), size)
            inside = np.ones((bottom - top, right - left), bool)
            if self.shape == "instances":
                if seen.labels is None:
                    raise ValueError("instances need a detector that labels pixels, as Objects")
                inside = _grown(seen.labels[top:bottom, left:right] == number + 1, margin)
        return _Piece(top, left, self._part(inside, y_px - top, x_px - left, pixel_um))

    def _part(
        self, inside: NDArray[np.bool_], row: float, col: float, pixel_um: float
    ) -> NDArray[np.bool_]:
        rows, cols = np.ogrid[: inside.shape[0], : inside.shape[1]]
        if self.part == "whole":
            return inside
        if self.part == "rim":
            wide = min(self.radius_um / pixel_um, *(side / 4 for side in inside.shape))
            return inside & ~_grown(inside, -max(wide, 1.0))
        sides = {"left": cols <= col, "right": cols >= col, "up": rows <= row, "down": rows >= row}
        half: NDArray[np.bool_] = inside & sides[self.part]
        return half


def aimed(owner: str, stand: Stand) -> Modulator:
    """Return the light modulator of a microscope, ready to aim with.

    Parameters
    ----------
    owner : str
        Name of the policy, for messages.
    stand : Stand
        The microscope.

    Raises
    ------
    NeedsError
        If it has none, never calibrated it, or does not let masks be changed.
    """
    modulator = stand.modulator
    where = f"{owner} can't be used on {stand.name!r}: "
    if modulator is None:
        raise NeedsError(f"{where}it has no light modulator.", f"Leave {owner} out.")
    if modulator.to_sensor is None:
        raise NeedsError(
            f"{where}nobody knows where the picture of {modulator.device!r} falls.",
            "Run saccade calibrate, and name the file in the profile: modulator.calibration.",
        )
    if stand.modifiable is not None and "mask" not in stand.modifiable:
        raise NeedsError(
            f"{where}masks may not be changed there.", "List mask as modifiable in the profile."
        )
    return modulator


def _box(seen: Observation, number: int) -> tuple[float, float, float, float]:
    if number >= len(seen.boxes):
        raise ValueError("boxes and instances need a detector that gives boxes, as Objects")
    return seen.boxes[number]


def _widened(
    box: tuple[float, float, float, float], by: float
) -> tuple[float, float, float, float]:
    top, left, bottom, right = box
    return top - by, left - by, bottom + by, right + by


def _within(
    box: tuple[float, float, float, float], size: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Return whole pixels that hold a box, as far as they are in the picture."""
    height, width = size
    top, left = max(math.floor(box[0]), 0), max(math.floor(box[1]), 0)
    bottom, right = min(math.ceil(box[2]), height), min(math.ceil(box[3]), width)
    return (
        min(top, height),
        min(left, width),
        max(bottom, min(top, height)),
        max(right, min(left, width)),
    )


def _grown(inside: NDArray[np.bool_], by: float) -> NDArray[np.bool_]:
    """Return a region with as many pixels more all around it, or fewer."""
    reach = round(abs(by))
    if reach == 0 or not inside.size:
        return inside
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    change = cv2.dilate if by > 0 else cv2.erode
    # Beyond the edge there is nothing.
    pixels = cv2.copyMakeBorder(
        inside.astype(np.uint8), reach, reach, reach, reach, cv2.BORDER_CONSTANT, value=0.0
    )
    changed = cast("NDArray[np.uint8]", change(pixels, disc))
    return changed[reach:-reach, reach:-reach] > 0
