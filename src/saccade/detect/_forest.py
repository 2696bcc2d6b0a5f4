"""A learned detector for a few labelled frames: a random forest on filter features."""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import TYPE_CHECKING, Literal, Self

import numpy as np

from saccade.core import Identity, Needs, Observation, Span, is_number, require
from saccade.models import load_model, trees_of

from ._forest_look import forest_heat, forest_peaks, forest_places_px
from ._learned import check_kind
from ._network import calibrated, compressed, prepared_picture, uncalibrated
from ._pixels import Peaks, not_a_picture, picture, points
from ._settings import is_count, is_positive, look_ms

if TYPE_CHECKING:
    from saccade.core import Frame
    from saccade.models import Calibration, Model, TreeArrays

_MOST_BLOWN_UP = 2**24


@dataclass(frozen=True, eq=False)
class Forest:
    """Finds what a forest was trained to find; the score is that of the surest place.

    A pixel classifier: each cell of the picture is told apart by its brightness, edges, ridges and
    blobs at several scales, by the mean of many decision trees (Breiman, 2001). It learns from
    five to fifty labelled things what a network would need hundreds for, in seconds. A model that
    was trained on labels of whole frames has a score and no places.

    Parameters
    ----------
    model : str
        Folder of a model, or the name of a shipped one.
    class_name : str, optional
        What to find, where the model knows several; by default its first.
    threshold : float, optional
        Calibrated score from which a place is reported; by default that of the card.
    max_points : int
        Number of places to report, the surest first; all are counted.
    overload : {'surest', 'all'}
        Where the first few trees find something nearly everywhere: 'surest' lets the others look
        only at the surest quarter of the cells, which bounds the time; 'all' takes its time.
    sha256 : str, optional
        Of the weights; another model of the same name is refused.

    Raises
    ------
    ModelError
        If there is no such model, or it is another one, or a network.
    ProtocolError
        If a setting can't be used.

    Notes
    -----
    Measurements are ``count``, ``surest`` (the logit before calibration), ``area``, the share
    of the picture that the trees take for what is looked for, and ``capped``, the share that was
    left to the first trees by ``overload``, 0 in most pictures.
    """

    model: str
    _: KW_ONLY
    class_name: str | None = None
    threshold: float | None = None
    max_points: int = 200
    overload: Literal["surest", "all"] = "surest"
    sha256: str | None = None
    _loaded: Model = field(init=False, repr=False)
    _trees: TreeArrays = field(init=False, repr=False)

    def __post_init__(self) -> None:
        loaded = load_model(self.model)
        check_kind(loaded, "forest", "Forest")
        if self.sha256 is not None:
            same = self.sha256 == loaded.weights.sha256
            do = f"This model has {loaded.weights.sha256}; get the other, or correct it."
            require(same, "Forest.sha256", self.sha256, "that of the weights", do)
        classes = loaded.card.architecture.classes
        known = self.class_name is None or self.class_name in classes
        must = f"one of {', '.join(classes)}"
        require(known, "Forest.class_name", self.class_name, must, "Choose one.")
        ok = self.threshold is None or (is_number(self.threshold) and 0 <= self.threshold <= 1)
        do = "Leave it out for that of the model's card."
        require(ok, "Forest.threshold", self.threshold, "a number from 0 to 1", do)
        must, do = "a whole number of at least 1", "Give a number of places."
        require(is_count(self.max_points), "Forest.max_points", self.max_points, must, do)
        known = self.overload in ("surest", "all")
        do = "'surest' bounds the time of a look."
        require(known, "Forest.overload", self.overload, "'surest' or 'all'", do)
        object.__setattr__(self, "_loaded", loaded)
        object.__setattr__(self, "_trees", trees_of(loaded))

    @property
    def needs(self) -> Needs:
        """The pixel size that its card allows."""
        given = self._loaded.card.input
        made, (low, high) = given.pixel_size_um, given.rescale
        return Needs(pixel_size_um=None if made is None else Span(made * low, made * high))

    @property
    def identity(self) -> Identity:
        """Name, version and weights of the model."""
        card = self._loaded.card
        return Identity(f"saccade.detect:Forest {card.name}", card.version, card.sha256)

    def __call__(self, frame: Frame) -> Observation:
        """Return the places of a frame.

        Parameters
        ----------
        frame : Frame
            Of any real dtype.
        """
        seen, scale = picture(frame), self._scale(frame.pixel_size_um)
        if seen is None or scale is None or seen.pixels.size * scale**2 > _MOST_BLOWN_UP:
            return not_a_picture(self.identity)
        card, known = self._loaded.card, self._calibration
        made = card.architecture.trees
        assert made is not None  # noqa: S101 - checked by check_kind
        prepared = prepared_picture(seen.pixels, scale, card.input.low, card.input.high)
        prepared = compressed(prepared, card.input.compress)
        classes = card.architecture.classes
        kind = classes.index(self._wanted)
        told = forest_heat(self._trees, made, prepared, self.overload)
        heat = told.logits[kind]
        surest = float(heat.max())
        least = known.threshold if self.threshold is None else self.threshold
        found = forest_peaks(heat, made, uncalibrated(least, known))
        scores = calibrated(found.strength, known)
        kept = slice(0, 0 if made.whole else self.max_points)
        y_px, x_px = forest_places_px(found, made, frame.pixels.shape, prepared.shape)
        shown = Peaks(y_px[kept], x_px[kept], scores[kept], found.total)
        return Observation(
            float(calibrated(np.array([surest]), known)[0]),
            points=points(frame, shown, 1),
            measurements={
                "count": float(found.total),
                "surest": surest,
                "area": float(np.mean(heat > 0)),
                "capped": told.capped,
            },
            detector=self.identity,
        )

    def warm(self, frame: Frame) -> None:
        """Touch the memory that the first frame would wait for."""
        self(frame)

    def takes_ms(self, frame: Frame) -> float:
        """Return how long a look takes, for a run in virtual time."""
        made = self._loaded.card.architecture.trees
        cell_px = 4 if made is None else made.cell_px
        scale = self._scale(frame.pixel_size_um) or 1.0
        return look_ms(frame, fixed_ms=1.0, ns_a_px=scale**2 * (8.0 + 800.0 / cell_px**2))

    def fresh(self) -> Self:
        """Return a detector with the same settings; it has no memory of frames."""
        return replace(self)

    @property
    def _wanted(self) -> str:
        return self.class_name or self._loaded.card.architecture.classes[0]

    @property
    def _calibration(self) -> Calibration:
        return self._loaded.card.calibration[self._wanted]

    def _scale(self, pixel_size_um: float) -> float | None:
        """Return by how much a picture is enlarged; None if it may not be."""
        given = self._loaded.card.input
        if given.pixel_size_um is None:
            return 1.0
        if not is_positive(pixel_size_um):
            return None
        scale = pixel_size_um / given.pixel_size_um
        ok = math.isfinite(scale) and given.rescale[0] <= scale <= given.rescale[1]
        return scale if ok else None
