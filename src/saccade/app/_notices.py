"""From decisions to tell, and the end of a run, to the webhooks and mailboxes that they name."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from saccade.core import StoreError
from saccade.decide import Notify
from saccade.run import Rule

from ._mail import Mail, mailbox
from ._webhooks import Webhook, webhook

if TYPE_CHECKING:
    from collections.abc import Callable

    from saccade import run as runs
    from saccade.core import Decision, Verdict

    from ._teller import Teller

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
        named = notifying_by_name(decide)
        self._policies, self._by_name = [policy for _, policy in named], dict(named)
        self._hooks: dict[str, Teller] = {}

    def open(self, run: runs.Run) -> None:
        """Learn the addresses, and listen to a run, if anybody is to be told of it.

        Raises
        ------
        UsageError
            If the user has named no such webhook, nor mailbox.
        """
        for policy in self._policies:
            self._hooks[policy.to] = teller(policy.to, self._complain)
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
        if (policy := self._by_name.get(decision.policy)) is not None:
            text = f"{self._run}: frame {decision.frame}: {decision.reason}"
            self._hooks[policy.to].tell(text)

    def _finished(self, verdict: Verdict) -> None:
        for to in dict.fromkeys(policy.to for policy in self._policies if policy.end):
            text = f"{self._run}: the run is over, {verdict}; {verdict.committed} frames"
            self._hooks[to].tell(text)

    def _complain(self, text: str) -> None:
        try:
            self._journal(text)
        except StoreError:
            _log.warning(text)  # the journal is closed: it was the end that could not be told


def teller(name: str, complain: Callable[[str], None]) -> Teller:
    """Return who tells whoever the user calls by a name.

    Parameters
    ----------
    name : str
        Of a mailbox, or else of a webhook.
    complain : callable
        Told, in a sentence, what could not be sent.

    Raises
    ------
    UsageError
        If the user has named neither, or what is named can't be used.
    """
    box = mailbox(name)
    return Webhook(name, webhook(name), complain) if box is None else Mail(name, box, complain)


def notifying(decide: runs.Rules) -> tuple[Notify, ...]:
    """Return the policies that have somebody told.

    Parameters
    ----------
    decide : Rules
        As a run takes them.
    """
    return tuple(policy for _, policy in notifying_by_name(decide))


def notifying_by_name(decide: runs.Rules) -> list[tuple[str, Notify]]:
    """Return the policies that have somebody told, each with what its decisions call it.

    Parameters
    ----------
    decide : Rules
        As a run takes them.
    """
    given = decide if isinstance(decide, Sequence) else (decide,)
    rules = [each if isinstance(each, Rule) else Rule(each) for each in given]
    return [
        (rule.name or rule.policy.__name__, rule.policy)
        for rule in rules
        if isinstance(rule.policy, Notify)
    ]
