"""Errors that tell what happened, why, and what to do."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._values import Action


UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Control characters, halves of surrogates, and what ends a line or turns it around."""


def printable(text: str) -> str:
    r"""Return a text with what can't be printed as ``\u202e`` and so on."""
    return UNPRINTABLE.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


class SaccadeError(Exception):
    """Base of every error that Saccade raises on purpose.

    Parameters
    ----------
    what : str
        What happened, in one sentence.
    do : str
        What the reader can do about it.
    """

    def __init__(self, what: str, do: str = "") -> None:
        # What a file says can be a part of it, and must not rewrite the terminal, nor fail there.
        self.what, self.do = printable(what), printable(do)
        super().__init__(f"{self.what} {self.do}".strip())


class UsageError(SaccadeError):
    """The request itself is wrong; no hardware was touched (exit code 2)."""


class ProtocolError(UsageError):
    """A protocol, or a value in it, can't be used."""


class ConflictError(ProtocolError):
    """Two policies would set the same thing, and nothing says whose action counts."""


class ProfileError(UsageError):
    """A scope profile, or the hardware that it names, can't be used."""


class NeedsError(ProfileError):
    """A microscope can't give what a detector needs."""


class ModelError(UsageError):
    """A file of weights can't be used, or is not the one that was recorded."""


class LabelError(UsageError):
    """Labelled pictures can't be learned from."""


class RecordingError(UsageError):
    """A recording can't be read or played back."""


class EventsError(UsageError):
    """A file that says what happens in a recording can't be used, or does not fit it."""


class FolderError(UsageError):
    """A run folder can't be created, read or written."""


class RunBusyError(FolderError):
    """Another process writes the run folder."""


class ScopeError(SaccadeError):
    """The microscope did not do what it was asked."""


class ScopeBusyError(ScopeError):
    """Another run holds this microscope."""


class SettingError(ScopeError):
    """A setting was refused, or read back as something else."""


class CalibrationError(ScopeError):
    """The picture of a light modulator was not found on the camera, or not well enough."""


class SnapError(ScopeError):
    """The camera gave no picture for an exposure that was asked for.

    Parameters
    ----------
    what, do : str
        As in `SaccadeError`.
    exposures : int
        How often the sample was exposed in vain, as far as it is known.
    """

    def __init__(self, what: str, do: str = "", exposures: int = 0) -> None:
        self.exposures = exposures
        super().__init__(what, do)


class HungError(ScopeError):
    """The microscope does not answer any more."""


class LitError(ScopeError):
    """The light does not go off."""


class StoppedError(ScopeError):
    """A stop was asked for while the microscope was waiting."""


class OverrunError(SnapError):
    """A camera that runs by itself gave pictures faster than they were fetched."""


class RecordingEndedError(SaccadeError):
    """The recording that is played back has no further frame."""


class StoreError(SaccadeError):
    """A frame or a record could not be written."""


class StoreOverloadedError(StoreError):
    """The disk fell so far behind that the recorder's queue stayed full."""


class StoreFullError(StoreError):
    """The disk has so little room left that the recorder takes no more frames."""


class DamagedRunError(SaccadeError):
    """A run folder does not hold what its journal says."""


class SupervisorError(SaccadeError):
    """The supervisor of an unattended run took over, died or hangs."""


class SelfTestError(SupervisorError):
    """The supervisor could not prove that its own path puts the light out."""


class DetectorError(SaccadeError):
    """A detector failed on a frame."""


class IsolatedError(DetectorError):
    """A detector failed on a frame in a process of its own; the run goes on without it."""


class UnseenError(DetectorError):
    """A detector in a process of its own did not look at a frame, or did not come back."""


class PolicyError(SaccadeError):
    """A policy failed on an observation.

    Parameters
    ----------
    what, do : str
        As in `SaccadeError`.
    actions : tuple of Action
        What it asks for all the same, to leave nothing as it has changed it.
    """

    def __init__(self, what: str, do: str = "", actions: tuple[Action, ...] = ()) -> None:
        self.actions = actions
        super().__init__(what, do)


class GuardError(SaccadeError):
    """A guard failed to take note of what happened."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a hint that names the closest known word.

    Parameters
    ----------
    word : str
        What was written.
    known : iterable of str
        What would have been understood.

    Returns
    -------
    str
        ``Did you mean 'x'?``, else the list of what is known.
    """
    names = sorted(set(known))
    close = get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f"Did you mean {close[0]!r}?"
    return f"Known: {', '.join(names) or 'nothing'}."
