"""The strict engine: a frame is what its label says, or it is a gap."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING, cast

from pymmcore_plus.core import SequencedEvent
from pymmcore_plus.mda import MDAEngine, SkipEvent
from useq import HardwareAutofocus, MDAEvent

from saccade.core import (
    Gap,
    LitError,
    Order,
    RecordingEndedError,
    ScopeError,
    SettingError,
    SnapError,
    StoppedError,
    Times,
)

from ._burst import as_played, bursts, longest_ms, start_sequences, stop_sequences
from ._camera import Camera
from ._gate import Gate
from ._glow import Glow
from ._hand import Hand
from ._lease import Lease
from ._settings_of import SettingsOf
from ._shield import is_heard
from ._stream import FreeRun, Shed, Tally, WatchedStretch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pymmcore_plus import CMMCorePlus
    from pymmcore_plus.mda._protocol import PImagePayload
    from pymmcore_plus.metadata import FrameMetaV1

    from saccade.core import Clock, Frame, Source

    from ._in_order import Shot
    from ._label import Labels, Real
    from ._manners import Manners
    from ._safe import Safety
    from ._vigil import Vigil


class StrictEngine(MDAEngine):
    """An engine that verifies what it sets, and leaves a gap where it can't.

    The stock engine goes on after a failed stage move, a refused exposure or a missing
    picture, and files the wrong one under the right name. This one applies only what an
    event asks for, waits only for what it touched, reads it back before and after the
    exposure, tries again a bounded number of times, and then reports a gap.

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
    safety : Safety
        Tells whether the light was put out meanwhile, and undoes it after a hold; and whom to
        tell when light may be on.
    clock : Clock
        Stamps what happens, and times the waits.
    vigil : Vigil
        Told of every answer, and what is asked next.
    """

    def __init__(
        self,
        core: CMMCorePlus,
        labels: Labels,
        manners: Manners,
        source: Source,
        safety: Safety,
        clock: Clock,
        vigil: Vigil,
    ) -> None:
        super().__init__(core, restore_initial_state=False)
        self._source = source
        self._clock = clock
        self._labels = labels
        self._safety = safety
        self._settings_of = SettingsOf(
            core,
            manners,
            lambda: labels.sensor_px,
            labels.revolver,
            lambda devices: self._hand.wait_for(devices),
        )
        self._vigil, self._patience_s = vigil, manners.arm_s
        self._glow = Glow(core, manners, safety.pulse)
        common = manners, source.stopping, source.noted, clock
        self._hand = Hand(core, self._settings_of, *common, self._glow.command, vigil)
        self._lease = Lease(safety, clock)
        self._gate = Gate(
            *(core, safety, source, clock, vigil, self._glow, self._lease),
            self._hand.wait_for,
            manners.open_ms,
        )
        self._cameras = labels.cameras or ("",)
        self._camera = Camera(
            *(core, *common, self._gate.expose, vigil, self._gate.darken),
            names=self._cameras,
        )
        self._free_run = FreeRun(core, manners, source, clock, vigil)
        self._stretch: WatchedStretch | None = None
        self._tally: Tally | None = None
        self._orders: tuple[Order, ...] = ()
        self._retries = self._exposures = 0
        self._unsettled: dict[int, tuple[Order, int]] = {}
        self._began_ns = 0
        self._open_ms = manners.open_ms
        self.at_work = False
        """Whether the hardware is being set or exposed, rather than somebody else at work."""
        self.exhausted = False
        """Whether the source had nothing more to give; the runner's own word is not enough."""

    @property
    def exposure_ms(self) -> float:
        """Of the exposure that is under way, if one is."""
        return self._gate.exposure_ms

    @property
    def changed(self) -> Mapping[tuple[str, str], str]:
        """What single properties were before an event changed them."""
        return self._hand.changed

    def events(self) -> Iterator[MDAEvent]:
        """Yield the source's orders as events for the runner, which never has to wait."""
        for item in self._source.orders():
            self._stretch = None
            if not isinstance(item, (Order, tuple)):
                self._stretch = WatchedStretch(item, self._vigil)
                item = item.first
            orders = (item,) if isinstance(item, Order) else item
            self._unsettled = {}
            for order in orders:
                self._await(order)
            if isinstance(item, Order):
                self._orders = (item,)
                yield _bare(item.event)
            else:
                for count, event in bursts(self.mmcore, [_bare(order.event) for order in item]):
                    self._orders, item = item[:count], item[count:]
                    yield event
            if self._gate.held_open:  # whatever became of the event
                self._lease.begin()
        self.exhausted = True

    def _await(self, order: Order) -> None:
        """Take note of the pictures that an order is for, one a camera."""
        if order.index >= 0:
            for number in range(len(self._cameras)):
                self._unsettled[order.index + number] = order, number

    def given_up(self, reason: str) -> list[Gap]:
        """Return gaps for what was ordered and has become nothing, exposed or not.

        Parameters
        ----------
        reason : str
            Why nothing will come of it any more.
        """
        now_ns, here = self._clock.now_ns(), {order.index for order in self._orders}
        return [
            Gap(
                *(index, order.stream, order.event, reason, self._retries, now_ns),
                self._gate.begun + self._gate.leaks if index in here else 0,
                self._cameras[number],
            )
            for index, (order, number) in list(self._unsettled.items())
        ]

    def cut_off(self) -> None:
        """Charge the light of a stream that was given up; nothing more will come of it."""
        if self._tally is not None and self._stretch is not None:
            self._tally.close(self._stretch.unwatched, self._clock.now_ns())

    def rest(self, until_ns: int) -> None:
        """Learn that nothing comes before a time; light is not left on for so long."""
        self._lease.rest(until_ns)

    def close(self) -> None:
        """Leave nothing running."""
        self._lease.close()

    # ------------------------------------------------------------------- the runner's calls

    def setup_event(self, event: MDAEvent) -> None:
        """Make the event's settings true, or turn it into a gap."""
        self._began_ns = self._clock.now_ns()
        self.at_work, self._exposures = True, 0
        self._gate.begin()
        try:
            if told := self._lease.end():
                self._source.noted("safe", told)
            self._glow.settle(bool(self._gate.held_open))
            # Only now: whoever stops the run either sees us at work, or is seen here.
            if self._source.stopping():
                raise StoppedError("A stop was asked for before the event.")
            if self._safety.wake():
                self._hand.forget("slm")
            self._retries = self._hand.apply(event)
            if isinstance(event, SequencedEvent):
                self._start(event)
            self._gate.open(event)
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
        elif self._stretch is not None:
            yield from self._stream(self._stretch, event)
        elif self._orders[0].index >= 0:
            yield from self._single(event)

    def teardown_event(self, event: MDAEvent) -> None:
        """Close the shutter unless the event asked to leave it open; end sequences."""
        self._vigil.beat("to end an event")
        try:
            if self._gate.held_open and not event.keep_shutter_open:
                self._gate.close()
            if isinstance(event, SequencedEvent):
                for problem in stop_sequences(self.mmcore, event):
                    self._source.noted("failure", {"text": problem})
                self._gate.darken()
        finally:
            if self._hand.set_any or isinstance(event, SequencedEvent):
                self._hand.doubt()  # a property may have changed anything
            self._glow.rest(bool(self._gate.held_open))
            self.at_work = False

    # ------------------------------------------------------------------------------ frames

    def _single(self, event: MDAEvent) -> Iterator[PImagePayload | None]:
        (order,) = self._orders
        try:
            made_safe = self._safety.made
            real = self._look(event)
            ready_ns = self._clock.now_ns()
            shots = self._camera.snap(real.roi[2:], real.exposure_ms)
            self._exposures = max(each.retries for each in shots if not isinstance(each, str)) + 1
            if self._safety.made != made_safe:
                raise StoppedError("The light was put out during the exposure.")
            self._refuse_disturbed(real)
        except StoppedError:
            return
        except RecordingEndedError as error:
            self._source.ended(error.what)
            return
        except LitError as error:
            self._miss((order,), error)
            raise
        except Exception as error:  # noqa: BLE001 - no picture, whatever the reason
            self._miss((order,), error)
            return
        real = self._labels.exposed(real)
        for number, shot in enumerate(shots):
            if isinstance(shot, str):
                why = f"No picture of {self._cameras[number]}: {shot}"
                self._leave_out(order, number, why, self._exposures)
            else:
                yield self._hand_over(order, event, real, shot, ready_ns, number=number)

    def _burst(self, event: SequencedEvent) -> Iterator[PImagePayload | None]:
        count = len(self._orders)
        left = {
            (place, number): (order, number)
            for place, order in enumerate(self._orders)
            for number in range(len(self._cameras))
        }
        why: Exception = SnapError("The camera did not deliver it.")
        try:
            real = self._look(event)
            ready_ns = self._clock.now_ns()
            self._gate.exposure_ms = longest_ms(event, real)
            fixed = not event.exposure_sequence
            self._glow.await_frame(self.exposure_ms, first=True)
            for shot in self._camera.burst(count, self.exposure_ms, real.roi, fixed=fixed):
                left_ms = self.exposure_ms * (count - 1 - shot.place)
                here = shot.place, shot.number
                # They are in order; ``here.__gt__`` is true of those before it.
                if before := list(takewhile(here.__gt__, left)):
                    self._lose([left.pop(at) for at in before], why, left_ms)
                order, number = left.pop(here)
                actual = as_played(real, event, shot.place, self._labels)
                one = event.events[shot.place]
                yield self._hand_over(order, one, actual, shot, ready_ns, left_ms, number)
                self.at_work = True
                self._glow.await_frame(self.exposure_ms, first=False)
        except (StoppedError, GeneratorExit):
            return
        except RecordingEndedError as error:
            self._source.ended(error.what)
            return
        except Exception as error:  # noqa: BLE001 - the rest is missing, whatever the reason
            why = error
        self._lose(list(left.values()), why)

    def _stream(self, stretch: WatchedStretch, event: MDAEvent) -> Iterator[PImagePayload | None]:
        """Let the camera run by itself as long as the run wants the same picture once more."""
        self._tally = tally = Tally(stretch, self._open_ms)
        made_safe = self._safety.made
        try:
            real = self._look(event)
            self._refuse_disturbed(real)
            self._camera.end_live_view()
            ready_ns = self._clock.now_ns()
            self._glow.await_frame(self.exposure_ms, first=True)
            tally.begin(self.exposure_ms, ready_ns)
            standing = partial(self._refuse_disturbed, real)
            for shot in self._free_run.shots(stretch, self.exposure_ms, real.roi, standing):
                if self._safety.made != made_safe:
                    raise StoppedError("The light was put out during the stream.")
                if (order := tally.order()) is None:
                    continue
                self._orders = (order,)
                self._await(order)
                self._gate.leaks = tally.exposures(shot.exposed_ns) - 1
                if isinstance(shot, Shed):
                    self._miss(self._orders, SnapError(shot.reason, exposures=1))
                    continue
                tally.frames += 1
                yield self._hand_over(order, event, real, shot, ready_ns, self.exposure_ms)
                self._retries, self.at_work = 0, True
                self._glow.await_frame(self.exposure_ms, first=False)
        except (StoppedError, GeneratorExit):
            tally.why = "a stop was asked for"
        except Exception as error:  # noqa: BLE001 - a gap, whatever the reason
            self._gate.leaks, tally.why = 0, " ".join(str(error).split()) or repr(error)
            if (order := tally.order()) is not None:
                self._miss((order,), error)
        self._end_stream(stretch, tally)

    def _end_stream(self, stretch: WatchedStretch, tally: Tally) -> None:
        """See to it that it is dark, and say what a stretch came to.

        Raises
        ------
        LitError
            If the shutter can't be closed.
        """
        self._gate.lit()  # how long it was open before is charged below
        self._gate.leaks = 0
        try:
            self._gate.darken()
        finally:
            with suppress(StoppedError):  # who was given up has nothing more to say
                if told := tally.close(stretch, self._clock.now_ns()):
                    self._source.noted("stretch", told)
            self._gate.leaks, self._tally = 0, None

    def _look(self, event: MDAEvent) -> Real:
        """Read the label of what is exposed next, and show its mask."""
        self._vigil.beat("how it stands")
        real = self._labels.read(event)
        if problem := self._labels.doubt(real):
            raise SettingError(f"Not exposed: {problem}.")
        self._gate.exposure_ms = real.exposure_ms
        if event.slm_image is not None:
            modulator = event.slm_image.device or self.mmcore.getSLMDevice()
            self._safety.shows(modulator, event.slm_image)
            self.mmcore.displaySLMImage(modulator)
        return real

    def _refuse_disturbed(self, real: Real) -> None:
        """Raise if something changed while it was exposed, or a label was read wrong."""
        self._vigil.beat("how it stands")
        core = self.mmcore
        problem = self._hand.disturbed() or self._hand.mislabelled(real)
        problem = problem or self._labels.changed(real)
        if core.getExposure() != real.exposure_ms or tuple(core.getROI()) != real.roi:
            problem = problem or "the camera was set otherwise"
        if problem:
            raise SettingError(f"Disturbed during the exposure: {problem}.")

    def _hand_over(
        self,
        order: Order,
        event: MDAEvent,
        real: Real,
        shot: Shot,
        ready_ns: int,
        left_ms: float = 0.0,
        number: int = 0,
    ) -> PImagePayload:
        times = Times(order.asked_ns, self._began_ns, ready_ns, shot.exposed_ns, shot.available_ns)
        retries = self._retries + shot.retries
        exposures = shot.retries + 1 + self._gate.leaks if number == 0 else 0
        frame = self._labels.frame(order, shot.pixels, real, times, retries, exposures, number)
        if self._gate.held_open and len(self._orders) == 1:
            self._lease.begin()  # whoever looks at the frame may take long
        # In a stream nobody but a busy disk may hold this thread up, and light is on all the time.
        self._glow.look(bool(self._gate.held_open) or self._stretch is not None, left_ms)
        self.at_work = False
        self._unsettled.pop(frame.index, None)
        self._source.took(frame)
        return frame.pixels, event, self._metadata(event, frame)

    def _metadata(self, event: MDAEvent, frame: Frame) -> FrameMetaV1:
        if not is_heard(self.mmcore.mda.events.frameReady):
            return cast("FrameMetaV1", {})  # nobody looks at it
        return self.get_frame_metadata(event, runner_time_ms=frame.t_ns / 1e6)

    def _miss(self, orders: tuple[Order, ...], error: Exception) -> None:
        """Tell that nothing comes of orders, of any camera."""
        for order in orders:
            if order.index < 0:
                self._source.noted("failure", {"text": _reason(error)})
        cameras = range(len(self._cameras))
        gone = [(each, n) for each in orders for n in (cameras if each.index >= 0 else (0,))]
        self._lose(gone, error)

    def _lose(
        self, pictures: list[tuple[Order, int]], error: Exception, left_ms: float = 0.0
    ) -> None:
        """Tell of pictures that don't come, each of an order and of the camera of a number."""
        exposures = error.exposures if isinstance(error, SnapError) else self._exposures
        self._glow.look(bool(self._gate.held_open) or self._tally is not None, left_ms)
        for order, number in pictures:
            self._leave_out(order, number, _reason(error), exposures)

    def _leave_out(self, order: Order, number: int, reason: str, exposures: int) -> None:
        """Tell of a picture that is missing; the exposure goes with that of the first camera."""
        index = order.index + number
        self._unsettled.pop(index, None)
        exposures = exposures + self._gate.leaks if number == 0 else 0
        known = index, order.stream, order.event, reason, self._retries, self._clock.now_ns()
        self._source.missed(Gap(*known, exposures, self._cameras[number]))

    # ------------------------------------------------------------------- parts of the setup

    def _start(self, event: SequencedEvent) -> None:
        if event.z_sequence and self._settings_of.z_offset_um.get(event.index.get("p")):
            raise SettingError("A hardware-timed stack can't follow the hardware autofocus.")
        start_sequences(self.mmcore, event, self._load_sequenced_event, self._labels.revolver)

    def _focus(self, event: MDAEvent) -> None:
        action = event.action
        assert isinstance(action, HardwareAutofocus)  # noqa: S101 - the caller has checked
        position = event.index.get("p")
        self._vigil.beat("the hardware autofocus", self._patience_s)
        try:
            offset_um = self._execute_autofocus(action)
        except RuntimeError as error:
            self._source.noted("failure", {"text": f"The hardware autofocus failed: {error}"})
            return
        offsets = self._settings_of.z_offset_um
        offsets[position] = offsets.get(position, 0.0) + offset_um
        self._hand.forget("z")


def _reason(error: Exception) -> str:
    return error.what if isinstance(error, ScopeError) else " ".join(repr(error).split())


def _bare(event: MDAEvent) -> MDAEvent:
    """Return the event without a start time, which is ours to wait for, as its own copy."""
    return event.model_copy(update={"min_start_time": None, "metadata": dict(event.metadata)})
