"""From a specimen in the light to the photons that reach the sensor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from saccade.core import ProtocolError

from ._canvas import Canvas
from ._field import Field, field_of
from ._lighting import lighting

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._exposure import Exposure
    from ._specimen import Specimen
    from ._values import Channel, Light, Photons

_TRANSMITTED = 3e7
"""Photons at the sensor from one µm² for 1 J/cm² of a lamp that passes through."""


def channel_of(specimen: Specimen, name: str) -> Channel:
    """Return a channel of a specimen.

    Parameters
    ----------
    specimen : Specimen
        Whose.
    name : str
        Of the channel.

    Raises
    ------
    ProtocolError
        If it has none of that name.
    """
    try:
        return specimen.channels[name]
    except KeyError:
        known = ", ".join(specimen.channels)
        raise ProtocolError(
            f"{specimen.name} has no channel {name!r}.", f"It has {known}."
        ) from None


def form(exposure: Exposure) -> Photons:
    """Return the photons that an exposure brings to the sensor, (y, x), without noise.

    Parameters
    ----------
    exposure : Exposure
        What is looked at, how long, through what, in which light.

    Raises
    ------
    ProtocolError
        If the specimen has no such channel, or the light's mask does not fit the sensor.
    """
    view, light, dose = exposure.view, exposure.light, exposure.dose_j_per_cm2
    if light is None or dose == 0:
        return np.zeros(view.shape_px, np.float32)
    channel = channel_of(exposure.specimen, view.channel)
    optics, layers_um = exposure.optics, exposure.specimen.layers_um
    sigmas_um = [optics.sigma_um(channel.emission_nm, z - view.z_um) for z in layers_um]
    photons = dose * view.pixel_size_um**2
    if channel.transmitted:
        return _passed(exposure, light, channel, sigmas_um, photons * _TRANSMITTED)
    photons *= exposure.collected
    focus = sigmas_um.index(min(sigmas_um))
    planes = [
        _glow(exposure, light, channel, sigma_um, held, photons, in_focus=focus in held)
        for sigma_um, held in _planes(sigmas_um).items()
    ]
    for plane in planes[1:]:
        cv2.add(planes[0], plane, dst=planes[0])
    return planes[0]


def _painted(
    specimen: Specimen, channel: Channel, field: Field, base: float, held: list[int] | None = None
) -> NDArray[np.float32]:
    """Return sharp layers, (layer, y, x), with what of other channels is seen in this one."""
    canvas = Canvas(field.view, 0, specimen.layers_um, base, held)
    specimen.paint(canvas, channel.name)
    for name, share in channel.crosstalk.items():
        other = Canvas(field.view, 0, specimen.layers_um, 0.0, held)
        specimen.paint(other, channel_of(specimen, name).name)
        canvas.layers += np.float32(share) * other.layers
    return canvas.layers


def _planes(sigmas_um: list[float]) -> dict[float, list[int]]:
    """Return by how much layers will be blurred, and which layers are blurred by so much."""
    planes: dict[float, list[int]] = {}
    for index, sigma_um in enumerate(sigmas_um):
        # Layers equally far above and below the focus differ in the last digit.
        planes.setdefault(round(sigma_um, 9), []).append(index)
    return planes


def _glow(
    exposure: Exposure,
    light: Light,
    channel: Channel,
    sigma_um: float,
    held: list[int],
    photons: float,
    *,
    in_focus: bool,
) -> Photons:
    """Return what the layers of one plane send to the sensor, blurred and hazy.

    Each plane has a field of its own: what is far from the focus is wide, and blurred so much
    that coarse pixels show it.
    """
    view, imaging, specimen = exposure.view, exposure.imaging, exposure.specimen
    optics = exposure.optics
    field = field_of(view, sigma_um, sigma_um, 0.0 if optics.haze == 0 else optics.haze_um)
    # Medium and glass glow at all heights; what glows in focus stands for them.
    base = imaging.background if in_focus else 0.0
    plane = _painted(specimen, channel, field, base, held)[0]
    cv2.multiply(plane, lighting(optics, view, light, field), dst=plane, scale=photons)
    size_um = field.view.pixel_size_um
    seen = optics.hazy(optics.blur(plane, sigma_um, size_um), size_um)
    return field.crop(seen, view.shape_px)


def _passed(
    exposure: Exposure,
    light: Light,
    channel: Channel,
    sigmas_um: list[float],
    photons: float,
) -> Photons:
    """Return the light that passes through all layers.

    What a layer takes from the light that those before it let through is blurred by its own
    distance from the focus. So layers that are equally far from it multiply before they are
    blurred, and a weak one darkens a picture by as much as it absorbs.
    """
    view, optics = exposure.view, exposure.optics
    field = field_of(view, min(sigmas_um), max(sigmas_um), 0.0)
    size_um = field.view.pixel_size_um
    layers = _painted(exposure.specimen, channel, field, 1.0)
    if len(layers) == 1:
        seen = optics.blur(layers[0], sigmas_um[0], size_um)
    else:
        arriving: NDArray[np.float32] = np.ones_like(layers[0])
        seen = arriving.copy()
        for layer, sigma_um in zip(layers, sigmas_um, strict=True):
            change = arriving * (layer - 1)
            arriving += change
            seen += optics.blur(change, sigma_um, size_um)
        np.maximum(seen, 0, out=seen)
    cv2.multiply(seen, lighting(optics, view, light, field), dst=seen, scale=photons)
    return field.crop(seen, view.shape_px)
