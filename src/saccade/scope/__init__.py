"""A microscope through Micro-Manager: profile, strict engine, safe state.

pymmcore-plus is imported only when a microscope is loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._bootstrap import import_quietly
from ._manners import Manners

if TYPE_CHECKING:
    from ._calibration import Calibration, read_calibration, write_calibration
    from ._load import load
    from ._profile import Profile, builtin_profile, load_profile
    from ._scope import MicroManagerScope

__all__ = [
    "Calibration",
    "Manners",
    "MicroManagerScope",
    "Profile",
    "builtin_profile",
    "import_quietly",
    "load",
    "load_profile",
    "read_calibration",
    "write_calibration",
]


def __getattr__(name: str) -> Any:
    if name == "MicroManagerScope":
        import_quietly()
        from ._scope import MicroManagerScope

        return MicroManagerScope
    if name == "load":
        from ._load import load

        return load
    if name in ("Profile", "builtin_profile", "load_profile"):
        from . import _profile

        return getattr(_profile, name)
    if name in ("Calibration", "read_calibration", "write_calibration"):
        from . import _calibration

        return getattr(_calibration, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
