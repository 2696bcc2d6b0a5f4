"""The file that tells where a light modulator's picture falls on the camera."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import numpy as np
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from saccade.core import TOLD, Affine, FileModel, ProfileError, check_plain, fit, parse_json

if TYPE_CHECKING:
    from saccade.core import Modulator

_MOST_BYTES = 1_000_000
_DO = "saccade calibrate writes such a file."


def _can_be_undone(matrix: Affine) -> Affine:
    if not abs(np.linalg.det(np.array(matrix)[:, :2])) > 1e-9:
        raise PydanticCustomError(TOLD, "to_sensor takes everything to one line")
    return matrix


Side: TypeAlias = Annotated[int, Field(ge=1, le=2**20)]
Lists: TypeAlias = Annotated[Affine, AfterValidator(_can_be_undone)]


class Calibration(FileModel):
    """Where a light modulator's picture falls on the camera, and how well that is known."""

    saccade_calibration: Literal[1] = 1
    device: Annotated[str, Field(min_length=1, max_length=120)]
    shape_px: tuple[Side, Side]
    """Height and width of the modulator."""
    to_sensor: Lists
    """From column and row of the modulator to those of the whole sensor."""
    sensor_px: tuple[Side, Side]
    """Width and height of the sensor."""
    error_px: Annotated[float, Field(ge=0)]
    """Root mean square distance on the sensor of spots that the fit has not seen."""
    spots: Annotated[int, Field(ge=3)]
    """How many the fit rests on."""

    def fits(self, modulator: Modulator) -> bool:
        """Return whether it is of a modulator of that name and size."""
        return (self.device, self.shape_px) == (modulator.device, modulator.shape_px)


def read_calibration(path: Path | str) -> Calibration:
    """Return the calibration of a file.

    Parameters
    ----------
    path : Path or str
        As `write_calibration` wrote it.

    Raises
    ------
    ProfileError
        If it can't be read, or says something that can't be used.
    """
    path = Path(path)
    # Not of pathlib, which raises where a name is too long; and no pipe is waited for.
    if not os.path.isfile(path):
        raise ProfileError(f"There is no calibration {path}.", _DO)
    try:
        with path.open("rb") as file:
            document = parse_json(file.read(_MOST_BYTES))
    except OSError as error:
        raise ProfileError(f"{path} can't be read: {error.strerror or error}.", _DO) from None
    except ValueError as error:
        raise ProfileError(f"{path} is no calibration: {error}.", _DO) from None
    document = check_plain(document, path, ProfileError, "calibration")
    as_tuples = {name: _tuples(value) for name, value in document.items()}
    return fit(Calibration, as_tuples, source=path, raises=ProfileError, do=_DO)


def write_calibration(calibration: Calibration, path: Path | str) -> None:
    """Write a calibration, whole or not at all.

    Parameters
    ----------
    calibration : Calibration
        As `saccade.app.calibrate` returns it.
    path : Path or str
        A file; one that is there is replaced.
    """
    path = Path(path)
    beside = path.with_name(path.name + ".part")
    beside.write_text(json.dumps(calibration.model_dump(), indent=1) + "\n", encoding="utf-8")
    os.replace(beside, path)


def _tuples(value: object) -> object:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
