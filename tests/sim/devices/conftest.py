"""Virtual microscopes, small and quick."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from saccade.scope import import_quietly

import_quietly()

from saccade.scope import load  # noqa: E402 - only after a quiet import

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from saccade.scope import MicroManagerScope

SMALL: dict[str, Any] = {
    "clock": "virtual",
    "sensor_px": [64, 96],
    "specimen": {"count": 400, "size_um": [400.0, 400.0]},
}


@pytest.fixture
def make() -> Iterator[Callable[..., MicroManagerScope]]:
    """Give a function that makes a virtual microscope, over beads if nothing else is said."""
    made = []

    def new(name: str = "sim:beads", **settings: Any) -> MicroManagerScope:
        made.append(load(name, sim={**(SMALL if "beads" in name else {}), **settings}))
        return made[-1]

    yield new
    for scope in made:
        scope.core.unloadAllDevices()
