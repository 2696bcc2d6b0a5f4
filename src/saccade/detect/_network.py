"""A learned detector: where things are, by a small network that knows how sure it is."""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self, cast

import cv2
import numpy as np

from saccade.core import Explained, Observation, Past, is_number, require
from saccade.models import RUNTIMES, Runtime, runtime_for

from ._learned import Learned, opened, scale_of
from ._masks import masks_of
from ._pixels import Peaks, not_a_picture, picture, points, sample
from ._recent import Recent
from ._settings import look_ms
from ._shared import Shared, shared_look
from ._votes import backed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from saccade.core import Frame
    from saccade.models import Calibration, Input, Model

    from ._masks import Box
    from ._pixels import Image

STRIDE = 4
_BRIGHTEST = 8.0
"""Values beyond it, in units of the span of a picture, are no brighter to a network."""


@dataclass(frozen=True, eq=False)
class Network(Learned):
    """Finds what a model was trained to find; the score is that of the surest place.

    The frame is rescaled to the pixel size of the model where its card allows it, and brought
    to the span between two quantiles. A model that looks at several frames gets the last ones
    of the same position, tile and channel, the first one repeated at the beginning; with
    ``spacing_s``, the last ones that are so far apart.

    Parameters
    ----------
    model : str
        Name of a shipped model, or the folder of another one.
    class_name : str, optional
        What to find, where the model knows several; by default its first.
    threshold : float, optional
        Calibrated score from which a place is reported; by default that of the card.
    max_points : int
        Number of places to report, the surest first; all are counted.
    masks : bool
        Also draw what is found, where the model can: ``labels`` are 1 for the surest place, and
        each point has its box. It takes some milliseconds more.
    sha256 : str, optional
        Of the weights; another model of the same name is refused.
    spacing_s : float
        Least time between the frames that a model looks at together. Frames of a burst hardly
        differ; where what is looked for is slow, those between are passed over. Of each place up to
        four pictures are kept for each such time. 0 is off.
    runtime : {'torch', 'onnxruntime', 'openvino'}, optional
        What computes the network; by default what ``saccade bench --detector`` found to be the
        fastest on this machine, or torch. It changes scores by rounding only.

    Raises
    ------
    ModelError
        If there is no such model, it is another one, or the runtime is not installed.
    ProtocolError
        If a setting can't be used.

    Notes
    -----
    Measurements are ``count`` and ``surest``, the logit before calibration; of several networks
    that look together also ``spread``, the standard deviation of their scores of the surest place.
    """

    model: str
    _: KW_ONLY
    class_name: str | None = None
    threshold: float | None = None
    max_points: int = 200
    masks: bool = False
    sha256: str | None = None
    spacing_s: float = 0.0
    runtime: Runtime | None = None
    _loaded: Model = field(init=False, repr=False)
    _seen: dict[tuple[Any, ...], Recent] = field(init=False, repr=False, default_factory=dict)
    _net: list[Shared] = field(init=False, repr=False, default_factory=list)

    def __post_init__(self) -> None:
        loaded = opened("Network", "patch4", self)
        ok = self.runtime is None or self.runtime in RUNTIMES
        do = f"Choose one of {', '.join(RUNTIMES)}."
        require(ok, "Network.runtime", self.runtime, "a runtime", do)
        object.__setattr__(self, "_loaded", loaded)
        can = loaded.card.architecture.masks or not self.masks
        do = f"{self.model} was trained without masks; choose another model, or leave it out."
        require(can, "Network.masks", self.masks, "false", do)
        ok = is_number(self.spacing_s) and self.spacing_s >= 0
        do = "Give seconds, such as the interval of the watch; 0 is off."
        require(ok, "Network.spacing_s", self.spacing_s, "a time of 0 or more", do)
        # Said aloud from here on, so that a run's record tells it and a replay takes the same.
        object.__setattr__(self, "runtime", runtime_for(loaded, self.runtime))

    def __call__(self, frame: Frame) -> Observation:
        """Return the places of a frame.

        Parameters
        ----------
        frame : Frame
            Of any real dtype.
        """
        return self._places(frame)[0]

    @property
    def past(self) -> Past:
        """The frames that the model looks at besides the one that is asked about."""
        before = self._loaded.card.architecture.frames - 1
        return Past(here=before, here_s=2 * before * self.spacing_s)

    def explain(self, frame: Frame) -> Explained:
        """Return the places, and the score that each cell of the network has by itself.

        Parameters
        ----------
        frame : Frame
            The next one of its place.
        """
        seen, heat = self._places(frame)
        if heat is None:
            return Explained(seen)
        scores = calibrated(heat.astype(np.float64), self._calibration)
        return Explained(seen, scores.astype(np.float32))

    def _places(self, frame: Frame) -> tuple[Observation, Image | None]:
        """Return the places of a frame, and the logit of each cell."""
        seen = picture(frame)
        scale = scale_of(self._loaded.card, frame.pixel_size_um)
        if seen is None or scale is None:
            return not_a_picture(self.identity), None
        prepared = self._shared().prepared(
            frame.pixels, lambda: made_ready(seen.pixels, scale, self._loaded.card.input)
        )
        told = self._look(self._with_past(frame, prepared))
        calibration = self._calibration
        heat, offset = heat_of(told, self._class, calibration.votes), told["offset"][0]
        found = peaks_of(heat, offset, uncalibrated(self._least_score, calibration))
        scores = calibrated(found.strength, calibration)
        surest = float(heat.max())
        kept = slice(0, self.max_points)
        y_px, x_px = places_px(found, frame.pixels.shape, prepared.shape)
        shown = Peaks(y_px[kept], x_px[kept], scores[kept], found.total)
        labels, boxes = self._masks(told, found.first(self.max_points), frame, prepared)
        counted = {"count": float(found.total), "surest": surest}
        observed = Observation(
            float(calibrated(np.array([surest]), calibration)[0]),
            points=points(frame, shown, 1),
            boxes=boxes,
            labels=labels,
            measurements={**counted, **self._spread(told, heat)},
            detector=self.identity,
        )
        return observed, heat

    def warm(self, frame: Frame) -> None:
        """Build the network and touch its memory; leaves no memory of the frame."""
        self(frame)
        self._seen.clear()

    def takes_ms(self, frame: Frame) -> float:
        """Return how long a look takes, for a run in virtual time."""
        scale = scale_of(self._loaded.card, frame.pixel_size_um) or 1.0
        made = self._loaded.card.architecture
        return look_ms(frame, fixed_ms=0.5, ns_a_px=scale**2 * 1.2 * made.width * made.members)

    def fresh(self) -> Self:
        """Return a detector with the same settings and no memory."""
        return replace(self)

    def _shared(self) -> Shared:
        """Return the network, which detectors of the same model share."""
        if not self._net:
            self._net.append(shared_look(self._loaded, self.runtime or "torch"))
        return self._net[0]

    def _with_past(self, frame: Frame, prepared: Image) -> list[Image]:
        """Return the last pictures of a place, this one last."""
        count = self._loaded.card.architecture.frames
        if count == 1:
            return [prepared]
        index = frame.event.index
        at = index.get("p", 0), index.get("g", 0), frame.camera
        place = *at, frame.channel, prepared.shape, frame.pixel_size_um
        seen = self._seen.setdefault(place, Recent(count, self.spacing_s))
        return seen.with_past(prepared, frame.t_ns / 1e9)

    def _look(self, pictures: list[Image]) -> Mapping[str, NDArray[np.float32]]:
        """Return what each head says of the last pictures of a place."""
        return self._shared().look(pictures)

    @property
    def _class(self) -> int:
        return self._loaded.card.architecture.classes.index(self._wanted)

    def _spread(self, told: Mapping[str, NDArray[np.float32]], heat: Image) -> dict[str, float]:
        """Return how far networks that look together are from being at one on the surest place."""
        if "members" not in told:
            return {}
        alone, surest = told["heat"][0, self._class], np.argmax(heat)
        classes = len(self._loaded.card.architecture.classes)
        logits = told["members"][0, self._class :: classes].reshape(-1, heat.size)[:, surest]
        more = heat.flat[surest] - alone.flat[surest]  # what they have from votes, all the same
        scores = calibrated((logits + more).astype(np.float64), self._calibration)
        return {"spread": float(scores.std())}

    def _masks(
        self, told: Mapping[str, NDArray[np.float32]], found: Peaks, frame: Frame, prepared: Image
    ) -> tuple[NDArray[np.int32] | None, tuple[Box, ...]]:
        """Return labels and boxes of places, if they are wanted."""
        if not self.masks:
            return None, ()
        shapes = (
            cast("tuple[int, int]", frame.pixels.shape),
            cast("tuple[int, int]", prepared.shape),
        )
        return masks_of(told, found, *shapes, stride=STRIDE, least=self._calibration.inside)


