"""The shield between the core's signals and those who listen."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from scope_rig import PATIENCE_S, wait_until

from saccade.scope._shield import Shield

if TYPE_CHECKING:
    from collections.abc import Iterator

    from saccade.testing import FaultyCore


@pytest.fixture
def complaints() -> list[str]:
    """Give a place for complaints."""
    return []


@pytest.fixture
def shield(core: FaultyCore, complaints: list[str]) -> Iterator[Shield]:
    """Give a raised shield."""
    shield = Shield(core, complaints.append)
    yield shield
    shield.lower()


def test_listeners_hear_all_in_order_from_another_thread(core: FaultyCore, shield: Shield) -> None:
    """What the core emits arrives complete and in order, but not in the caller's thread."""
    heard: list[tuple[Any, ...]] = []
    threads: set[threading.Thread] = set()

    def listen(*values: Any) -> None:
        heard.append(values)
        threads.add(threading.current_thread())

    core.events.configSet.connect(listen)
    presets = ["DAPI", "FITC", "Cy5"] * 20
    for preset in presets:
        core.setConfig("Channel", preset)
    shield.lower()
    assert heard == [("Channel", preset) for preset in presets]
    assert threading.current_thread() not in threads


def test_a_command_is_not_blamed_for_a_listener(
    core: FaultyCore, shield: Shield, complaints: list[str]
) -> None:
    """A listener that raises is complained of, and the command has succeeded."""
    core.events.autoShutterSet.connect(lambda state: 1 / 0)
    core.setAutoShutter(False)
    shield.lower()
    assert not core.getAutoShutter()
    (complaint,) = complaints
    assert complaint.startswith("A listener of 'autoShutterSet' raised ZeroDivisionError")


def test_complaints_do_not_flood_the_journal(
    core: FaultyCore, shield: Shield, complaints: list[str]
) -> None:
    """A listener that always raises is complained of a hundred times at most."""
    told: list[bool] = []

    def explode(state: bool) -> None:
        told.append(state)
        raise ZeroDivisionError

    core.events.autoShutterSet.connect(explode)
    for i in range(120):
        core.setAutoShutter(bool(i % 2))
    wait_until(lambda: len(told) == 120)
    shield.lower()
    assert len(complaints) == 100


def test_a_lowered_shield_is_out_of_the_way(core: FaultyCore, shield: Shield) -> None:
    """Afterwards the core's signals are its own again, also for who kept hold of a signal."""
    heard: list[str] = []
    during = core.events
    during.configSet.connect(lambda group, preset: heard.append(preset))
    shield.lower()
    core.setConfig("Channel", "DAPI")
    during.configSet.emit("Channel", "again")
    assert heard == ["DAPI", "again"]
    assert type(core.events).__name__ == "CMMCoreSignaler"
    assert set(dir(during)) == set(dir(core.events))


def test_a_listener_that_hangs_is_left_behind(core: FaultyCore, shield: Shield) -> None:
    """The end of a run waits a moment for listeners, not for ever."""
    over = threading.Event()
    core.events.configSet.connect(lambda *_: over.wait(PATIENCE_S))
    core.setConfig("Channel", "DAPI")
    wait_until(lambda: any(t.name == "saccade-listeners" for t in threading.enumerate()))
    shield.lower()
    assert not over.is_set()
    over.set()


def test_without_listeners_there_is_no_thread(core: FaultyCore, shield: Shield) -> None:
    """A script to which nobody listens needs no thread for it."""
    core.setConfig("Channel", "DAPI")
    assert not any(t.name == "saccade-listeners" for t in threading.enumerate())
