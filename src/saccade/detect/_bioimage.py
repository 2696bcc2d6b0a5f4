"""A learned detector from elsewhere: a model of bioimage.io, imported from its package."""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple, Self, cast

import cv2
import numpy as np

from saccade.core import Explained, Observation, Past, require
from saccade.models import ForeignLooker, open_program

from ._learned import Learned, opened, scale_of
from ._pixels import Peaks, not_a_picture, picture, points, smooth
from ._regions import Regions, regions
from ._settings import is_positive, look_ms
from ._split import Parts, connected, split

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from saccade.core import Frame
    from saccade.models import Model, Program

    from ._masks import Box
    from ._pixels import Image

_AROUND = np.float32(0.1)
"""How much what is around a place counts beside the place, where summits are looked for."""


class _Found(NamedTuple):
    """Things in pixels of an answer, the surest first."""

    places: Peaks
    boxes: NDArray[np.float64]
    """Top, left, bottom and right of each, (n, 4)."""
    labels: NDArray[np.int32] | None


@dataclass(frozen=True, eq=False)
class BioImage(Learned):
    """Finds what a model of bioimage.io was trained to find; the score is that of the surest.

    ``saccade import-model`` makes such a model of a package, and says what its numbers are. Of
    shares (how sure it is that a pixel belongs to a thing) those from ``threshold`` on are parted
    into things, as `Objects` does, and a thing is as sure as its pixels on average. Of maps whose
    summits are things, each summit from ``threshold`` on is one. Of numbers of things each is one,
    as sure as can be.

    Parameters
    ----------
    model : str
        Folder of a model.
    class_name : str, optional
        Which of its channels, where it has several; by default its first.
    border : str, optional
        Another channel that tells where things meet: from ``threshold`` on it parts them.
    threshold : float, optional
        Least share; by default that of the card, 0.5.
    size_px : float
        Usual diameter of the smallest things, in pixels of the model: what has less than half of
        its area is dust, and summits that are nearer are one.
    split : bool
        Whether things that touch are split by their shape.
    max_points : int
        Number of places to report, the surest first; all are counted and labelled.
    sha256 : str, optional
        Of the weights; another model of the same name is refused.

    Raises
    ------
    ModelError
        If there is no such model, it is another one, or ONNX Runtime is not installed.
    ProtocolError
        If a setting can't be used.

    Notes
    -----
    Measurements are ``count`` and ``surest``, the greatest number of the map.
    """

    model: str
    _: KW_ONLY
    class_name: str | None = None
    border: str | None = None
    threshold: float | None = None
    size_px: float = 8.0
    split: bool = True
    max_points: int = 200
    sha256: str | None = None
    _loaded: Model = field(init=False, repr=False)
    _looker: list[ForeignLooker] = field(init=False, repr=False, default_factory=list)

    def __post_init__(self) -> None:
        loaded = opened("BioImage", "program", self)
        object.__setattr__(self, "_loaded", loaded)
        classes = loaded.card.architecture.classes
        ok = self.border is None or (self.border in classes and self.border != self._wanted)
        do = f"It has {', '.join(classes)}."
        require(ok, "BioImage.border", self.border, "another channel of the model", do)
        do = "Give the diameter of the smallest things, such as 8."
        require(is_positive(self.size_px), "BioImage.size_px", self.size_px, "above 0", do)
        require(
            isinstance(self.split, bool), "BioImage.split", self.split, "true or false", "Choose."
        )

    def __call__(self, frame: Frame) -> Observation:
        """Return the things of a frame.

        Parameters
        ----------
        frame : Frame
            Of any real dtype.
        """
        return self._looked(frame)[0]

    @property
    def past(self) -> Past:
        """The frames that it looks at besides the one that is asked about: none."""
        return Past()

    def explain(self, frame: Frame) -> Explained:
        """Return the things, and the map that they were found in.

        Parameters
        ----------
        frame : Frame
            Any.
        """
        seen, own = self._looked(frame)
        return Explained(seen, None if own is None else np.clip(own, 0.0, 1.0))

    def _looked(self, frame: Frame) -> tuple[Observation, Image | None]:
        """Return the things of a frame, and the map that they were found in."""
        seen, scale = picture(frame), scale_of(self._loaded.card, frame.pixel_size_um)
        if seen is None or scale is None:
            return not_a_picture(self.identity), None
        shown = _scaled(seen.pixels, scale)
        told = self._look(shown)
        classes = self._loaded.card.architecture.classes
        own = told[classes.index(self._wanted)]
        found = self._found(own, None if self.border is None else told[classes.index(self.border)])
        back = _Back(self._program.answer.px, shown.shape, frame.pixels.shape)
        kept = found.places.first(self.max_points)
        y_px, x_px = (back.middle(each, axis) for axis, each in enumerate(kept[:2]))
        observed = Observation(
            float(np.clip(kept.strength[:1].max(initial=0.0), 0.0, 1.0)),
            points=points(frame, Peaks(y_px, x_px, kept.strength, kept.total), 1),
            boxes=back.boxes(found.boxes[: self.max_points]),
            labels=None if found.labels is None else back.labels(found.labels),
            measurements={"count": float(kept.total), "surest": float(own.max())},
            detector=self.identity,
        )
        return observed, own

    def warm(self, frame: Frame) -> None:
        """Open the program and touch its memory."""
        self(frame)

    def takes_ms(self, frame: Frame) -> float:
        """Return how long a look takes, for a run in virtual time: as where it was imported."""
        scale = scale_of(self._loaded.card, frame.pixel_size_um) or 1.0
        return look_ms(frame, fixed_ms=2.0, ns_a_px=scale**2 * (self._program.ns_a_px + 40.0))

    def fresh(self) -> Self:
        """Return a detector with the same settings; it has no memory of frames."""
        return replace(self)

    @property
    def _program(self) -> Program:
        program = self._loaded.card.architecture.program
        assert program is not None  # noqa: S101 - checked by check_kind
        return program

    def _look(self, shown: Image) -> NDArray[np.float32]:
        if not self._looker:
            self._looker.append(ForeignLooker(open_program(self._loaded), self._program))
        return self._looker[0](shown)

    def _found(self, own: Image, border: Image | None) -> _Found:
        size_px = self.size_px / self._program.answer.px
        least_px = max(1.0, math.pi * size_px**2 / 8)
        match self._program.reads:
            case "peaks":
                top = own if border is None else np.minimum(own, 1 - border)
                # Where a map is saturated, what is around tells where its summit is.
                told = top + _AROUND * smooth(top, max(size_px / 4, 0.5))
                side = 2 * max(1, round(size_px / 2)) + 1
                highest = cv2.dilate(told, np.ones((side, side), np.uint8))
                parts = connected((told >= highest) & (top >= self._least_score), 1)
                found = _of_parts(parts, regions(parts, top.ravel().take(parts.at)))
                return found._replace(boxes=found.boxes[:0], labels=None)
            case "labels":
                parts, sure = _numbered(own), np.ones(own.size, np.float32)
            case _:
                mask = own >= self._least_score
                mask &= True if border is None else border < self._least_score
                parts, sure = connected(mask, least_px), own.ravel()
                if self.split:
                    parts = split(parts, max(size_px / 2, 1.0))
        return _of_parts(parts, regions(parts, sure.take(parts.at)))


