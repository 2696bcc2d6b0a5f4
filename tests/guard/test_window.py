"""Sums over a sliding window."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from saccade.guard._window import Window


def test_an_empty_window_holds_nothing() -> None:
    """Before anything is added every sum is 0."""
    window = Window(10)
    assert (window.after(-1), window.after(0), window.after(5), len(window)) == (0, 0, 0, 0)


def test_what_is_later_than_a_time_is_summed() -> None:
    """An amount counts while its time is later than the one that is asked, not at it."""
    window = Window(10)
    for t_ns, amount in ((2, 1), (5, 10), (5, 100), (9, 1000)):
        window.add(t_ns, amount)
    assert [window.after(t_ns) for t_ns in (-1, 1, 2, 4, 5, 8, 9, 99)] == [
        *(1111, 1111, 1110, 1110, 1000, 1000, 0, 0)
    ]


def test_nothing_is_added_before_the_newest() -> None:
    """An amount with an earlier time counts at that of the newest, so it is never lost sooner."""
    window = Window(10)
    window.add(5, 1)
    window.add(-3, 10)
    assert window.after(4) == 11
    assert window.after(5) == 0


def test_memory_is_bounded() -> None:
    """What is longer ago than the window is forgotten, and the sums stay right."""
    window = Window(100)
    for t_ns in range(10_000):
        window.add(t_ns, t_ns)
        assert len(window) <= 1024
    assert window.after(9_899) == sum(range(9_900, 10_000))
    assert window.after(9_998) == 9_999
    assert window.after(10_000) == 0


def test_only_a_window_that_grew_large_forgets() -> None:
    """Up to 1024 amounts are kept whatever their age, and then those within the window."""
    window = Window(10)
    for t_ns in range(1024):
        window.add(t_ns, 1)
    assert window.after(-1) == 1024
    window.add(1024, 1)
    assert len(window) == 10
    assert window.after(1014) == 10
    assert window.after(-1) == 10


def test_amounts_of_one_time_in_a_full_window_are_all_kept() -> None:
    """A window whose amounts are all new keeps every one, however many they are."""
    window = Window(10)
    for _ in range(3000):
        window.add(7, 2)
    assert window.after(6) == 6000
    for _ in range(3):
        window.add(18, 1)
    assert (window.after(17), window.after(6), len(window)) == (3, 3, 3)


@given(
    steps=st.lists(st.tuples(st.integers(-5, 50), st.integers(0, 9)), max_size=60),
    length=st.integers(1, 200),
    asked=st.integers(0, 200),
)
def test_sums_are_those_of_a_list(steps: list, length: int, asked: int) -> None:
    """Within the window every sum is that of a plain list."""
    window, plain, t_ns = Window(length), [], 0
    for step, amount in steps:
        t_ns += step
        window.add(t_ns, amount)
        t_ns = max([t_ns, *(t for t, _ in plain)])
        plain.append((t_ns, amount))
    begin = t_ns - min(asked, length)
    assert window.after(begin) == sum(amount for t, amount in plain if t > begin)
