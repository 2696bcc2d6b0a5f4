"""The window: what the microscope sees, what was found and decided and why, and how to stop it.

Qt comes with the extra ``gui`` (``pip install "saccade[gui]"``) and is imported by nothing else.
"""

from ._open import bench_window, follow_run, open_window, picture, pictures, run_in_window
from ._session import Session

__all__ = [
    "Session",
    "bench_window",
    "follow_run",
    "open_window",
    "picture",
    "pictures",
    "run_in_window",
]
