"""A program of ONNX from elsewhere: what is done to a picture before it, and to its answer."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from saccade.core import FileModel

Axes: TypeAlias = Annotated[str, Field(pattern=r"^[bcyx]{2,4}$")]
"""A letter each: batch, channel, y, x."""
Numbers: TypeAlias = float | tuple[float, ...]

_ALONG = ("axis",)
_JOINTLY = ("axes",)
_TAKES: dict[str, tuple[str, ...]] = {
    "binarize": ("threshold", *_ALONG),
    "clip": ("min", "max", "min_percentile", "max_percentile", *_JOINTLY),
    "ensure_dtype": ("dtype",),
    "fixed_zero_mean_unit_variance": ("mean", "std", *_ALONG),
    "scale_linear": ("gain", "offset", *_ALONG),
    "scale_range": ("min_percentile", "max_percentile", "eps", *_JOINTLY),
    "sigmoid": (),
    "softmax": _ALONG,
    "zero_mean_unit_variance": ("eps", *_JOINTLY),
}
STEPS = tuple(_TAKES)
"""Names of what can be done to a picture, as bioimage.io has them."""
_MUST = {
    "binarize": ("threshold",),
    "ensure_dtype": ("dtype",),
    "fixed_zero_mean_unit_variance": ("mean", "std"),
}
_Percent = Annotated[float, Field(ge=0, le=100)]


class Step(FileModel):
    """One thing that is done to a picture before the program, or to its answer."""

    id: Literal[
        "binarize",
        "clip",
        "ensure_dtype",
        "fixed_zero_mean_unit_variance",
        "scale_linear",
        "scale_range",
        "sigmoid",
        "softmax",
        "zero_mean_unit_variance",
    ]
    axes: Annotated[str, Field(pattern=r"^[bcyx]{0,4}$")] | None = None
    """Over which it is measured together; None is all of them."""
    axis: Annotated[str, Field(pattern=r"^[cyx]$")] | None = None
    """Along which its numbers lie."""
    threshold: Numbers | None = None
    min: float | None = None
    max: float | None = None
    min_percentile: _Percent | None = None
    max_percentile: _Percent | None = None
    mean: Numbers | None = None
    std: Numbers | None = None
    gain: Numbers = 1.0
    offset: Numbers = 0.0
    eps: Annotated[float, Field(gt=0, le=0.1)] = 1e-6
    dtype: (
        Literal["float32", "float64", "uint8", "int8", "uint16", "int16", "uint32", "int32", "bool"]
        | None
    ) = None

    @model_validator(mode="after")
    def _its_own(self) -> Step:
        given = self._given()
        if other := sorted(given - {"id", *_TAKES[self.id]}):
            raise ValueError(f"{self.id} takes no {other[0]}")
        if missing := [name for name in _MUST.get(self.id, ()) if name not in given]:
            raise ValueError(f"{self.id} lacks its {missing[0]}")
        if not _above_zero(self.std):
            raise ValueError("a standard deviation is above 0")
        several = [name for name in given if isinstance(getattr(self, name), tuple)]
        if several and self.axis is None:
            raise ValueError(f"{self.id} does not say along which axis its {several[0]} lies")
        return self

    @model_serializer(mode="wrap")
    def _briefly(self, whole: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: each for name, each in whole(self).items() if name in {"id", *self._given()}}

    def _given(self) -> set[str]:
        """Return what is not as it is without saying so."""
        known = type(self).model_fields
        return {name for name, each in known.items() if getattr(self, name) != each.default}


class Side(FileModel):
    """How long a side of a picture may be: the least, and so many steps more."""

    least: Annotated[int, Field(ge=1, le=2**14)]
    step: Annotated[int, Field(ge=0, le=2**14)]
    """0 where there is no other length."""

    def fitting(self, length: int) -> int:
        """Return the shortest side that holds a length; the only one there is, if it is fixed."""
        if self.step == 0 or length <= self.least:
            return self.least
        return self.least + -(-(length - self.least) // self.step) * self.step


class Answer(FileModel):
    """One of the things that a program says of a picture."""

    place: Annotated[int, Field(ge=0, le=64)]
    """Among those of the program, from 0."""
    axes: Axes
    steps: tuple[Step, ...] = Field(default=(), max_length=16)
    px: Annotated[int, Field(ge=1, le=64)] = 1
    """Pixels of the picture to a pixel of the answer."""
    cut_px: Annotated[int, Field(ge=0, le=1024)] = 0
    """By how much it is shorter at each end, in its own pixels."""
    halo_px: Annotated[int, Field(ge=0, le=1024)] = 0
    """Of what is there, how much at each end is not to be trusted."""


class Program(FileModel):
    """What a program takes, and what of its answer counts."""

    axes: Axes
    """Of what it takes."""
    rows: Side
    cols: Side
    steps: tuple[Step, ...] = Field(default=(), max_length=16)
    answer: Answer
    reads: Literal["shares", "peaks", "labels"]
    """How sure it is that a pixel belongs to a thing; maps whose summits are things; or numbers
    of things."""
    ns_a_px: Annotated[float, Field(ge=0, le=1e9)] = 0.0
    """How long a look took for each pixel, where it was imported."""

    @model_validator(mode="after")
    def _in_the_plane(self) -> Program:
        for axes in (self.axes, self.answer.axes):
            if len(set(axes)) != len(axes) or not {"y", "x"} <= set(axes):
                raise ValueError(f"{axes} are no axes of a picture: each once, y and x among them")
        return self


def _above_zero(numbers: Any) -> bool:
    several = numbers if isinstance(numbers, tuple) else (numbers,)
    return all(each is None or each > 0 for each in several)


class Tested(FileModel):
    """What a package says of its test picture, and by how much another answer may be off."""

    answer: Answer
    relative: Annotated[float, Field(ge=0, le=0.01)]
    absolute: Annotated[float, Field(ge=0)]
    per_million: Annotated[int, Field(ge=0, le=1000)]
    """How many numbers of a million may be off by more."""


class Trial(FileModel):
    """How a program is tried: with the picture of its package, against its answers."""

    axes: Axes
    steps: tuple[Step, ...] = Field(default=(), max_length=16)
    tested: tuple[Tested, ...] = Field(min_length=1, max_length=64)
