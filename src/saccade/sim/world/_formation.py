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
    from ._optics import Optics
    from ._specimen import Specimen
    from ._values import Channel, Photons

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
    imaging = exposure.imaging
    optics, layers_um = imaging.optics, exposure.specimen.layers_um
    sigmas_um = [optics.sigma_um(channel.emission_nm, z - view.z_um) for z in layers_um]
    haze_um = 0.0 if channel.transmitted or optics.haze == 0 else optics.haze_um
    field = field_of(view, min(sigmas_um), max(sigmas_um), haze_um)
    layers = _painted(exposure.specimen, channel, field)
    share = lighting(optics, view, light, field)
    photons = dose * view.pixel_size_um**2
    if channel.transmitted:
        seen = _passed(optics, layers, sigmas_um, field)
        cv2.multiply(seen, share, dst=seen, scale=photons * _TRANSMITTED)
    else:
        # Medium and glass glow at all heights; what glows in focus stands for them.
        layers[int(np.argmin(sigmas_um))] += np.float32(imaging.background)
        planes = _planes(layers, sigmas_um)
        for plane in planes.values():
            cv2.multiply(plane, share, dst=plane, scale=photons)
        seen = _glow(optics, planes, field)
    return field.crop(seen, view.shape_px)


def _painted(specimen: Specimen, channel: Channel, field: Field) -> NDArray[np.float32]:
    """Return sharp layers, (layer, y, x), with what of other channels is seen in this one."""
    base = 1.0 if channel.transmitted else 0.0
    canvas = Canvas(field.view, 0, specimen.layers_um, base)
    specimen.paint(canvas, channel.name)
    for name, share in channel.crosstalk.items():
        other = Canvas(field.view, 0, specimen.layers_um)
        specimen.paint(other, channel_of(specimen, name).name)
        canvas.layers += np.float32(share) * other.layers
    return canvas.layers


def _planes(layers: NDArray[np.float32], sigmas_um: list[float]) -> dict[float, Photons]:
    """Return layers by how much they will be blurred, those that are alike as one; in place."""
    planes: dict[float, Photons] = {}
    for layer, sigma_um in zip(layers, sigmas_um, strict=True):
        # Layers equally far above and below the focus differ in the last digit.
        alike = round(sigma_um, 9)
        if alike in planes:
            cv2.add(planes[alike], layer, dst=planes[alike])
        else:
            planes[alike] = layer
    return planes


def _glow(optics: Optics, planes: dict[float, Photons], field: Field) -> Photons:
    """Return what planes send out together, blurred and hazy; they are used up."""
    size_um = field.view.pixel_size_um
    first, *others = (optics.blur(plane, sigma, size_um) for sigma, plane in planes.items())
    for other in others:
        cv2.add(first, other, dst=first)
    return optics.hazy(first, size_um)


def _passed(
    optics: Optics, layers: NDArray[np.float32], sigmas_um: list[float], field: Field
) -> NDArray[np.float32]:
    """Return the share of the light that passes through all layers.

    What a layer takes from the light that those before it let through is blurred by its own
    distance from the focus. So layers that are equally far from it multiply before they are
    blurred, and a weak one darkens a picture by as much as it absorbs.
    """
    if len(layers) == 1:
        return optics.blur(layers[0], sigmas_um[0], field.view.pixel_size_um)
    arriving: NDArray[np.float32] = np.ones_like(layers[0])
    seen: NDArray[np.float32] = arriving.copy()
    for layer, sigma_um in zip(layers, sigmas_um, strict=True):
        change = arriving * (layer - 1)
        arriving += change
        seen += optics.blur(change, sigma_um, field.view.pixel_size_um)
    np.maximum(seen, 0, out=seen)
    return seen
