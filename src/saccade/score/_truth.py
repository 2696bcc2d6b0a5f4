"""What would have happened in the dark, and what became of it in the light."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from saccade.sim.world import Occurrence, World


def in_the_dark(
    world: World, duration_s: float, kinds: Collection[str] = ()
) -> tuple[Occurrence, ...]:
    """Return what happens in a world that nobody looks at: what there is to catch.

    Parameters
    ----------
    world : World
        Fresh; it is lived to the end without light.
    duration_s : float
        How long.
    kinds : collection of str
        Which kinds of occurrences count; all if empty.
    """
    world.advance(duration_s)
    return during(world.occurrences, duration_s, kinds)


def during(
    occurrences: Iterable[Occurrence], duration_s: float, kinds: Collection[str] = ()
) -> tuple[Occurrence, ...]:
    """Return the occurrences of some kinds that have a part in the time of a run.

    Parameters
    ----------
    occurrences : iterable of Occurrence
        In order of onset.
    duration_s : float
        The run is from 0 to this.
    kinds : collection of str
        Which kinds; all if empty.
    """
    return tuple(
        each
        for each in occurrences
        if (not kinds or each.kind in kinds) and each.onset_s < duration_s and each.end_s > 0
    )


def counterparts(
    dark: Iterable[Occurrence], lived: Iterable[Occurrence]
) -> list[Occurrence | None]:
    """Return what became, in the light, of each occurrence of the dark; None if averted.

    Light may delay what happens. An occurrence is the same if its kind and its object are,
    each at most once, the nearest onsets first.

    Parameters
    ----------
    dark, lived : iterable of Occurrence
        Of the same world without light, and as it was lived.
    """
    dark = list(dark)
    alike: dict[tuple[str, int], list[tuple[int, Occurrence]]] = {}
    for number, each in enumerate(lived):
        alike.setdefault((each.kind, each.track), []).append((number, each))
    pairs = sorted(
        (abs(candidate.onset_s - each.onset_s), place, number, candidate)
        for place, each in enumerate(dark)
        for number, candidate in alike.get((each.kind, each.track), ())
    )
    found: list[Occurrence | None] = [None] * len(dark)
    taken: set[int] = set()
    for _, place, number, candidate in pairs:
        if found[place] is None and number not in taken:
            found[place] = candidate
            taken.add(number)
    return found
