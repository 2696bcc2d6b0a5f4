"""From logits to shares: a place of score 0.8 is what it is taken for in four of five cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize

from saccade.models import Calibration

from ._measure import best_threshold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._measure import Seen

_LEAST = 20


def calibrate(seen: Sequence[Seen]) -> Calibration:
    """Return the calibration of a network, by logistic regression (Platt, 1999).

    Every group has the same weight, so that a long movie does not speak for all.

    Parameters
    ----------
    seen : sequence of Seen
        Of groups that it has not learned from; with too few places nothing is changed.
    """
    groups = {each.group for each in seen}
    logits = np.concatenate([each.logits for each in seen] or [np.zeros(0)])
    hits = np.concatenate([each.hits for each in seen] or [np.zeros(0, bool)])
    least = best_threshold(seen) if len(logits) else 0.0
    slope, offset = 1.0, 0.0
    if hits.sum() >= _LEAST <= (~hits).sum():
        sizes = {
            group: sum(len(each.logits) for each in seen if each.group == group) for group in groups
        }
        weight = np.concatenate(
            [np.full(len(each.logits), 1 / max(sizes[each.group], 1)) for each in seen]
        )
        # Platt's targets: never quite sure, so that few cases don't make it overconfident.
        good, bad = hits.sum(), (~hits).sum()
        target = np.where(hits, (good + 1) / (good + 2), 1 / (bad + 2))

        def cost(parameters: np.ndarray) -> float:
            z = parameters[0] * logits + parameters[1]
            return float((weight * (np.logaddexp(0, z) - target * z)).sum())

        slope, offset = minimize(cost, (1.0, 0.0), method="Nelder-Mead").x.tolist()
    slope = max(slope, 1e-3)
    threshold = 1 / (1 + np.exp(-(slope * least + offset)))
    return Calibration(slope=slope, offset=offset, threshold=float(threshold), groups=len(groups))
