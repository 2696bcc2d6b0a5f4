"""How much light the sample may have."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

from saccade.core import Action, Refusal, Stand, is_number, require

from ._events import every
from ._ledger import Ledger
from ._light import Charge, Standing, charges, check_lights, half_field_um

if TYPE_CHECKING:
    from collections.abc import Mapping

_SLACK = 1.0 + 1e-9
"""Rounding of a long sum must not cost the last frame of a round budget."""


@dataclass
class _Book:
    stand: Stand = field(default_factory=lambda: Stand("unknown microscope"))
    standing: Standing = field(default_factory=Standing)
    ledger: Ledger = field(default_factory=Ledger)


@dataclass(frozen=True, kw_only=True, eq=False)
class Dose:
    """Refuses light that would bring a stage position above a total dose.

    The dose of a frame is the sum, over the sources that are lit in its channel, of::

        power_mw / 1000 * exposure_ms / 1000 / area_cm2        in J/cm²

    Places less than half a field of view apart count as the same. What an event does not
    name is as the last event named it, or as the microscope was found. Frames at a place
    that nobody named are charged to every place. ``keep_shutter_open`` is refused, because
    nobody knows how much light that is; so is a channel without a declared source. Light
    between the frames of a hardware-timed sequence is not counted: gate it in hardware.

    Parameters
    ----------
    limit_j_per_cm2 : float
        Largest dose of a place in the whole run.

    Raises
    ------
    ProtocolError
        If the limit is not a number above 0.
    """

    limit_j_per_cm2: float
    _book: _Book = field(default_factory=_Book, init=False, repr=False)

    def __post_init__(self) -> None:
        require(
            is_number(self.limit_j_per_cm2) and self.limit_j_per_cm2 > 0,
            "Dose.limit_j_per_cm2",
            self.limit_j_per_cm2,
            "a number above 0",
            "Give what the sample can take, in J/cm².",
        )

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
        check_lights(stand)
        self._book.stand = stand
        self._book.standing = Standing(exposure_ms=stand.exposure_ms, channel=stand.channel)
        self._book.ledger = Ledger(half_field_um(stand))

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
        asked = self._charges(action)
        for charge in asked:
            if charge.unknown:
                reason = f"the dose of {action.label!r} can't be known: {charge.unknown}"
                return Refusal(action, "Dose", reason, "events whose light is known")
        trial = self._book.ledger.copy()
        for charge in asked:
            trial.enter(charge.at.at_um, charge.dose)
        return self._too_much(action, asked, trial) if self._exceeds(trial) else action

    def commit(self, action: Action) -> None:
        """Charge an action that passed every guard.

        Parameters
        ----------
        action : Action
            Planned or decided.
        """
        for charge in self._charges(action):
            self._book.ledger.enter(charge.at.at_um, charge.dose)
        for event in every(action.events):
            self._book.standing = self._book.standing.then(event)

    @property
    def spent_j_per_cm2(self) -> float:
        """Dose of the place that had most."""
        return self._book.ledger.spent

    @property
    def ledger(self) -> Mapping[tuple[float, float] | str, float]:
        """Dose in J/cm² of every place (x, y) in µm, and of ``here`` where none was named."""
        return self._book.ledger.by_place()

    def fresh(self) -> Self:
        """Return a guard with the same settings, which knows no microscope yet."""
        return replace(self)

    def _charges(self, action: Action) -> list[Charge]:
        return charges(self._book.stand, self._book.standing, action.events)

    def _exceeds(self, ledger: Ledger) -> bool:
        return not ledger.spent <= self.limit_j_per_cm2 * _SLACK

    def _too_much(self, action: Action, asked: list[Charge], trial: Ledger) -> Refusal:
        worst = trial.largest_at
        had, would_have = self._book.ledger.at(worst), trial.at(worst)
        left = max(0.0, self.limit_j_per_cm2 - had)
        longest_ms = max(charge.at.exposure_ms for charge in asked)
        share = left / max(would_have - had, sys.float_info.min)
        return Refusal(
            action,
            "Dose",
            f"{action.label!r} would bring {trial.name(worst)} from {had:.4g} to"
            f" {would_have:.4g} J/cm²; the limit is {self.limit_j_per_cm2:g}",
            f"{self._that_fit(asked)} of {len(asked)} such frames,"
            f" or exposures of up to {longest_ms * share:.3g} ms",
        )

    def _that_fit(self, asked: list[Charge]) -> int:
        trial, fit = self._book.ledger.copy(), 0
        for charge in asked:
            trial.enter(charge.at.at_um, charge.dose)
            fit += not self._exceeds(trial)
        return fit
