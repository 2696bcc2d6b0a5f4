"""Artefacts by their kind, as a protocol names them."""

from __future__ import annotations

import math
from typing import Any

import pytest

from saccade.core import ProtocolError
from saccade.sim import ARTEFACTS, make_artefact

KINDS = {
    "bubble",
    "dead-frames",
    "debris",
    "defocus-step",
    "dying-lamp",
    "lamp-flicker",
    "marker",
    "out-of-focus-plane",
    "saturation",
    "stage-jump",
    "stripes",
}


def test_every_kind_can_be_made_without_settings() -> None:
    """There are the kinds that were asked for; each is there from the start, for ever."""
    assert set(ARTEFACTS) == KINDS
    for kind in ARTEFACTS:
        artefact = make_artefact(kind)
        assert artefact.kind == kind
        assert artefact.active(0.0)
        assert artefact.active(1e9)


def test_settings_reach_the_artefact() -> None:
    """What is given by name is what is made."""
    made = make_artefact("stripes", {"depth": 0.5, "start_s": 3.0, "end_s": 4.0, "seed": 9})
    assert made == ARTEFACTS["stripes"](depth=0.5, start_s=3.0, end_s=4.0, seed=9)


@pytest.mark.parametrize(
    ("kind", "settings", "says"),
    [
        ("bubbles", {}, r"no artefact 'bubbles'.*bubble"),
        ("", {}, "no artefact ''"),
        ("stripes", {"deep": 0.5}, r"stripes has no setting 'deep'.*depth"),
        ("stripes", {"kind": "bubble"}, "stripes has no setting 'kind'"),
        ("stripes", {"depth": 1.5}, r"stripes\.depth"),
        ("stripes", {"depth": math.nan}, r"stripes\.depth"),
        ("stripes", {"period_px": 1.0}, r"stripes\.period_px"),
        ("bubble", {"start_s": -1.0}, r"bubble\.start_s"),
        ("bubble", {"start_s": 5.0, "end_s": 4.0}, r"bubble\.end_s"),
        ("bubble", {"end_s": math.nan}, r"bubble\.end_s"),
        ("bubble", {"end_s": "never"}, r"bubble\.end_s"),
        ("bubble", {"seed": -1}, r"bubble\.seed"),
        ("bubble", {"seed": 1.5}, r"bubble\.seed"),
        ("bubble", {"radius_share": 0.0}, r"bubble\.radius_share"),
        ("bubble", {"passes": 1.1}, r"bubble\.passes"),
        ("debris", {"radius_um": -3.0}, r"debris\.radius_um"),
        ("debris", {"x_um": math.inf}, r"debris\.x_um"),
        ("debris", {"photons_per_um2": -1.0}, r"debris\.photons_per_um2"),
        ("out-of-focus-plane", {"per_mm2": -1.0}, r"out-of-focus-plane\.per_mm2"),
        ("lamp-flicker", {"depth": -0.1}, r"lamp-flicker\.depth"),
        ("dying-lamp", {"left": 2.0}, r"dying-lamp\.left"),
        ("dying-lamp", {"fall_s": -1.0}, r"dying-lamp\.fall_s"),
        ("defocus-step", {"step_um": "far"}, r"defocus-step\.step_um"),
        ("stage-jump", {"y_um": math.nan}, r"stage-jump\.y_um"),
        ("saturation", {"share": 0.0}, r"saturation\.share"),
        ("dead-frames", {"repeated": "yes"}, r"dead-frames\.repeated"),
        ("dead-frames", {"chance": 1.2}, r"dead-frames\.chance"),
        ("marker", {"p_in": -0.1}, r"marker\.p_in"),
        ("marker", {"side_px": 0}, r"marker\.side_px"),
        ("marker", {"given": 3}, r"marker\.given"),
    ],
)
def test_what_can_not_be_is_refused_by_name(kind: str, settings: dict[str, Any], says: str) -> None:
    """An unknown kind or setting, or an impossible value, is named, with what is meant."""
    with pytest.raises(ProtocolError, match=says):
        make_artefact(kind, settings)
