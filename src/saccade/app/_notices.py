"""From decisions to tell, and the end of a run, to the webhooks that they name."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from saccade.core import StoreError
from saccade.decide import Notify
from saccade.run import Rule

from ._webhooks import Webhook, webhook

if TYPE_CHECKING:
    from collections.abc import Callable

    from saccade import run as runs
    from saccade.core import Decision, Verdict

_log = logging.getLogger("saccade")


class Notices:
    """What the policies of a run have somebody told, each through the webhook that it names.

    Parameters
    ----------
    name : str
        Of the run; each text begins with it.
    decide : Rules
        The policies; those that are not `Notify` tell nobody.
    journal : callable
        Given a sentence on what could not be sent; may raise a `StoreError`.
    """

    def __init__(self, name: str, decide: runs.Rules, journal: Callable[[str], None]) -> None:
        self._run, self._journal = name, journal
        self._policies = notifying(decide)
        self._hooks: dict[str, Webhook] = {}

    def open(self, run: runs.Run) -> None:
        """Learn the addresses, and listen to a run, if anybody is to be told of it.

        Raises
        ------
        UsageError
            If the user has named no such webhook.
        """
        for policy in self._policies:
            self._hooks[policy.to] = Webhook(policy.to, webhook(policy.to), self._complain)
        if self._hooks:
            run.decided.connect(self._decided)
            run.finished.connect(self._finished)

    def close(self) -> None:
        """Send what waits, for a few seconds at most."""
        for hook in self._hooks.values():
            hook.close()

    def _decided(self, decision: Decision) -> None:
        if decision.rule != Notify.tells:
            return
        for policy in self._policies:
            if policy.__name__ == decision.policy:
                text = f"{self._run}: frame {decision.frame}: {decision.reason}"
                self._hooks[policy.to].tell(text)
                return

    def _finished(self, verdict: Verdict) -> None:
        for to in dict.fromkeys(policy.to for policy in self._policies if policy.end):
            text = f"{self._run}: the run is over, {verdict}; {verdict.committed} frames"
            self._hooks[to].tell(text)

    def _complain(self, text: str) -> None:
        try:
            self._journal(text)
        except StoreError:
            _log.warning(text)  # the journal is closed: it was the end that could not be told


def notifying(decide: runs.Rules) -> tuple[Notify, ...]:
    """Return the policies that have somebody told.

    Parameters
    ----------
    decide : Rules
        As a run takes them.
    """
    rules = decide if isinstance(decide, Sequence) else (decide,)
    policies = (rule.policy if isinstance(rule, Rule) else rule for rule in rules)
    return tuple(each for each in policies if isinstance(each, Notify))
