"""Stages that are not where they say: the focus steps, the sample is knocked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from ._base import Spoils

if TYPE_CHECKING:
    from saccade.sim.world import View


@dataclass(frozen=True, kw_only=True)
class DefocusStep(Spoils):
    """The focus is off by a step, while the stage claims that it is where it was.

    Parameters
    ----------
    step_um : float
        By how much it looks too high.
    start_s, end_s, seed
        As for every artefact.
    """

    kind: ClassVar[str] = "defocus-step"
    step_um: float = 6.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._need_range("step_um", -1000.0, 1000.0)

    def view(self, view: View, t_s: float) -> View:  # noqa: ARG002 - it lasts
        """Return the view at the height where the focus really is."""
        return replace(view, z_um=view.z_um + self.step_um)


@dataclass(frozen=True, kw_only=True)
class StageJump(Spoils):
    """The camera looks, and the light shines, beside where the stage claims to be.

    Parameters
    ----------
    x_um, y_um : float
        How far beside.
    start_s, end_s, seed
        As for every artefact.
    """

    kind: ClassVar[str] = "stage-jump"
    x_um: float = 25.0
    y_um: float = -15.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._need_range("x_um", -1e5, 1e5)
        self._need_range("y_um", -1e5, 1e5)

    def view(self, view: View, t_s: float) -> View:  # noqa: ARG002 - it lasts
        """Return the view where the stage really is."""
        return replace(view, x_um=view.x_um + self.x_um, y_um=view.y_um + self.y_um)
