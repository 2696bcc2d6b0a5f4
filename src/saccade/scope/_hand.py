"""Makes an event true at the microscope, and proves it, before anything is exposed."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

from saccade.core import LABEL, SettingError, StoppedError

from ._before import agreed
from ._settings import Mask, Property, Stage, Turn, Xy
from ._vigil import Vigil

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pymmcore_plus import CMMCorePlus
    from useq import MDAEvent

    from saccade.core import Clock

    from ._label import Real
    from ._manners import Manners
    from ._settings import Setting
    from ._settings_of import SettingsOf


def _pass_by() -> None:
    """Do nothing."""


class Hand:
    """Applies what an event asks for, waits for what it touched, and reads it back.

    Parameters
    ----------
    core : CMMCorePlus
        The microscope.
    settings_of : SettingsOf
        Turns events into settings.
    manners : Manners
        Patience and retries.
    stopping : callable
        Asked all the while; a wait ends at once when it returns True.
    note : callable
        Receives what the journal should hold.
    clock : Clock
        Times the waits.
    commanding : callable, optional
        Called before each command, and again and again while a device is busy.
    vigil : Vigil, optional
        Told of every answer.
    """

    def __init__(
        self,
        core: CMMCorePlus,
        settings_of: SettingsOf,
        manners: Manners,
        stopping: Callable[[], bool],
        note: Callable[[str, dict[str, object]], None],
        clock: Clock,
        commanding: Callable[[], None] = _pass_by,
        vigil: Vigil | None = None,
    ) -> None:
        self._core, self._vigil = core, vigil or Vigil(manners.call_s)
        self._commanding = commanding
        self._clock = clock
        self._settings_of = settings_of
        self._manners = manners
        self._stopping = stopping
        self._note = note
        self._made: dict[str, object] = {}
        self._doubted: set[str] = set()
        self._restless: dict[str, None] = {}
        self._asked: list[Setting] = []
        self.changed: dict[tuple[str, str], str] = {}
        """What single properties were before the first event that changed them."""

    @property
    def set_any(self) -> bool:
        """Whether the last event asked for single properties, besides its objective."""
        return any(isinstance(each, Property) for each in self._asked)

    def forget(self, key: str) -> None:
        """Make a setting again next time, even if its value is the same."""
        self._made.pop(key, None)

    def doubt(self) -> None:
        """Look at every setting before it is believed to be made already."""
        self._doubted = set(self._made)

    def apply(self, event: MDAEvent) -> int:
        """Make an event's settings and verify them.

        Parameters
        ----------
        event : useq.MDAEvent
            Settings that it does not name are left alone.

        Returns
        -------
        int
            How often it had to be tried again.

        Raises
        ------
        SettingError
            If a setting can't be made, or reads back as something else.
        StoppedError
            If a stop was asked for meanwhile.
        """
        self._asked = settings = self._settings_of(event)
        for setting in settings:
            self._vigil.beat(f"whether {setting.key} is possible")
            if setting.value != self._made.get(setting.key) and (problem := setting.refuse()):
                raise SettingError(f"Not possible: {problem}.")
        for attempt in range(self._manners.setting_retries + 1):
            problem = self._attempt(settings)
            if problem is None:
                self._settings_of.settled()
                return attempt
            self._note("retry", {"attempt": attempt, "problem": problem})
        raise SettingError(f"After {attempt + 1} tries {problem}.")

    def disturbed(self) -> str | None:
        """Return what no longer reads back as the last event asked for, if anything does not.

        Single properties are left out: some go back by themselves, as a software trigger does.
        """
        return self._wrong(each for each in self._asked if not isinstance(each, Property))

    def mislabelled(self, real: Real) -> str | None:
        """Return what on a label is not what the last event asked for, though all was made so.

        Parameters
        ----------
        real : Real
            As read before the exposure; a driver may have answered wrong this once.
        """
        said: tuple[float | None, ...]
        asked: tuple[float, ...]
        for setting in self._asked:
            if isinstance(setting, Xy) and setting.key == "xy":
                said, asked = (real.x_um, real.y_um), setting.value
            elif isinstance(setting, Stage) and setting.key == "z":
                said, asked = (real.z_um,), (setting.value,)
            elif isinstance(setting, Turn) and real.objective != setting.value:
                return f"the objective was read as {real.objective!r}, not as {setting.value!r}"
            else:
                continue
            off_um = [
                math.nan if s is None else abs(s - a) for s, a in zip(said, asked, strict=True)
            ]
            if not all(off <= setting.tolerance_um for off in off_um):
                return f"{setting.key} was read as {said}, not as {asked}"
        return None

    def wait_for(self, devices: Iterable[str]) -> None:
        """Wait until devices are at rest, and only these.

        Parameters
        ----------
        devices : iterable of str
            Labels. `waitForSystem` would ask every device, at 10 ms intervals.
        """
        deadline_ns = self._clock.now_ns() + round(self._manners.settle_s * 1e9)
        for device in devices:
            while self._core.deviceBusy(device):
                self._vigil.beat(f"whether {device} is busy")
                if self._stopping():
                    raise StoppedError(f"A stop was asked for while {device} was busy.")
                if self._clock.now_ns() > deadline_ns:
                    raise SettingError(f"{device} is still busy after {self._manners.settle_s} s.")
                self._commanding()
                self._clock.nap(self._manners.poll_s)

    def _attempt(self, settings: Sequence[Setting]) -> str | None:
        try:
            self._settle()  # what an earlier event or try left moving may refuse a command
            for setting in settings:
                if not self._stands(setting):
                    self._made.pop(setting.key, None)
                    self._restless.update(dict.fromkeys(setting.devices))
                    self._make(setting)
            self._settle()
            self._made.update({each.key: each.value for each in settings})
            self._doubted.difference_update(each.key for each in settings)
            return self._wrong(settings)
        except StoppedError:
            raise
        except Exception as error:  # noqa: BLE001 - drivers raise anything; it is a failed try
            self.doubt()
            return _one_line(error)

    def _stands(self, setting: Setting) -> bool:
        """Return whether a setting is made already, as far as is known."""
        if setting.value != self._made.get(setting.key, _NOTHING):
            return False
        if setting.key not in self._doubted:
            return True
        return not isinstance(setting, Mask) and self._check(setting) is None

    def _check(self, setting: Setting) -> str | None:
        self._vigil.beat(f"how {setting.key} is set")
        return setting.check()

    def _settle(self) -> None:
        """Wait for every device that was touched and is not known to be at rest."""
        self.wait_for(self._restless)
        self._restless.clear()

    def _wrong(self, settings: Iterable[Setting]) -> str | None:
        wrong = [(each, why) for each in settings if (why := self._check(each))]
        for setting, _ in wrong:
            self.forget(setting.key)
        return "; ".join(why for _, why in wrong) or None

    def _make(self, setting: Setting) -> None:
        self._vigil.beat(f"to set {setting.key}")
        if isinstance(setting, Property):
            place = setting.device, setting.name
            if place not in self.changed:
                self.changed[place] = agreed(partial(self._core.getProperty, *place))
        if isinstance(setting, Turn) and (place := (setting.device, LABEL)) not in self.changed:
            self.changed[place] = agreed(partial(self._core.getProperty, *place))
        self._commanding()
        setting.make()
        if isinstance(setting, Turn):
            self.doubt()  # many a stand moves the focus drive by itself then


_NOTHING = object()


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or repr(error)
