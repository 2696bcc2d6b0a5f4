"""Detectors made of detectors: what they are, need, and remember, taken together."""

from __future__ import annotations

import hashlib
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Self

from saccade.core import (
    Closes,
    Detector,
    Identity,
    Learns,
    Needs,
    Past,
    Warms,
    needs_of,
    past_of,
    require,
)

from ._base import Base

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from saccade.core import Frame, Observation, Stand


@dataclass(frozen=True, kw_only=True, eq=False)
class Composite(Base):
    """What is made of detectors; whatever it is asked, it asks them as well."""

    @property
    def parts(self) -> tuple[Detector, ...]:
        """The detectors that it is made of."""
        raise NotImplementedError

    @property
    def needs(self) -> tuple[Needs, ...]:
        """What its parts can't do without."""
        return tuple(needs for part in self.parts for needs in needs_of(part))

    @property
    def past(self) -> Past:
        """What any of its parts must have seen before."""
        return Past(*map(max, zip(*map(past_of, self.parts), strict=True)))

    def learn(self, stand: Stand) -> None:
        """Let the parts learn what microscope they work for.

        Parameters
        ----------
        stand : Stand
            The microscope.

        Raises
        ------
        UsageError
            If a part can't work for it.
        """
        super().learn(stand)
        for part in self.parts:
            if isinstance(part, Learns):
                part.learn(self.inner_stand(stand))

    def warm(self, frame: Frame) -> None:
        """Let the parts do what their first frame would otherwise wait for."""
        inner = self.inner_frame(frame)
        for part in self.parts:
            if inner is not None and isinstance(part, Warms):
                part.warm(inner)

    def close(self) -> None:
        """Let the parts let go of what they hold."""
        for part in self.parts:
            if isinstance(part, Closes):
                part.close()

    def takes_ms(self, frame: Frame) -> float:
        """Return how long the parts take, one after the other, for a run in virtual time."""
        inner = self.inner_frame(frame)
        if inner is None:
            return 0.0
        declared = [getattr(part, "takes_ms", 0.0) for part in self.parts]
        return sum(float(each(inner) if callable(each) else each) for each in declared)

    def inner_stand(self, stand: Stand) -> Stand:
        """Return the microscope as the parts see it."""
        return stand

    def inner_frame(self, frame: Frame) -> Frame | None:
        """Return a frame as the parts see it; None if they don't."""
        return frame


@dataclass(frozen=True, kw_only=True, eq=False)
class Wrapper(Composite):
    """What is made of one detector.

    Parameters
    ----------
    detector : Detector
        The one.
    """

    detector: Detector = field(kw_only=False)

    def __post_init__(self) -> None:
        check_detector(f"{type(self).__name__}.detector", self.detector)

    @property
    def parts(self) -> tuple[Detector, ...]:
        """The detector alone."""
        return (self.detector,)

    def fresh(self) -> Self:
        """Return one with the same settings, of a detector without memory."""
        return replace(self, detector=renewed(self.detector))

    def said_by(self, seen: Observation) -> Identity:
        """Return who says what the detector saw: the one by way of the other."""
        return joined(self, (seen.detector,))


def check_detector(setting: str, value: object) -> None:
    """Raise a `ProtocolError` unless a value is a detector, as far as can be told."""
    ok = callable(value) and not isinstance(value, type)
    require(ok, setting, value, "a detector", "Give a function of a frame, such as Spots().")


def renewed(detector: Detector) -> Detector:
    """Return a detector with the same settings and no memory.

    Parameters
    ----------
    detector : Detector
        One that has no ``fresh`` is copied, memory and all.
    """
    fresh: Callable[[], Detector] = getattr(detector, "fresh", partial(deepcopy, detector))
    return fresh()


def joined(owner: object, parts: Iterable[Identity]) -> Identity:
    """Return who says something, by way of which detectors.

    Parameters
    ----------
    owner : object
        Of this package.
    parts : iterable of Identity
        Whose word it is. The weights are those of the only part that has any, or else a
        SHA-256 of all of them in order.
    """
    parts = tuple(parts)
    weights = [part.weights for part in parts if part.weights]
    together = "\n".join(f"{part.name} {part.version} {part.weights}" for part in parts)
    digest = hashlib.sha256(together.encode()).hexdigest()
    return Identity(
        f"saccade.detect:{type(owner).__name__}({'+'.join(part.name for part in parts)})",
        f"1({'+'.join(part.version for part in parts)})",
        (digest if len(weights) > 1 else weights[0]) if weights else "",
    )
