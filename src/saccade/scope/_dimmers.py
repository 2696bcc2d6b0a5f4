"""The power of light sources, where a property of a device sets it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ._before import agreed
from ._presets import channel_parts

if TYPE_CHECKING:
    from pymmcore_plus import CMMCorePlus

    from saccade.core import Dimmer, LightSource


def standing_lights(core: CMMCorePlus, lights: tuple[LightSource, ...]) -> tuple[LightSource, ...]:
    """Return light sources as they stand: how far they are dimmed, and which presets dim them.

    Parameters
    ----------
    core : CMMCorePlus
        The microscope, which is only asked.
    lights : tuple of LightSource
        As the profile declares them.
    """
    return tuple(
        each if each.dimmer is None else replace(each, dimmer=_standing(core, each.dimmer))
        for each in lights
    )


def read_mw(core: CMMCorePlus, source: LightSource) -> float:
    """Return the power of a source at the sample, in mW; NaN if what sets it is no number.

    Parameters
    ----------
    core : CMMCorePlus
        The microscope.
    source : LightSource
        As it was measured.
    """
    if source.dimmer is None:
        return source.power_mw
    dimmer = source.dimmer
    return source.power_mw * dimmer.share(core.getProperty(dimmer.device, dimmer.property))


def _standing(core: CMMCorePlus, dimmer: Dimmer) -> Dimmer:
    key = dimmer.device, dimmer.property
    presets = {
        each.preset: each.value
        for each in channel_parts(core)
        if (each.device, each.property) == key
    }
    return replace(dimmer, found=agreed(partial(core.getProperty, *key)), presets=presets)
