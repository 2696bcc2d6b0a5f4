"""The state of the microscope before a run, to be put back after it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from saccade.core import LABEL, SettingError

from ._presets import preset_parts
from ._safe import shutters
from ._settings import same_value

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from pymmcore_plus import CMMCorePlus

    from saccade.core import Roi

    from ._turret import Revolver

Answer = TypeVar("Answer")

_STILL_UM = 0.01


@dataclass(frozen=True)
class Before:
    """What a run may change, as it was found."""

    exposure_ms: float
    roi: Roi
    auto_shutter: bool
    xy_um: tuple[float, float] | None
    z_um: float | None
    properties: dict[tuple[str, str], str] = field(default_factory=dict)

    @classmethod
    def of(cls, core: CMMCorePlus) -> Before:
        """Read it from the microscope, each setting twice: what is put back is to be the truth.

        Raises
        ------
        SettingError
            If it answers what is no number: that would be put back.
        """
        left, top, width, height = agreed(core.getROI)
        xy = _numbers("stage", core.getXYPosition) if core.getXYStageDevice() else None
        z = _numbers("focus", core.getPosition) if core.getFocusDevice() else None
        return cls(
            exposure_ms=_numbers("exposure", lambda: agreed(core.getExposure))[0],
            roi=(left, top, width, height),
            auto_shutter=agreed(core.getAutoShutter),
            xy_um=None if xy is None else (xy[0], xy[1]),
            z_um=None if z is None else z[0],
            properties=_writable(core),
        )

    def put_back(
        self,
        core: CMMCorePlus,
        changed: Mapping[tuple[str, str], str],
        leave: Collection[tuple[str, str]] = (),
        revolver: Revolver | None = None,
    ) -> list[str]:
        """Set what differs; return what could not be put back. Never raises.

        Parameters
        ----------
        core : CMMCorePlus
            The stage goes back only where that is known to be safe: if the focus drive
            moved and the core does not know which way is towards the sample, both stay.
        changed : mapping of (device, property) to str
            What was changed besides the presets' properties, as it was before.
        leave : collection of (device, property)
            What SAFE has set; it stays so, as do all shutters.
        revolver : Revolver, optional
            Turns the objective back, before anything else.
        """
        values = {**changed, **self.properties}
        steps: list[tuple[str, Callable[[], None]]] = []
        if revolver is not None and (turret := revolver.turret) is not None:
            found = values.get((turret.device, LABEL))
            values = {key: value for key, value in values.items() if key[0] != turret.device}
            if found is not None:
                steps = [("objective", lambda: revolver.put_back(found))]
        steps += [
            *self._properties(core, values, leave),
            ("region", lambda: self._roi(core)),
            ("exposure", lambda: self._exposure(core)),
            ("auto-shutter", lambda: self._auto_shutter(core)),
            ("stage", lambda: self._stage(core)),
        ]
        problems = []
        for name, step in steps:
            try:
                step()
            except Exception as error:  # noqa: BLE001 - the others are to be put back all the same
                problems.append(f"{name}: {' '.join(str(error).split()) or repr(error)}")
        return problems

    @staticmethod
    def _properties(
        core: CMMCorePlus,
        values: Mapping[tuple[str, str], str],
        leave: Collection[tuple[str, str]],
    ) -> Iterator[tuple[str, Callable[[], None]]]:
        try:
            closed = set(shutters(core))
        except Exception as error:  # noqa: BLE001 - then none of them is touched
            problem = f"the shutters are unknown: {error}"
            yield "properties", lambda: _fail(problem)
            return
        for (device, name), value in values.items():
            if (device, name) not in leave and device not in closed:

                def step(device: str = device, name: str = name, value: str = value) -> None:
                    _set_property(core, device, name, value)

                yield f"{device}.{name}", step

    def _exposure(self, core: CMMCorePlus) -> None:
        if core.getExposure() != self.exposure_ms:
            core.setExposure(self.exposure_ms)
        if not math.isclose(actual := core.getExposure(), self.exposure_ms, rel_tol=0.01):
            _fail(f"{actual:g} ms, not {self.exposure_ms:g}")

    def _auto_shutter(self, core: CMMCorePlus) -> None:
        for _ in range(2):
            core.setAutoShutter(self.auto_shutter)
            if core.getAutoShutter() == self.auto_shutter:
                return
        _fail(f"it is not {self.auto_shutter}")

    def _roi(self, core: CMMCorePlus) -> None:
        if tuple(core.getROI()) != self.roi:
            core.clearROI()
            if tuple(core.getROI()) != self.roi:
                core.setROI(*self.roi)
        if (actual := tuple(core.getROI())) != self.roi:
            _fail(f"{actual}, not {self.roi}")

    def _stage(self, core: CMMCorePlus) -> None:
        focus = core.getFocusDevice()
        if self.z_um is None or not focus:
            self._move_xy(core)
            return
        core.waitForDevice(focus)
        away_um = self.z_um - core.getPosition()
        direction = int(core.getFocusDirection(focus))
        if abs(away_um) > _STILL_UM and direction == 0:
            _fail(
                "left where it is, because the focus direction is unknown; "
                "set focus_direction in the profile"
            )
        if away_um * direction < 0:
            self._move_z(core, focus)
        self._move_xy(core)
        if away_um * direction > 0:
            self._move_z(core, focus)

    def _move_z(self, core: CMMCorePlus, focus: str) -> None:
        if self.z_um is not None and abs(core.getPosition() - self.z_um) > _STILL_UM:
            core.setPosition(self.z_um)
            core.waitForDevice(focus)

    def _move_xy(self, core: CMMCorePlus) -> None:
        device = core.getXYStageDevice()
        if self.xy_um is None or not device:
            return
        core.waitForDevice(device)  # a stage that was just stopped may refuse
        x, y = core.getXYPosition()
        if max(abs(x - self.xy_um[0]), abs(y - self.xy_um[1])) > _STILL_UM:
            core.setXYPosition(*self.xy_um)
            core.waitForDevice(device)


def _set_property(core: CMMCorePlus, device: str, name: str, value: str) -> None:
    if core.getProperty(device, name) == value:
        return
    core.setProperty(device, name, value)
    if device != "Core":
        core.waitForDevice(device)
    if not same_value(actual := core.getProperty(device, name), value):
        _fail(f"{actual!r}, not {value!r}")


def _numbers(what: str, ask: Callable[[], Any]) -> tuple[float, ...]:
    """Return the finite numbers that a microscope answers, now or when asked again."""
    for _ in range(2):
        answer = ask()
        numbers = tuple(answer) if isinstance(answer, (tuple, list)) else (answer,)
        if all(math.isfinite(number) for number in numbers):
            return numbers
    raise SettingError(f"The microscope says of its {what}: {answer}.", "See to the driver.")


def agreed(ask: Callable[[], Answer]) -> Answer:
    """Return what a microscope answers twice in a row, else what it answers the third time."""
    answers = [ask(), ask()]
    return answers[0] if answers[0] == answers[1] else ask()


def _fail(problem: str) -> None:
    raise RuntimeError(problem)


def _writable(core: CMMCorePlus) -> dict[tuple[str, str], str]:
    """Return every property that a preset could have changed, and its value."""
    keys = dict.fromkeys((each.device, each.property) for each in preset_parts(core))
    return {key: agreed(partial(core.getProperty, *key)) for key in keys}
