"""What policies that light things through a mask have in common."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Self

from useq import MDAEvent, MDASequence  # noqa: TC002 - read by the registry

from saccade.core import Decision

from ._aim import Aim, Part, Shape, aimed
from ._asked import burst_on, check_burst

if TYPE_CHECKING:
    from collections.abc import Mapping

    from useq import SLMImage

    from saccade.core import Modulator, Observation, Stand


@dataclass(frozen=True, eq=False)
class Masked:
    """Takes the events of ``do`` behind a mask of what was found.

    Parameters
    ----------
    do : useq.MDASequence, or tuple of MDAEvent
        What is exposed behind the mask.
    shape, radius_um, margin_um, part
        As of `Aim`.
    priority, label, expires_s
        As of a burst.
    """

    streams: ClassVar[frozenset[str] | None] = frozenset({"watch"})
    triggered: ClassVar[bool] = False
    share: ClassVar[bool] = False

    do: MDASequence | tuple[MDAEvent, ...]
    _: KW_ONLY
    shape: Shape = "circles"
    radius_um: float = 5.0
    margin_um: float = 0.0
    part: Part = "whole"
    priority: int = 10
    label: str = "mask"
    expires_s: float | None = None
    _events: tuple[MDAEvent, ...] = field(init=False, repr=False)
    _aim: Aim = field(init=False, repr=False)
    _modulators: list[Modulator] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        owner = type(self).__name__
        object.__setattr__(self, "_events", check_burst(owner, self, self.do))
        object.__setattr__(self, "_aim", Aim(self.shape, self.radius_um, self.margin_um, self.part))
        self._aim.check(owner)

    def learn(self, stand: Stand) -> None:
        """Take the light modulator of a microscope.

        Parameters
        ----------
        stand : Stand
            The microscope.

        Raises
        ------
        NeedsError
            If it has none that is calibrated, or may not change what that shows.
        """
        self._modulators[:] = [aimed(type(self).__name__, stand)]

    def fresh(self) -> Self:
        """Return a policy with the same settings and no memory."""
        return replace(self)

    def _mask(self, seen: Observation, levels: Mapping[int, int]) -> SLMImage:
        """Return the mask that lights things, each by its level, by the number of its point."""
        return self._aim.mask(seen, levels, self._modulators[0])

    def _light(self, seen: Observation, image: SLMImage, why: str) -> Decision:
        """Return the decision to take the events behind a mask."""
        events = tuple(each.model_copy(update={"slm_image": image}) for each in self._events)
        return Decision((burst_on(seen, events, self),), "lights", why, seen.frame)
