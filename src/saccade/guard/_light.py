"""How much light an event means."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from saccade.core import ProfileError, is_number, lit

from ._events import every, exposes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from useq import MDAEvent, SLMImage

    from saccade.core import Dimmer, Frame, LightSource, Lit, Stand, Turret


class Standing(NamedTuple):
    """Settings that hold until an event names others."""

    x_um: float | None = None
    y_um: float | None = None
    exposure_ms: float = math.nan
    channel: str | None = None
    mask: SLMImage | None = None
    objective: str | None = None
    turret: Turret | None = None
    dimmed: tuple[tuple[Dimmer, float], ...] = ()
    """What sets the power of light sources, and the share of their measured power."""

    @classmethod
    def found(cls, stand: Stand) -> Standing:
        """Return what holds before the first event.

        Parameters
        ----------
        stand : Stand
            The microscope.
        """
        turret = stand.turret
        dimmers = [each.dimmer for each in stand.lights if each.dimmer is not None]
        return cls(
            exposure_ms=stand.exposure_ms,
            channel=stand.channel,
            objective=None if turret is None else turret.current,
            turret=turret,
            dimmed=tuple(
                (each, 1.0 if each.found is None else each.share(each.found)) for each in dimmers
            ),
        )

    def then(self, event: MDAEvent) -> Standing:
        """Return what holds once an event was applied."""
        return Standing(
            self.x_um if event.x_pos is None else event.x_pos,
            self.y_um if event.y_pos is None else event.y_pos,
            self.exposure_ms if event.exposure is None else event.exposure,
            self.channel if event.channel is None else event.channel.config,
            self.mask if event.slm_image is None else event.slm_image,
            (self.turret and self.turret.asked(event)) or self.objective,
            self.turret,
            tuple((each, each.after(event, share)) for each, share in self.dimmed),
        )

    def share(self, source: LightSource) -> float:
        """Return the share of its measured power that a source gives; NaN if nobody knows."""
        if source.dimmer is None:
            return 1.0
        return next((share for each, share in self.dimmed if each == source.dimmer), math.nan)

    @property
    def at_um(self) -> tuple[float, float] | None:
        """Stage position (x, y); None if nobody named it."""
        return None if self.x_um is None or self.y_um is None else (self.x_um, self.y_um)


class Charge(NamedTuple):
    """The light of one picture."""

    at: Standing
    dose: float
    """Where a mask lets most through, in J/cm²; NaN if it can't be known."""
    energy_mj: float
    """At the sample, all over the field; NaN if it can't be known."""
    through: Lit
    """What the mask lets through."""

    @property
    def unknown(self) -> str:
        """Return why it can't be counted; empty if it can."""
        if not all(map(math.isfinite, self.at.at_um or ())):
            return f"its place is {self.at.at_um}"
        if not self.at.exposure_ms > 0 or math.isinf(self.at.exposure_ms):
            return f"its exposure is {self.at.exposure_ms} ms"
        if any(math.isnan(share) for _, share in self.at.dimmed):
            return "the power of a light source is set to what is no number of 0 or more"
        if not math.isfinite(self.dose):
            return f"no light source is declared for channel {self.at.channel!r}"
        return ""


def charges(stand: Stand, standing: Standing, events: Iterable[MDAEvent]) -> list[Charge]:
    """Return the light of each picture that some events take, in order.

    Parameters
    ----------
    stand : Stand
        The microscope, with its light sources.
    standing : Standing
        What holds before the first event.
    events : iterable of useq.MDAEvent
        Events that take no picture cost nothing.
    """
    found = []
    for event in every(events):
        standing = standing.then(event)
        if exposes(event):
            on = stand.sources(standing.channel, standing.objective)
            given = [(source.power_mw * standing.share(source), source.area_cm2) for source in on]
            w_per_cm2 = sum(power_mw / 1000.0 / area_cm2 for power_mw, area_cm2 in given)
            power_mw = sum(power_mw for power_mw, _ in given) if on else math.nan
            through = lit(_in_the_way(stand, standing.mask))
            dose = w_per_cm2 * standing.exposure_ms / 1000.0 * through.peak
            energy_mj = power_mw * standing.exposure_ms / 1000.0 * through.mean
            found.append(Charge(standing, dose if on else math.nan, energy_mj, through))
    return found


def _in_the_way(stand: Stand, mask: SLMImage | None) -> SLMImage | None:
    """Return a mask if it is for the modulator that the light passes; None lets all through."""
    if mask is None or stand.modulator is None:
        return None
    return mask if mask.device in (None, stand.modulator.device) else None


