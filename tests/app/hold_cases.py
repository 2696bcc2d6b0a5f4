"""Protocols that keep the picture good, on the virtual microscope, whose drift is known."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from saccade.app._protocol import Protocol, protocol_of
from saccade.app._score_world import open_world, play_protocol, world_of
from saccade.core import ProtocolError, read_yaml
from saccade.testing import MemorySink

if TYPE_CHECKING:
    from collections.abc import Callable

    from saccade.core import Frame
    from saccade.sim.world import World

HOURS = float(os.environ.get("SACCADE_KEEP_HOURS", "0.5"))
_FOLDER = Path(__file__).parents[2] / "hardware_configs/protocols"


class _Labels(MemorySink):
    """Keeps what is said of frames, not twelve hours of pixels."""

    look: Callable[[Frame], None] | None = None

    def frame(self, frame: Frame) -> bool:
        if self.look is not None:
            self.look(frame)
        return super().frame(replace(frame, pixels=frame.pixels[:1, :1].copy()))


class Held(NamedTuple):
    """What came of a run."""

    frames: tuple[Frame, ...]
    world: World
    start_ns: int

    def of(self, stream: str) -> list[Frame]:
        """Return the frames in a role."""
        return [frame for frame in self.frames if frame.stream == stream]

    def drift_um(self, frame: Frame) -> tuple[float, float, float]:
        """Return how far the sample had truly moved when a frame was taken."""
        return self.world.imaging.drift.at((frame.t_ns - self.start_ns) / 1e9)

    def light_ms(self, stream: str) -> float:
        """Return how long it was exposed for the frames in a role."""
        return sum(frame.exposure_ms for frame in self.of(stream))


def shipped(name: str, hours: float = HOURS, **changed: Any) -> Protocol:
    """Return a protocol that is shipped, for fewer hours."""
    document = {**read_yaml(_FOLDER / f"{name}.yaml", ProtocolError, "protocol"), **changed}
    plan = document["watch"]["time_plan"]
    plan["loops"] = round(hours * 3600 / plan["interval"])
    return protocol_of(document)


def played(protocol: Protocol, seed: int, look: Callable[[Frame], None] | None = None) -> Held:
    """Return what comes of a protocol in a world; pixels are shown once, and not kept."""
    sink = _Labels(room=1_000_000)
    sink.look = look
    scope = open_world(protocol, protocol.scope.removeprefix("sim:"), seed)
    start_ns = scope.clock.now_ns()
    play_protocol(protocol, scope, then=sink)
    return Held(tuple(sink.frames), world_of(scope), start_ns)


def tell(text: str) -> None:
    """Print a figure, for who runs it with ``-s``."""
    sys.stdout.write(f"\n{HOURS:g} h: {text}\n")