def _of_parts(parts: Parts, found: Regions) -> _Found:
    order = np.argsort(-found.mean, kind="stable")
    kept = found.where(order)
    renamed = np.zeros(parts.number + 1, np.int32)
    renamed[kept.label] = np.arange(1, len(order) + 1)
    places = Peaks(kept.y_px, kept.x_px, kept.mean, len(order))
    return _Found(places, kept.box, parts.image(renamed))


def _numbered(labels: Image) -> Parts:
    """Return the parts of an image in which things are numbered; 0 is ground."""
    at = np.flatnonzero(labels > 0)
    names, of = np.unique(labels.ravel().take(at), return_inverse=True)
    shape = labels.shape[0], labels.shape[1]
    return Parts(shape, at, of.astype(np.intp) + 1, len(names))


def _scaled(pixels: Image, scale: float) -> Image:
    if scale == 1.0:
        return pixels
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    size = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
    return cast("Image", cv2.resize(pixels, size, interpolation=method))


class _Back(NamedTuple):
    """The way back from an answer to the frame."""

    px: int
    """Pixels of what was shown to a pixel of the answer."""
    shown: tuple[int, ...]
    frame: tuple[int, ...]

    def middle(self, at: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
        """Return where middles of pixels of the answer lie in the frame."""
        return (at + 0.5) * self._ratio(axis) - 0.5

    def boxes(self, boxes: NDArray[np.float64]) -> tuple[Box, ...]:
        """Return boxes in pixels of the frame."""
        ratio = [self._ratio(0), self._ratio(1)] * 2
        ends = np.minimum(boxes * ratio, [*self.frame] * 2)
        return tuple(cast("Box", tuple(each)) for each in ends.tolist())

    def labels(self, labels: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return labels as large as the frame."""
        if labels.shape == self.frame:
            return labels
        whole = [length * self.px for length in labels.shape]
        floats = labels.astype(np.float32)  # exact up to 16 million, and OpenCV takes no integers
        large = cv2.resize(floats, (whole[1], whole[0]), interpolation=cv2.INTER_NEAREST)
        cut = large[: self.shown[0], : self.shown[1]]
        size = self.frame[1], self.frame[0]
        return cv2.resize(cut, size, interpolation=cv2.INTER_NEAREST).astype(np.int32)

    def _ratio(self, axis: int) -> float:
        return self.px * self.frame[axis] / self.shown[axis]