def prepared_picture(pixels: Image, scale: float, low: float, high: float) -> Image:
    """Return a picture as networks get it: rescaled, 0 and 1 at two of its quantiles.

    Parameters
    ----------
    pixels : array of float32, (y, x)
        Raw.
    scale : float
        By which it is enlarged.
    low, high : float
        The quantiles; taken of a sample of the pixels.
    """
    if scale != 1.0:
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        size = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
        pixels = cv2.resize(pixels, size, interpolation=method)  # type: ignore[assignment]
    dark, bright = np.quantile(sample(pixels), (low, high))
    span = max(float(bright - dark), 1e-6)
    spanned = (pixels - np.float32(dark)) * np.float32(1 / span)
    return np.clip(spanned, -1.0, _BRIGHTEST, out=spanned)


def compressed(prepared: Image, compress: float) -> Image:
    """Return a prepared picture in which the dim and the bright are nearer to each other.

    Parameters
    ----------
    prepared : array of float32, (..., y, x)
        0 and 1 stay what they are; it is used up.
    compress : float
        How much; 0 leaves it alone.
    """
    if compress == 0:
        return prepared
    brake = np.abs(prepared)
    brake *= np.float32(compress)
    brake += 1
    prepared *= np.float32(1 + compress)
    return np.divide(prepared, brake, out=prepared)


