"""The strict engine: a frame is what its label says, or it is a gap."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from pymmcore_plus.core import SequencedEvent, iter_sequenced_events
from pymmcore_plus.mda import MDAEngine, SkipEvent
from useq import HardwareAutofocus, MDAEvent

from saccade.core import (
    Gap,
    Order,
    RecordingEndedError,
    ScopeError,
    SnapError,
    StoppedError,
    Times,
)

from ._camera import Camera
from ._hand import Hand
from ._settings_of import SettingsOf

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pymmcore_plus import CMMCorePlus
    from pymmcore_plus.mda._protocol import PImagePayload
    from pymmcore_plus.metadata import FrameMetaV1

    from saccade.core import Frame, Source

    from ._camera import Shot
    from ._label import Labels, Real
    from ._manners import Manners


class StrictEngine(MDAEngine):
    """An engine that verifies what it sets, and leaves a gap where it can't.

    The stock engine goes on after a failed stage move, a refused exposure or a missing
    picture, and files the wrong one under the right name. This one applies only what an
    event asks for, waits only for what it touched, reads it back, tries again a bounded
    number of times, and then reports a gap.

    Parameters
    ----------
    core : CMMCorePlus
        The microscope.
    labels : Labels
        Reads it.
    manners : Manners
        Tolerances, patience, retries.
    source : Source
        Gives orders and receives frames and gaps, all in the runner's thread.
    """

    def __init__(self, core: CMMCorePlus, labels: Labels, manners: Manners, source: Source) -> None:
        super().__init__(core, restore_initial_state=False)
        self._source = source
        self._labels = labels
        self._settings_of = SettingsOf(core, manners, labels.sensor_px)
        self._hand = Hand(core, self._settings_of, manners, source.stopping, source.noted)
        self._camera = Camera(core, manners, source.stopping, source.noted)
        self._orders: tuple[Order, ...] = ()
        self._held_open = False
        self._retries = 0
        self._began_ns = 0
        self.exhausted = False
        """Whether the source had nothing more to give; the runner's own word is not enough."""

    @property
    def changed(self) -> Mapping[tuple[str, str], str]:
        """What single properties were before an event changed them."""
        return self._hand.changed

    def events(self) -> Iterator[MDAEvent]:
        """Yield the source's orders as events for the runner, which never has to wait."""
        for item in self._source.orders():
            if isinstance(item, Order):
                self._orders = (item,)
                yield _bare(item.event)
            else:
                yield from self._sequences(item)
        self.exhausted = True

    # ------------------------------------------------------------------- the runner's calls

    def setup_event(self, event: MDAEvent) -> None:
        """Make the event's settings true, or turn it into a gap."""
        self._began_ns = time.perf_counter_ns()
        try:
            self._retries = self._hand.apply(event)
            if isinstance(event, SequencedEvent):
                self._start_sequences(event)
            self._open_shutter(event)
        except StoppedError as error:
            raise SkipEvent(len(self._orders), error.what) from None
        except Exception as error:  # noqa: BLE001 - whatever went wrong, it must not be exposed
            self._miss(self._orders, error)
            raise SkipEvent(len(self._orders), str(error)) from None

    def exec_event(self, event: MDAEvent) -> Iterable[PImagePayload | None]:
        """Take the picture, or pictures, of an event that was set up."""
        if isinstance(event, SequencedEvent):
            yield from self._burst(event)
        elif isinstance(event.action, HardwareAutofocus):
            self._focus(event)
        elif self._orders[0].index >= 0:
            yield from self._single(event)

    def teardown_event(self, event: MDAEvent) -> None:
        """Close the shutter unless the event asked to leave it open; end sequences."""
        if self._held_open and not event.keep_shutter_open:
            self.mmcore.setShutterOpen(False)
            self.mmcore.setAutoShutter(True)
            self._held_open = False
        if isinstance(event, SequencedEvent):
            self._stop_sequences(event)
        if event.properties or isinstance(event, SequencedEvent):
            # A property may have changed anything, even the objective.
            self._hand.forget()
            self._labels.refresh_optics()

    # ------------------------------------------------------------------------------ frames

    def _single(self, event: MDAEvent) -> Iterator[PImagePayload | None]:
        (order,) = self._orders
        try:
            real = self._labels.read(event)
            ready_ns = time.perf_counter_ns()
            self._show_mask(event)
            shot = self._camera.snap(real.roi[2:])
        except StoppedError:
            return
        except RecordingEndedError as error:
            self._source.ended(error.what)
            return
        except Exception as error:  # noqa: BLE001 - no picture, whatever the reason
            self._miss((order,), error)
            return
        yield self._hand_over(order, event, real, shot, ready_ns)

    def _burst(self, event: SequencedEvent) -> Iterator[PImagePayload | None]:
        orders = dict(enumerate(self._orders))
        real = self._labels.read(event)
        ready_ns = time.perf_counter_ns()
        self._show_mask(event)
        why: Exception = SnapError("The camera did not deliver it.")
        try:
            for shot in self._camera.burst(len(orders), real.exposure_ms):
                for lost in [place for place in orders if place < shot.place]:
                    self._miss((orders.pop(lost),), why)
                order = orders.pop(shot.place)
                actual = _as_played(real, event.events[shot.place])
                yield self._hand_over(order, event.events[shot.place], actual, shot, ready_ns)
        except (StoppedError, GeneratorExit):
            return
        except RecordingEndedError as error:
            self._source.ended(error.what)
            return
        except Exception as error:  # noqa: BLE001 - the rest of the burst is missing, whatever the reason
            why = error
        self._miss(tuple(orders.values()), why)

    def _hand_over(
        self, order: Order, event: MDAEvent, real: Real, shot: Shot, ready_ns: int
    ) -> PImagePayload:
        times = Times(order.asked_ns, self._began_ns, ready_ns, shot.exposed_ns, shot.available_ns)
        retries = self._retries + shot.retries
        frame = self._labels.frame(order, shot.pixels, real, times, retries)
        self._source.took(frame)
        return frame.pixels, event, self._metadata(event, frame)

    def _metadata(self, event: MDAEvent, frame: Frame) -> FrameMetaV1:
        signal = self.mmcore.mda.events.frameReady
        if hasattr(signal, "__len__") and not len(signal):
            return cast("FrameMetaV1", {})  # nobody looks at it
        return self.get_frame_metadata(event, runner_time_ms=frame.t_ns / 1e6)

    def _miss(self, orders: tuple[Order, ...], error: Exception) -> None:
        reason = error.what if isinstance(error, ScopeError) else " ".join(repr(error).split())
        now_ns = time.perf_counter_ns()
        for order in orders:
            if order.index < 0:
                self._source.noted("failure", {"text": reason})
            else:
                gap = Gap(order.index, order.stream, order.event, reason, self._retries, now_ns)
                self._source.missed(gap)

    # ------------------------------------------------------------------- parts of the setup

    def _open_shutter(self, event: MDAEvent) -> None:
        core = self.mmcore
        if event.keep_shutter_open and core.getAutoShutter():
            core.setAutoShutter(False)
            core.setShutterOpen(True)
            self._held_open = True

    def _show_mask(self, event: MDAEvent) -> None:
        if event.slm_image is not None:
            self.mmcore.displaySLMImage(event.slm_image.device or self.mmcore.getSLMDevice())

    def _focus(self, event: MDAEvent) -> None:
        action = event.action
        assert isinstance(action, HardwareAutofocus)  # noqa: S101 - the caller has checked
        position = event.index.get("p")
        try:
            offset_um = self._execute_autofocus(action)
        except RuntimeError as error:
            self._source.noted("failure", {"text": f"The hardware autofocus failed: {error}"})
            return
        offsets = self._settings_of.z_offset_um
        offsets[position] = offsets.get(position, 0.0) + offset_um
        self._hand.forget("z")

    # ------------------------------------------------------------------- hardware sequences

    def _sequences(self, orders: tuple[Order, ...]) -> Iterator[MDAEvent]:
        events = [_bare(order.event) for order in orders]
        taken = 0
        for event in iter_sequenced_events(self.mmcore, events):
            count = len(event.events) if isinstance(event, SequencedEvent) else 1
            self._orders = tuple(orders[taken : taken + count])
            taken += count
            yield event

    def _start_sequences(self, event: SequencedEvent) -> None:
        core = self.mmcore
        self._load_sequenced_event(event)
        if event.x_sequence:
            core.startXYStageSequence(core.getXYStageDevice())
        if event.z_sequence:
            core.startStageSequence(core.getFocusDevice())
        if event.exposure_sequence:
            core.startExposureSequence(core.getCameraDevice())
        for device, name in event.property_sequences:
            core.startPropertySequence(device, name)

    def _stop_sequences(self, event: SequencedEvent) -> None:
        core = self.mmcore
        if event.exposure_sequence:
            core.stopExposureSequence(core.getCameraDevice())
        if event.x_sequence:
            core.stopXYStageSequence(core.getXYStageDevice())
        if event.z_sequence:
            core.stopStageSequence(core.getFocusDevice())
        for device, name in event.property_sequences:
            core.stopPropertySequence(device, name)


def _bare(event: MDAEvent) -> MDAEvent:
    """Return the event without a start time, which is ours to wait for, as its own copy."""
    return event.model_copy(update={"min_start_time": None, "metadata": dict(event.metadata)})


def _as_played(real: Real, event: MDAEvent) -> Real:
    """Return what a hardware sequence set for one of its frames; it can't be read meanwhile."""
    return replace(
        real,
        x_um=real.x_um if event.x_pos is None else event.x_pos,
        y_um=real.y_um if event.y_pos is None else event.y_pos,
        z_um=real.z_um if event.z_pos is None else event.z_pos,
        exposure_ms=real.exposure_ms if event.exposure is None else event.exposure,
        channel=event.channel.config if event.channel else real.channel,
    )
