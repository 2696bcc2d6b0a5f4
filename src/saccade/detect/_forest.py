"""A learned detector for a few labelled frames: a random forest on filter features."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field, replace
from typing import TYPE_CHECKING, Literal, Self

import numpy as np

from saccade.core import Observation, require
from saccade.models import trees_of

from ._forest_look import forest_heat, forest_peaks, forest_places_px
from ._learned import Learned, opened, scale_of
from ._network import calibrated, made_ready, uncalibrated
from ._pixels import Peaks, not_a_picture, picture, points
from ._settings import look_ms

if TYPE_CHECKING:
    from saccade.core import Frame
    from saccade.models import Model, TreeArrays

_MOST_BLOWN_UP = 2**24


@dataclass(frozen=True, eq=False)
class Forest(Learned):
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
        loaded = opened("Forest", "forest", self)
        known = self.overload in ("surest", "all")
        do = "'surest' bounds the time of a look."
        require(known, "Forest.overload", self.overload, "'surest' or 'all'", do)
        object.__setattr__(self, "_loaded", loaded)
        object.__setattr__(self, "_trees", trees_of(loaded))

    def __call__(self, frame: Frame) -> Observation:
        """Return the places of a frame.

        Parameters
        ----------
        frame : Frame
            Of any real dtype.
        """
        seen, scale = picture(frame), scale_of(self._loaded.card, frame.pixel_size_um)
        if seen is None or scale is None or seen.pixels.size * scale**2 > _MOST_BLOWN_UP:
            return not_a_picture(self.identity)
        card, known = self._loaded.card, self._calibration
        made = card.architecture.trees
        assert made is not None  # noqa: S101 - checked by check_kind
        prepared = made_ready(seen.pixels, scale, card.input)
        classes = card.architecture.classes
        kind = classes.index(self._wanted)
        told = forest_heat(self._trees, made, prepared, self.overload)
        heat = told.logits[kind]
        surest = float(heat.max())
        found = forest_peaks(heat, made, uncalibrated(self._least_score, known))
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
        scale = scale_of(self._loaded.card, frame.pixel_size_um) or 1.0
        return look_ms(frame, fixed_ms=1.0, ns_a_px=scale**2 * (8.0 + 800.0 / cell_px**2))

    def fresh(self) -> Self:
        """Return a detector with the same settings; it has no memory of frames."""
        return replace(self)
