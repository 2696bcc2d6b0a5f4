"""How much light for stimulation there may be, and where."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Self

from saccade.core import Action, Frame, Gap, Refusal, Stand, is_number, require

from ._events import SLACK, is_other_camera
from ._lightbook import LightBook

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._light import Charge


@dataclass
class _Book(LightBook):
    spent_mj: float = 0.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Stimulation:
    """Refuses light for stimulation without a mask, over too large an area, or too much of it.

    It looks at the events that are lit in its channels, and at no others; `Dose` counts all
    light. The energy at the sample is that of the sources in such a channel::

        power_mw * exposure_ms / 1000 * mean of the mask       in mJ

    A picture that had to be tried again is charged as often as it was exposed. What the
    modulator shows can't be read back: what it was told is believed. Without a mask all of it is
    lit.

    Parameters
    ----------
    channels : tuple of str
        Those whose light stimulates.
    most_share : float
        Largest share of the modulator's pixels that may be lit at once, above 0.
    limit_mj : float
        Largest energy in the whole run.

    Raises
    ------
    ProtocolError
        If a setting can't be used.
    """

    as_played: ClassVar[bool] = True

    channels: tuple[str, ...]
    most_share: float = 0.5
    limit_mj: float = math.inf
    _book: _Book = field(default_factory=_Book, init=False, repr=False)

    def __post_init__(self) -> None:
        names = self.channels if isinstance(self.channels, (tuple, list)) else ()
        ok = bool(names) and all(isinstance(name, str) and name for name in names)
        do = "Name the presets whose light stimulates, as in [Stim]."
        require(ok, "Stimulation.channels", self.channels, "a list of channels", do)
        ok = is_number(self.most_share) and 0 < self.most_share <= 1
        require(ok, "Stimulation.most_share", self.most_share, "above 0, at most 1", "Such as 0.2.")
        ok = self.limit_mj == math.inf or (is_number(self.limit_mj) and self.limit_mj > 0)
        require(ok, "Stimulation.limit_mj", self.limit_mj, "a number above 0", "Give mJ.")

    def learn(self, stand: Stand) -> None:
        """Take light sources and present settings; empty the ledger.

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
        self._book.spent_mj = 0.0

    def __call__(self, action: Action) -> Action | Refusal:
        """Return the action, or why it may not leave.

        Parameters
        ----------
        action : Action
            Planned or decided.
        """
        book = self._book
        asked = self._stimulating(book.charges(action))
        for charge in asked:
            if problem := self._problem(charge):
                allowed = f"a mask that lights at most {self.most_share:g} of the modulator"
                return Refusal(action, "Stimulation", f"{action.label!r} {problem}", allowed)
        # As `Dose` does: room for all tries of a camera that fails.
        needs_mj = math.fsum(each.energy_mj for each in asked)
        needs_mj += book.spare_tries * max((each.energy_mj for each in asked), default=0.0)
        if asked and not book.spent_mj + needs_mj <= self.limit_mj * SLACK:
            reason = (
                f"{action.label!r} would bring the light for stimulation from"
                f" {book.spent_mj:.4g} to {book.spent_mj + needs_mj:.4g} mJ;"
                f" the limit is {self.limit_mj:g}"
            )
            left_mj = max(0.0, self.limit_mj - book.spent_mj)
            return Refusal(action, "Stimulation", reason, f"{left_mj:.4g} mJ")
        return action

    def commit(self, action: Action) -> None:
        """Charge an action that passed every guard and is played now.

        Parameters
        ----------
        action : Action
            Planned or decided.
        """
        played = self._stimulating(self._book.play(action))
        self._book.spent_mj += math.fsum(each.energy_mj for each in played)

    def settle(self, done: Frame | Gap) -> None:
        """Charge what was exposed more than once.

        Parameters
        ----------
        done : Frame or Gap
            What the next picture that was charged has become.
        """
        if is_other_camera(done, self._book.stand):
            return
        charged = self._book.settle()
        if charged is not None and charged.at.channel in self.channels:
            self._book.spent_mj += charged.energy_mj * max(0, done.exposures - 1)

    @property
    def spent_mj(self) -> float:
        """Energy of the light for stimulation until now."""
        return self._book.spent_mj

    def fresh(self) -> Self:
        """Return a guard with the same settings, which knows no microscope yet."""
        return replace(self)

    def _stimulating(self, asked: Iterable[Charge]) -> list[Charge]:
        return [charge for charge in asked if charge.at.channel in self.channels]

    def _problem(self, charge: Charge) -> str:
        """Return why a picture may not be lit, apart from the energy of all."""
        if not math.isfinite(charge.energy_mj):
            return f"has light that can't be known, {charge.energy_mj} mJ"
        if charge.through.share > self.most_share:
            return f"lights {charge.through.share:.3g} of the modulator at once"
        return ""
