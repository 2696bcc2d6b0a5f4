"""The card of a model: what it was made of and from, how well it does, where it may be trusted."""

from __future__ import annotations

import re
from itertools import cycle, islice
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, model_validator

from saccade.core import FileModel, UsageError

from ._program import Program  # noqa: TC001 - pydantic reads it at run time

Word: TypeAlias = Annotated[str, Field(min_length=1, max_length=200)]
Text: TypeAlias = Annotated[str, Field(min_length=1, max_length=2000)]
CommandLine: TypeAlias = Annotated[str, Field(min_length=1, max_length=8191)]
"""No longer than what a shell of Windows takes."""
Positive: TypeAlias = Annotated[float, Field(gt=0)]
Share: TypeAlias = Annotated[float, Field(ge=0, le=1)]
Sha256: TypeAlias = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


_NET = re.compile(r"(\d{1,3})x(\d{1,2})")
_DILATIONS = (1, 2, 4)


class Trees(FileModel):
    """What a forest is made of, and what of a picture its trees look at."""

    number: Annotated[int, Field(ge=1, le=512)] = 48
    depth: Annotated[int, Field(ge=1, le=12)] = 8
    """Questions from the root of a tree to a leaf."""
    features: Annotated[int, Field(ge=1, le=256)]
    cell_px: Literal[1, 2, 4, 8, 16] = 4
    """Side of the cells that are told apart."""
    sigmas_px: tuple[Positive, ...] = Field(min_length=1, max_length=8)
    """Scales of the features."""
    size_px: Positive
    """Usual diameter of what is looked for."""
    whole: bool = False
    """Whether it tells of whole frames, and not where in them something is."""


class Architecture(FileModel):
    """What a model is made of; `saccade.models` can build it, and nothing else."""

    id: Literal["patch4", "forest", "program"] = "patch4"
    classes: tuple[Word, ...] = Field(min_length=1, max_length=16)
    """What it finds, each with a heat map of its own."""
    frames: Annotated[int, Field(ge=1, le=16)] = 1
    """Frames of one place that it looks at together, the newest last."""
    width: Annotated[int, Field(ge=4, le=256)] = 32
    dilations: tuple[Annotated[int, Field(ge=1, le=16)], ...] = (1, 2, 4)
    masks: bool = False
    members: Annotated[int, Field(ge=1, le=8)] = 1
    """Networks that look together, each learned by itself."""
    trees: Trees | None = None
    """Of a forest, for which width, dilations and masks mean nothing."""
    program: Program | None = None
    """Of one from elsewhere, for which they mean nothing, either."""

    @classmethod
    def of_net(
        cls,
        name: str,
        classes: tuple[str, ...],
        *,
        frames: int = 1,
        masks: bool = False,
        members: int = 1,
    ) -> Architecture:
        """Return what a network of some size is made of.

        Parameters
        ----------
        name : str
            Width x blocks, such as ``32x3``.
        classes : tuple of str
            What it finds.
        frames : int
            That it looks at together.
        masks : bool
            Whether it makes masks.
        members : int
            Networks that look together, 1 to 8.

        Raises
        ------
        UsageError
            If the name is none of a network.
        """
        read = _NET.fullmatch(name.strip())
        width, blocks = (int(each) for each in read.groups()) if read else (0, 0)
        if not (4 <= width <= 256 and blocks >= 1):
            raise UsageError(
                f"{name!r} is no network.", "Give width (4 to 256) x blocks, such as 32x3."
            )
        if not 1 <= members <= 8:
            raise UsageError(f"{members} networks can't look together.", "Give 1 to 8.")
        dilations = tuple(islice(cycle(_DILATIONS), blocks))
        return cls(
            classes=classes,
            frames=frames,
            width=width,
            dilations=dilations,
            masks=masks,
            members=members,
        )

    @model_validator(mode="after")
    def _one_kind(self) -> Architecture:
        if (self.id == "forest") != (self.trees is not None):
            raise ValueError("a forest has trees, and nothing else has")
        if (self.id == "program") != (self.program is not None):
            raise ValueError("a program says what it takes, and nothing else does")
        return self


