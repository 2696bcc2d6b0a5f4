"""How long a detector takes, measured beforehand for a run in virtual time."""

from __future__ import annotations

import statistics
import time
from copy import deepcopy
from typing import TYPE_CHECKING

from saccade.core import Closes, ProtocolError

if TYPE_CHECKING:
    from saccade.core import Detector, Frame

_LOOKS = 5


def measured_ms(detector: Detector, blank: Frame) -> float:
    """Return the median time of a few looks at a blank frame, in ms.

    Parameters
    ----------
    detector : Detector
        A copy of it looks, so that it keeps no memory of this.
    blank : Frame
        As the microscope would give it.

    Raises
    ------
    ProtocolError
        If it can't be copied, or can't look at a blank frame.
    """
    copy: Detector | None = None
    try:
        copy = deepcopy(detector)
        copy(blank)  # what only the first look waits for is no part of the others
        return statistics.median(_look_ms(copy, blank) for _ in range(_LOOKS))
    except Exception as error:
        what = f"How long a detector takes can't be measured: {error!r}."
        raise ProtocolError(what, "Give takes_ms as a number.") from error
    finally:
        if isinstance(copy, Closes):
            copy.close()


def _look_ms(detector: Detector, blank: Frame) -> float:
    began_ns = time.perf_counter_ns()
    detector(blank)
    return (time.perf_counter_ns() - began_ns) / 1e6
