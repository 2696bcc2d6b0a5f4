"""A second look at a recorded frame sees what the first one saw, and says why."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from saccade.app import SecondLook, gives_masks, protocol_of
from saccade.core import DetectorError, Past, ProtocolError
from saccade.detect import Change, Spots
from saccade.testing import frames_of

if TYPE_CHECKING:
    from saccade.app import Protocol
    from saccade.core import Frame

PICTURE = np.random.default_rng(0).normal(1000, 10, (64, 64))


def protocol(**detect: dict[str, Any]) -> Protocol:
    return protocol_of(
        {
            "saccade": 1,
            "name": "look",
            "scope": "sim:beads?clock=virtual",
            "watch": {"channels": ["FITC"], "time_plan": {"interval": 1, "loops": 4}},
            "detect": detect,
        }
    )


def frames() -> tuple[Frame, ...]:
    rng = np.random.default_rng(1)
    pictures = [PICTURE + rng.normal(0, 5, PICTURE.shape) for _ in range(30)]
    pictures[-1][20:30, 40:50] += 300
    return frames_of([each.astype(np.uint16) for each in pictures], channel="FITC")


def test_a_second_look_sees_what_the_first_one_saw() -> None:
    """With the frames before it, and at any frame in any order, for each look begins anew."""
    every, first = frames(), Change(sigma=2)
    then = [first(each) for each in every]
    again = SecondLook(protocol(change={"use": "saccade.detect:Change", "sigma": 2}))
    asked: list[Past] = []

    def before(past: Past) -> tuple[Frame, ...]:
        asked.append(past)
        return every[:-1]

    for _ in range(2):
        [(seen, heat)] = again.look(every[-1], before)
        assert seen == then[-1]
        assert heat is not None
        assert heat.max() == pytest.approx(then[-1].score)
    assert asked == [Past(last=50)] * 2


def test_each_detector_looks_at_its_channel_and_only_if_trusted_here() -> None:
    """Isolated ones are left out, and who remembers nothing is shown no other frame."""
    spots = {"use": "saccade.detect:Spots", "sigma": 2}
    again = SecondLook(
        protocol(
            here=spots,
            elsewhere={**spots, "channel": "Cy5"},
            apart={**spots, "isolate": {}},
            other={**spots, "camera": "right"},
        )
    )
    frame = replace(frames()[0], camera="left")

    def none(past: Past) -> tuple[Frame, ...]:
        raise AssertionError(past)

    [(seen, heat)] = again.look(frame, none)
    assert (seen, heat) == (Spots(sigma=2)(frame), None)


def test_who_fails_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the frame, and what counts instead."""

    def fails(*_: object) -> None:
        raise ZeroDivisionError("oh")

    again = SecondLook(protocol(spots={"use": "saccade.detect:Spots", "sigma": 2}))
    monkeypatch.setattr(Spots, "__call__", fails)
    with pytest.raises(DetectorError, match=r"frame 3.*oh"):
        again.look(frames()[3], lambda _: ())


def test_code_that_has_no_name_can_not_look_again() -> None:
    """A script's own detector is not in the folder."""
    with pytest.raises(ProtocolError, match="spots"):
        SecondLook(protocol(spots={"code": "mine"}))


MASKS: dict[str, tuple[bool, dict[str, Any]]] = {
    "objects": (True, {"use": "saccade.detect:Objects"}),
    "within": (
        True,
        {"use": "saccade.detect:Tracker", "detector": {"use": "saccade.detect:Objects"}},
    ),
    "one of two": (
        True,
        {
            "use": "saccade.detect:Any",
            "detectors": [{"use": "saccade.detect:Spots"}, {"use": "saccade.detect:Objects"}],
        },
    ),
    "spots": (False, {"use": "saccade.detect:Spots"}),
}


@pytest.mark.parametrize("name", MASKS)
def test_a_protocol_says_whether_there_are_masks(name: str) -> None:
    """Without making anything of it."""
    gives, part = MASKS[name]
    assert gives_masks(protocol(seen=part)) is gives
