"""Which camera's pictures a detector looks at, and a policy hears of, where there are several."""

from __future__ import annotations

from typing import TYPE_CHECKING

from saccade.core import NeedsError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from saccade.core import Stand

    from ._parts import Eye, Rule

ALL = "all"
"""Every camera."""


class Cameras:
    """The cameras of a microscope that expose together, if there are several.

    A detector that names none looks at the first; a policy that names none hears of the one
    that its detector looks at, or else of the first.

    Parameters
    ----------
    names : tuple of str
        In the order of their pictures; empty where there is only one.
    """

    def __init__(self, names: tuple[str, ...] = ()) -> None:
        self._names = names

    def looks(self, eye: Eye, camera: str) -> bool:
        """Return whether a detector looks at the pictures of a camera."""
        return self._is(eye.camera, camera)

    def hears(self, rule: Rule, eyes: Mapping[str, Eye], camera: str) -> bool:
        """Return whether a policy hears of the pictures of a camera."""
        own = eyes[rule.on or ""].camera
        return self._is(rule.camera or (None if own == ALL else own), camera)

    def _is(self, wanted: str | None, camera: str) -> bool:
        if not self._names or wanted == ALL or not camera:
            return True
        return camera == (wanted or self._names[0])


def check_camera(what: str, camera: str | None, stand: Stand) -> None:
    """Raise a `NeedsError` if somebody names a camera that the microscope does not have.

    Parameters
    ----------
    what : str
        Who names it.
    camera : str or None
        The name; None and ``all`` are always there.
    stand : Stand
        The microscope.
    """
    known = stand.cameras or (str(stand.details.get("camera", "")),)
    if camera not in (None, ALL, *known):
        what = f"{what} names the camera {camera!r}, which {stand.name!r} does not have."
        raise NeedsError(what, did_you_mean(str(camera), known))
