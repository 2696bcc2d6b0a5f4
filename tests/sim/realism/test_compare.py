"""The table of simulated and real pictures."""

from __future__ import annotations

import numpy as np
import pytest

from saccade.sim.realism import compare, table


def picture(seed: int, mean: float = 100.0, blur: int = 1) -> np.ndarray:
    """Return noise on a square of twice the brightness."""
    rng = np.random.default_rng(seed)
    counts = rng.normal(mean, 5, (64, 64))
    counts[20:40, 20:40] += mean
    kernel = np.ones(blur) / blur
    for axis in (0, 1):
        counts = np.apply_along_axis(np.convolve, axis, counts, kernel, "same")
    return counts


def test_equal_pictures_differ_in_nothing() -> None:
    """Ratios are 1 and distances 0."""
    rows = compare([picture(0), picture(1)], [picture(0), picture(1)])
    for row in rows:
        if "distance" in row.measure:
            assert row.difference == 0
        elif row.sim > 0:
            assert row.difference == 1


def test_scalars_are_medians_of_the_pictures() -> None:
    """One odd picture among three moves no scalar far; the ratio is that of the medians."""
    usual = compare([picture(0), picture(1)], [picture(2)])
    odd = compare([picture(0), picture(1), picture(3, mean=5000)], [picture(2)])
    by_name = [{row.measure: row for row in rows} for rows in (usual, odd)]
    for rows in by_name:
        row = rows["signal over noise"]
        assert row.sim / row.real == pytest.approx(row.difference)
        assert row.difference == pytest.approx(1, rel=0.2)


def test_blur_is_seen_by_the_spectrum() -> None:
    """Blurring one side raises the distance of spectra, and leaves that of histograms small."""
    rows = {row.measure: row for row in compare([picture(0, blur=5)], [picture(1)])}
    same = {row.measure: row for row in compare([picture(0)], [picture(1)])}
    assert rows["spectrum distance"].difference > 2 * same["spectrum distance"].difference


def test_the_histogram_distance_is_how_far_intensities_are_shifted() -> None:
    """Two levels whose shares differ by a quarter are a quarter of the scale apart."""
    pictures = []
    for rows in (8, 24):
        counts = np.zeros((64, 64))
        counts[:rows] = 1
        pictures.append(counts)
    (row,) = (r for r in compare(*([p] for p in pictures)) if r.measure == "histogram distance")
    assert row.difference == pytest.approx(0.25, abs=0.01)


def test_the_table_has_a_line_a_measure() -> None:
    """Head, seven scalars and two distances, each named."""
    lines = table(compare([picture(0)], [picture(1)])).splitlines()
    assert len(lines) == 10
    assert "sim/real" in lines[0]
    assert lines[1].startswith("signal over noise")
    assert "nan" not in "".join(lines)


def test_nothing_to_compare_is_refused() -> None:
    """No picture of a kind is a ValueError."""
    with pytest.raises(ValueError, match="at least one picture"):
        compare([], [picture(0)])
