"""Stimulation: only behind a mask, not over too much of the field, and not too much of it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from guard_cases import decided, event, lost, passes, planned, stand, taken, why_not, wrong
from useq import Channel, MDAEvent, SLMImage

from saccade.core import Commits, Modulator, Settles
from saccade.guard import Dose, Stimulation

SLM = Modulator("SLM", (10, 10), ((1, 0, 0), (0, 1, 0)), (100, 50))


def mask(share: float, level: int = 255, device: str | None = "SLM") -> SLMImage:
    """Return a mask that lights a share of the modulator."""
    pixels = np.zeros(100, np.uint8)
    pixels[: round(100 * share)] = level
    return SLMImage(data=pixels.reshape(10, 10), device=device)


def lights(share: float | None, channel: str | None = "FITC", **values: Any) -> MDAEvent:
    """Return an event of 100 ms behind a mask: 1 mJ of 10 mW without one."""
    if channel is not None:
        values["channel"] = Channel(config=channel)
    image = None if share is None else mask(share)
    return event(exposure=100.0, **{"slm_image": image, **values})


def guard(**settings: Any) -> Stimulation:
    """Return a guard of FITC at the bench, with a modulator."""
    made = Stimulation(**{"channels": ("FITC",), **settings})
    made.learn(stand(modulator=SLM))
    return made


def test_light_for_stimulation_needs_a_mask() -> None:
    """Open light, and light over more than is allowed, is refused; other channels aren't asked."""
    made = guard(most_share=0.2)
    assert isinstance(made, Commits)
    assert isinstance(made, Settles)
    assert passes(made, decided(lights(0.2)))
    assert "lights 0.3" in why_not(made, decided(lights(0.3)))[0]
    assert passes(made, decided(lights(None, "Cy5")))


def test_a_mask_stays_until_another_is_shown() -> None:
    """An event that names no mask is lit through that of the event before; in a new run by none."""
    made = guard(most_share=0.2)
    assert "lights 1 of" in why_not(made, decided(lights(None)))[0]
    assert passes(made, decided(lights(0.1), lights(None)))
    assert "lights 1 of" in why_not(made, decided(lights(0.1), lights(None), lights(1.0)))[0]
    assert passes(made, planned(lights(None)))
    made.learn(stand(modulator=SLM))
    assert not passes(made, planned(lights(None)))


def test_a_mask_of_another_modulator_darkens_nothing() -> None:
    """Only the modulator that the profile declares is in the way of the light."""
    made = guard()
    other = lights(0.1, slm_image=mask(0.1, device="DMD"))
    assert "lights 1 of" in why_not(made, decided(other))[0]
    made.learn(stand())
    assert not passes(made, decided(lights(0.1)))


def test_the_energy_of_a_run_is_bounded() -> None:
    """Masks count by what they let through, and what would be too much is refused."""
    made = guard(limit_mj=1.0)
    for _ in range(3):  # 0.25 mJ each
        assert passes(made, decided(lights(0.25)))
        made.settle(taken())
    assert made.spent_mj == pytest.approx(0.75)
    assert "from 0.75 to 1.05 mJ" in why_not(made, decided(lights(0.3)))[0]
    assert passes(made, decided(lights(0.25)))
    assert made.fresh().spent_mj == 0


def test_what_is_exposed_again_is_charged_again() -> None:
    """Failed tries of the camera shine as well; there must be room for them beforehand."""
    made = guard(limit_mj=1.0)
    assert passes(made, decided(lights(0.2), lights(None, "Cy5")))
    made.settle(lost(exposures=3))
    made.settle(taken(exposures=5))
    made.settle(taken(exposures=5))  # that nobody asked for
    assert made.spent_mj == pytest.approx(0.6)
    made.learn(stand(modulator=SLM, tries=3))
    assert not passes(made, decided(lights(0.4)))
    assert passes(made, decided(lights(0.33)))


def test_light_that_nobody_knows_is_refused() -> None:
    """An exposure of nobody knows how long can't be counted."""
    bad = lights(0.1).model_copy(update={"exposure": math.nan})
    assert "can't be known" in why_not(guard(), decided(bad))[0]


def test_dose_counts_what_the_mask_lets_through() -> None:
    """The brightest place counts: a grey mask takes its share, a small one takes nothing off."""
    dose = Dose(limit_j_per_cm2=10)
    dose.learn(stand(modulator=SLM))
    for image, more in ((mask(0.1), 0.1), (mask(0.5, level=51), 0.02), (mask(0.0), 0.0)):
        before = dose.spent_j_per_cm2
        assert passes(dose, decided(lights(None, slm_image=image)))
        dose.settle(taken(exposure_ms=100.0, channel="FITC"))
        assert dose.spent_j_per_cm2 - before == pytest.approx(more)


_CHANNELS = "a list of channels. Name the presets whose light stimulates, as in [Stim]."
_SHARE = "above 0, at most 1. Such as 0.2."
_ENERGY = "a number above 0. Give mJ."


@pytest.mark.parametrize(
    ("name", "value", "must"),
    [
        ("channels", (), _CHANNELS),
        ("channels", "Stim", _CHANNELS),
        ("channels", ("",), _CHANNELS),
        ("channels", ("Stim", 5), _CHANNELS),
        ("most_share", 0.0, _SHARE),
        ("most_share", 1.5, _SHARE),
        ("most_share", math.nan, _SHARE),
        ("limit_mj", 0.0, _ENERGY),
        ("limit_mj", -1.0, _ENERGY),
        ("limit_mj", math.nan, _ENERGY),
        ("limit_mj", "5", _ENERGY),
    ],
    ids=str,
)
def test_settings_that_make_no_sense_are_refused(name: str, value: object, must: str) -> None:
    """What can't be a list of channels, a share or an energy is told by name, with what to do."""
    said = wrong(Stimulation, **{"channels": ("FITC",), name: value})
    assert said == f"Stimulation.{name} is {value!r}, but it must be {must}"


def test_settings_at_their_ends_are_taken() -> None:
    """All of the modulator, a little energy, and several channels."""
    made = guard(channels=["FITC", "Cy5"], most_share=1, limit_mj=0.25)
    assert made.limit_mj == 0.25
    assert passes(made, decided(lights(0.25)))
    assert why_not(made, decided(lights(0.1)))[1] == "0 mJ"
    half = guard(limit_mj=0.5)
    assert passes(half, decided(lights(0.2)))
    assert why_not(half, decided(lights(0.4)))[1] == "0.3 mJ"
