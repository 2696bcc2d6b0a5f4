"""Small pictures of discs, whose places are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from saccade.learn import Order, Sample, from_labels, whole_frame

ORDER = Order(
    name="discs",
    about="Finds discs.",
    classes=("disc",),
    data=("made for a test",),
    licence="CC0",
    command="pytest",
    limits=("Discs only.",),
)


def discs(
    seed: int, *, side_px: int = 64, count: int = 4, radius_px: float = 5.0, group: str = ""
) -> Sample:
    """Return a picture of bright discs on a noisy ground, and their masks."""
    rng = np.random.default_rng(seed)
    y, x = np.indices((side_px, side_px))
    labels = np.zeros((side_px, side_px), np.int64)
    for number in range(1, count + 1):
        centre = rng.uniform(radius_px + 1, side_px - radius_px - 1, 2)
        disc = np.hypot(y - centre[0], x - centre[1]) <= radius_px
        if not (labels[disc] > 0).any():
            labels[disc] = number
    picture = 100 + 5 * rng.standard_normal(labels.shape) + 80 * (labels > 0)
    return from_labels(f"discs {seed}", group or f"group {seed}", picture, labels)


def frames(count: int, *, related: bool = True, groups: int = 12) -> list[Sample]:
    """Return small pictures of which every other one holds a disc, labelled as a whole.

    Where labels are not related to the pictures, they are drawn by lot.
    """
    rng = np.random.default_rng(5)
    made = []
    for seed in range(count):
        holds = seed % 2 == 0
        picture = discs(seed, side_px=48, count=int(holds)).pictures[0]
        told = holds if related else bool(rng.random() < 0.5)
        sample = whole_frame(f"frame {seed}", picture, [0] if told else [])
        made.append(replace(sample, group=f"group {seed % groups}"))
    return made
