"""Actions and microscopes for the tests of guards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from useq import MDAEvent

from saccade.core import (
    Action,
    Commits,
    Frame,
    Gap,
    LightSource,
    ProtocolError,
    Refusal,
    Span,
    Stand,
)
from saccade.testing import frame_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from saccade.core import Guard


def stand(**values: Any) -> Stand:
    """Return a microscope: FITC at 1 W/cm², Cy5 at 3 W/cm², a field of 100 by 50 µm."""
    known: dict[str, Any] = {
        "name": "bench",
        "lights": (
            LightSource("blue", power_mw=10.0, area_cm2=0.01, channels=("FITC",)),
            LightSource("red", power_mw=30.0, area_cm2=0.01, channels=("Cy5",)),
        ),
        "limits": {"z_um": Span(0.0, 500.0), "exposure_ms": Span(1.0, 1000.0)},
        "channels": ("FITC", "Cy5"),
        "channel": "FITC",
        "exposure_ms": 10.0,
        "shape_px": (50, 100),
        "pixel_size_um": 1.0,
    }
    return Stand(**{**known, **values})


def event(**values: Any) -> MDAEvent:
    """Return an event with any values at all, those included that useq would not take."""
    return MDAEvent().model_copy(update=values)


def planned(*events: MDAEvent, t_s: float = 0.0) -> Action:
    """Return events as the plan asks for them."""
    return Action(events or (MDAEvent(),), "watch", t_ns=round(t_s * 1e9))


def decided(*events: MDAEvent, t_s: float = 0.0, **values: Any) -> Action:
    """Return events as a decision asks for them."""
    return Action(events or (MDAEvent(),), "burst", frame=3, t_ns=round(t_s * 1e9), **values)


def why_not(guard: Guard, action: Action) -> tuple[str, str]:
    """Return why a guard refuses an action, and what it would let through."""
    answer = guard(action)
    assert isinstance(answer, Refusal)
    assert answer.action is action
    assert answer.guard == type(guard).__name__
    return answer.reason, answer.allowed


def wrong(make: Callable[..., object], **settings: Any) -> str:
    """Return what is said of settings that can't be used."""
    with pytest.raises(ProtocolError) as caught:
        make(**settings)
    return str(caught.value)


def taken(at_s: float = 0.0, shape: tuple[int, int] = (1, 1), **values: Any) -> Frame:
    """Return a frame of the bench: 10 ms of FITC, at a time."""
    known = {"channel": "FITC", "exposure_ms": 10.0, "t_ns": round(at_s * 1e9)}
    return frame_of(np.zeros(shape, np.uint16), **{**known, **values})


def lost(at_s: float = 0.0, exposures: int = 0) -> Gap:
    """Return a gap, after so many exposures that gave no picture."""
    return Gap(0, "watch", MDAEvent(), "lost", t_ns=round(at_s * 1e9), exposures=exposures)


def passes(guard: Guard, action: Action) -> bool:
    """Return whether a guard lets an action through, and commit it if so; twice the same."""
    answer = guard(action)
    assert guard(action) == answer or answer is action
    if isinstance(answer, Refusal):
        assert answer.action is action
        assert answer.guard == type(guard).__name__
        assert answer.reason
        assert answer.allowed
        return False
    assert answer is action
    if isinstance(guard, Commits):
        guard.commit(action)
    return True