def made_ready(pixels: Image, scale: float, given: Input) -> Image:
    """Return a picture as a model gets it: prepared, and compressed if its card says so.

    Parameters
    ----------
    pixels : array of float32, (y, x)
        Raw.
    scale : float
        By which it is enlarged.
    given : Input
        Of the model's card.
    """
    return compressed(prepared_picture(pixels, scale, given.low, given.high), given.compress)


def heat_of(told: Mapping[str, NDArray[np.float32]], kind: int, votes: float) -> Image:
    """Return the logit of each cell, what its pixels vote for included.

    Parameters
    ----------
    told : mapping of str to array
        Heads of the network, of one picture: (1, ...).
    kind : int
        Class.
    votes : float
        How much votes count, as the calibration says.
    """
    heat = told["heat"][0, kind]
    return backed(heat, told["inside"][0, 0], told["vote"][0], votes) if votes else heat


def peaks_of(heat: Image, offset: NDArray[np.float32], least: float) -> Peaks:
    """Return the places of a heat map, the surest first, in cells from the first one's middle.

    Parameters
    ----------
    heat : array of float32, (y, x)
        Logits.
    offset : array of float32, (2, y, x)
        From the middle of each cell to what is there, y and x, in cells.
    least : float
        Logit of a place at least.
    """
    highest = cv2.dilate(heat, np.ones((3, 3), np.uint8))
    rows, cols = np.nonzero((heat >= highest) & (heat >= least))
    order = np.argsort(-heat[rows, cols], kind="stable")
    rows, cols = rows[order], cols[order]
    y, x = rows + offset[0, rows, cols], cols + offset[1, rows, cols]
    return Peaks(y.astype(float), x.astype(float), heat[rows, cols].astype(float), len(rows))


def places_px(
    found: Peaks, shape: tuple[int, ...], prepared: tuple[int, ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return rows and columns, in pixels of a frame, of what was found in its prepared picture.

    Parameters
    ----------
    found : Peaks
        In cells.
    shape, prepared : tuple of int
        Of the frame, and of the picture that the network got.
    """
    middle = STRIDE / 2  # of the first cell, from the corner of the picture
    y_px = (STRIDE * found.y_px + middle) * (shape[0] / prepared[0]) - 0.5
    x_px = (STRIDE * found.x_px + middle) * (shape[1] / prepared[1]) - 0.5
    return y_px, x_px


def calibrated(logits: NDArray[np.float64], calibration: Calibration) -> NDArray[np.float64]:
    """Return the share of places with such logits that hold what was looked for (Platt, 1999)."""
    return 1 / (1 + np.exp(-np.clip(calibration.slope * logits + calibration.offset, -60, 60)))


def uncalibrated(score: float, calibration: Calibration) -> float:
    """Return the logit that has a calibrated score."""
    if not 0 < score < 1:
        return -math.inf if score <= 0 else math.inf
    return (math.log(score / (1 - score)) - calibration.offset) / calibration.slope


def _up(side: int) -> int:
    return -(-side // STRIDE) * STRIDE
