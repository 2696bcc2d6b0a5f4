"""Places of which nobody is sure: not counted, and not learned from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from learn_samples import discs

from saccade.learn import (
    Recipe,
    Sample,
    Unsure,
    Variety,
    Worlds,
    counted_cells,
    false_alarms,
    fit_network,
    seen_of,
    whole_frame,
    world_samples,
)
from saccade.models import Architecture, Input

Y_PX = np.array([20.0, 50.0, 21.0, 80.0])
X_PX = np.array([20.0, 50.0, 22.0, 80.0])
LOGITS = np.array([4.0, 3.0, 2.0, 1.0])


def unsure(*places: tuple[float, float], kind: int = 0, size_px: float = 0.0) -> Unsure:
    count = len(places)
    return Unsure(
        np.array(places, float).reshape(-1, 2), np.full(count, kind), np.full(count, size_px)
    )


def sample(*places: tuple[float, float], left_out: Unsure) -> Sample:
    count = len(places)
    return Sample(
        "counted by hand",
        "a",
        (np.zeros((96, 96), np.float32),),
        np.array(places, float).reshape(-1, 2),
        np.zeros(count, np.intp),
        np.zeros(count),
        unsure=left_out,
    )


def test_what_is_found_at_an_unsure_place_is_neither_hit_nor_false_alarm() -> None:
    """Four found: one hit, one unsure, its double beside the hit and one more are wrong."""
    seen = seen_of(sample((20, 20), left_out=unsure((53, 53))), Y_PX, X_PX, LOGITS)
    assert seen.logits.tolist() == [4.0, 2.0, 1.0]
    assert seen.hits.tolist() == [True, False, False]
    assert seen.truth == 1
    assert false_alarms([seen], 0.0) == 2.0


def test_an_unsure_place_that_is_not_found_is_not_missed() -> None:
    """Nothing is there to be found, and the surest place counts that is somewhere else."""
    seen = seen_of(sample(left_out=unsure((20, 20), (50, 50))), Y_PX, X_PX, LOGITS)
    assert seen.truth == 0
    assert seen.surest.tolist() == [1.0]
    assert not seen.holding.any()


def test_of_another_class_it_is_known() -> None:
    """What is unsure of one class is a false alarm of another all the same."""
    told = sample(left_out=unsure((50, 50), kind=1))
    assert len(seen_of(told, Y_PX, X_PX, LOGITS, 0).logits) == 4
    assert len(seen_of(told, Y_PX, X_PX, LOGITS, 1).logits) == 3


def test_a_class_that_nobody_labelled_is_unsure_everywhere() -> None:
    """An infinite diameter leaves out the whole picture, in measures and in targets."""
    nothing_known = unsure((0, 0), size_px=np.inf)
    assert not len(seen_of(sample(left_out=nothing_known), Y_PX, X_PX, LOGITS).logits)
    counted = counted_cells(nothing_known, (96, 96), 2)
    assert not counted[0].any()
    assert counted[1].all()


def test_whole_frames_can_be_unsure() -> None:
    """Such a frame is left out of every count."""
    frame = replace(whole_frame("f", np.zeros((8, 8), np.float32), []), unsure=unsure((4, 4)))
    seen = seen_of(frame, Y_PX, X_PX, LOGITS)
    assert len(seen.logits) == len(seen.holding) == len(seen.surest) == seen.truth == 0


def test_nothing_is_learned_from_an_unsure_place() -> None:
    """All is unsure: the heat map learns nothing, whatever is in the picture."""
    learned = Recipe(
        epochs=1, crops=8, side_px=32, batch=4, variety=Variety(gain=0, noise=0, blur_px=0)
    )
    made, given = Architecture(classes=("disc",), width=16, dilations=(1,)), Input()
    known = replace(discs(1), places_px=np.zeros((0, 2)), kinds=np.zeros(0, np.intp), labels=None)
    known = replace(known, sizes_px=np.zeros(0))
    unknown = replace(known, unsure=unsure((0, 0), size_px=np.inf))
    assert fit_network(made, given, [known], learned).losses[0] > 0
    assert fit_network(made, given, [unknown], learned).losses == (0.0,)
    assert torch.is_grad_enabled()


def test_worlds_are_unsure_about_onset_and_end() -> None:
    """Some frame before an onset and some after has it as unsure; no place is both."""
    worlds = Worlds(
        specimen="dividing-nuclei",
        classes=("division",),
        settings={"size_um": (200.0, 200.0), "division_rate": 8.0, "density_per_mm2": 1500.0},
        fields=1,
        hours=0.7,
        interval_s=(60.0, 60.0),
        side_px=192,
        empty=1.0,
    )
    sure = list(world_samples(worlds, range(1)))
    doubtful = list(world_samples(replace(worlds, unsure_s=90.0), range(1)))
    assert sum(len(each.unsure.kinds) for each in sure) == 0
    assert len(sure) == len(doubtful)
    places = [sum(len(each.places_px) for each in samples) for samples in (sure, doubtful)]
    assert places[1] < places[0]
    before = 0
    for one, other in zip(sure, doubtful, strict=True):
        kept = {tuple(place) for place in other.places_px.round(6)}
        left_out = {tuple(place) for place in other.unsure.places_px.round(6)}
        assert not kept & left_out
        assert {tuple(place) for place in one.places_px.round(6)} <= kept | left_out
        before += len(other.places_px) + len(other.unsure.kinds) - len(one.places_px)
    assert before > 0


def test_what_is_faint_in_a_world_is_unsure() -> None:
    """Half a second after a transient began, and out of focus, its place is not counted."""
    worlds = Worlds(
        specimen="calcium",
        classes=("transient",),
        settings={"size_um": (200.0, 200.0), "rate_hz": 0.02, "waves_per_h": 0.0},
        fields=1,
        hours=0.003,
        interval_s=(0.2, 0.2),
        side_px=96,
        pixel_size_um=0.65,
        empty=1.0,
    )
    counts = []
    for told in ({}, {"lasts_s": 0.5}, {"depth_um": 1.0}, {"lasts_s": 0.5, "depth_um": 1.0}):
        samples = list(world_samples(replace(worlds, **told), range(1)))
        sure = sum(len(each.kinds) for each in samples)
        counts.append((sure, sure + sum(len(each.unsure.kinds) for each in samples)))
    assert len({every for _, every in counts}) == 1
    assert counts[0][0] == counts[0][1]
    assert counts[0][0] > max(counts[1][0], counts[2][0]) >= counts[3][0] > 0
