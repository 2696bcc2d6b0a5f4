"""What a detector needs, and which microscopes can give it."""

from __future__ import annotations

import math
from typing import Any

import pytest

from saccade.core import (
    ANY_SIZE,
    Needs,
    NeedsError,
    ProfileError,
    ProtocolError,
    Span,
    Stand,
    check_needs,
    needs_of,
    plain,
    stand_from_plain,
    unmet,
)

STAND = Stand("bench", channels=("DAPI", "FITC"), dtype="uint16", pixel_size_um=0.5)


class Needy:
    """Something that needs something."""

    def __init__(self, *needs: Needs) -> None:
        self.needs = needs


@pytest.mark.parametrize(
    ("needs", "stand", "shown", "said"),
    [
        pytest.param(Needs(), {}, {}, "", id="nothing"),
        pytest.param(Needs(), {"pixel_size_known": False}, {}, "", id="pixels, whatever size"),
        pytest.param(Needs(pixel_size_um=ANY_SIZE), {}, {}, "", id="any size"),
        pytest.param(
            Needs(pixel_size_um=ANY_SIZE),
            {"pixel_size_um": 1.0, "pixel_size_known": False},
            {},
            "needs the size of a pixel, which is unknown",
            id="uncalibrated",
        ),
        pytest.param(
            Needs(pixel_size_um=ANY_SIZE),
            {"pixel_size_um": 0.0},
            {},
            "needs the size of a pixel",
            id="no size",
        ),
        pytest.param(
            Needs(pixel_size_um=ANY_SIZE),
            {"pixel_size_um": math.nan},
            {},
            "needs the size of a pixel",
            id="size NaN",
        ),
        pytest.param(Needs(pixel_size_um=Span(0.4, 0.6)), {}, {}, "", id="size within"),
        pytest.param(
            Needs(pixel_size_um=Span(0.1, 0.2)),
            {},
            {},
            "0.1 to 0.2 µm, but they are 0.5",
            id="size",
        ),
        pytest.param(Needs(channel="FITC"), {}, {}, "", id="a channel of several"),
        pytest.param(Needs(channel="FITC"), {}, {"channel": "FITC"}, "", id="the channel shown"),
        pytest.param(
            Needs(channel="FITC"), {}, {"channel": "DAPI"}, "is shown 'DAPI'", id="another channel"
        ),
        pytest.param(Needs(channel="Cy5"), {}, {}, "'Cy5', which isn't there", id="no channel"),
        pytest.param(Needs(channel="Cy5"), {"channels": ()}, {}, "", id="no channels at all"),
        pytest.param(Needs(frames=3), {}, {}, "", id="who knows how many frames"),
        pytest.param(Needs(frames=3), {}, {"frames": 3}, "", id="just enough frames"),
        pytest.param(
            Needs(frames=3), {}, {"frames": 2}, "3 frames of a place, but will have 2", id="frames"
        ),
        pytest.param(Needs(bits=16), {}, {}, "", id="bits"),
        pytest.param(Needs(bits=12), {"dtype": "float32"}, {}, "", id="floats"),
        pytest.param(
            Needs(bits=12), {"dtype": "uint8"}, {}, "12 bits, but they have 8", id="too few bits"
        ),
        pytest.param(Needs(bits=2), {"dtype": "bool"}, {}, "but they have 1", id="a mask"),
    ],
)
def test_what_a_microscope_can_not_give(
    needs: Needs, stand: dict[str, Any], shown: dict[str, Any], said: str
) -> None:
    """What is needed and isn't there is said, with what to do about it, and nothing else."""
    values = {name: getattr(STAND, name) for name in ("name", "channels", "dtype", "pixel_size_um")}
    found = list(unmet(needs, Stand(**values | stand), **shown))
    assert len(found) == bool(said)
    assert all(said in each.text and each.hint for each in found)


def test_all_needs_of_a_detector_count() -> None:
    """A detector needs one thing, many, or nothing; each that is unmet is refused by name."""
    assert needs_of(lambda frame: None) == ()
    assert needs_of(Needy(Needs(bits=8), Needs(frames=2))) == (Needs(bits=8), Needs(frames=2))
    check_needs("it", Needy(Needs(bits=8)), STAND)
    with pytest.raises(NeedsError, match=r"it can't be used on 'bench'.*24 bits") as caught:
        check_needs("it", Needy(Needs(bits=8), Needs(bits=24)), STAND)
    assert caught.value.do
    assert isinstance(caught.value, ProfileError)


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"frames": 0}, id="no frame"),
        pytest.param({"frames": True}, id="truth"),
        pytest.param({"bits": 1.5}, id="half a bit"),
        pytest.param({"pixel_size_um": Span(0.0, 1.0)}, id="no size"),
        pytest.param({"pixel_size_um": Span(2.0, 1.0)}, id="upside down"),
        pytest.param({"pixel_size_um": Span(math.nan, 1.0)}, id="NaN"),
    ],
)
def test_needs_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    """Needs that nothing could meet, or everything, are named at once."""
    with pytest.raises(ProtocolError, match=f"Needs.{next(iter(wrong))}"):
        Needs(**wrong)


def test_whether_the_pixel_size_is_known_is_kept() -> None:
    """A stand's pixel size is known by default, and what run.json says of it comes back."""
    assert STAND.pixel_size_known
    unknown = Stand("bench", pixel_size_known=False)
    assert stand_from_plain(plain(unknown)) == unknown
    assert stand_from_plain({"name": "from an older run"}).pixel_size_known
