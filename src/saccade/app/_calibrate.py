"""Where a light modulator's picture falls on the camera, found by showing spots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import cv2
import numpy as np
from useq import Channel, MDAEvent, SLMImage

from saccade.core import FULL, CalibrationError, NeedsError, Observation, is_number, require
from saccade.scope import Calibration

from ._run import Run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from saccade.core import Frame, Guard, Modulator, Stand
    from saccade.scope import MicroManagerScope

_VISIBLE = 8.0
"""How many times its own noise a smoothed spot must stand out."""
_OUTLIER_PX = 3.0
_FEWEST = 6
_ON_A_SLIDE = "Use an even, glowing slide in focus, with more light or a longer exposure."


@dataclass(frozen=True)
class CalibrationPlan:
    """What is shown, and in what light.

    Parameters
    ----------
    channel : str, optional
        Preset whose light passes the modulator; by default the present one.
    exposure_ms : float, optional
        By default the present one.
    side : int
        So many spots along each side are fitted; one less are used to test the fit.
    radius_px : int, optional
        Of a spot on the modulator; by default a 64th of its longer side.
    at_most_px : float
        Error on the sensor above which it is no calibration.

    Raises
    ------
    ProtocolError
        If a setting can't be used.
    """

    channel: str | None = None
    exposure_ms: float | None = None
    side: int = 5
    radius_px: int | None = None
    at_most_px: float = 1.0

    def __post_init__(self) -> None:
        ok = isinstance(self.side, int) and 3 <= self.side <= 20
        require(ok, "side", self.side, "a whole number from 3 to 20", "5 suits most.")
        ok = self.radius_px is None or (isinstance(self.radius_px, int) and self.radius_px > 0)
        require(ok, "radius_px", self.radius_px, "a whole number above 0", "Leave it out.")
        ok = is_number(self.at_most_px) and self.at_most_px > 0
        require(ok, "at_most_px", self.at_most_px, "a number above 0", "1 suits most.")


class _Shown(NamedTuple):
    """A spot, column and row of its middle on the modulator; None is all dark, or all open."""

    at_px: tuple[int, int] | None
    level: int = FULL


class _Finder:
    """A detector that remembers where each spot was found on the sensor."""

    def __init__(self) -> None:
        self.dark: NDArray[np.float32] | None = None
        self.open: NDArray[np.float32] | None = None
        self.found: dict[int, tuple[float, float]] = {}
        self.sensor_px = (0, 0)

    def __call__(self, frame: Frame) -> Observation:
        pixels = frame.pixels.astype(np.float32)
        if self.dark is None or self.open is None:
            self.dark, self.open = (
                (pixels, None) if self.dark is None else (self.dark, pixels - self.dark)
            )
            self.sensor_px = frame.sensor_px or pixels.shape[::-1]
            return Observation(0.0)
        at = _spot(pixels - self.dark, self.open)
        if at is None:
            return Observation(0.0)
        left, top, *_ = frame.roi or (0, 0)
        self.found[frame.index] = at[0] + left, at[1] + top
        return Observation(1.0)


def calibrate(
    scope: MicroManagerScope,
    plan: CalibrationPlan | None = None,
    *,
    guards: Sequence[Guard] = (),
    out: Path | None = None,
) -> Calibration:
    """Return where a microscope's light modulator shines, as the camera sees it.

    On a slide that glows evenly, the modulator is dark once, open once, and then shows spots one
    by one. Each is looked for in the ratio of its picture to that of open light; an affine map is
    fitted to those that are wholly in the picture (RANSAC, then least squares), and tested on
    other spots between them. It is a run like any other, with guards and a folder.

    Parameters
    ----------
    scope : MicroManagerScope
        The microscope.
    plan : CalibrationPlan, optional
        What is shown.
    guards : sequence of Guard
        They stand at the door, as in any run.
    out : Path, optional
        Folder of the run; by default a new one under ``runs``.

    Raises
    ------
    NeedsError
        If there is no modulator.
    CalibrationError
        If too few spots are found, or the fit is not good enough.
    """
    plan = plan or CalibrationPlan()
    stand = scope.stand()
    modulator = stand.modulator
    if modulator is None:
        raise NeedsError(f"{stand.name!r} has no light modulator.", "Name it in the profile.")
    shown = _to_show(plan, modulator)
    finder = _Finder()
    events = [_event(each, plan, modulator, stand) for each in shown]
    run = Run(scope, events, detect=finder, guards=guards, out=out, name="calibrate")
    verdict = run.start().wait()
    if not verdict.whole:
        raise CalibrationError(f"The calibration did not come to its end: {verdict}.", _ON_A_SLIDE)
    fitted = [number for number in finder.found if number - 2 < plan.side**2]
    tested = [number for number in finder.found if number not in fitted]
    matrix, used = _fitted(*_pairs(fitted, shown, finder))
    error_px = _error_px(matrix, *_pairs(tested, shown, finder))
    if not error_px <= plan.at_most_px:
        what = f"Spots that the fit has not seen are {error_px:.2f} px off, more than"
        raise CalibrationError(f"{what} {plan.at_most_px:g}.", _ON_A_SLIDE)
    return Calibration(
        device=modulator.device,
        shape_px=modulator.shape_px,
        to_sensor=cast("Any", tuple(tuple(map(float, row)) for row in matrix)),
        sensor_px=finder.sensor_px,
        error_px=error_px,
        spots=used,
    )


def _to_show(plan: CalibrationPlan, modulator: Modulator) -> list[_Shown]:
    """Return darkness, openness, the spots to be fitted, and those between them as a test."""
    height, width = modulator.shape_px
    at = np.linspace(0.08, 0.92, plan.side)
    between = (at[1:] + at[:-1]) / 2
    spots = [
        _Shown((round(x * (width - 1)), round(y * (height - 1))))
        for places in (at, between)
        for y in places
        for x in places
    ]
    return [_Shown(None, 0), _Shown(None), *spots]


def _event(shown: _Shown, plan: CalibrationPlan, modulator: Modulator, stand: Stand) -> MDAEvent:
    pixels = np.full(modulator.shape_px, 0 if shown.at_px else shown.level, np.uint8)
    if shown.at_px is not None:
        radius = plan.radius_px or max(1, max(modulator.shape_px) // 64)
        cv2.circle(pixels, shown.at_px, radius, shown.level, cv2.FILLED)
    channel = None
    if plan.channel is not None:
        channel = Channel(config=plan.channel, group=stand.channel_group or "Channel")
    exposure_ms = plan.exposure_ms or stand.exposure_ms
    image = SLMImage(data=pixels, device=modulator.device)
    return MDAEvent(channel=channel, exposure=exposure_ms, slm_image=image)


def _spot(risen: NDArray[np.float32], open_: NDArray[np.float32]) -> tuple[float, float] | None:
    """Return column and row of a spot; None if there is none, or not all of one."""
    enough = 0.05 * float(np.percentile(open_, 99))
    ratio = np.where(open_ > max(enough, 1.0), risen / np.maximum(open_, 1.0), 0)
    smooth = cv2.GaussianBlur(ratio.astype(np.float32), (0, 0), 2.0)
    ground = float(np.median(smooth))
    noise = 1.4826 * float(np.median(np.abs(smooth - ground)))
    peak = float(smooth.max())
    if not peak - ground > max(_VISIBLE * noise, 0.05):
        return None
    above = (smooth > (peak + ground) / 2).astype(np.uint8)
    _, labels, boxes, _ = cv2.connectedComponentsWithStats(above)
    mine = labels[np.unravel_index(int(smooth.argmax()), smooth.shape)]
    left, top, wide, high, _ = boxes[mine]
    if left == 0 or top == 0 or left + wide == smooth.shape[1] or top + high == smooth.shape[0]:
        return None
    rows, cols = np.nonzero(labels == mine)
    weight = smooth[rows, cols] - (peak + ground) / 2
    return float(np.average(cols, weights=weight)), float(np.average(rows, weights=weight))


def _pairs(
    numbers: Sequence[int], shown: Sequence[_Shown], finder: _Finder
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return columns and rows on the modulator, (n, 2), and on the sensor."""
    on_slm = [shown[number].at_px or (0, 0) for number in numbers]
    on_sensor = [finder.found[number] for number in numbers]
    return np.array(on_slm, float).reshape(-1, 2), np.array(on_sensor).reshape(-1, 2)


