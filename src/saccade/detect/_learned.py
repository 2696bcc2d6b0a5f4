"""What learned detectors have in common: the folder of a model, and what it asks of a frame."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, Protocol

from saccade.core import Identity, ModelError, Needs, Span, is_number, require
from saccade.models import load_model

from ._settings import is_count, is_positive

if TYPE_CHECKING:
    from collections.abc import Callable

    from saccade.models import Calibration, Card, Model

_DETECTORS = {"patch4": "Network", "forest": "Forest", "program": "BioImage"}


def check_kind(model: Model, kind: str, detector: str) -> None:
    """Raise a `ModelError` unless a model is of the kind that a detector looks with.

    Parameters
    ----------
    model : Model
        As loaded.
    kind, detector : str
        What its card must tell, and who asks.
    """
    found = model.card.architecture.id
    if found != kind:
        raise ModelError(
            f"{detector} can't look with {model.path}, which is a {found}.",
            f"Write {{use: saccade.detect:{_DETECTORS[found]}, model: ...}}.",
        )


class Asks(Protocol):
    """The settings that learned detectors have in common."""

    @property
    def model(self) -> str:
        """Name of a shipped model, or the folder of another."""

    @property
    def class_name(self) -> str | None:
        """What to find; None for the first class of the model."""

    @property
    def threshold(self) -> float | None:
        """Calibrated score from which a place is reported; None for that of the card."""

    @property
    def max_points(self) -> int:
        """Number of places to report."""

    @property
    def sha256(self) -> str | None:
        """Of the weights, if any others are to be refused."""


class Learned:
    """A detector that looks with a model: who it is, what it needs, and what it was asked for."""

    _loaded: Model
    class_name: str | None
    threshold: float | None

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[type, dict[str, Any]]]:
        """Let another process make the same detector anew, of the same weights."""
        own = {each.name: getattr(self, each.name) for each in fields(self) if each.init}  # type: ignore[arg-type]
        return _made, (type(self), {**own, "sha256": self._loaded.weights.sha256})

    @property
    def needs(self) -> Needs:
        """The pixel sizes that its card allows, and how many frames it looks at together."""
        card = self._loaded.card
        made, (low, high) = card.input.pixel_size_um, card.input.rescale
        sizes_um = None if made is None else Span(made * low, made * high)
        return Needs(pixel_size_um=sizes_um, frames=card.architecture.frames)

    @property
    def identity(self) -> Identity:
        """Name, version and weights of the model."""
        card = self._loaded.card
        name = f"saccade.detect:{_DETECTORS[card.architecture.id]} {card.name}"
        return Identity(name, card.version, card.sha256)

    @property
    def _wanted(self) -> str:
        """The class that is looked for."""
        return self.class_name or self._loaded.card.architecture.classes[0]

    @property
    def _calibration(self) -> Calibration:
        return self._loaded.card.calibration[self._wanted]

    @property
    def _least_score(self) -> float:
        return self._calibration.threshold if self.threshold is None else self.threshold


def _made(kind: type, settings: dict[str, Any]) -> Any:
    return kind(**settings)


def opened(detector: str, kind: str, asked: Asks) -> Model:
    """Return the model that a detector asks for, and check what else it asks.

    Parameters
    ----------
    detector, kind : str
        Who asks, and what kind of model it looks with.
    asked : Asks
        Its settings.

    Raises
    ------
    ModelError
        If there is no such model, or it is of another kind.
    ProtocolError
        If a setting can't be used.
    """
    loaded = load_model(asked.model)
    check_kind(loaded, kind, detector)
    if asked.sha256 is not None:
        same = asked.sha256 == loaded.weights.sha256
        do = f"This model has {loaded.weights.sha256}; get the other, or correct it."
        require(same, f"{detector}.sha256", asked.sha256, "that of the weights", do)
    classes = loaded.card.architecture.classes
    known = asked.class_name is None or asked.class_name in classes
    one_of = f"one of {', '.join(classes)}"
    require(known, f"{detector}.class_name", asked.class_name, one_of, "Choose one.")
    ok = asked.threshold is None or (is_number(asked.threshold) and 0 <= asked.threshold <= 1)
    do = "Leave it out for that of the model's card."
    require(ok, f"{detector}.threshold", asked.threshold, "a number from 0 to 1", do)
    must, do = "a whole number of at least 1", "Give a number of places."
    require(is_count(asked.max_points), f"{detector}.max_points", asked.max_points, must, do)
    return loaded


def scale_of(card: Card, pixel_size_um: float) -> float | None:
    """Return by how much a picture is enlarged for a model; None if its card forbids that.

    Parameters
    ----------
    card : Card
        Of the model.
    pixel_size_um : float
        Of the picture; 0 if nobody knows.
    """
    given = card.input
    if given.pixel_size_um is None:
        return 1.0
    if not is_positive(pixel_size_um):
        return None
    scale = pixel_size_um / given.pixel_size_um
    return scale if given.rescale[0] <= scale <= given.rescale[1] else None
