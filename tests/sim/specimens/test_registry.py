"""Specimens by name, as a protocol names them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from saccade.core import ProtocolError
from saccade.sim import SPECIMENS, make_specimen


@pytest.mark.parametrize("name", SPECIMENS)
def test_every_specimen_keeps_the_contract(name: str) -> None:
    """Made by name alone, it has channels, a size, layers in order, places, and good health."""
    specimen = make_specimen(name, 3)
    assert specimen.name == name
    assert all(key == channel.name for key, channel in specimen.channels.items())
    for channel in specimen.channels.values():
        assert set(channel.crosstalk) <= set(specimen.channels)
    assert len(specimen.size_um) == 2
    assert min(specimen.size_um) > 0
    assert list(specimen.layers_um) == sorted(specimen.layers_um)
    places = specimen.places_um()
    assert places.ndim == 2
    assert places.shape[1] == 2
    assert np.isfinite(places).all()
    assert specimen.health.dye_left == 1.0
    assert specimen.health.harmed == 0


def test_settings_and_seed_reach_the_specimen() -> None:
    """What is given by name is what is made."""
    specimen = make_specimen("beads", 5, {"count": 7, "size_um": (10.0, 20.0)})
    assert specimen.places_um().shape == (7, 2)
    assert specimen.size_um == (10.0, 20.0)
    other = make_specimen("beads", 6, {"count": 7, "size_um": (10.0, 20.0)})
    assert not np.array_equal(specimen.places_um(), other.places_um())


@pytest.mark.parametrize(
    ("name", "seed", "settings", "says"),
    [
        ("bead", 0, {}, r"no specimen 'bead'.*beads"),
        ("", 0, {}, "no specimen ''"),
        ("beads", 0, {"counts": 3}, r"beads has no setting 'counts'.*count"),
        ("beads", 0, {"seed": 3}, "beads has no setting 'seed'"),
        ("beads", 0, {"count": -3}, r"beads\.count"),
        ("beads", -1, {}, "seed is -1"),
        ("beads", 1.5, {}, "seed is 1.5"),
        ("beads", True, {}, "seed is True"),
    ],
)
def test_what_can_not_be_is_refused_by_name(
    name: str, seed: int, settings: dict[str, Any], says: str
) -> None:
    """An unknown specimen or setting, or an impossible value, is named, with what is meant."""
    with pytest.raises(ProtocolError, match=says):
        make_specimen(name, seed, settings)