def light_of(
    stand: Stand,
    events: Iterable[MDAEvent],
    *,
    exposure_ms: float | None = None,
    channel: str | None = None,
) -> float | None:
    """Return the light of some events together, in J/cm²; None if it can't be known.

    Parameters
    ----------
    stand : Stand
        The microscope, with its light sources.
    events : iterable of useq.MDAEvent
        As they will be played, in order.
    exposure_ms, channel : optional
        What holds until an event names others; by default as the microscope was found.
    """
    found = Standing.found(stand)
    standing = found._replace(
        exposure_ms=stand.exposure_ms if exposure_ms is None else exposure_ms,
        channel=stand.channel if channel is None else channel,
    )
    events = tuple(events)
    charged = charges(stand, standing, events)
    known = not any(charge.unknown for charge in charged)
    known = known and not any(event.keep_shutter_open for event in every(events))
    return math.fsum(charge.dose for charge in charged) if known else None


def true_dose(stand: Stand, frame: Frame, through: float = 1.0) -> float:
    """Return the light of a frame, in J/cm², by what the hardware really did.

    Parameters
    ----------
    stand : Stand
        The microscope, with its light sources.
    frame : Frame
        Its channel, or the power that it was lit with, whichever is more light. Of a source
        whose power is set by a property, what that was read back as counts alone.
    through : float
        Share of it that the light modulator was told to let through: it can't be read back.
    """
    areas = {source.name: source.area_cm2 for source in stand.measured(frame.objective)}
    smallest = min(areas.values(), default=math.inf)
    measured = [mw / areas.get(name, smallest) for name, mw in frame.light_mw.items()]
    on = stand.sources(frame.channel, frame.objective)
    declared = [
        each.power_mw / each.area_cm2
        for each in on
        if each.dimmer is None or each.name not in frame.light_mw
    ]
    w_per_cm2 = max(sum(measured), sum(declared)) / 1000.0
    return frame.exposures * w_per_cm2 * frame.exposure_ms / 1000.0 * through


def place_of(frame: Frame) -> tuple[float, float] | None:
    """Return where a frame was taken, in µm; None if it doesn't say."""
    at_um = frame.x_um, frame.y_um
    if not (is_number(at_um[0]) and is_number(at_um[1])):
        return None
    return float(at_um[0]), float(at_um[1])  # type: ignore[arg-type]


def is_dark(stand: Stand, channel: str | None) -> bool:
    """Return whether a channel is declared, and has no light."""
    lit = stand.sources(channel)
    return bool(lit) and all(source.power_mw == 0 for source in lit)


def check_lights(stand: Stand) -> None:
    """Raise a `ProfileError` unless the light of every channel is declared.

    Parameters
    ----------
    stand : Stand
        The microscope.
    """
    for source in stand.lights:
        power_ok = is_number(source.power_mw) and source.power_mw >= 0
        if not (power_ok and is_number(source.area_cm2) and source.area_cm2 > 0):
            raise ProfileError(
                f"Dose can't be counted: light source {source.name!r} of {stand.name!r} has"
                f" power_mw {source.power_mw!r} and area_cm2 {source.area_cm2!r}.",
                "Measure the power at the sample (0 or more) and the illuminated area (above 0).",
            )
    unlit = [name for name in stand.channels or (stand.channel,) if not stand.sources(name)]
    if unlit:
        names = ", ".join("any channel" if name is None else repr(name) for name in unlit)
        raise ProfileError(
            f"Dose can't be counted: {stand.name!r} declares no light source for {names}.",
            "Declare it under 'lights' in the scope profile, with power_mw and area_mm2;"
            " power_mw: 0 for a channel without light.",
        )


def half_field_um(stand: Stand) -> tuple[float, float] | None:
    """Return half of the width and height of the field of view; None if it isn't known."""
    height, width = stand.shape_px
    return _half_um(width, height, stand.pixel_size_um)


def smallest_half_um(stand: Stand) -> tuple[float, float] | None:
    """Return half of the field of view of the objective with the smallest, as `half_field_um`."""
    objectives = () if stand.turret is None else stand.turret.objectives
    fields = [half_field_um(stand.under(each.name)) for each in objectives]
    known = [each for each in fields if each is not None]
    return min(known, default=half_field_um(stand))


def half_of(frame: Frame) -> tuple[float, float] | None:
    """Return half of the field of the whole sensor when a frame was taken; None if unknown."""
    height, width = frame.pixels.shape
    width, height = frame.sensor_px or (width, height)
    return _half_um(width, height, frame.pixel_size_um)


def _half_um(width: int, height: int, size_um: float) -> tuple[float, float] | None:
    if not (is_number(size_um) and size_um > 0 and height > 0 and width > 0):
        return None
    return width * size_um / 2, height * size_um / 2