class Input(FileModel):
    """What pictures must be like, and what is done to them first."""

    pixel_size_um: Positive | None = None
    """At which it was trained; other pictures are rescaled to it. None takes any as it is."""
    rescale: tuple[Positive, Positive] = (0.5, 2.0)
    """Least and greatest factor by which pictures may be rescaled."""
    low: Share = 0.01
    high: Share = 0.998
    """Quantiles of a picture that become 0 and 1."""
    compress: Annotated[float, Field(ge=0, le=100)] = 0.0
    """How much brighter what is dim becomes beside what is bright: x (1 + c) / (1 + c |x|)."""


class Figure(FileModel):
    """A number, with the interval that holds 95 % of what other data would have given."""

    value: float
    low: float
    high: float


class ClassMetrics(FileModel):
    """How well the things of one class are found."""

    objects: Annotated[int, Field(ge=0)]
    """Number of them in the test."""
    f1: Figure
    average_precision: Figure
    mcc: Figure
    """Whether a picture holds any, by Matthews' correlation coefficient (1975)."""
    false_alarms: Figure
    """Places that were none, a picture, at the threshold of the calibration."""


class Metrics(FileModel):
    """What was measured on data that no training or calibration has seen."""

    test_groups: Annotated[int, Field(ge=0)]
    """Independent runs, movies or dishes among them."""
    test_pictures: Annotated[int, Field(ge=0)]
    classes: dict[Word, ClassMetrics]
    mask_ap50: Figure | None = None
    alone: Figure | None = None
    """Where several networks look together, the average precision of the first class of one of
    them alone, on average."""
    shuffled: float | None = None
    """Average precision of the first class where all labels were exchanged among pictures: that
    of guessing, or something leaks."""
    prevalence: Share | None = None
    """Of guessing: the share of the pictures in which a place would count."""


class Calibration(FileModel):
    """From a heat to the share of such places that hold what was looked for."""

    slope: float = 1.0
    offset: float = 0.0
    """Of the logit (Platt, 1999), fitted on groups that training has not seen."""
    threshold: Share = 0.5
    """Of the calibrated score: where F1 was best on the same groups."""
    inside: float = 0.0
    """Logit above which a pixel belongs to an object: where masks were best on the same groups."""
    votes: Annotated[float, Field(ge=0, le=100)] = 0.0
    """How much the votes of pixels count beside the heat: as F1 was best on the same groups."""
    groups: Annotated[int, Field(ge=0)] = 0


Six: TypeAlias = tuple[float, float, float, float, float, float]


class Familiar(FileModel):
    """What the pictures looked like that a model was made with, for those who watch over it.

    Patches of a prepared picture are points in a space of six features; see `detect.Novelty`.
    """

    patch_px: Annotated[int, Field(ge=8, le=1024)]
    centre: Six
    """Median of each feature over all patches that it has learned from."""
    whitening: tuple[Six, Six, Six, Six, Six, Six]
    """Makes differences from it uncorrelated, with a variance of 1 (Mahalanobis, 1936)."""
    distances: tuple[float, ...] = Field(min_length=1, max_length=1000)
    """Of whole pictures of groups that it has not learned from, the nearest first."""


class Training(FileModel):
    """How the weights came about."""

    command: CommandLine
    data: tuple[Text, ...]
    licence: Text
    split: Word
    seed: int
    pictures: int
    objects: int
    epochs: int
    saccade: Word


class Card(FileModel):
    """All that is known of a model; ``card.yaml`` in its folder."""

    saccade_model: Literal[1] = 1
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,40}$")]
    version: Word = "1"
    about: Text
    architecture: Architecture
    input: Input = Input()
    calibration: dict[Word, Calibration]
    """Of each class."""
    metrics: Metrics
    training: Training
    familiar: Familiar | None = None
    calibrated: CommandLine | None = None
    """What calibrated and tested it, if that was not its training."""
    limits: tuple[Word, ...]
    """Where it should not be trusted, a sentence each."""
    sha256: Sha256
    """Of the weights."""

    @model_validator(mode="after")
    def _in_order(self) -> Card:
        if self.input.low >= self.input.high or self.input.rescale[0] > self.input.rescale[1]:
            raise ValueError("input.low must be below input.high, and rescale in order")
        classes = set(self.architecture.classes)
        for name in ("calibration", "metrics.classes"):
            told = self.calibration if name == "calibration" else self.metrics.classes
            if told.keys() != classes:
                raise ValueError(f"{name} must tell of each class: {', '.join(sorted(classes))}")
        return self
