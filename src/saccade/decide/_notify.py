"""Tell somebody when the score rises; what is told is decided here, and sent elsewhere."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Self

from useq import MDAEvent

from saccade.core import Decision, PolicyKind, require

from ._burst import Burst
from ._settings import check_seconds, check_thresholds, check_whole

if TYPE_CHECKING:
    from saccade.core import Observation


@dataclass(frozen=True, eq=False)
class Notify:
    """Tells somebody when the score has risen, and acquires nothing; event-driven.

    It decides as a `Burst` does, place by place; a decision to tell has the rule ``tells`` and
    no actions. `saccade.Run` sends it to the webhook or mailbox that the user has given the name
    ``to`` in the environment, and how the run ended as well; a replay decides alike, and sends
    nothing.

    Parameters
    ----------
    to : str
        Name of a webhook in ``SACCADE_WEBHOOKS``, or of a mailbox in ``SACCADE_MAIL``.
    above, below : float
        Thresholds for the score, from 0 to 1: the first tells, the second re-arms.
    dwell : int
        Number of consecutive frames.
    refractory_s : float
        Shortest time from one message to the next, at one stage position.
    end : bool
        Whether to tell how the run ended, too.

    Raises
    ------
    ProtocolError
        If a setting can't be used.
    """

    kind: ClassVar[PolicyKind] = "event-driven"
    streams: ClassVar[frozenset[str] | None] = frozenset({"watch"})
    tells: ClassVar[str] = "tells"
    """Rule of the decisions that somebody is told of."""

    to: str
    _: KW_ONLY
    above: float = 0.8
    below: float = 0.3
    dwell: int = 1
    refractory_s: float = 600.0
    end: bool = True
    _judge: Burst = field(init=False, repr=False)

    def __post_init__(self) -> None:
        require(
            isinstance(self.to, str) and self.to.isidentifier(),
            "Notify.to",
            self.to,
            "a name of letters, digits and _",
            "Name a webhook that SACCADE_WEBHOOKS has; its address does not belong in a file.",
        )
        check_thresholds("Notify", self.above, self.below)
        check_whole("Notify.dwell", self.dwell, least=1)
        check_seconds("Notify.refractory_s", self.refractory_s)
        judge = Burst(
            (MDAEvent(),),
            above=self.above,
            below=self.below,
            dwell=self.dwell,
            refractory_s=self.refractory_s,
        )
        object.__setattr__(self, "_judge", judge)

    @property
    def __name__(self) -> str:
        """What its decisions say whose they are."""
        return f"Notify({self.to})"

    def __call__(self, seen: Observation) -> Decision:
        """Return whether to tell of it, and why.

        Parameters
        ----------
        seen : Observation
            What was seen in one frame.
        """
        judged = self._judge(seen)
        rule = self.tells if judged.actions else judged.rule
        position, tile = seen.place
        where = f"position {position}" + (f", tile {tile}" if tile else "")
        return Decision((), rule, f"{judged.reason} at {where}", seen.frame)

    def fresh(self) -> Self:
        """Return a policy with the same settings and no memory."""
        return replace(self)
