"""Groups, and that none of them is on two sides."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from learn_samples import discs

from saccade.core import ModelError
from saccade.learn import alike, duplicates, split_by_group

FEW = [discs(seed) for seed in range(12)]


@settings(max_examples=40)
@given(
    groups=st.lists(st.integers(0, 6), min_size=12, max_size=12),
    seed=st.integers(0, 100),
)
def test_no_group_is_in_two_parts(groups: list[int], seed: int) -> None:
    """Parts share no group, leave out no sample, and none is empty."""
    samples = [replace(s, group=str(g)) for s, g in zip(FEW, groups, strict=True)]
    if len(set(groups)) < 3:
        with pytest.raises(ModelError, match="independent groups"):
            split_by_group(samples, seed)
        return
    split = split_by_group(samples, seed)
    kinds = [{each.group for each in part} for part in split]
    assert all(kinds)
    assert sum(map(len, split)) == len(samples)
    assert len(set.union(*kinds)) == sum(map(len, kinds))


def test_same_seed_gives_the_same_split() -> None:
    """A split can be made again."""
    one, two = (split_by_group(FEW, 3) for _ in range(2))
    assert [[s.name for s in part] for part in one] == [[s.name for s in part] for part in two]


def test_most_objects_are_learned_from() -> None:
    """With many equal groups, about 6 of 10 objects are in the first part."""
    samples = [discs(seed) for seed in range(40)]
    counts = [sum(len(s.places_px) for s in part) for part in split_by_group(samples, 0)]
    assert 0.5 <= counts[0] / sum(counts) <= 0.7


def test_a_picture_that_is_there_twice_is_found() -> None:
    """Brighter, it is still the same picture; another one is not."""
    brighter = (FEW[0].pictures[0] * 1.7 + 20,)
    twin = replace(FEW[0], group="another dish", pictures=brighter)
    assert duplicates([FEW[0], FEW[1], twin]) == [(0, 2)]
    assert duplicates([FEW[0], FEW[1], FEW[0]]) == []  # frames of one dish are alike anyway


def test_pictures_that_look_alike_are_one_group() -> None:
    """Two kinds of pictures, in turns, are told apart by their look alone."""
    small = [discs(seed, radius_px=3.0) for seed in range(6)]
    large = [
        replace(s, pictures=(s.pictures[0] * 20,))
        for s in (discs(seed, side_px=96, radius_px=10.0, count=2) for seed in range(6))
    ]
    groups = alike([*small, *large], 2)
    assert len(set(groups[:6])) == 1 == len(set(groups[6:]))
    assert groups[0] != groups[-1]


def test_too_few_groups_are_refused() -> None:
    """Frames of one movie are one group, however many."""
    movie = [replace(s, group="movie") for s in FEW]
    with pytest.raises(ModelError, match="1 independent groups"):
        split_by_group(movie, 0)
