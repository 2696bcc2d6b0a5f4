"""Hypothesis strategies for the values of a run."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from useq import MDAEvent

from saccade.core import Decision, Frame, Gap, Observation, Order, Refusal, plain
from saccade.testing import strategies as some

_SAME = settings(
    max_examples=200,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.generate],
)


def drawn(strategy):
    """Return what a strategy gives, the same each time."""
    values = []

    @_SAME
    @given(strategy)
    def draw(value):
        values.append(value)

    draw()
    return values


@pytest.mark.parametrize(
    ("strategy", "kind"),
    [
        pytest.param(some.frames(), Frame, id="frames"),
        pytest.param(some.observations(), Observation, id="observations"),
        pytest.param(some.decisions(), Decision, id="decisions"),
        pytest.param(some.gaps(), Gap, id="gaps"),
        pytest.param(some.refusals(), Refusal, id="refusals"),
        pytest.param(some.orders(), Order, id="orders"),
    ],
)
def test_a_strategy_gives_values_of_its_kind_that_differ(strategy, kind):
    """Every value of a run can be drawn, and none is always the same."""
    values = drawn(strategy)
    assert {type(value) for value in values} == {kind}
    assert len({str(plain(value)) for value in values}) > 10


def test_events_name_every_field_and_do_every_kind_of_thing():
    """A property that holds for these events holds for all that useq can say."""
    events = drawn(some.events())
    default = MDAEvent()
    for name in set(MDAEvent.model_fields) - {"sequence"}:
        assert any(getattr(event, name) != getattr(default, name) for event in events), name
    kinds = {event.action.type for event in events}
    assert kinds == {"acquire_image", "hardware_autofocus", "custom"}


@given(some.events(pictures_only=True))
def test_only_pictures_where_only_pictures_are_asked_for(event):
    """Frames come of pictures alone."""
    assert event.action.type == "acquire_image"


@given(some.frames())
def test_frames_are_read_only_pictures(frame):
    """Drawn frames are as those of a camera."""
    assert frame.pixels.ndim == 2
    assert frame.pixels.dtype == np.uint16
    assert not frame.pixels.flags.writeable


@given(some.actions())
def test_actions_are_decided_and_never_the_watch(action):
    """A drawn action is one that a policy may make."""
    assert not action.planned
    assert action.label != "watch"


@given(some.scores())
def test_scores_are_scores(score):
    """A score is a number from 0 to 1."""
    assert 0.0 <= score <= 1.0
