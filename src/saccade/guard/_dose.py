"""How much light the sample may have."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Self

from saccade.core import Action, Frame, Gap, Refusal, Stand, is_number, require

from ._events import SLACK, every, is_other_camera
from ._ledger import Cell, Ledger
from ._light import half_field_um, half_of, place_of, smallest_half_um, true_dose
from ._lightbook import LightBook

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._light import Charge

_WIDER = 1.01
"""How many times as wide as charged a field must be to be another one."""


@dataclass
class _Book(LightBook):
    ledger: Ledger = field(default_factory=Ledger)
    brightest_w_per_cm2: float = 0.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Dose:
    """Refuses light that would bring a stage position, or the run, above a total dose.

    The dose of a frame is the sum, over the sources that are lit in its channel, of::

        power_mw / 1000 * exposure_ms / 1000 / area_cm2        in J/cm²

    Places less than half a field of view apart count as the same; the field is that of the
    objective which a picture is taken with, and so is the light. What an event does not
    name is as the last event named it, or as the microscope was found. Frames at a place
    that nobody named are charged to every place. ``keep_shutter_open`` is refused, because
    nobody knows how much light that is; so is a channel without a declared source. Light
    between the frames of a hardware-timed sequence is not counted: gate it in hardware.
    Behind a mask of the light modulator the dose is that of the brightest place that it lights,
    and it counts for all of the field. A mask can't be read back: what was asked for is believed.

    A picture is charged as it is played. If the frame then says that it had more light,
    was tried several times, or was taken elsewhere, the ledger is corrected upward, and
    never downward; what became a gap stays charged. So that a camera which fails can't
    bring a place above the limit, room for all tries is needed before the first.

    What hangs in the light, a shutter that does not close, can still bring a place above its
    limit: it shines until the microscope is given up and made SAFE. With `hangs` room for so
    much light is kept as well, and the limit holds whatever hangs. The profile's ``timeouts``
    say how long that is: as short as the stand allows, or little of the limit is left.

    Parameters
    ----------
    limit_j_per_cm2 : float
        Largest dose of a place in the whole run.
    run_limit_j_per_cm2 : float, optional
        Largest dose of the whole run, as if all of it had been at one place.
    hangs : bool
        Whether the limits hold even if something hangs in the light.

    Raises
    ------
    ProtocolError
        If a limit is not a number above 0, or `hangs` not true or false.
    """

    as_played: ClassVar[bool] = True

    limit_j_per_cm2: float
    run_limit_j_per_cm2: float | None = None
    hangs: bool = False
    _book: _Book = field(default_factory=_Book, init=False, repr=False)

    def __post_init__(self) -> None:
        _check("Dose.limit_j_per_cm2", self.limit_j_per_cm2)
        if self.run_limit_j_per_cm2 is not None:
            _check("Dose.run_limit_j_per_cm2", self.run_limit_j_per_cm2)
        ok, do = isinstance(self.hangs, bool), "True keeps room for light that nobody puts out."
        require(ok, "Dose.hangs", self.hangs, "true or false", do)

    def learn(self, stand: Stand) -> None:
        """Take light sources, field of view and present settings; empty the ledger.

        Parameters
        ----------
        stand : Stand
            The microscope.

        Raises
        ------
        ProfileError
            If a channel has no light source, or a source has no power or area.
        """
        self._book.begin(stand)
        self._book.ledger = Ledger(smallest_half_um(stand))
        self._book.brightest_w_per_cm2 = 0.0

    def __call__(self, action: Action) -> Action | Refusal:
        """Return the action, or why it may not leave.

        Parameters
        ----------
        action : Action
            Planned or decided.
        """
        if any(event.keep_shutter_open for event in every(action.events)):
            reason = f"{action.label!r} keeps the shutter open, so its dose can't be known"
            return Refusal(action, "Dose", reason, "events without keep_shutter_open")
        asked = self._book.charges(action)
        for charge in asked:
            if charge.unknown:
                reason = f"the dose of {action.label!r} can't be known: {charge.unknown}"
                return Refusal(action, "Dose", reason, "events whose light is known")
        trial = self._book.ledger.copy()
        for charge in asked:
            self._enter(trial, charge)
        if all(self._fits(trial, charge) for charge in asked):
            return action
        return self._too_much(action, asked, trial)

    def commit(self, action: Action) -> None:
        """Charge an action that passed every guard and is played now.

        Parameters
        ----------
        action : Action
            Planned or decided.
        """
        book = self._book
        for charge in book.play(action):
            self._enter(book.ledger, charge)
            book.brightest_w_per_cm2 = max(book.brightest_w_per_cm2, _w_per_cm2(charge))

    def settle(self, done: Frame | Gap) -> None:
        """Correct the ledger upward by what the hardware really did.

        Parameters
        ----------
        done : Frame or Gap
            What the next picture that was charged has become.
        """
        book = self._book
        if is_other_camera(done, book.stand):
            return
        charged = book.settle()
        at_um = None if charged is None else charged.at.at_um
        known = 0.0 if charged is None else charged.dose
        half_um = book.ledger.half_um if charged is None else self._half_um(charged)
        if isinstance(done, Gap):
            true = known * done.exposures
        else:
            through = 1.0 if charged is None else charged.through.peak
            true = true_dose(book.stand, done, through)
            really_um = place_of(done)
            if really_um is not None:
                known = known if book.ledger.same(at_um, really_um) else 0.0
                at_um = really_um
            wide_um = half_of(done)
            if half_um is not None and wide_um is not None and wide_um[0] > half_um[0] * _WIDER:
                half_um, known = wide_um, 0.0  # it lit more than was charged
        if true > known:
            book.ledger.enter(at_um, true - known, half_um)

    @property
    def spent_j_per_cm2(self) -> float:
        """Dose of the place that had most."""
        return self._book.ledger.spent

    @property
    def run_j_per_cm2(self) -> float:
        """Dose of the whole run, as if all of it had been at one place."""
        return self._book.ledger.total

    @property
    def hang_j_per_cm2(self) -> float:
        """Dose that a device may add that hangs in the brightest picture so far, at most."""
        return self._book.brightest_w_per_cm2 * self._book.stand.dark_within_s

    @property
    def ledger(self) -> Mapping[tuple[float, float] | str, float]:
        """Dose in J/cm² of every place (x, y) in µm, and of ``here`` where none was named."""
        return self._book.ledger.by_place()

    def fresh(self) -> Self:
        """Return a guard with the same settings, which knows no microscope yet."""
        return replace(self)

    def _half_um(self, charge: Charge) -> tuple[float, float] | None:
        """Return half of the field that a picture is taken of."""
        return half_field_um(self._book.stand.under(charge.at.objective))

    def _enter(self, ledger: Ledger, charge: Charge) -> None:
        ledger.enter(charge.at.at_um, charge.dose, self._half_um(charge))

    def _fullest(self, ledger: Ledger, charge: Charge) -> Cell | None:
        return ledger.fullest(charge.at.at_um, self._half_um(charge))

    @property
    def _run_limit(self) -> float:
        return math.inf if self.run_limit_j_per_cm2 is None else self.run_limit_j_per_cm2

    def _in_vain(self, charge: Charge) -> float:
        """Return the light that must fit besides, if something hangs in a picture."""
        return _w_per_cm2(charge) * self._book.stand.dark_within_s if self.hangs else 0.0

    def _spare(self, charge: Charge) -> float:
        """Return the light that must fit besides a picture's own: more tries, and a hang."""
        return self._book.spare_tries * charge.dose + self._in_vain(charge)

    def _fits(self, ledger: Ledger, charge: Charge) -> bool:
        """Return whether a ledger that holds a charge has room for it, tried again or not."""
        spare = self._spare(charge)
        place = ledger.at(self._fullest(ledger, charge)) + spare
        run = ledger.total + spare
        return place <= self.limit_j_per_cm2 * SLACK and run <= self._run_limit * SLACK

    def _too_much(self, action: Action, asked: list[Charge], trial: Ledger) -> Refusal:
        ledger = self._book.ledger
        spare = max(map(self._spare, asked))
        cells = (self._fullest(trial, charge) for charge in asked)
        worst = max(cells, key=trial.at)
        had, limit, where = ledger.at(worst), self.limit_j_per_cm2, trial.name(worst)
        would_have = trial.at(worst) + spare
        if would_have <= limit * SLACK:
            had, limit, where = ledger.total, self._run_limit, "the run"
            would_have = trial.total + spare
        longest_ms = max(charge.at.exposure_ms for charge in asked)
        in_vain = max(map(self._in_vain, asked))
        room = max(0.0, limit - had - in_vain)
        share = room / max(would_have - had - in_vain, sys.float_info.min)
        kept = f", {in_vain:.4g} of them if something hangs in the light" if in_vain else ""
        return Refusal(
            action,
            "Dose",
            f"{action.label!r} would bring {where} from {had:.4g} to"
            f" {would_have:.4g} J/cm²{kept}; the limit is {limit:g}",
            f"{self._that_fit(asked)} of {len(asked)} such frames,"
            f" or exposures of up to {longest_ms * share:.3g} ms",
        )

    def _that_fit(self, asked: list[Charge]) -> int:
        trial, fit = self._book.ledger.copy(), 0
        for charge in asked:
            self._enter(trial, charge)
            fit += self._fits(trial, charge)
        return fit


def _w_per_cm2(charge: Charge) -> float:
    return charge.dose / charge.at.exposure_ms * 1000.0


def _check(setting: str, limit: object) -> None:
    require(
        is_number(limit) and limit > 0,  # type: ignore[operator]
        setting,
        limit,
        "a number above 0",
        "Give what the sample can take, in J/cm².",
    )
