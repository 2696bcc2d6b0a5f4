"""As `test_random_campaigns`, of a camera that runs by itself.

The long form is ``SACCADE_CAMPAIGNS=1000``.
"""

from __future__ import annotations

import pytest
from processes import in_processes, say
from stream_trials import stream_trial
from test_random_campaigns import CAMPAIGNS, FIRST, LONG, prove, table


@pytest.mark.timeout(120 if CAMPAIGNS < LONG else 0)
def test_whatever_goes_wrong_in_a_stream_nothing_is_lost_and_nobody_is_hurt() -> None:
    """No acknowledged frame is lost, the dose is within its budget, every command inside."""
    trials = in_processes(stream_trial, list(range(FIRST, FIRST + CAMPAIGNS)))
    say(f"\nstreams: {table(trials)}")
    prove(trials)
