"""The same scene through another microscope: what changes in a picture, but not what is in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from ._sample import joined

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._sample import Sample, Unsure

    Image = NDArray[np.float32]

_GRAINY = 0.5
"""Share of the pieces with granules, and with texture."""
_GRAIN_PX = (0.8, 4.0)
"""Sigma of the grains, least and greatest."""


@dataclass(frozen=True, kw_only=True)
class Variety:
    """How different the pictures may be that a model will meet.

    Parameters
    ----------
    scale : tuple of float
        Least and greatest magnification, relative to the sample's own.
    turn : bool
        Whether there is no up and down.
    blur_px, noise, gain, haze : float
        Most blur (defocus, as a Gaussian's sigma), noise (of the span of the picture), change of
        brightness (as a factor, logarithmic), and unevenness of the ground.
    overlay : float
        Share of the pieces on which another one is laid, as light of two layers of cells adds up:
        so it learns to tell things apart that touch. Only for pictures of emitted light.
    granules : float
        Brightest ground of granules, such as yolk, vesicles or what is out of focus, in spans of
        the picture; it lies still from frame to frame, or boils.
    texture : float
        Most unevenness of what is bright, as a share of its brightness.
    """

    scale: tuple[float, float] = (0.7, 1.4)
    turn: bool = True
    blur_px: float = 1.0
    noise: float = 0.08
    gain: float = 0.5
    haze: float = 0.15
    overlay: float = 0.0
    granules: float = 0.0
    texture: float = 0.0


class Crop(NamedTuple):
    """A piece of a sample, as a network learns from it."""

    pictures: Image
    """(frames, y, x)"""
    places_px: NDArray[np.float64]
    kinds: NDArray[np.intp]
    sizes_px: NDArray[np.float64]
    labels: NDArray[np.int32] | None
    valid: NDArray[np.bool_]
    """Pixels of the picture itself; beyond its edge it is mirrored, and nothing is known."""
    unsure: Unsure


def crop(
    sample: Sample,
    side_px: int,
    variety: Variety,
    rng: np.random.Generator,
    around: NDArray[np.float64] | None = None,
) -> Crop:
    """Return a random piece of a sample, through a random microscope.

    Parameters
    ----------
    sample : Sample
        Its pictures are as a network gets them.
    side_px : int
        Of the piece, which is square.
    variety : Variety
        What may differ.
    rng : numpy.random.Generator
        Of the draw.
    around : array, (2,), optional
        Row and column that are in it; without them it may be anywhere.
    """
    scale = float(np.exp(rng.uniform(*np.log(variety.scale))))
    angle = rng.uniform(0, 2 * np.pi) if variety.turn else 0.0
    flip = -1.0 if variety.turn and rng.random() < 0.5 else 1.0
    height, width = sample.shape_px
    if around is None:
        around = rng.uniform(0, 1, 2) * (height - 1, width - 1)
        shift = np.zeros(2)
    else:
        shift = rng.uniform(-0.35, 0.35, 2) * side_px
    cos, sin = np.cos(angle) * scale, np.sin(angle) * scale
    turn = np.array([[cos * flip, -sin], [sin * flip, cos]])  # x and y
    middle = (side_px - 1) / 2 + shift
    forth = np.column_stack([turn, middle - turn @ around[::-1]])
    size = (side_px, side_px)
    mirror = cv2.BORDER_REFLECT_101
    turned = [
        cv2.warpAffine(each, forth, size, flags=cv2.INTER_LINEAR, borderMode=mirror)
        for each in sample.pictures
    ]
    labels = None
    if sample.labels is not None:
        flat = sample.labels.astype(np.float32)
        labels = cv2.warpAffine(flat, forth, size, flags=cv2.INTER_NEAREST).astype(np.int32)
    everywhere = np.ones(sample.shape_px, np.uint8)
    valid = cv2.warpAffine(everywhere, forth, size, flags=cv2.INTER_NEAREST) > 0
    places, unsure = (
        (each[:, ::-1] @ turn.T + forth[:, 2])[:, ::-1]
        for each in (sample.places_px, sample.unsure.places_px)
    )
    pictures = _seen_otherwise(np.stack(turned).astype(np.float32), variety, rng)
    left_out = sample.unsure._replace(places_px=unsure, sizes_px=sample.unsure.sizes_px * scale)
    return Crop(pictures, places, sample.kinds, sample.sizes_px * scale, labels, valid, left_out)


def overlaid(lower: Crop, upper: Crop) -> Crop:
    """Return two pieces as one: their light adds up, and the upper one's masks hide the lower's.

    Parameters
    ----------
    lower, upper : Crop
        Of one size.
    """
    labels = None
    if lower.labels is not None and upper.labels is not None:
        raised = upper.labels + np.int32(len(lower.places_px))
        labels = np.where(upper.labels > 0, raised, lower.labels)
    return Crop(
        np.clip(lower.pictures + upper.pictures, -1.0, 8.0),
        np.concatenate([lower.places_px, upper.places_px]),
        np.concatenate([lower.kinds, upper.kinds]),
        np.concatenate([lower.sizes_px, upper.sizes_px]),
        labels,
        lower.valid & upper.valid,
        joined(lower.unsure, upper.unsure),
    )


def _seen_otherwise(pictures: Image, variety: Variety, rng: np.random.Generator) -> Image:
    sigma = rng.uniform(0, variety.blur_px) if rng.random() < 0.5 else 0.0
    if sigma > 0.3:
        pictures = np.stack([cv2.GaussianBlur(each, (0, 0), sigma) for each in pictures])
    gain = np.exp(rng.uniform(-variety.gain, variety.gain))
    side = pictures.shape[-1]
    ramp = np.linspace(-0.5, 0.5, side, dtype=np.float32)
    haze = rng.uniform(-variety.haze, variety.haze, 3).astype(np.float32)
    ground = haze[0] + haze[1] * ramp[:, None] + haze[2] * ramp[None, :]
    if variety.granules or variety.texture:
        pictures = _grainy(pictures, variety, rng)
    noise = rng.uniform(0, variety.noise) if rng.random() < 0.7 else 0.0
    grain = rng.standard_normal(pictures.shape, np.float32) * np.float32(noise)
    # Shot noise grows with brightness.
    grain *= np.sqrt(np.clip(pictures, 0.05, 4.0))
    seen = pictures * np.float32(gain) + ground + grain
    return np.clip(seen, -1.0, 8.0).astype(np.float32)  # type: ignore[no-any-return]


def _grainy(pictures: Image, variety: Variety, rng: np.random.Generator) -> Image:
    """Return pictures with granules in them, or with things of uneven brightness, or neither."""
    if variety.texture and rng.random() < _GRAINY:
        uneven = np.float32(rng.uniform(0, variety.texture)) * _grains(pictures.shape, rng)
        pictures = pictures * np.clip(1 + uneven, 0.1, 3.0)
    if variety.granules and rng.random() < _GRAINY:
        grains = np.clip(_grains(pictures.shape, rng), 0, 4)
        pictures = pictures + np.float32(rng.uniform(0, variety.granules) / 2) * grains
    return pictures


def _grains(shape: tuple[int, ...], rng: np.random.Generator) -> Image:
    """Return noise of one size of grain, of mean 0 and deviation 1, alike from frame to frame."""
    frames, *sides = shape
    still = rng.uniform(0.5, 1.0)
    sigma = rng.uniform(*_GRAIN_PX)
    common, *own = rng.standard_normal((frames + 1, *sides), np.float32)
    drawn = (np.sqrt(still) * common + np.sqrt(1 - still) * each for each in own)
    grains = np.stack([cv2.GaussianBlur(each, (0, 0), sigma) for each in drawn])
    made: Image = (grains / grains.std()).astype(np.float32)
    return made
