"""Account: how long a process rests, and what is told of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saccade.isolate._account import Account, rest_after_s


@pytest.mark.parametrize(
    ("in_a_row", "rest_s"),
    [(1, 0), (2, 1), (3, 30), (4, 60), (5, 120), (7, 480), (8, 600), (2000, 600)],
)
def test_a_process_rests_longer_the_more_often_it_fails(in_a_row, rest_s):
    """The first failure costs no time; from the third on it is twice as long each time."""
    assert rest_after_s(in_a_row) == rest_s


@given(st.lists(st.sampled_from(["fail", "stumble", "miss", "succeed"]), max_size=30))
def test_counts_are_those_of_what_happened(what):
    """Failures count until a look goes well; frames that were missed are told then, and in all."""
    account = Account()
    in_a_row = missed = in_all = 0
    for step in what:
        match step:
            case "fail":
                in_a_row += 1
                assert account.fail(3, "it died") == rest_after_s(in_a_row)
            case "stumble":
                in_a_row += 1
                account.stumble()
            case "miss":
                missed, in_all = missed + 1, in_all + 1
                account.miss()
            case "succeed":
                account.succeed()
                told = account.told()
                assert any(text.startswith("it looks again") for text in told) is (missed > 0)
                in_a_row = missed = 0
        assert (account.in_a_row, account.missed) == (in_a_row, missed)
        assert account.missed_in_all == in_all
    account.sum_up()
    told = account.told()
    assert any("in all" in text and str(in_all) in text for text in told) is (in_all > 0)
    assert account.told() == ()
    assert account.in_a_row == account.missed_in_all == 0
