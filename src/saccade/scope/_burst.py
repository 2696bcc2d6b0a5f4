"""Hardware-timed bursts: how events become one, and what it set for each of its frames."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from pymmcore_plus.core import SequencedEvent, iter_sequenced_events

from saccade.core import SettingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pymmcore_plus import CMMCorePlus
    from useq import MDAEvent

    from ._label import Labels, Real
    from ._turret import Revolver


def bursts(core: CMMCorePlus, events: Sequence[MDAEvent]) -> Iterator[tuple[int, MDAEvent]]:
    """Yield events as few hardware-timed sequences as the devices can play, and their lengths.

    Parameters
    ----------
    core : CMMCorePlus
        The microscope.
    events : sequence of useq.MDAEvent
        In order; one that fits no sequence is yielded by itself.
    """
    for event in iter_sequenced_events(core, events):
        if not isinstance(event, SequencedEvent):
            yield 1, event
            continue
        first = event.events[0]
        stepped = event.property_sequences.keys()
        # pymmcore-plus takes over neither mask, shutter nor index from the events of a sequence,
        # and puts the properties of the channel, which is set anyway, among its own.
        same = {
            "properties": [each for each in first.properties or () if each[:2] not in stepped]
            or None,
            "slm_image": None if event.slm_sequence else first.slm_image,
            "keep_shutter_open": event.events[-1].keep_shutter_open,
            "index": dict(first.index),
        }
        yield len(event.events), event.model_copy(update=same)


def start_sequences(
    core: CMMCorePlus,
    event: SequencedEvent,
    load: Callable[[SequencedEvent], None],
    revolver: Revolver,
) -> None:
    """Load and start what the devices play by themselves.

    Parameters
    ----------
    core : CMMCorePlus
        The microscope.
    event : SequencedEvent
        What to play.
    load : callable
        Sends the sequences to the devices.
    revolver : Revolver
        The objectives; events have coordinates of the sample, stages have their own.

    Raises
    ------
    SettingError
        If there is something in it that pymmcore-plus can't start.
    """
    if event.slm_sequence:
        raise SettingError("Masks that change within a hardware-timed burst are not supported.")
    devices = {device for device, _ in event.property_sequences}
    if revolver.turret is not None and revolver.turret.device in devices:
        raise SettingError("Objectives that change within a hardware-timed burst are not possible.")
    load(_on_the_stage(event, revolver))
    if event.x_sequence:
        core.startXYStageSequence(core.getXYStageDevice())
    if event.z_sequence:
        core.startStageSequence(core.getFocusDevice())
    if event.exposure_sequence:
        core.startExposureSequence(core.getCameraDevice())
    for device, name in event.property_sequences:
        core.startPropertySequence(device, name)


def _on_the_stage(event: SequencedEvent, revolver: Revolver) -> SequencedEvent:
    """Return a sequence with the places of the stage."""
    objective = revolver.now()
    if objective is None or not any(objective.offset_um):
        return event
    names = ("x_sequence", "y_sequence", "z_sequence")
    return event.model_copy(
        update={
            name: type(places)(at_um + offset_um for at_um in places)
            for name, offset_um in zip(names, objective.offset_um, strict=True)
            if (places := getattr(event, name))
        }
    )


def stop_sequences(core: CMMCorePlus, event: SequencedEvent) -> list[str]:
    """Stop what the devices play; return what went wrong, and never raise.

    Parameters
    ----------
    core : CMMCorePlus
        The microscope.
    event : SequencedEvent
        What was started, or begun to be.
    """
    steps: list[Callable[[], None]] = []
    if event.exposure_sequence:
        steps.append(partial(core.stopExposureSequence, core.getCameraDevice()))
    if event.x_sequence:
        steps.append(partial(core.stopXYStageSequence, core.getXYStageDevice()))
    if event.z_sequence:
        steps.append(partial(core.stopStageSequence, core.getFocusDevice()))
    for device, name in event.property_sequences:
        steps.append(partial(core.stopPropertySequence, device, name))
    problems = []
    for step in steps:
        try:
            step()
        except Exception as error:  # noqa: BLE001 - the others are to be stopped all the same
            problems.append(f"A hardware sequence did not stop: {error}")
    return problems


def as_played(real: Real, event: SequencedEvent, place: int, labels: Labels) -> Real:
    """Return what a sequence set for one of its frames; it can't be read meanwhile.

    Parameters
    ----------
    real : Real
        What was read before the sequence began.
    event : SequencedEvent
        What was played.
    place : int
        Number of the frame.
    labels : Labels
        Knows which channel lights what.
    """
    one, (dx_um, dy_um, dz_um) = event.events[place], real.offset_um
    channel = one.channel.config if one.channel else real.channel
    played = {
        f"{device}.{name}": str(values[place])
        for (device, name), values in event.property_sequences.items()
        if f"{device}.{name}" in real.properties
    }
    return replace(
        real,
        x_um=(one.x_pos or 0.0) + dx_um if event.x_sequence else real.x_um,
        y_um=(one.y_pos or 0.0) + dy_um if event.x_sequence else real.y_um,
        z_um=(one.z_pos or 0.0) + dz_um if event.z_sequence else real.z_um,
        exposure_ms=event.exposure_sequence[place] if event.exposure_sequence else real.exposure_ms,
        channel=channel,
        light_mw=real.light_mw if channel == real.channel else labels.lit(channel, real.objective),
        properties={**real.properties, **played},
    )


def longest_ms(event: SequencedEvent, real: Real) -> float:
    """Return the longest exposure of a sequence, in ms.

    Parameters
    ----------
    event : SequencedEvent
        What is played.
    real : Real
        What was read before.
    """
    return max((*event.exposure_sequence, real.exposure_ms))
