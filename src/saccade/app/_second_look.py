"""A second look at frames of a run, by detectors of its own, which tell what scores rest on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from saccade.core import DetectorError, Explained, SaccadeError, explained, past_of

from ._parts import build_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from saccade.core import Detector, Frame, Past

    from ._protocol import Protocol

_MASKED = ("saccade.detect:Objects",)
"""Detectors that always give masks; others do if their setting ``masks`` says so."""


class SecondLook:
    """Looks at frames as a run's detectors did, and tells what their scores rest on.

    Detectors that a protocol isolates are left out: they are not trusted in this process.

    Parameters
    ----------
    protocol : Protocol
        Of the run.

    Raises
    ------
    SaccadeError
        If a detector can't be made here.
    """

    def __init__(self, protocol: Protocol) -> None:
        detect = protocol.spec()["detect"].items()
        mine = {name: part for name, part in detect if part.get("isolate") is None}
        self._eyes = build_parts({"detect": mine}).eyes

    def look(
        self, frame: Frame, before: Callable[[Past], Iterable[Frame]]
    ) -> tuple[Explained, ...]:
        """Return what each detector sees in a frame, and what its score rests on.

        Parameters
        ----------
        frame : Frame
            Of the run.
        before : callable
            Returns the frames that a detector has to have seen before, as far as they are there.

        Raises
        ------
        DetectorError
            If a detector fails.
        """
        eyes = [
            eye
            for eye in self._eyes.values()
            if eye.channel in (None, frame.channel)
            and (not frame.camera or eye.camera in (None, "all", frame.camera))
        ]
        try:
            return tuple(_explained(eye.detector, frame, before) for eye in eyes)
        except SaccadeError:
            raise
        except Exception as error:
            raise DetectorError(
                f"A detector failed on a second look at frame {frame.index}: {error!r}.",
                "What was recorded of it counts.",
            ) from error


def _explained(
    detector: Detector, frame: Frame, before: Callable[[Past], Iterable[Frame]]
) -> Explained:
    fresh = getattr(detector, "fresh", None)
    other: Detector = detector if fresh is None else fresh()
    past = past_of(other)
    for each in before(past) if any(past) else ():
        other(each)
    return explained(other, frame)


def gives_masks(protocol: Protocol) -> bool:
    """Return whether a second look would give masks, as far as the protocol alone tells.

    Parameters
    ----------
    protocol : Protocol
        Nothing of it is made.
    """
    return _gives_masks(protocol.spec()["detect"])


def _gives_masks(part: Any) -> bool:
    if isinstance(part, dict):
        own = part.get("use") in _MASKED or part.get("masks") is True
        return own or any(map(_gives_masks, part.values()))
    return isinstance(part, list) and any(map(_gives_masks, part))
