"""Hypothesis strategies for the values of a run."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, find, given, settings
from useq import MDAEvent

from saccade.core import Action, Decision, Frame, Gap, Observation, Order, Refusal
from saccade.testing import strategies as some

_ONCE = settings(max_examples=2000, database=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize(
    ("strategy", "kind"),
    [
        (some.events(), MDAEvent),
        (some.frames(), Frame),
        (some.observations(), Observation),
        (some.actions(), Action),
        (some.decisions(), Decision),
        (some.gaps(), Gap),
        (some.refusals(), Refusal),
        (some.orders(), Order),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_strategy_gives_its_kind_of_value(strategy, kind):
    """Every value of a run can be drawn."""
    assert isinstance(find(strategy, lambda value: True, settings=_ONCE), kind)


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in MDAEvent.model_fields
        if name not in ("sequence", "action", "keep_shutter_open", "reset_event_timer")
    ],
)
def test_events_name_every_field(name):
    """A property that holds for these events holds for all that useq can say."""
    empty = getattr(MDAEvent(), name)
    event = find(some.events(), lambda e: getattr(e, name) != empty, settings=_ONCE)
    assert getattr(event, name) != empty


@pytest.mark.parametrize("kind", ["acquire_image", "hardware_autofocus", "custom"])
def test_events_do_every_kind_of_thing(kind):
    """Focusing and custom actions are among them."""
    assert find(some.events(), lambda e: e.action.type == kind, settings=_ONCE)


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
