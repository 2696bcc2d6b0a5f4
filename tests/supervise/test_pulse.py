"""What a beat promises, and when there is none."""

from __future__ import annotations

import pytest

from saccade.supervise import _pulse
from saccade.supervise._ear import OVERDUE
from saccade.supervise._pulse import DARK_MS, LENT_MS, Pulse


class Now:
    """Time that a test sets."""

    def __init__(self) -> None:
        self.s = 100.0

    def monotonic(self) -> float:
        return self.s


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Now:
    clock = Now()
    monkeypatch.setattr(_pulse, "time", clock)
    return clock


def pulse_of(sent: list[int]) -> Pulse:
    return Pulse(sent.append, 75.0)


def test_light_is_announced_at_once(now: Now) -> None:
    """The short limit holds before the shutter opens, not from the next beat on."""
    sent: list[int] = []
    pulse = pulse_of(sent)
    pulse.dark()
    pulse.lit(1.0)
    assert sent == [DARK_MS, 75]


def test_the_same_again_is_not_worth_a_message(now: Now) -> None:
    """Frame after frame in the same light costs no write."""
    sent: list[int] = []
    pulse = pulse_of(sent)
    for _ in range(5):
        pulse.lit(1.0)
    assert sent == []
    pulse.beat()
    assert sent == [75]


def test_a_broken_promise_ends_the_beats_until_the_thread_is_heard_of(now: Now) -> None:
    """Past its deadline the process says so once, and beats no more, however alive it is."""
    sent: list[int] = []
    pulse = pulse_of(sent)
    pulse.lit(1.0)
    now.s += 0.9
    pulse.beat()
    now.s += 0.2
    pulse.beat()
    pulse.beat()
    assert sent == [75, OVERDUE]
    pulse.lit(1.0)
    assert sent == [75, OVERDUE, 75]
    pulse.beat()
    assert sent == [75, OVERDUE, 75, 75]


@pytest.mark.parametrize("state", ["dark", "lit", "lent"])
def test_without_a_promise_only_the_process_must_live(now: Now, state: str) -> None:
    """In the dark, and where no time is known, beats go on for as long as the process does."""
    sent: list[int] = []
    pulse = pulse_of(sent)
    if state == "dark":
        pulse.dark()
    else:
        getattr(pulse, state)(None)
    sent.clear()
    now.s += 1e6
    pulse.beat()
    assert sent == [{"dark": DARK_MS, "lit": 75, "lent": LENT_MS + 75}[state]]