def _fitted(
    on_slm: NDArray[np.float64], on_sensor: NDArray[np.float64]
) -> tuple[NDArray[np.float64], int]:
    """Return the map, (2, 3), and on how many spots it rests."""
    inside = np.zeros(len(on_slm), bool)
    if len(on_slm) >= _FEWEST:
        _, which = cv2.estimateAffine2D(on_slm, on_sensor, ransacReprojThreshold=_OUTLIER_PX)
        inside = which.ravel().astype(bool) if which is not None else inside
    if inside.sum() < _FEWEST:
        what = f"Of {len(on_slm)} spots that were found, {inside.sum()} agree;"
        raise CalibrationError(f"{what} {_FEWEST} are needed.", _ON_A_SLIDE)
    ones = np.ones((int(inside.sum()), 1))
    with_ones = np.hstack((on_slm[inside], ones))
    solved, *_ = np.linalg.lstsq(with_ones, on_sensor[inside], rcond=None)
    return np.asarray(solved.T, np.float64), int(inside.sum())


def _error_px(
    matrix: NDArray[np.float64], on_slm: NDArray[np.float64], on_sensor: NDArray[np.float64]
) -> float:
    """Return the root mean square distance of spots from where the map has them."""
    if len(on_slm) < 3:
        what = f"Only {len(on_slm)} spots were found to test the fit on; 3 are needed."
        raise CalibrationError(what, _ON_A_SLIDE)
    off = on_slm @ matrix[:, :2].T + matrix[:, 2] - on_sensor
    return float(np.sqrt((off**2).sum(axis=1).mean()))
