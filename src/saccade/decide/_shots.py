"""What a story asks for: a snap, a burst."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from useq import MDAEvent

from saccade.core import Action, Observation

from ._settings import check_seconds, check_whole

if TYPE_CHECKING:
    from collections.abc import Generator

LABEL = "story"
PRIORITY = 10


@dataclass(frozen=True, slots=True)
class Collected(Action):
    """An action of which a story wants to hear about every frame, not only the last."""


def snap(
    channel: str | None = None,
    exposure: float | None = None,
    at: tuple[float, float] | None = None,
    z: float | None = None,
    *,
    label: str = LABEL,
) -> Action:
    """Return an action that takes one frame; what isn't named stays as it is.

    Parameters
    ----------
    channel : str, optional
        Preset of the channel group.
    exposure : float, optional
        In ms.
    at : tuple of float, optional
        Stage position (x, y) in µm, such as `Observation.brightest`.
    z : float, optional
        Focus position in µm.
    label : str
        Role of the frame, hence its stream.
    """
    return Action((_event(channel, exposure, at, z),), label=label, priority=PRIORITY)


def burst(
    at: tuple[float, float] | None = None,
    interval: float = 0.0,
    loops: int = 1,
    channel: str | None = None,
    exposure: float | None = None,
    z: float | None = None,
    *,
    triggered: bool = False,
    label: str = LABEL,
) -> Generator[Action, Any, tuple[Observation, ...]]:
    """Take several frames from within a story: ``seen = yield from burst(...)``.

    Parameters
    ----------
    at : tuple of float, optional
        Stage position (x, y) in µm.
    interval : float
        Time from frame to frame in seconds; 0 is as fast as possible.
    loops : int
        Number of frames.
    channel, exposure, z
        As in `snap`.
    triggered : bool
        Play them as one hardware-timed sequence.
    label : str
        Role of the frames, hence their stream.

    Returns
    -------
    tuple of Observation
        One for each frame; that of a missed frame is invalid.

    Raises
    ------
    ProtocolError
        If ``loops`` or ``interval`` can't be used.
    """
    check_whole("burst.loops", loops, least=1)
    check_seconds("burst.interval", interval)
    one = _event(channel, exposure, at, z)
    events = tuple(
        one.model_copy(update={"min_start_time": loop * interval, "index": {"t": loop}})
        for loop in range(loops)
    )
    seen: tuple[Observation, ...] = yield Collected(
        events, label=label, priority=PRIORITY, triggered=triggered
    )
    return seen


def _event(
    channel: str | None,
    exposure: float | None,
    at: tuple[float, float] | None,
    z: float | None,
) -> MDAEvent:
    x_um, y_um = at or (None, None)
    named = {"channel": channel, "exposure": exposure, "x_pos": x_um, "y_pos": y_um, "z_pos": z}
    return MDAEvent(**{name: value for name, value in named.items() if value is not None})
